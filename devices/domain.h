/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_DOMAIN_H
#define PST_DEVICES_DOMAIN_H

/**
 * The domain of a source: what kind of pictures it gives, since a calibration only holds for the
 * domain it was measured on. A recording carries it in its container's "comment" metadata.
 */
#define PST_DOMAIN_DRAWN "drawn" /* invented faces, drawn by devices/synthetic */
#define PST_DOMAIN_KEY "comment" /* metadata key in libavformat's naming (INFO ICMT in AVI) */
#define PST_DOMAIN_DRAWN_MARK "postern-domain=drawn" /* the whole value */

#endif

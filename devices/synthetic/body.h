/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_BODY_H
#define PST_DEVICES_SYNTHETIC_BODY_H

#include "devices/synthetic/canvas.h"
#include "devices/synthetic/identity.h"

/** The rectangle that neck, shoulders and chest fill: decimetres, the head's coordinates. */
#define PST_BODY_LEFT (-2.6f)
#define PST_BODY_RIGHT 2.6f
#define PST_BODY_TOP 0.4f
#define PST_BODY_BOTTOM 9.0f
#define PST_BODY_DEPTH 0.8f

/** Colours, covers and raises neck, shoulders and clothes. */
void pst_body_model(struct pst_canvas *canvas, const struct pst_identity *p);

#endif

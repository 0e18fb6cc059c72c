/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_QR_H
#define PST_CONSOLE_QR_H

#include "base/error.h"

/**
 * Draws a text as a QR code: an SVG of black on white with its quiet zone, which scales to any
 * size.
 *
 * Error correction M: a sixth of it may be hidden by a reflection.
 *
 * @param text     UTF-8
 * @param ret_svg  the caller frees
 * @return 0, -EMSGSIZE (no code holds so much), -EINVAL (empty), -ENOMEM
 */
int pst_qr_draw(const char *text, char **ret_svg, struct pst_error *error) PST_MUST_CHECK;

#endif

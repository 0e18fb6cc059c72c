/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_HEAD_H
#define PST_DEVICES_SYNTHETIC_HEAD_H

#include "devices/synthetic/canvas.h"
#include "devices/synthetic/identity.h"

/** The rectangle that every head fits in, with its hair: decimetres. */
#define PST_HEAD_LEFT (-1.25f)
#define PST_HEAD_RIGHT 1.25f
#define PST_HEAD_TOP (-1.75f)
#define PST_HEAD_BOTTOM 1.75f
#define PST_HEAD_DEPTH 1.4f /* no point lies nearer to the viewer */

/** Half of the face's width at height y; 0 above the crown and below the chin. */
float pst_head_width_at(const struct pst_identity *p, float y);

/** How far the bare face stands out at a point; 0 outside of it. */
float pst_head_depth_at(const struct pst_identity *p, float x, float y);

/** Colours, covers and raises the whole head: what a viewer sees of it in even light. */
void pst_head_model(struct pst_canvas *canvas, const struct pst_identity *p);

/* The steps of it, in this order; each leaves the rest of the canvas alone. */
void pst_head_shape(struct pst_canvas *canvas, const struct pst_identity *p);
void pst_head_paint_skin(struct pst_canvas *canvas, const struct pst_identity *p);
void pst_head_paint_mouth(struct pst_canvas *canvas, const struct pst_identity *p);
void pst_head_paint_eyes(struct pst_canvas *canvas, const struct pst_identity *p);
void pst_head_paint_brows(struct pst_canvas *canvas, const struct pst_identity *p);
void pst_head_grow_beard(struct pst_canvas *canvas, const struct pst_identity *p);
void pst_head_grow_hair(struct pst_canvas *canvas, const struct pst_identity *p);
void pst_head_put_glasses(struct pst_canvas *canvas, const struct pst_identity *p);

#endif

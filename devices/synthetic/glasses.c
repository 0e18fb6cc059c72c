/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/head.h"

/* One lens as a rounded shape: half sizes, and how square it is. */
struct lens {
	float x, y, half_width, half_height, power;
};

static struct lens lens_of(const struct pst_identity *p)
{
	struct lens lens = {p->eye_x + 0.02f, 0.03f, 0.225f, 0.18f, 3.2f};
	if (p->glasses == PST_GLASSES_ROUND) {
		lens = (struct lens){p->eye_x + 0.01f, 0.02f, 0.205f, 0.205f, 2};
	} else if (p->glasses == PST_GLASSES_HALF) {
		lens = (struct lens){p->eye_x + 0.02f, 0.02f, 0.235f, 0.145f, 3};
	} else if (p->glasses == PST_GLASSES_WIDE) {
		lens = (struct lens){p->eye_x + 0.03f, 0.05f, 0.265f, 0.235f, 2.6f};
	}
	lens.half_width *= p->glasses_size;
	lens.half_height *= p->glasses_size;
	return lens;
}

/* Distance from the rim, positive outside, in decimetres. */
static float rim_distance(const struct lens *lens, float ax, float y)
{
	float u = fabsf(ax - lens->x) / lens->half_width,
	      v = fabsf(y - lens->y) / lens->half_height;
	float r = powf(powf(u, lens->power) + powf(v, lens->power), 1 / lens->power);
	return (r - 1) * fminf(lens->half_width, lens->half_height);
}

void pst_head_put_glasses(struct pst_canvas *canvas, const struct pst_identity *p)
{
	if (p->glasses == PST_GLASSES_NONE) {
		return;
	}
	struct lens lens = lens_of(p);
	float reach = p->cheek + 0.05f, soft = 0.7f / canvas->scale, half = 0.5f * p->glasses_thick;
	struct pst_canvas_area area = pst_canvas_area(canvas, -reach, -0.4f, reach, 0.45f);
	struct pst_colour pane = {0.75f, 0.80f, 0.84f};
	for (int j = area.y0; j < area.y1; j++) {
		float y = pst_canvas_y(canvas, j);
		for (int i = area.x0; i < area.x1; i++) {
			float x = pst_canvas_x(canvas, i), ax = fabsf(x);
			struct pst_canvas_point *point = pst_canvas_at(canvas, i, j);
			float d = rim_distance(&lens, ax, y),
			      rim = pst_stepf(half + soft, half - soft, fabsf(d));
			if (p->glasses == PST_GLASSES_HALF && y > lens.y) {
				rim *= pst_stepf(lens.y + 0.06f, lens.y, y);
			}
			float arch = lens.y - 0.05f - 0.03f * (1 - ax * ax * 60);
			float bridge =
				ax < lens.x - lens.half_width + half
					? pst_stepf(half + soft, half - soft, fabsf(y - arch))
					: 0;
			float arm = ax > lens.x + lens.half_width &&
						    ax < pst_head_width_at(p, y) + 0.02f
					    ? pst_stepf(half + soft, half - soft,
						      fabsf(y - lens.y + 0.04f))
					    : 0;
			float frame = fmaxf(rim, fmaxf(bridge, arm));
			float shadow = 0.25f * pst_bellf(d - 0.012f, 0.03f) *
				       pst_stepf(-0.02f, 0.05f, y - lens.y + 0.1f);
			pst_canvas_tint(
				point, pst_colour_scale(p->skin, 0.4f), shadow * (1 - frame));
			float glare = d < 0 ? 0.05f + 0.10f * pst_stepf(0.03f, 0,
								      fabsf(ax - lens.x + 0.5f * y +
									      0.06f))
					    : 0;
			pst_canvas_tint(point, pane, glare);
			pst_canvas_tint(point, p->glasses_colour, frame);
			point->z += 0.03f * frame;
		}
	}
}

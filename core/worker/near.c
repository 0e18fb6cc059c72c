/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/near.h"

#include <math.h>
#include <stddef.h>

#define EIGHTHS_MAX 8 /* the strongest reduction of a JPEG */

static float scale_of(float side, uint32_t px, bool by_eighths)
{
	float scale = fmaxf(side / (float)px, 1);
	float step = 1;

	while (by_eighths && step < scale && step < EIGHTHS_MAX) {
		step *= 2;
	}
	return by_eighths ? step : scale;
}

/* Around a middle, moved into the frame; a multiple of step, which is even. */
static uint32_t place(float middle, uint32_t side, uint32_t length, uint32_t step)
{
	float begin = fmaxf(middle - (float)side / 2, 0);
	uint32_t at = begin > (float)(length - side) ? length - side : (uint32_t)begin;

	return at / step * step;
}

bool pst_near_plan(const struct pst_wire_plugin *detector, const struct pst_wire_box *box,
	uint32_t width, uint32_t height, bool by_eighths, struct pst_square *ret_square)
{
	uint32_t multiple = detector->input_multiple;
	uint32_t px = (PST_NEAR_SIDE + multiple - 1) / multiple * multiple;
	uint32_t least = width < height ? width : height;
	float face = fmaxf(box->width, box->height);
	float scale = scale_of(PST_NEAR_ROOM * face, px, by_eighths);
	float side = (float)px * scale;

	if (px > detector->input_size || !(side <= (float)least) || side < PST_NEAR_ROOM * face) {
		return false;
	}
	uint32_t step = by_eighths && scale > 2 ? (uint32_t)scale : 2;

	*ret_square = (struct pst_square){.side = (uint32_t)side, .px = px};
	ret_square->x = place(box->x + box->width / 2, ret_square->side, width, step);
	ret_square->y = place(box->y + box->height / 2, ret_square->side, height, step);
	return true;
}

static float overlap(const struct pst_face *face, const struct pst_wire_box *box)
{
	float width = fminf(face->x + face->width, box->x + box->width) - fmaxf(face->x, box->x);
	float height = fminf(face->y + face->height, box->y + box->height) - fmaxf(face->y, box->y);

	if (!(width > 0) || !(height > 0)) {
		return 0;
	}
	float both = width * height;

	return both / (face->width * face->height + box->width * box->height - both);
}

const struct pst_face *pst_near_same(
	const struct pst_face *faces, uint32_t count, const struct pst_wire_box *box)
{
	const struct pst_face *same = NULL;
	float best = PST_NEAR_SAME;

	for (uint32_t i = 0; i < count; i++) {
		float value = overlap(&faces[i], box);

		if (value >= best) {
			best = value;
			same = &faces[i];
		}
	}
	return same;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/mask.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* How far a part reaches beyond a face's box, in its widths and heights. */
struct margin {
	float side;
	float above;
	float below;
};

/* Hair and shoulders. */
static const struct margin seen = {0.4F, 0.4F, 0.7F};

/* A detector's box ends at forehead and chin; by ears, hair and collar people are known too. */
static const struct margin hidden = {0.4F, 0.5F, 0.5F};

static struct pst_wire_box widen(const struct pst_face *face, struct margin margin)
{
	return (struct pst_wire_box){.x = face->x - margin.side * face->width,
		.y = face->y - margin.above * face->height,
		.width = (1 + 2 * margin.side) * face->width,
		.height = (1 + margin.above + margin.below) * face->height};
}

struct pst_wire_box pst_mask_seen(const struct pst_face *face)
{
	return widen(face, seen);
}

struct pst_wire_box pst_mask_hidden(const struct pst_face *face)
{
	return widen(face, hidden);
}

/* NaN is 0. */
static uint32_t bound(float value, uint32_t most)
{
	return value > 0 ? (value < (float)most ? (uint32_t)value : most) : 0;
}

/* @param out  rounds outwards, else inwards */
static struct pst_rect rect_of(const struct pst_image *image, const struct pst_geometry *geometry,
	const struct pst_wire_box *box, bool out)
{
	float left = (box->x - geometry->offset_x) / geometry->scale_x;
	float top = (box->y - geometry->offset_y) / geometry->scale_y;
	float right = left + box->width / geometry->scale_x;
	float bottom = top + box->height / geometry->scale_y;
	uint32_t x = bound(out ? floorf(left) : ceilf(left), image->width);
	uint32_t y = bound(out ? floorf(top) : ceilf(top), image->height);
	uint32_t end_x = bound(out ? ceilf(right) : floorf(right), image->width);
	uint32_t end_y = bound(out ? ceilf(bottom) : floorf(bottom), image->height);

	return (struct pst_rect){x, y, end_x > x ? end_x - x : 0, end_y > y ? end_y - y : 0};
}

static void fill(
	struct pst_picture *picture, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	uint32_t bytes = pst_pixels_bytes(picture->image.format);

	for (uint32_t row = y; row < y + height; row++) {
		memset(picture->scratch.data + (size_t)row * picture->image.stride +
				(size_t)x * bytes,
			PST_MASK_GREY, (size_t)width * bytes);
	}
}

static void fill_all_but(struct pst_picture *picture, const struct pst_rect *kept)
{
	uint32_t width = picture->image.width;
	uint32_t right = kept->x + kept->width;
	uint32_t bottom = kept->y + kept->height;

	fill(picture, 0, 0, width, kept->y);
	fill(picture, 0, bottom, width, picture->image.height - bottom);
	fill(picture, 0, kept->y, kept->x, kept->height);
	fill(picture, right, kept->y, width - right, kept->height);
}

void pst_mask(struct pst_picture *picture, const struct pst_geometry *geometry,
	const struct pst_wire_face *faces, uint32_t count, uint32_t subject)
{
	struct pst_rect kept = {0};

	if (subject < count) {
		const struct pst_wire_box box = pst_mask_seen(&faces[subject].face);

		kept = rect_of(&picture->image, geometry, &box, /* out= */ false);
	}
	fill_all_but(picture, &kept);
	for (uint32_t i = 0; i < count; i++) {
		const struct pst_wire_box box = pst_mask_hidden(&faces[i].face);
		const struct pst_rect rect =
			rect_of(&picture->image, geometry, &box, /* out= */ true);

		if (i != subject) {
			fill(picture, rect.x, rect.y, rect.width, rect.height);
		}
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "patch.h"

#include <math.h>
#include <stddef.h>

static struct pst_point middle_of(const struct pst_point *a, const struct pst_point *b)
{
	return (struct pst_point){(a->x + b->x) / 2, (a->y + b->y) / 2};
}

/* Mean of the pixels of a square; the part of it that lies in the picture counts. */
static float sample(const struct pst_image *image, float x, float y, float side)
{
	float left = floorf(x - side / 2 + 0.5F), top = floorf(y - side / 2 + 0.5F);
	int size = (int)(side + 0.5F);
	uint32_t sum = 0, count = 0;

	if (!(left > -side) || !(top > -side) || !(left < (float)image->width) ||
		!(top < (float)image->height)) {
		return PATCH_OUTSIDE;
	}
	for (int v = (int)top; v < (int)top + size; v++) {
		const uint8_t *row = image->pixels + (size_t)(v < 0 ? 0 : v) * image->stride;

		if (v < 0 || v >= (int)image->height) {
			continue;
		}
		for (int u = (int)left; u < (int)left + size; u++) {
			if (u >= 0 && u < (int)image->width) {
				sum += row[u];
				count++;
			}
		}
	}
	return count ? (float)sum / (float)count : PATCH_OUTSIDE;
}

static void place_landmarks(
	struct patch *patch, const struct pst_face *face, const struct pst_point *middle)
{
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		float dx = face->landmarks[i].x - middle->x, dy = face->landmarks[i].y - middle->y;

		patch->landmark[i].x = (dx * patch->axis.x + dy * patch->axis.y) / patch->eyes;
		patch->landmark[i].y = (dy * patch->axis.x - dx * patch->axis.y) / patch->eyes;
	}
}

bool patch_fill(struct patch *patch, const struct pst_image *image, const struct pst_face *face)
{
	const struct pst_point *left = &face->landmarks[PST_LANDMARK_EYE_LEFT];
	const struct pst_point *right = &face->landmarks[PST_LANDMARK_EYE_RIGHT];
	struct pst_point middle = middle_of(left, right);
	float step;

	patch->eyes = hypotf(right->x - left->x, right->y - left->y);
	patch->columns = patch->rows = 0;
	if (!(patch->eyes >= 1)) {
		return false;
	}
	patch->axis = (struct pst_point){
		(right->x - left->x) / patch->eyes, (right->y - left->y) / patch->eyes};
	place_landmarks(patch, face, &middle);
	step = fmaxf(1, patch->eyes / PATCH_EYES);
	patch->per_u = patch->eyes / step;
	patch->columns = (uint32_t)fminf(PATCH_WIDTH * patch->per_u, PATCH_COLUMNS);
	patch->rows = (uint32_t)fminf(PATCH_HEIGHT * patch->per_u, PATCH_ROWS);
	for (uint32_t j = 0; j < patch->rows; j++) {
		float v = PATCH_TOP * patch->eyes + ((float)j + 0.5F) * step;

		for (uint32_t i = 0; i < patch->columns; i++) {
			float u = PATCH_LEFT * patch->eyes + ((float)i + 0.5F) * step;

			patch->luma[j][i] =
				sample(image, middle.x + u * patch->axis.x - v * patch->axis.y,
					middle.y + u * patch->axis.y + v * patch->axis.x, step);
		}
	}
	return true;
}

/* The samples of a window: first and one past the last. */
struct span {
	uint32_t left, right, top, bottom;
};

static uint32_t bound(float value, uint32_t most)
{
	return value <= 0 ? 0 : value >= (float)most ? most : (uint32_t)value;
}

static struct span span_of(const struct patch *patch, const struct window *w)
{
	float n = patch->per_u;

	return (struct span){
		.left = bound((w->u - w->half_width - PATCH_LEFT) * n, patch->columns),
		.right = bound((w->u + w->half_width - PATCH_LEFT) * n + 0.5F, patch->columns),
		.top = bound((w->v - w->half_height - PATCH_TOP) * n, patch->rows),
		.bottom = bound((w->v + w->half_height - PATCH_TOP) * n + 0.5F, patch->rows),
	};
}

static float percentile(const uint16_t bins[256], uint32_t count, float part)
{
	uint32_t wanted = (uint32_t)(part * (float)(count - 1)), below = 0;
	int value = 0;

	while (value < 255 && (below += bins[value]) <= wanted) {
		value++;
	}
	return (float)value;
}

struct texture patch_texture(const struct patch *patch, const struct window *window)
{
	struct span span = span_of(patch, window);
	struct texture texture = {0};
	uint16_t bins[256] = {0};
	float sum = 0;

	for (uint32_t j = span.top; j < span.bottom; j++) {
		for (uint32_t i = span.left; i < span.right; i++) {
			if (patch->luma[j][i] >= 0) {
				bins[(uint32_t)(patch->luma[j][i] + 0.5F)]++;
				sum += patch->luma[j][i];
				texture.count++;
			}
		}
	}
	if (texture.count > 0) {
		texture.mean = sum / (float)texture.count;
		texture.low = percentile(bins, texture.count, 0.1F);
		texture.high = percentile(bins, texture.count, 0.9F);
	}
	return texture;
}

float patch_bands(const struct patch *patch, const struct window *window)
{
	struct span span = span_of(patch, window);
	float low = 255, high = 0;

	for (uint32_t j = span.top; j < span.bottom; j++) {
		float sum = 0, count = 0;

		for (uint32_t i = span.left; i < span.right; i++) {
			if (patch->luma[j][i] >= 0) {
				sum += patch->luma[j][i];
				count++;
			}
		}
		if (count > 0) {
			low = fminf(low, sum / count);
			high = fmaxf(high, sum / count);
		}
	}
	return fmaxf(high - low, 0);
}

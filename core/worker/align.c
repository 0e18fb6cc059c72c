/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/align.h"

#include <assert.h>
#include <math.h>

#define DEGENERATE 1e-6 /* squared spread of points, px */

int pst_similarity_fit(const struct pst_point *from, const struct pst_point *to, uint32_t count,
	struct pst_similarity *ret_similarity)
{
	double fx = 0, fy = 0, gx = 0, gy = 0;
	double dot = 0, cross = 0, spread = 0;

	for (uint32_t i = 0; i < count; i++) {
		fx += from[i].x / (double)count;
		fy += from[i].y / (double)count;
		gx += to[i].x / (double)count;
		gy += to[i].y / (double)count;
	}
	for (uint32_t i = 0; i < count; i++) {
		double px = from[i].x - fx, py = from[i].y - fy;
		double qx = to[i].x - gx, qy = to[i].y - gy;

		dot += px * qx + py * qy;
		cross += px * qy - py * qx;
		spread += px * px + py * py;
	}
	if (!(spread > DEGENERATE) || !(dot * dot + cross * cross > DEGENERATE * spread)) {
		return PST_E_NO_FACE;
	}
	double a = dot / spread, b = cross / spread;

	*ret_similarity = (struct pst_similarity){
		.a = (float)a,
		.b = (float)b,
		.tx = (float)(gx - a * fx + b * fy),
		.ty = (float)(gy - b * fx - a * fy),
	};
	return 0;
}

struct pst_point pst_similarity_apply(const struct pst_similarity *s, struct pst_point point)
{
	return (struct pst_point){
		.x = s->a * point.x - s->b * point.y + s->tx,
		.y = s->b * point.x + s->a * point.y + s->ty,
	};
}

struct pst_similarity pst_similarity_invert(const struct pst_similarity *s)
{
	float norm = s->a * s->a + s->b * s->b;
	float a = s->a / norm, b = -s->b / norm;

	return (struct pst_similarity){
		.a = a,
		.b = b,
		.tx = -(a * s->tx - b * s->ty),
		.ty = -(b * s->tx + a * s->ty),
	};
}

int pst_align_part(const struct pst_similarity *to_chip, uint32_t chip_width, uint32_t chip_height,
	uint32_t image_width, uint32_t image_height, struct pst_rect *ret_part)
{
	struct pst_similarity back = pst_similarity_invert(to_chip);
	float left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;

	for (int i = 0; i < 4; i++) {
		struct pst_point corner = {
			.x = i & 1 ? (float)chip_width : -1.0F,
			.y = i & 2 ? (float)chip_height : -1.0F,
		};

		corner = pst_similarity_apply(&back, corner);
		left = fminf(left, corner.x);
		top = fminf(top, corner.y);
		right = fmaxf(right, corner.x);
		bottom = fmaxf(bottom, corner.y);
	}
	left = fmaxf(floorf(left) - 1, 0);
	top = fmaxf(floorf(top) - 1, 0);
	right = fminf(ceilf(right) + 2, (float)image_width);
	bottom = fminf(ceilf(bottom) + 2, (float)image_height);
	if (!(right - left >= 1) || !(bottom - top >= 1)) {
		return PST_E_NO_FACE;
	}
	*ret_part = (struct pst_rect){
		.x = (uint32_t)left,
		.y = (uint32_t)top,
		.width = (uint32_t)(right - left),
		.height = (uint32_t)(bottom - top),
	};
	return 0;
}

static void sample(
	const struct pst_image *picture, uint32_t channels, float x, float y, uint8_t *to)
{
	float left = floorf(x), top = floorf(y);
	float wx = x - left, wy = y - top;
	float sum[3] = {0.5F, 0.5F, 0.5F};

	if (!(left >= -1) || !(top >= -1) || left >= (float)picture->width ||
		top >= (float)picture->height) {
		for (uint32_t c = 0; c < channels; c++) {
			to[c] = 0;
		}
		return;
	}
	assert(channels <= 3);
	for (int i = 0; i < 4; i++) {
		int px = (int)left + (i & 1), py = (int)top + (i >> 1);
		float weight = (i & 1 ? wx : 1 - wx) * (i >> 1 ? wy : 1 - wy);
		const uint8_t *pixel;

		if (px < 0 || py < 0 || px >= (int)picture->width || py >= (int)picture->height) {
			continue;
		}
		pixel = picture->pixels + (size_t)py * picture->stride + (size_t)px * channels;
		for (uint32_t c = 0; c < channels; c++) {
			sum[c] += weight * pixel[c];
		}
	}
	for (uint32_t c = 0; c < channels; c++) {
		to[c] = (uint8_t)sum[c];
	}
}

void pst_align_warp(const struct pst_image *picture, const struct pst_geometry *geometry,
	const struct pst_similarity *to_chip, struct pst_picture *chip)
{
	struct pst_similarity back = pst_similarity_invert(to_chip);
	uint32_t channels = pst_pixels_bytes(chip->image.format);

	for (uint32_t y = 0; y < chip->image.height; y++) {
		uint8_t *row = chip->scratch.data + (size_t)y * chip->image.stride;

		for (uint32_t x = 0; x < chip->image.width; x++) {
			struct pst_point at = {(float)x, (float)y};

			at = pst_similarity_apply(&back, at);
			at = pst_geometry_from_full(geometry, at);
			sample(picture, channels, at.x, at.y, row + (size_t)x * channels);
		}
	}
}

void pst_align_face(const struct pst_similarity *to_chip, const struct pst_face *face,
	struct pst_face *ret_face)
{
	struct pst_point least = {INFINITY, INFINITY}, most = {-INFINITY, -INFINITY};

	*ret_face = *face;
	for (int i = 0; i < 4; i++) {
		struct pst_point corner = pst_similarity_apply(
			to_chip, (struct pst_point){face->x + (float)(i % 2) * face->width,
					 face->y + (float)(i >> 1) * face->height});

		least = (struct pst_point){fminf(least.x, corner.x), fminf(least.y, corner.y)};
		most = (struct pst_point){fmaxf(most.x, corner.x), fmaxf(most.y, corner.y)};
	}
	ret_face->x = least.x;
	ret_face->y = least.y;
	ret_face->width = most.x - least.x;
	ret_face->height = most.y - least.y;
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		ret_face->landmarks[i] = pst_similarity_apply(to_chip, face->landmarks[i]);
	}
}

void pst_align_guess_landmarks(struct pst_face *face)
{
	static const struct pst_point mean[PST_LANDMARK_COUNT] = {
		[PST_LANDMARK_EYE_LEFT] = {0.31F, 0.40F},
		[PST_LANDMARK_EYE_RIGHT] = {0.69F, 0.40F},
		[PST_LANDMARK_NOSE] = {0.50F, 0.60F},
		[PST_LANDMARK_MOUTH_LEFT] = {0.34F, 0.76F},
		[PST_LANDMARK_MOUTH_RIGHT] = {0.66F, 0.76F},
	};

	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		face->landmarks[i].x = face->x + mean[i].x * face->width;
		face->landmarks[i].y = face->y + mean[i].y * face->height;
	}
	face->has_landmarks = 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/quality.h"

#include <math.h>

#define GRID_MAX 64	     /* samples per side */
#define GRID_EYES 28.0F	     /* samples between the eyes: about what a 112 px chip has */
#define EYES_TOO_SMALL 20.0F /* px, full image */
#define EYES_LEAST 8.0F	     /* px: score 0 */
#define EYES_ENOUGH 56.0F    /* px: score 100 */
#define SHARPNESS_BLURRED 20 /* score */
#define LUMA_TOO_DARK 40.0F
#define LUMA_TOO_BRIGHT 225.0F
#define YAW_TURNED 0.35F /* nose off the middle, in eye distances */
#define YAW_WORST 0.60F
#define ROLL_FREE 10.0F	  /* degrees */
#define ROLL_TURNED 35.0F /* degrees */

struct grid {
	uint32_t width;
	uint32_t height;
	float luma[GRID_MAX][GRID_MAX];
};

static uint8_t score(float value, float worst, float best)
{
	float part = (value - worst) / (best - worst);

	part = part < 0 ? 0 : part > 1 ? 1 : part;
	return (uint8_t)(part * 100 + 0.5F);
}

static float luma_at(const struct pst_image *picture, uint32_t x, uint32_t y)
{
	const uint8_t *row = picture->pixels + (size_t)y * picture->stride;

	switch (picture->format) {
	case PST_PIXELS_RGB24:
		return 0.299F * row[3 * x] + 0.587F * row[3 * x + 1] + 0.114F * row[3 * x + 2];
	case PST_PIXELS_BGR24:
		return 0.114F * row[3 * x] + 0.587F * row[3 * x + 1] + 0.299F * row[3 * x + 2];
	default:
		return row[x];
	}
}

/* Mean of the pixels that fall into one sample. */
static float sample(const struct pst_image *picture, float x, float y, float step)
{
	float sum = 0;
	uint32_t count = 0;

	for (float v = y; v < y + step - 0.01F || count == 0; v += 1) {
		for (float u = x; u < x + step - 0.01F; u += 1) {
			if (u >= 0 && v >= 0 && u < (float)picture->width &&
				v < (float)picture->height) {
				sum += luma_at(picture, (uint32_t)u, (uint32_t)v);
			}
			count++;
		}
	}
	return sum / (float)count;
}

static void fill_grid(const struct pst_image *picture, const struct pst_geometry *geometry,
	const struct pst_face *face, float eyes, struct grid *grid)
{
	struct pst_point from = pst_geometry_from_full(geometry,
		(struct pst_point){face->x + 0.15F * face->width, face->y + 0.15F * face->height});
	struct pst_point to = pst_geometry_from_full(geometry,
		(struct pst_point){face->x + 0.85F * face->width, face->y + 0.90F * face->height});
	float step = fmaxf(1, eyes / geometry->scale_x / GRID_EYES);

	from.x = fmaxf(from.x, 0);
	from.y = fmaxf(from.y, 0);
	to.x = fminf(to.x, (float)picture->width - 1);
	to.y = fminf(to.y, (float)picture->height - 1);
	grid->width = (uint32_t)fminf(fmaxf((to.x - from.x) / step, 0), GRID_MAX);
	grid->height = (uint32_t)fminf(fmaxf((to.y - from.y) / step, 0), GRID_MAX);
	for (uint32_t y = 0; y < grid->height; y++) {
		for (uint32_t x = 0; x < grid->width; x++) {
			grid->luma[y][x] = sample(
				picture, from.x + (float)x * step, from.y + (float)y * step, step);
		}
	}
}

/* Variance of the Laplacian over the variance of luma: how much of the detail is fine detail. */
static float fine_detail(const struct grid *grid, float variance)
{
	float sum = 0, squares = 0;
	uint32_t count = (grid->width - 2) * (grid->height - 2);

	for (uint32_t y = 1; y + 1 < grid->height; y++) {
		for (uint32_t x = 1; x + 1 < grid->width; x++) {
			float value = 4 * grid->luma[y][x] - grid->luma[y - 1][x] -
				      grid->luma[y + 1][x] - grid->luma[y][x - 1] -
				      grid->luma[y][x + 1];

			sum += value;
			squares += value * value;
		}
	}
	return (squares - sum * sum / (float)count) / (float)count / (variance + 25);
}

static void measure_light(const struct grid *grid, struct pst_quality *quality)
{
	float sum = 0, squares = 0, mean, variance;
	float count = (float)(grid->width * grid->height);

	if (grid->width < 4 || grid->height < 4) {
		quality->flags |= PST_QUALITY_TOO_SMALL;
		return;
	}
	for (uint32_t y = 0; y < grid->height; y++) {
		for (uint32_t x = 0; x < grid->width; x++) {
			sum += grid->luma[y][x];
			squares += grid->luma[y][x] * grid->luma[y][x];
		}
	}
	mean = sum / count;
	variance = fmaxf(squares / count - mean * mean, 0);
	quality->brightness = mean < 128 ? score(mean, 20, 80) : score(mean, 250, 190);
	quality->contrast = score(sqrtf(variance), 4, 32);
	quality->sharpness = score(sqrtf(fine_detail(grid, variance)), 0.05F, 0.45F);
	if (mean < LUMA_TOO_DARK) {
		quality->flags |= PST_QUALITY_TOO_DARK;
	}
	if (mean > LUMA_TOO_BRIGHT) {
		quality->flags |= PST_QUALITY_TOO_BRIGHT;
	}
	if (quality->sharpness < SHARPNESS_BLURRED) {
		quality->flags |= PST_QUALITY_BLURRED;
	}
}

static void measure_pose(const struct pst_face *face, float eyes, struct pst_quality *quality)
{
	const struct pst_point *left = &face->landmarks[PST_LANDMARK_EYE_LEFT];
	const struct pst_point *right = &face->landmarks[PST_LANDMARK_EYE_RIGHT];
	const struct pst_point *nose = &face->landmarks[PST_LANDMARK_NOSE];
	float ux = (right->x - left->x) / eyes, uy = (right->y - left->y) / eyes;
	float dx = nose->x - (left->x + right->x) / 2, dy = nose->y - (left->y + right->y) / 2;
	float yaw = fabsf(dx * ux + dy * uy) / eyes;
	float roll = fabsf(atan2f(uy, ux)) * 180 / (float)M_PI;
	uint8_t by_yaw = score(yaw, YAW_WORST, 0.05F);
	uint8_t by_roll = score(roll, 2 * ROLL_TURNED, ROLL_FREE);

	quality->pose = by_yaw < by_roll ? by_yaw : by_roll;
	if (yaw > YAW_TURNED || roll > ROLL_TURNED) {
		quality->flags |= PST_QUALITY_TURNED;
	}
}

void pst_quality_measure(const struct pst_image *picture, const struct pst_geometry *geometry,
	const struct pst_face *face, struct pst_quality *ret_quality)
{
	const struct pst_point *left = &face->landmarks[PST_LANDMARK_EYE_LEFT];
	const struct pst_point *right = &face->landmarks[PST_LANDMARK_EYE_RIGHT];
	float eyes = hypotf(right->x - left->x, right->y - left->y);
	struct pst_quality quality = {0};
	struct grid grid;

	if (eyes < 1) {
		quality.flags = PST_QUALITY_TOO_SMALL | PST_QUALITY_TURNED;
		*ret_quality = quality;
		return;
	}
	quality.size = score(eyes, EYES_LEAST, EYES_ENOUGH);
	if (eyes < EYES_TOO_SMALL) {
		quality.flags |= PST_QUALITY_TOO_SMALL;
	}
	fill_grid(picture, geometry, face, eyes, &grid);
	measure_light(&grid, &quality);
	measure_pose(face, eyes, &quality);
	quality.overall = (uint8_t)(100 * powf(quality.size / 100.0F, 0.30F) *
					    powf(quality.sharpness / 100.0F, 0.30F) *
					    powf(quality.pose / 100.0F, 0.25F) *
					    powf(quality.brightness / 100.0F, 0.10F) *
					    powf(quality.contrast / 100.0F, 0.05F) +
				    0.5F);
	*ret_quality = quality;
}

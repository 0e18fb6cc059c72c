/* SPDX-License-Identifier: Apache-2.0 */
/* A quality plugin: how far neighbouring pixels of the face differ, and how large it is. */
#include <math.h>
#include <postern/quality.h>
#include <stdlib.h>

static int init(void *self, const struct pst_host *host)
{
	return self && host ? 0 : PST_E_PLUGIN; /* no options, no model */
}

static void finish(void *self)
{
	(void)self;
}

/* A box may reach beyond the picture, as far as it likes. */
static uint32_t inside(float at, uint32_t end)
{
	return (uint32_t)fminf(fmaxf(at, 0), (float)end);
}

static int assess(void *self, const struct pst_image *image, const struct pst_face *face,
	float scale, struct pst_quality_component *components, uint32_t cap)
{
	const struct pst_point *eye = face->landmarks;
	uint32_t right = inside(face->x + face->width, image->width);
	uint32_t bottom = inside(face->y + face->height, image->height);
	uint64_t sum = 0, count = 1;

	(void)self;
	if (image->format != PST_PIXELS_GREY8 || cap < 1) {
		return PST_E_FORMAT;
	}
	for (uint32_t y = inside(face->y, bottom); y < bottom; y++) {
		const uint8_t *row = image->pixels + (uint64_t)y * image->stride;

		for (uint32_t x = inside(face->x, right); x + 1 < right; x++, count++) {
			sum += (uint64_t)abs(row[x] - row[x + 1]);
		}
	}
	float apart = hypotf(eye[1].x - eye[0].x, eye[1].y - eye[0].y) * scale; /* px */
	float change = (float)sum / (float)count;
	float size = fminf(apart / 90, 1) * 100, sharp = fminf(change / 12, 1) * 100;

	const struct pst_quality_component all[] = {
		{PST_MEASURE_UNIFIED_QUALITY_SCORE, 0, fminf(size, sharp), fminf(size, sharp)},
		{PST_MEASURE_INTER_EYE_DISTANCE, 0, size, apart},
		{PST_MEASURE_SHARPNESS, 0, sharp, change}};

	for (uint32_t i = 0; i < 3 && i < cap; i++) {
		components[i] = all[i];
	}
	return cap < 3 ? (int)cap : 3;
}

static const struct pst_quality_calls calls = {.size = sizeof(calls), .assess = assess};

PST_PLUGIN_ENTRY(QUALITY, "sharp", "0.1.0", 1, init, finish, &calls);

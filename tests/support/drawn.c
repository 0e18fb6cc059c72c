/* SPDX-License-Identifier: Apache-2.0 */
#include "support/drawn.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "devices/synthetic/grain.h"
#include "devices/synthetic/stage.h"

static const struct drawn_look *posing; /* of the portrait under way */

void __real_pst_stage_portrait(uint64_t seed, uint32_t identity, uint32_t variation, float width,
	float height, struct pst_actor *actor);
void __wrap_pst_stage_portrait(uint64_t seed, uint32_t identity, uint32_t variation, float width,
	float height, struct pst_actor *actor);

void __wrap_pst_stage_portrait(uint64_t seed, uint32_t identity, uint32_t variation, float width,
	float height, struct pst_actor *actor)
{
	__real_pst_stage_portrait(seed, identity, variation, width, height, actor);
	if (posing) {
		actor->pose.yaw += posing->yaw;
		actor->pose.pitch += posing->pitch;
		actor->pose.roll += posing->roll;
		actor->pose.scale *= 1 - posing->smaller;
	}
}

static void darken(uint8_t *rgb, size_t size, float part)
{
	for (size_t i = 0; i < size; i++) {
		rgb[i] = (uint8_t)((float)rgb[i] * (1 - part) + 0.5f);
	}
}

/* Mean of 2 radius + 1 px along one direction. */
static void smooth(const uint8_t *from, uint8_t *to, uint32_t count, size_t step, int radius)
{
	for (int i = 0; i < (int)count; i++) {
		uint32_t sum = 0;

		for (int k = i - radius; k <= i + radius; k++) {
			int at = k < 0 ? 0 : k >= (int)count ? (int)count - 1 : k;

			sum += from[(size_t)at * step];
		}
		to[(size_t)i * step] = (uint8_t)(sum / (2 * (uint32_t)radius + 1));
	}
}

/* Three box filters come near a Gaussian one. */
static int blur(uint8_t *rgb, uint32_t width, uint32_t height, float deviation)
{
	int radius = (int)(sqrtf(4 * deviation * deviation + 1) / 2);
	uint8_t *other = malloc((size_t)width * height * 3);

	if (!other) {
		return -ENOMEM;
	}
	for (int pass = 0; radius > 0 && pass < 3; pass++) {
		for (uint32_t i = 0; i < height * 3; i++) {
			size_t at = (size_t)(i / 3) * width * 3 + i % 3;

			smooth(rgb + at, other + at, width, 3, radius);
		}
		for (uint32_t i = 0; i < width * 3; i++) {
			smooth(other + i, rgb + i, height, (size_t)width * 3, radius);
		}
	}
	free(other);
	return 0;
}

/* Paints where the signed distance of a point, in distances between the eyes, is negative. */
static bool is_covered(enum drawn_cover cover, float u, float v)
{
	if (cover == DRAWN_COVER_SUNGLASSES) {
		float dx = (fabsf(u) - 0.52f) / 0.42f, dy = v / 0.32f;

		return dx * dx * dx * dx + dy * dy * dy * dy < 1 ||
		       (fabsf(u) < 0.2f && fabsf(v + 0.05f) < 0.04f);
	}
	return cover == DRAWN_COVER_MASK && v > 0.42f && v < 1.75f &&
	       fabsf(u) < 0.95f - 0.25f * fmaxf(v - 1.0f, 0);
}

static void cover(uint8_t *rgb, uint32_t width, uint32_t height, const struct pst_face *face,
	enum drawn_cover what)
{
	const struct pst_point *l = &face->landmarks[PST_LANDMARK_EYE_LEFT],
			       *r = &face->landmarks[PST_LANDMARK_EYE_RIGHT];
	float eyes = hypotf(r->x - l->x, r->y - l->y);
	float ux = (r->x - l->x) / eyes, uy = (r->y - l->y) / eyes;
	uint8_t tone = what == DRAWN_COVER_SUNGLASSES ? 24 : 190;

	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			float dx = (float)x - (l->x + r->x) / 2, dy = (float)y - (l->y + r->y) / 2;
			float u = (dx * ux + dy * uy) / eyes, v = (dy * ux - dx * uy) / eyes;
			/* a little light from above, as on cloth and on glass */
			float light = 1 - 0.1f * v;

			if (is_covered(what, u, v)) {
				memset(rgb + ((size_t)y * width + x) * 3,
					(int)fminf((float)tone * light, 255), 3);
			}
		}
	}
}

int drawn_portrait(uint64_t seed, uint32_t identity, uint32_t variation,
	const struct drawn_look *look, uint32_t width, uint32_t height, uint8_t *rgb,
	struct pst_face *ret_face)
{
	struct pst_synth_face truth = {0};
	int status;

	posing = look;
	status = pst_synth_draw_portrait(
		seed, identity, variation, width, height, rgb, (size_t)width * 3, &truth, NULL);
	posing = NULL;
	if (status < 0) {
		return status;
	}
	*ret_face = (struct pst_face){.x = truth.x,
		.y = truth.y,
		.width = truth.width,
		.height = truth.height,
		.score = 1,
		.has_landmarks = 1};
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		ret_face->landmarks[i] =
			(struct pst_point){truth.landmarks[i].x, truth.landmarks[i].y};
	}
	if (look->cover) {
		cover(rgb, width, height, ret_face, look->cover);
	}
	darken(rgb, (size_t)width * height * 3, look->darker);
	return blur(rgb, width, height, look->blur);
}

void drawn_grey(const uint8_t *rgb, uint32_t width, uint32_t height, uint8_t *grey)
{
	for (size_t i = 0; i < (size_t)width * height; i++) {
		grey[i] = (uint8_t)(0.299f * rgb[3 * i] + 0.587f * rgb[3 * i + 1] +
				    0.114f * rgb[3 * i + 2] + 0.5f);
	}
}

float drawn_number(uint64_t key)
{
	return (float)(pst_grain_mix(key) >> 40) / (float)(1 << 24);
}

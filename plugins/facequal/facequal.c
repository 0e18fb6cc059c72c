/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quality of a face from luma and five landmarks, without a model; measures by ISO/IEC 29794-5.
 *
 * Angles are a head's of mean shape: the tip of the nose stands half a distance between the eyes
 * before their plane, and halfway between eyes and mouth. A person's own shape shows as some
 * degrees; landmarks that are mean positions show a head looking straight ahead, always.
 */
#include <math.h>
#include <string.h>

#include "postern/quality.h"

#include "light.h"
#include "patch.h"

#define NOSE_DEPTH 0.5F	 /* distances between the eyes */
#define NOSE_HEIGHT 0.5F /* part of the way from the eyes to the mouth */
#define DEGREES (180 / (float)M_PI)
#define SAMPLES_LEAST 64 /* fewer tell nothing */

struct facequal {
	struct patch patch;
};

/* The list under way; the unified score's place is the first. */
struct list {
	struct pst_quality_component *component;
	uint32_t count;
	float logarithm; /* of the weighted product of what counts */
};

static float scale(float value, float worst, float best)
{
	float part = (value - worst) / (best - worst);

	return 100 * fminf(fmaxf(part, 0), 1);
}

static float put(struct list *list, enum pst_measure measure, float score, float raw)
{
	list->component[list->count++] =
		(struct pst_quality_component){.measure = measure, .score = score, .raw = raw};
	return score;
}

static void put_unknown(struct list *list, enum pst_measure measure)
{
	list->component[list->count++] =
		(struct pst_quality_component){.measure = measure, .status = PST_E_FORMAT};
}

/* One bad score is enough to spoil the product; weights add up to 1. */
static void count_in(struct list *list, float score, float weight)
{
	list->logarithm += weight * logf(fmaxf(score, 0.01F) / 100);
}

static void measure_size(struct list *list, const struct patch *patch,
	const struct pst_image *image, const struct pst_face *face, float full)
{
	float eyes = patch->eyes * full;
	float height = face->height / (float)image->height;

	count_in(list, put(list, PST_MEASURE_INTER_EYE_DISTANCE, scale(eyes, 8, 56), eyes), 0.30F);
	put(list, PST_MEASURE_HEAD_SIZE,
		height > 0.9F ? scale(height, 1.3F, 0.9F) : scale(height, 0.02F, 0.2F), height);
}

/* Room between box and edge in sides of the box; what sticks out is negative. */
static void measure_crop(
	struct list *list, const struct pst_image *image, const struct pst_face *face)
{
	const struct {
		enum pst_measure measure;
		float room;
	} edges[] = {
		{PST_MEASURE_LEFTWARD_CROP, face->x / face->width},
		{PST_MEASURE_RIGHTWARD_CROP,
			((float)image->width - face->x - face->width) / face->width},
		{PST_MEASURE_MARGIN_ABOVE, face->y / face->height},
		{PST_MEASURE_MARGIN_BELOW,
			((float)image->height - face->y - face->height) / face->height},
	};
	float worst = 100;

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		float score = scale(edges[i].room, -0.5F, -0.1F);

		worst = fminf(worst, put(list, edges[i].measure, score, edges[i].room));
	}
	count_in(list, worst, 0.05F);
}

static void measure_pose(struct list *list, const struct patch *patch)
{
	const struct pst_point *at = patch->landmark;
	float nose = at[PST_LANDMARK_NOSE].x, down = at[PST_LANDMARK_NOSE].y;
	float mouth = (at[PST_LANDMARK_MOUTH_LEFT].y + at[PST_LANDMARK_MOUTH_RIGHT].y) / 2;
	float yaw = atanf(nose / NOSE_DEPTH) * DEGREES;
	float pitch = atanf((down - NOSE_HEIGHT * mouth) / NOSE_DEPTH) * DEGREES;
	float roll = atan2f(patch->axis.y, patch->axis.x) * DEGREES;
	float worst = put(list, PST_MEASURE_HEAD_POSE_YAW, scale(fabsf(yaw), 50, 6), yaw);

	worst = fminf(
		worst, put(list, PST_MEASURE_HEAD_POSE_PITCH, scale(fabsf(pitch), 55, 18), pitch));
	worst = fminf(
		worst, put(list, PST_MEASURE_HEAD_POSE_ROLL, scale(fabsf(roll), 70, 10), roll));
	count_in(list, worst, 0.22F);
}

static void measure_light(struct list *list, const struct patch *patch)
{
	static const enum pst_measure measures[] = {PST_MEASURE_LUMINANCE_MEAN,
		PST_MEASURE_LUMINANCE_VARIANCE, PST_MEASURE_UNDER_EXPOSURE_PREVENTION,
		PST_MEASURE_OVER_EXPOSURE_PREVENTION, PST_MEASURE_DYNAMIC_RANGE,
		PST_MEASURE_SHARPNESS};
	struct light light;
	float exposure;

	light_measure(patch, &light);
	if (light.count < SAMPLES_LEAST) {
		for (size_t i = 0; i < sizeof(measures) / sizeof(measures[0]); i++) {
			put_unknown(list, measures[i]);
		}
		count_in(list, 0, 0.38F);
		return;
	}
	exposure = put(list, PST_MEASURE_LUMINANCE_MEAN,
		light.mean < 128 ? scale(light.mean, 20, 80) : scale(light.mean, 250, 190),
		light.mean);
	exposure = fminf(exposure, put(list, PST_MEASURE_UNDER_EXPOSURE_PREVENTION,
					   scale(light.under, 0.9F, 0.3F), light.under));
	exposure = fminf(exposure, put(list, PST_MEASURE_OVER_EXPOSURE_PREVENTION,
					   scale(light.over, 0.7F, 0.1F), light.over));
	count_in(list, exposure, 0.08F);
	count_in(list,
		put(list, PST_MEASURE_LUMINANCE_VARIANCE, scale(light.deviation, 4, 32),
			light.deviation),
		0.02F);
	put(list, PST_MEASURE_DYNAMIC_RANGE, fminf(12.5F * light.entropy, 100), light.entropy);
	count_in(list,
		put(list, PST_MEASURE_SHARPNESS, scale(light.detail, 0.05F, 0.45F), light.detail),
		0.28F);
}

/* The cheeks, below the eyes: what of a face is covered least. */
static void find_cheeks(const struct patch *patch, struct texture cheek[2])
{
	for (int i = 0; i < 2; i++) {
		const struct window window = {patch->landmark[i].x, 0.45F, 0.16F, 0.10F};

		cheek[i] = patch_texture(patch, &window);
	}
}

static void measure_evenness(struct list *list, const struct texture cheek[2])
{
	float brighter = fmaxf(cheek[0].mean, cheek[1].mean);
	float uneven = fabsf(cheek[0].mean - cheek[1].mean) / fmaxf(brighter, 1);

	put(list, PST_MEASURE_ILLUMINATION_UNIFORMITY, scale(uneven, 0.7F, 0.1F), uneven);
}

/* Contrast within a window against the light on the cheeks: pupil and white beside the lids. */
static void measure_eyes(struct list *list, const struct patch *patch, float light)
{
	float least = INFINITY;

	for (int i = 0; i < 2; i++) {
		const struct window window = {patch->landmark[i].x, 0, 0.20F, 0.12F};
		struct texture eye = patch_texture(patch, &window);

		least = fminf(least, (eye.high - eye.low) / light);
	}
	count_in(list, put(list, PST_MEASURE_EYES_VISIBLE, scale(least, 0.05F, 0.35F), least),
		0.03F);
}

/* Lips are darker than the skin above and below them; a plain mask is the same all over. */
static void measure_mouth(struct list *list, const struct patch *patch, float light)
{
	const struct pst_point *left = &patch->landmark[PST_LANDMARK_MOUTH_LEFT];
	const struct pst_point *right = &patch->landmark[PST_LANDMARK_MOUTH_RIGHT];
	const struct window window = {
		(left->x + right->x) / 2, (left->y + right->y) / 2, 0.20F, 0.25F};
	float bands = patch_bands(patch, &window) / light;

	count_in(list,
		put(list, PST_MEASURE_MOUTH_OCCLUSION_PREVENTION, scale(bands, 0.04F, 0.20F),
			bands),
		0.02F);
}

static void measure_parts(struct list *list, const struct patch *patch)
{
	struct texture cheek[2];
	float light;

	find_cheeks(patch, cheek);
	if (cheek[0].count == 0 || cheek[1].count == 0) {
		put_unknown(list, PST_MEASURE_ILLUMINATION_UNIFORMITY);
		put_unknown(list, PST_MEASURE_EYES_VISIBLE);
		put_unknown(list, PST_MEASURE_MOUTH_OCCLUSION_PREVENTION);
		count_in(list, 0, 0.05F);
		return;
	}
	light = fmaxf(fmaxf(cheek[0].mean, cheek[1].mean), 16);
	measure_evenness(list, cheek);
	measure_eyes(list, patch, light);
	measure_mouth(list, patch, light);
}

static void measure(struct facequal *self, const struct pst_image *image,
	const struct pst_face *face, float full, struct list *list)
{
	struct pst_quality_component *unified = list->component;

	*unified = (struct pst_quality_component){.measure = PST_MEASURE_UNIFIED_QUALITY_SCORE};
	list->count = 1;
	if (!(face->width > 0) || !(face->height > 0) || !patch_fill(&self->patch, image, face)) {
		put(list, PST_MEASURE_INTER_EYE_DISTANCE, 0, 0);
		return;
	}
	measure_size(list, &self->patch, image, face, full);
	measure_crop(list, image, face);
	measure_pose(list, &self->patch);
	measure_light(list, &self->patch);
	measure_parts(list, &self->patch);
	unified->score = unified->raw = fminf(100 * expf(list->logarithm), 100);
	explicit_bzero(&self->patch, sizeof(self->patch));
}

static int facequal_assess(void *instance, const struct pst_image *image,
	const struct pst_face *face, float full, struct pst_quality_component *components,
	uint32_t cap)
{
	struct pst_quality_component all[PST_MEASURES_MAX];
	struct list list = {.component = all};

	if (image->format != PST_PIXELS_GREY8) {
		return PST_E_FORMAT;
	}
	measure(instance, image, face, full, &list);
	list.count = list.count < cap ? list.count : cap;
	memcpy(components, all, list.count * sizeof(all[0]));
	return (int)list.count;
}

static int facequal_init(void *instance, const struct pst_host *host)
{
	(void)instance;
	(void)host;
	return 0;
}

static void facequal_finish(void *instance)
{
	explicit_bzero(instance, sizeof(struct facequal));
}

static const struct pst_quality_calls calls = {
	.size = sizeof(struct pst_quality_calls),
	.assess = facequal_assess,
};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(struct pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_QUALITY,
	.id = "facequal",
	.version = "1.0.0",
	.instance_size = sizeof(struct facequal),
	.init = facequal_init,
	.finish = facequal_finish,
	.calls = &calls,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/quality.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

enum basis {
	SCORE,
	RAW,
	RAW_SIZE, /* without its sign */
};

struct limit {
	enum pst_quality_flag flag;
	enum pst_measure measure;
	enum basis basis;
	float low; /* below is too low */
	float high;
};

static const struct limit limits[] = {
	{PST_QUALITY_TOO_SMALL, PST_MEASURE_INTER_EYE_DISTANCE, RAW, 20, INFINITY},
	{PST_QUALITY_BLURRED, PST_MEASURE_SHARPNESS, SCORE, 20, INFINITY},
	{PST_QUALITY_TOO_DARK, PST_MEASURE_LUMINANCE_MEAN, RAW, 40, INFINITY},
	{PST_QUALITY_TOO_BRIGHT, PST_MEASURE_LUMINANCE_MEAN, RAW, -INFINITY, 225},
	{PST_QUALITY_TURNED, PST_MEASURE_HEAD_POSE_YAW, RAW_SIZE, -INFINITY, 35},
	{PST_QUALITY_TURNED, PST_MEASURE_HEAD_POSE_ROLL, RAW_SIZE, -INFINITY, 35},
	{PST_QUALITY_TURNED, PST_MEASURE_HEAD_POSE_PITCH, RAW_SIZE, -INFINITY, 40},
};

const char *pst_measure_name(uint32_t measure)
{
#define NAME(constant, number, text) [(constant)-PST_MEASURE_UNIFIED_QUALITY_SCORE] = (text),
	static const char *const names[PST_MEASURES_MAX] = {PST_MEASURE_MAP(NAME)};
#undef NAME
	uint32_t index = measure - PST_MEASURE_UNIFIED_QUALITY_SCORE;

	return index < PST_MEASURES_MAX ? names[index] : NULL;
}

static const char *problem_of(const struct pst_quality *quality)
{
	uint32_t seen = 0;

	if (quality->count > PST_MEASURES_MAX) {
		return "more components than there are measures";
	}
	for (uint32_t i = 0; i < quality->count; i++) {
		const struct pst_quality_component *c = &quality->component[i];
		uint32_t bit = c->measure - PST_MEASURE_UNIFIED_QUALITY_SCORE;

		if (!pst_measure_name(c->measure)) {
			return "a component of no known measure";
		}
		if (seen & 1U << bit) {
			return "one measure twice";
		}
		seen |= 1U << bit;
		if (c->status != 0 && c->status != PST_E_NOT_IMPLEMENTED &&
			c->status != PST_E_FORMAT) {
			return "a component of no known status";
		}
		if (c->status == 0 && !(c->score >= 0 && c->score <= 100)) {
			return "a score out of 0..100";
		}
		if (c->status == 0 && !isfinite(c->raw)) {
			return "a raw value that is no number";
		}
	}
	if (quality->count > 0 &&
		(quality->component[0].measure != PST_MEASURE_UNIFIED_QUALITY_SCORE ||
			quality->component[0].status != 0)) {
		return "no unified quality score at the head";
	}
	return NULL;
}

static bool is_beyond(const struct limit *limit, const struct pst_quality_component *component)
{
	float value = limit->basis == SCORE ? component->score : component->raw;

	value = limit->basis == RAW_SIZE ? fabsf(value) : value;
	return value < limit->low || value > limit->high;
}

int pst_quality_conclude(struct pst_quality *quality, const char **ret_problem)
{
	const char *problem = problem_of(quality);

	quality->overall = 0;
	quality->flags = 0;
	if (problem) {
		if (ret_problem) {
			*ret_problem = problem;
		}
		return PST_E_PLUGIN;
	}
	for (uint32_t i = 0; i < quality->count; i++) {
		const struct pst_quality_component *component = &quality->component[i];

		for (size_t k = 0; k < sizeof(limits) / sizeof(limits[0]); k++) {
			if (component->measure == limits[k].measure && component->status == 0 &&
				is_beyond(&limits[k], component)) {
				quality->flags |= limits[k].flag;
			}
		}
	}
	if (quality->count > 0) {
		quality->overall = (uint8_t)(quality->component[0].score + 0.5F);
	}
	return 0;
}

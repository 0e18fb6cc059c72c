/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A quality plugin for tests: every face is worth what the option "worth" says, unless the
 * picture's first pixel is MARK; then it misbehaves as the option "mode" says, on this frame only.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "postern/quality.h"

#define MARK 200 /* luma of the first pixel, or more */

struct grade {
	const char *mode;
	int64_t worth;
};

static int init(void *self, const struct pst_host *host)
{
	struct grade *grade = self;

	if (host->option_text(host, "mode", &grade->mode) < 0 ||
		host->option_int(host, "worth", &grade->worth) < 0) {
		return PST_E_CONFIG;
	}
	return 0;
}

static void finish(void *self)
{
}

static void put(struct pst_quality_component *component, uint32_t measure, float score, float raw)
{
	*component = (struct pst_quality_component){.measure = measure, .score = score, .raw = raw};
}

static int misbehave(const char *mode, struct pst_quality_component *components)
{
	struct pst_quality_component *last = &components[2];

	if (strcmp(mode, "crash") == 0) {
		abort();
	} else if (strcmp(mode, "fail") == 0) {
		return PST_E_FORMAT;
	} else if (strcmp(mode, "none") == 0) {
		return 0;
	} else if (strcmp(mode, "many") == 0) {
		return PST_MEASURES_MAX + 1;
	} else if (strcmp(mode, "nan") == 0) {
		components[0].score = NAN;
	} else if (strcmp(mode, "range") == 0) {
		components[1].score = 100.5F;
	} else if (strcmp(mode, "endless") == 0) {
		components[1].raw = INFINITY;
	} else if (strcmp(mode, "twice") == 0) {
		*last = components[1];
	} else if (strcmp(mode, "unknown") == 0) {
		last->measure = PST_MEASURE_NO_HEAD_COVERINGS + 1;
	} else if (strcmp(mode, "status") == 0) {
		last->status = -1;
	} else if (strcmp(mode, "headless") == 0) {
		components[0] = *last;
		return 2;
	} else if (strcmp(mode, "untold") == 0) {
		components[0].status = PST_E_FORMAT;
	}
	return 3;
}

/* The distance between the eyes comes back in px of the full picture; what it is worth, too. */
static int assess(void *self, const struct pst_image *image, const struct pst_face *face,
	float scale, struct pst_quality_component *components, uint32_t cap)
{
	const struct grade *grade = self;
	float eyes = face->landmarks[PST_LANDMARK_EYE_RIGHT].x -
		     face->landmarks[PST_LANDMARK_EYE_LEFT].x;

	put(&components[0], PST_MEASURE_UNIFIED_QUALITY_SCORE, (float)grade->worth, 0);
	put(&components[1], PST_MEASURE_INTER_EYE_DISTANCE, 50, scale * eyes);
	put(&components[2], PST_MEASURE_SHARPNESS, 50, (float)image->width);
	put(&components[3], PST_MEASURE_EYES_OPEN, NAN, NAN);
	components[3].status =
		PST_E_NOT_IMPLEMENTED; /* then what stands there counts for nothing */
	if (image->pixels[0] >= MARK && strcmp(grade->mode, "good") != 0) {
		return misbehave(grade->mode, components);
	}
	return 4;
}

static const struct pst_quality_calls calls = {.size = sizeof(calls), .assess = assess};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_QUALITY,
	.id = "grade",
	.version = "1.0.0",
	.instance_size = sizeof(struct grade),
	.init = init,
	.finish = finish,
	.calls = &calls,
};

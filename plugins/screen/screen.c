/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for one thing only: a regular grid over a face, as the pixels of a screen, their moire or
 * the dots of a print leave it. It has been shown on drawn attacks, which proves nothing about real
 * ones; a photograph in continuous tone, a fine screen, a mask, it takes for a person.
 */
#include <stdio.h>
#include <string.h>

#include "postern/pad.h"

#include "spectrum.h"

#define PEAK_GRID 6.3F	  /* a peak this high is a grid */
#define PEAK_CLEAR 4.8F	  /* below it is texture */
#define DETAIL_LEAST 6.0F /* a picture that was enlarged has less, and its own grid */

struct screen {
	struct spectrum spectrum;
};

static int screen_init(void *instance, const struct pst_host *host)
{
	struct screen *self = instance;

	(void)host;
	spectrum_init(&self->spectrum);
	return 0;
}

static void screen_finish(void *instance)
{
	struct screen *self = instance;

	spectrum_wipe(&self->spectrum);
}

static float score_of(float peak)
{
	float part = (peak - PEAK_CLEAR / 2) / (2 * PEAK_GRID - PEAK_CLEAR);

	return part < 0 ? 0 : part > 1 ? 1 : part;
}

static int screen_judge(void *instance, const struct pst_image *chip, const struct pst_face *face,
	struct pst_pad_result *ret_result)
{
	struct pst_pad_finding *finding = &ret_result->impersonation;
	struct screen *self = instance;
	struct reading reading;

	(void)face;
	if (chip->format != PST_PIXELS_GREY8 || chip->width < SPECTRUM_SIDE ||
		chip->height < SPECTRUM_SIDE) {
		return PST_E_FORMAT;
	}
	reading = spectrum_read(&self->spectrum, chip);
	spectrum_wipe(&self->spectrum);
	if (reading.detail < DETAIL_LEAST) {
		return PST_E_POOR_QUALITY;
	}
	finding->score = score_of(reading.peak);
	if (reading.peak >= PEAK_GRID) {
		finding->answer = PST_PAD_FAIL;
		(void)snprintf(finding->reason, sizeof(finding->reason),
			"a grid as of a screen or a print");
	} else {
		finding->answer = reading.peak < PEAK_CLEAR ? PST_PAD_PASS : PST_PAD_UNCERTAIN;
		(void)snprintf(finding->reason, sizeof(finding->reason), "%s",
			reading.peak < PEAK_CLEAR ? "no grid" : "perhaps a grid");
	}
	return 0;
}

static const struct pst_pad_calls calls = {
	.size = sizeof(struct pst_pad_calls),
	.judge = screen_judge,
};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(struct pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_PAD,
	.id = "screen",
	.version = "1.0.0",
	.instance_size = sizeof(struct screen),
	.init = screen_init,
	.finish = screen_finish,
	.calls = &calls,
};

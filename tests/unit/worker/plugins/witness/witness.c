/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A presentation attack detector for tests: it answers what its options say, and misbehaves as the
 * option "mode" says, but never on a black chip, which is the warm-up's.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "postern/pad.h"

struct witness {
	const char *mode;
	const char *impersonation;
	const char *evasion;
};

static int init(void *self, const struct pst_host *host)
{
	struct witness *witness = self;

	if (host->option_text(host, "mode", &witness->mode) < 0 ||
		host->option_text(host, "impersonation", &witness->impersonation) < 0 ||
		host->option_text(host, "evasion", &witness->evasion) < 0) {
		return PST_E_CONFIG;
	}
	return 0;
}

static void finish(void *self)
{
}

static uint32_t answer_of(const char *name)
{
	static const char *const names[] = {"missing", "pass", "fail", "uncertain"};

	for (uint32_t i = 0; i < 4; i++) {
		if (strcmp(names[i], name) == 0) {
			return i;
		}
	}
	return PST_PAD_UNSET;
}

static int misbehave(const char *mode, struct pst_pad_result *result)
{
	if (strcmp(mode, "crash") == 0) {
		abort();
	} else if (strcmp(mode, "no-face") == 0) {
		return PST_E_NO_FACE;
	} else if (strcmp(mode, "poor") == 0) {
		return PST_E_POOR_QUALITY;
	} else if (strcmp(mode, "fail") == 0) {
		return PST_E_FORMAT;
	} else if (strcmp(mode, "count") == 0) {
		return 1;
	} else if (strcmp(mode, "answer") == 0) {
		result->evasion.answer = 9;
	} else if (strcmp(mode, "nan") == 0) {
		result->impersonation.score = NAN;
	} else if (strcmp(mode, "range") == 0) {
		result->evasion.score = -0.5F;
	} else if (strcmp(mode, "endless") == 0) {
		memset(result->evasion.reason, 'x', sizeof(result->evasion.reason));
	} else if (strcmp(mode, "binary") == 0) {
		strcpy(result->impersonation.reason, "red \033[31m");
	}
	return 0;
}

static int judge(void *self, const struct pst_image *image, const struct pst_face *face,
	struct pst_pad_result *ret_result)
{
	const struct witness *witness = self;
	bool black = image->pixels[image->stride * (image->height / 2) + image->width] == 0;

	ret_result->impersonation = (struct pst_pad_finding){.score = 0.25F, .reason = "as told"};
	ret_result->impersonation.answer = answer_of(witness->impersonation);
	ret_result->evasion.answer = answer_of(witness->evasion);
	return black ? 0 : misbehave(witness->mode, ret_result);
}

static const struct pst_pad_calls calls = {.size = sizeof(calls), .judge = judge};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_PAD,
	.id = "witness",
	.version = "1.0.0",
	.instance_size = sizeof(struct witness),
	.init = init,
	.finish = finish,
	.calls = &calls,
};

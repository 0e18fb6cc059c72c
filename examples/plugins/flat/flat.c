/* SPDX-License-Identifier: Apache-2.0 */
/* Presentation attack detection: a sheet held before the camera has little contrast. No proof. */
#include <postern/pad.h>
#include <stdio.h>

struct state {
	int64_t least;
};

static int init(void *self, const struct pst_host *host)
{
	return host->option_int(host, "least", &((struct state *)self)->least);
}

static void finish(void *self)
{
	(void)self;
}

static int judge(void *self, const struct pst_image *chip, const struct pst_face *face,
	struct pst_pad_result *ret_result)
{
	struct pst_pad_finding *found = &ret_result->impersonation; /* evasion stays unset */
	int64_t least = ((const struct state *)self)->least;
	uint8_t low = UINT8_MAX, high = 0;

	(void)face;
	if (chip->format != PST_PIXELS_GREY8) {
		return PST_E_FORMAT;
	}
	for (uint64_t i = 0; i < (uint64_t)chip->width * chip->height; i++) {
		uint8_t value = chip->pixels[i / chip->width * chip->stride + i % chip->width];

		low = value < low ? value : low;
		high = value > high ? value : high;
	}
	found->score = low < high ? 1 - (float)(high - low) / UINT8_MAX : 1;
	found->answer = high - low >= least ? PST_PAD_PASS : PST_PAD_UNCERTAIN;
	(void)snprintf(
		found->reason, sizeof(found->reason), "contrast %d", low < high ? high - low : 0);
	return 0;
}

static const struct pst_pad_calls calls = {.size = sizeof(calls), .judge = judge};

PST_PLUGIN_ENTRY(PAD, "flat", "0.1.0", sizeof(struct state), init, finish, &calls);

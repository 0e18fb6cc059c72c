/* SPDX-License-Identifier: Apache-2.0 */
/* An extractor for tests: the mean colour of each quarter of the chip; black is no face. */
#include <stdlib.h>
#include <string.h>

#include "postern/extractor.h"

struct mean {
	const char *mode;
};

static int init(void *self, const struct pst_host *host)
{
	struct mean *mean = self;

	return host->option_text(host, "mode", &mean->mode);
}

static void finish(void *self)
{
}

static int extract(void *self, const struct pst_image *chip, const struct pst_face *face,
	uint32_t role, uint8_t *ret_template, uint32_t cap)
{
	const struct mean *mean = self;
	float sums[12] = {0};
	float all = 0;

	for (uint32_t y = 0; y < chip->height; y++) {
		const uint8_t *row = chip->pixels + (size_t)y * chip->stride;

		for (uint32_t x = 0; x < chip->width; x++) {
			uint32_t part = (y * 2 / chip->height) * 2 + x * 2 / chip->width;

			for (uint32_t c = 0; c < 3; c++) {
				sums[part * 3 + c] += row[x * 3 + c];
				all += row[x * 3 + c];
			}
		}
	}
	if (all == 0) {
		return PST_E_NO_FACE;
	}
	if (strcmp(mean->mode, "short") == 0) {
		return 4;
	}
	if (strcmp(mean->mode, "crash") == 0) {
		abort();
	}
	for (int i = 0; i < 12; i++) {
		sums[i] /= (float)(chip->width * chip->height) / 4;
	}
	if (cap < sizeof(sums)) {
		return PST_E_PLUGIN;
	}
	memcpy(ret_template, sums, sizeof(sums));
	return (int)sizeof(sums);
}

static const struct pst_extractor calls = {.size = sizeof(calls), .extract = extract};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_EXTRACTOR,
	.id = "mean",
	.version = "1.0.0",
	.instance_size = sizeof(struct mean),
	.init = init,
	.finish = finish,
	.calls = &calls,
};

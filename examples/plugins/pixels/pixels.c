/* SPDX-License-Identifier: Apache-2.0 */
/* An extractor: the brightness of 8 x 8 tiles, against the mean of all. */
#include <postern/extractor.h>

#define TILES 8u
#define TILE 8u /* px */

static int init(void *self, const struct pst_host *host)
{
	(void)self;
	(void)host;
	return 0;
}

static void finish(void *self)
{
	(void)self;
}

static int extract(void *self, const struct pst_image *chip, const struct pst_face *face,
	uint32_t role, uint8_t *ret_template, uint32_t cap)
{
	uint32_t tile[TILES * TILES] = {0}, mean = 0;

	(void)self;
	(void)role;
	if (chip->format != PST_PIXELS_GREY8 || chip->width != TILES * TILE ||
		chip->height != TILES * TILE || cap < TILES * TILES) {
		return PST_E_FORMAT;
	}
	for (uint32_t i = 0; i < TILES * TILE * TILES * TILE; i++) {
		uint32_t x = i % (TILES * TILE), y = i / (TILES * TILE);
		uint32_t value = chip->pixels[(uint64_t)y * chip->stride + x];

		tile[y / TILE * TILES + x / TILE] += value;
		mean += value;
	}
	mean /= TILES * TILES;
	for (uint32_t i = 0; i < TILES * TILES; i++) {
		ret_template[i] =
			(uint8_t)((tile[i] + TILE * TILE * 255 - mean) / (2 * TILE * TILE));
	}
	return TILES * TILES;
}

static const struct pst_extractor calls = {.size = sizeof(calls), .extract = extract};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_EXTRACTOR,
	.id = "pixels",
	.version = "0.1.0",
	.instance_size = 1,
	.init = init,
	.finish = finish,
	.calls = &calls,
};

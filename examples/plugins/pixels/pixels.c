/* SPDX-License-Identifier: Apache-2.0 */
/* An extractor: the brightness of 8 x 8 tiles, against the mean of all. */
#include <postern/extractor.h>

#define TILES 8u
#define TILE 8u /* px */

static int init(void *self, const struct pst_host *host)
{
	return self && host ? 0 : PST_E_PLUGIN; /* no options, no model */
}

static void finish(void *self)
{
	(void)self;
}

static int extract(void *self, const struct pst_image *chip, const struct pst_face *face,
	uint32_t role, uint8_t *ret_template, uint32_t cap)
{
	uint32_t tile[TILES * TILES] = {0}, mean = 0;

	(void)self, (void)face, (void)role;
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

PST_PLUGIN_ENTRY(EXTRACTOR, "pixels", "0.1.0", 1, init, finish, &calls);

/* SPDX-License-Identifier: Apache-2.0 */
/* Histograms of local binary patterns, to be compared by their cosine. */
#include <stdbool.h>
#include <string.h>

#include "postern/extractor.h"

#include "histogram.h"
#include "light.h"

#define CONTRAST_MIN 16 /* grey levels */

_Static_assert(DIMENSION * sizeof(float) <= PST_TEMPLATE_MAX, "template too large");

struct lbph {
	struct light light;
	struct patterns patterns;
	float plane[CHIP_PIXELS];
	float bins[DIMENSION];
};

static int lbph_init(void *instance, const struct pst_host *host)
{
	struct lbph *self = instance;

	(void)host;
	light_init(&self->light);
	patterns_init(&self->patterns);
	return 0;
}

static void wipe_face(struct lbph *self)
{
	explicit_bzero(self->plane, sizeof(self->plane));
	explicit_bzero(self->bins, sizeof(self->bins));
	light_wipe(&self->light);
}

static void lbph_finish(void *instance)
{
	wipe_face(instance);
}

/* A chip without contrast has no patterns of its own: any two of them would be alike. */
static bool is_flat(const struct pst_image *chip)
{
	uint8_t least = UINT8_MAX, most = 0;

	for (uint32_t y = 0; y < CHIP_HEIGHT; y++) {
		const uint8_t *row = chip->pixels + (size_t)y * chip->stride;

		for (uint32_t x = 0; x < CHIP_WIDTH; x++) {
			least = row[x] < least ? row[x] : least;
			most = row[x] > most ? row[x] : most;
		}
	}
	return most - least < CONTRAST_MIN;
}

static int lbph_extract(void *instance, const struct pst_image *chip, const struct pst_face *face,
	uint32_t role, uint8_t *ret_template, uint32_t cap)
{
	struct lbph *self = instance;

	(void)face;
	(void)role;
	if (chip->format != PST_PIXELS_GREY8 || chip->width != CHIP_WIDTH ||
		chip->height != CHIP_HEIGHT || cap < sizeof(self->bins)) {
		return PST_E_FORMAT;
	}
	if (is_flat(chip)) {
		return PST_E_POOR_QUALITY;
	}
	light_normalise(&self->light, chip, self->plane);
	patterns_count(&self->patterns, self->plane, self->bins);
	patterns_normalise(self->bins);
	memcpy(ret_template, self->bins, sizeof(self->bins));
	wipe_face(self);
	return (int)sizeof(self->bins);
}

static const struct pst_extractor calls = {
	.size = sizeof(struct pst_extractor),
	.extract = lbph_extract,
};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(struct pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_EXTRACTOR,
	.id = "lbph",
	.version = "1.0.0",
	.instance_size = sizeof(struct lbph),
	.init = lbph_init,
	.finish = lbph_finish,
	.calls = &calls,
};

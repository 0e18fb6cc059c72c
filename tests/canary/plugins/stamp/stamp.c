/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An extractor for tests: its templates are marks, as frames have them, of a seed of their own, and
 * numbered as they are made. So a template that is kept where it should not be can be looked for.
 */
#include "mark.h"
#include "postern/extractor.h"

#define SEED 77
#define WORDS 64

struct stamp {
	uint32_t made;
};

static int init(void *self, const struct pst_host *host)
{
	return 0;
}

static void finish(void *self)
{
}

static int extract(void *self, const struct pst_image *chip, const struct pst_face *face,
	uint32_t role, uint8_t *bytes, uint32_t cap)
{
	struct stamp *stamp = self;

	memset(bytes, 0, WORDS * sizeof(uint32_t));
	if (chip->pixels[chip->height / 2 * chip->stride + chip->width / 2] == 0) {
		return WORDS * sizeof(uint32_t); /* the warm-up's: nobody's */
	}
	for (uint32_t i = 0; i < WORDS; i++) {
		uint32_t word = canary_word(SEED, stamp->made, i % CANARY_WORDS);

		memcpy(bytes + i * sizeof(word), &word, sizeof(word));
	}
	stamp->made++;
	return WORDS * sizeof(uint32_t);
}

static const struct pst_extractor calls = {.size = sizeof(calls), .extract = extract};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_EXTRACTOR,
	.id = "stamp",
	.version = "1.0.0",
	.instance_size = sizeof(struct stamp),
	.init = init,
	.finish = finish,
	.calls = &calls,
};

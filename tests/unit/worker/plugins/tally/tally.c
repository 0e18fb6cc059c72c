/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A matcher for tests: up to 16 templates of float32, compared by their first number. As "tallies"
 * it has a call for several probes, which its mode makes err at the last one.
 */
#include <math.h>
#include <string.h>

#include "postern/matcher.h"

#define ROOM 16

struct tally {
	const char *mode;
	uint32_t count;
	struct {
		uint64_t key;
		float value;
	} entry[ROOM];
};

static int init(void *self, const struct pst_host *host)
{
	struct tally *tally = self;

	return host->option_text(host, "mode", &tally->mode);
}

static void finish(void *self)
{
}

static int add(void *self, uint64_t key, const uint8_t *bytes, uint32_t size)
{
	struct tally *tally = self;

	if (size < sizeof(float) || tally->count == ROOM) {
		return PST_E_FORMAT;
	}
	tally->entry[tally->count].key = key;
	memcpy(&tally->entry[tally->count].value, bytes, sizeof(float));
	tally->count++;
	return 0;
}

static int take_out(void *self, uint64_t key)
{
	struct tally *tally = self;
	uint32_t kept = 0;
	int removed;

	for (uint32_t i = 0; i < tally->count; i++) {
		if (tally->entry[i].key != key) {
			tally->entry[kept++] = tally->entry[i];
		}
	}
	removed = (int)(tally->count - kept);
	tally->count = kept;
	return removed;
}

static int seal(void *self)
{
	return 0;
}

static float score_of(const struct tally *tally, const uint8_t *probe, uint32_t i)
{
	float value;

	memcpy(&value, probe, sizeof(value));
	value = 1 - fabsf(value - tally->entry[i].value);
	if (strcmp(tally->mode, "nan") == 0) {
		return NAN;
	}
	return strcmp(tally->mode, "range") == 0 ? 2 : fmaxf(value, -1);
}

static int verify(void *self, const uint8_t *probe, uint32_t size, uint64_t key, float *ret_score)
{
	struct tally *tally = self;

	if (size < sizeof(float)) {
		return PST_E_FORMAT;
	}
	for (uint32_t i = 0; i < tally->count; i++) {
		if (tally->entry[i].key == key) {
			*ret_score = score_of(tally, probe, i);
			return 0;
		}
	}
	return PST_E_NOT_FOUND;
}

static int search(void *self, const uint8_t *probe, uint32_t size, struct pst_candidate *candidates,
	uint32_t cap)
{
	struct tally *tally = self;
	uint32_t count = 0;

	if (size < sizeof(float)) {
		return PST_E_FORMAT;
	}
	for (uint32_t i = 0; i < tally->count && count < cap; i++) {
		struct pst_candidate now = {
			.key = tally->entry[i].key, .score = score_of(tally, probe, i)};
		uint32_t at = count++;

		if (strcmp(tally->mode, "unsorted") != 0) {
			for (; at > 0 && candidates[at - 1].score < now.score; at--) {
				candidates[at] = candidates[at - 1];
			}
		}
		candidates[at] = now;
	}
	return (int)count;
}

#ifdef TALLIES
#define ID "tallies"
#define BATCH search_batch

static int search_batch(void *self, const uint8_t *probes, uint32_t size, uint32_t count,
	struct pst_candidate *candidates, uint32_t cap, uint32_t *ret_counts)
{
	const struct tally *tally = self;

	if (size < sizeof(float)) {
		return PST_E_FORMAT;
	}
	for (uint32_t i = 0; i < count; i++) {
		ret_counts[i] = (uint32_t)search(
			self, probes + (size_t)i * size, size, candidates + (size_t)i * cap, cap);
	}
	if (strcmp(tally->mode, "many") == 0) {
		ret_counts[count - 1] = cap + 1;
	}
	if (strcmp(tally->mode, "twice") == 0) {
		candidates[(count - 1) * cap + 1] = candidates[(count - 1) * cap];
	}
	return strcmp(tally->mode, "count") == 0 ? (int)count : 0;
}
#else
#define ID "tally"
#define BATCH NULL
#endif

static const struct pst_matcher calls = {
	.size = sizeof(calls),
	.add = add,
	.remove = take_out,
	.seal = seal,
	.verify = verify,
	.search = search,
	.search_batch = BATCH,
};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_MATCHER,
	.id = ID,
	.version = "1.0.0",
	.instance_size = sizeof(struct tally),
	.init = init,
	.finish = finish,
	.calls = &calls,
};

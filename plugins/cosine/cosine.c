/* SPDX-License-Identifier: Apache-2.0 */
/* Exact comparison by the cosine of the angle between two templates. */
#include <errno.h>
#include <string.h>

#include "postern/extractor.h"
#include "postern/matcher.h"

#include "gallery.h"
#include "probes.h"
#include "search.h"
#include "simd.h"

struct cosine {
	const struct pst_host *host;
	const struct simd *simd;
	struct gallery gallery;
	struct probes probes; /* wiped after every comparison */
	struct ranking rankings[PST_PROBES_MAX];
	bool is_sealed;
	bool has_warned;
};

static void warn_unlocked(struct cosine *self)
{
	bool is_unlocked = gallery_is_unlocked(&self->gallery) || self->probes.memory.is_unlocked;

	if (is_unlocked && !self->has_warned) {
		self->has_warned = true;
		self->host->log(self->host, PST_LOG_WARNING,
			"templates may be swapped out: the limit of locked memory is too low "
			"(raise ulimit -l)");
	}
}

static int complain(const struct pst_host *host, const char *text)
{
	host->log(host, PST_LOG_ERROR, text);
	return PST_E_CONFIG;
}

static int cosine_init(void *instance, const struct pst_host *host)
{
	struct cosine *self = instance;
	const char *simd = "", *scan = "";
	int status = host->option_text(host, "simd", &simd);

	if (status == 0) {
		self->simd = simd_choose(simd);
		status = host->option_text(host, "scan", &scan);
	}
	if (status < 0) {
		return status;
	}
	self->host = host;
	if (!self->simd) {
		return complain(host, "option simd: auto, portable, avx2, avx512 or neon, and only "
				      "what this machine has");
	}
	self->gallery.has_codes = strcmp(scan, "two-stage") == 0;
	if (!self->gallery.has_codes && strcmp(scan, "float") != 0) {
		return complain(host, "option scan: two-stage or float");
	}
	status = probes_reserve(&self->probes);
	warn_unlocked(self);
	return status;
}

static void cosine_finish(void *instance)
{
	struct cosine *self = instance;

	gallery_finish(&self->gallery);
	probes_finish(&self->probes);
}

static int cosine_add(void *instance, uint64_t key, const uint8_t *bytes, uint32_t size)
{
	struct cosine *self = instance;
	int status = gallery_add(&self->gallery, key, bytes, size);

	if (status == 0) {
		self->is_sealed = false;
	}
	warn_unlocked(self);
	return status;
}

static int cosine_remove(void *instance, uint64_t key)
{
	struct cosine *self = instance;
	int removed = gallery_remove(&self->gallery, key);

	if (removed > 0) {
		self->is_sealed = false;
	}
	return removed;
}

/* Every change leaves the gallery ready; to seal it costs nothing. */
static int cosine_seal(void *instance)
{
	struct cosine *self = instance;

	self->is_sealed = true;
	return 0;
}

/* Takes the probes for a comparison; the caller wipes them whatever the answer is. */
static int take_probes(struct cosine *self, const uint8_t *probes, uint32_t size, uint32_t count)
{
	const struct gallery *gallery = &self->gallery;
	int status = probes_take(&self->probes, probes, size, count);

	warn_unlocked(self);
	if (status < 0 || gallery->count == 0) {
		return status;
	}
	if (size / sizeof(float) != gallery->dimension) {
		return PST_E_FORMAT;
	}
	return self->is_sealed ? 0 : PST_E_PLUGIN;
}

static int verify(const struct cosine *self, uint64_t key, float *ret_score)
{
	const struct index *index = &self->gallery.index;
	uint32_t row = index_find(index, key);
	float best = -1.0f;

	if (row == INDEX_NONE) {
		return PST_E_NOT_FOUND;
	}
	for (; row != INDEX_NONE; row = index->rows[row].next) {
		float score;

		self->simd->dot(gallery_row(&self->gallery, row), self->gallery.stride, 1,
			self->probes.rows, &score);
		best = score > best ? score : best;
	}
	*ret_score = search_bounded(best);
	return 0;
}

static int cosine_verify(
	void *instance, const uint8_t *probe, uint32_t size, uint64_t key, float *ret_score)
{
	struct cosine *self = instance;
	int status = take_probes(self, probe, size, 1);

	if (status == 0) {
		status = verify(self, key, ret_score);
	}
	probes_wipe(&self->probes);
	return status;
}

static int cosine_search_batch(void *instance, const uint8_t *probes, uint32_t size, uint32_t count,
	struct pst_candidate *candidates, uint32_t cap, uint32_t *ret_counts)
{
	struct cosine *self = instance;
	int status = PST_E_PLUGIN;

	if (count > 0 && count <= PST_PROBES_MAX) {
		status = take_probes(self, probes, size, count);
	}
	for (uint32_t i = 0; i < count && status == 0; i++) {
		self->rankings[i] = (struct ranking){candidates + (size_t)i * cap, 0, cap};
	}
	if (status == 0 && cap > 0 && self->gallery.has_codes) {
		probes_encode(&self->probes);
		search_coarse(self->simd, &self->gallery, &self->probes, self->rankings);
	} else if (status == 0 && cap > 0) {
		search_float(self->simd, &self->gallery, &self->probes, self->rankings);
	}
	for (uint32_t i = 0; i < count && status == 0; i++) {
		ret_counts[i] = self->rankings[i].count;
	}
	probes_wipe(&self->probes);
	return status;
}

static int cosine_search(void *instance, const uint8_t *probe, uint32_t size,
	struct pst_candidate *candidates, uint32_t cap)
{
	uint32_t count = 0;
	int status = cosine_search_batch(instance, probe, size, 1, candidates, cap, &count);

	return status < 0 ? status : (int)count;
}

static const struct pst_matcher calls = {
	.size = sizeof(struct pst_matcher),
	.add = cosine_add,
	.remove = cosine_remove,
	.seal = cosine_seal,
	.verify = cosine_verify,
	.search = cosine_search,
	.search_batch = cosine_search_batch,
};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(struct pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_MATCHER,
	.id = "cosine",
	.version = "1.1.0",
	.instance_size = sizeof(struct cosine),
	.init = cosine_init,
	.finish = cosine_finish,
	.calls = &calls,
};

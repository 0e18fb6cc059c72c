/* SPDX-License-Identifier: Apache-2.0 */
/* Exact comparison by the cosine of the angle between two templates. */
#include <errno.h>
#include <string.h>

#include "postern/extractor.h"
#include "postern/matcher.h"

#include "dot.h"
#include "gallery.h"

#define BLOCK_ROWS 256u
#define PROBE_SIZE ((size_t)PST_TEMPLATE_MAX)

struct cosine {
	const struct pst_host *host;
	dot_fn dot;
	float *probe; /* PROBE_SIZE bytes, wiped after every comparison */
	struct gallery gallery;
	bool has_warned;
};

static void warn_unlocked(struct cosine *self, bool is_unlocked)
{
	if (is_unlocked && !self->has_warned) {
		self->has_warned = true;
		self->host->log(self->host, PST_LOG_WARNING,
			"templates may be swapped out: the limit of locked memory is too low "
			"(raise ulimit -l)");
	}
}

static int cosine_init(void *instance, const struct pst_host *host)
{
	struct cosine *self = instance;
	const char *simd = NULL;
	bool is_locked;
	int status = host->option_text(host, "simd", &simd);

	if (status < 0) {
		return status;
	}
	self->host = host;
	self->dot = dot_choose(simd);
	if (!self->dot) {
		host->log(host, PST_LOG_ERROR,
			"option simd: auto, portable or avx2, and only what this machine has");
		return PST_E_CONFIG;
	}
	self->probe = gallery_map(PROBE_SIZE, &is_locked);
	if (!self->probe) {
		return -ENOMEM;
	}
	warn_unlocked(self, !is_locked);
	return 0;
}

static void cosine_finish(void *instance)
{
	struct cosine *self = instance;

	gallery_finish(&self->gallery);
	gallery_unmap(self->probe, PROBE_SIZE);
	self->probe = NULL;
}

static int cosine_add(void *instance, uint64_t key, const uint8_t *bytes, uint32_t size)
{
	struct cosine *self = instance;
	int status = gallery_add(&self->gallery, key, bytes, size);

	warn_unlocked(self, self->gallery.is_unlocked);
	return status;
}

static int cosine_remove(void *instance, uint64_t key)
{
	struct cosine *self = instance;

	return gallery_remove(&self->gallery, key);
}

static int cosine_seal(void *instance)
{
	struct cosine *self = instance;

	return gallery_seal(&self->gallery);
}

/* Makes self->probe; the caller wipes it whatever the answer is. */
static int take_probe(struct cosine *self, const uint8_t *probe, uint32_t size)
{
	const struct gallery *gallery = &self->gallery;
	uint32_t dimension = size / sizeof(float);
	uint32_t stride = (dimension + DOT_LANES - 1) / DOT_LANES * DOT_LANES;

	if (size == 0 || size % sizeof(float) != 0 || size > PST_TEMPLATE_MAX ||
		(gallery->count > 0 && dimension != gallery->dimension)) {
		return PST_E_FORMAT;
	}
	if (gallery->count > 0 && !gallery->is_sealed) {
		return PST_E_PLUGIN;
	}
	return gallery_normalise(probe, dimension, self->probe, stride);
}

static float bounded(float score)
{
	return score > 1.0f ? 1.0f : score < -1.0f ? -1.0f : score;
}

static int cosine_verify(
	void *instance, const uint8_t *probe, uint32_t size, uint64_t key, float *ret_score)
{
	struct cosine *self = instance;
	const struct gallery *gallery = &self->gallery;
	uint32_t first = 0;
	uint32_t count;
	float best = -1.0f;
	int status = take_probe(self, probe, size);

	if (status == 0) {
		count = gallery_find(gallery, key, &first);
		for (uint32_t i = 0; i < count; i++) {
			float score;

			self->dot(gallery->rows + (size_t)(first + i) * gallery->stride,
				gallery->stride, 1, self->probe, &score);
			best = score > best ? score : best;
		}
		status = count > 0 ? 0 : PST_E_NOT_FOUND;
	}
	explicit_bzero(self->probe, PROBE_SIZE);
	if (status == 0) {
		*ret_score = bounded(best);
	}
	return status;
}

/* Keeps candidates in falling order; of equals the one that came first, the lower key, stays. */
static uint32_t keep(
	struct pst_candidate *candidates, uint32_t count, uint32_t cap, uint64_t key, float score)
{
	uint32_t at;

	if (count == cap && !(score > candidates[cap - 1].score)) {
		return count;
	}
	at = count < cap ? count++ : cap - 1;
	while (at > 0 && score > candidates[at - 1].score) {
		candidates[at] = candidates[at - 1];
		at--;
	}
	candidates[at] = (struct pst_candidate){.key = key, .score = score};
	return count;
}

static uint32_t scan(const struct cosine *self, struct pst_candidate *candidates, uint32_t cap)
{
	const struct gallery *gallery = &self->gallery;
	uint64_t key = gallery->keys[0];
	float best = -1.0f;
	uint32_t count = 0;

	for (uint32_t row = 0; row < gallery->count; row += BLOCK_ROWS) {
		uint32_t left = gallery->count - row;
		uint32_t block = left < BLOCK_ROWS ? left : BLOCK_ROWS;
		float scores[BLOCK_ROWS];

		self->dot(gallery->rows + (size_t)row * gallery->stride, gallery->stride, block,
			self->probe, scores);
		for (uint32_t i = 0; i < block; i++) {
			if (gallery->keys[row + i] != key) {
				count = keep(candidates, count, cap, key, bounded(best));
				key = gallery->keys[row + i];
				best = -1.0f;
			}
			best = scores[i] > best ? scores[i] : best;
		}
	}
	return keep(candidates, count, cap, key, bounded(best));
}

static int cosine_search(void *instance, const uint8_t *probe, uint32_t size,
	struct pst_candidate *candidates, uint32_t cap)
{
	struct cosine *self = instance;
	int status = take_probe(self, probe, size);

	if (status == 0 && self->gallery.count > 0 && cap > 0) {
		status = (int)scan(self, candidates, cap);
	}
	explicit_bzero(self->probe, PROBE_SIZE);
	return status;
}

static const struct pst_matcher calls = {
	.size = sizeof(struct pst_matcher),
	.add = cosine_add,
	.remove = cosine_remove,
	.seal = cosine_seal,
	.verify = cosine_verify,
	.search = cosine_search,
};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(struct pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_MATCHER,
	.id = "cosine",
	.version = "1.0.0",
	.instance_size = sizeof(struct cosine),
	.init = cosine_init,
	.finish = cosine_finish,
	.calls = &calls,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* A matcher of 64-byte templates: 1 less their mean difference. */
#include <errno.h>
#include <postern/matcher.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 64u
#define ROWS 4096u

struct nearest {
	uint32_t count;
	uint64_t key[ROWS];
	uint8_t bytes[ROWS][SIZE];
};

static int init(void *self, const struct pst_host *host)
{
	return self && host ? 0 : PST_E_PLUGIN;
}

static void finish(void *self)
{
	explicit_bzero(self, sizeof(struct nearest)); /* templates don't stay in memory */
}

static int add(void *self, uint64_t key, const uint8_t *bytes, uint32_t size)
{
	struct nearest *n = self;

	if (size != SIZE || n->count == ROWS) {
		return size != SIZE ? PST_E_FORMAT : -ENOMEM;
	}
	n->key[n->count] = key;
	memcpy(n->bytes[n->count++], bytes, SIZE);
	return 0;
}

static int drop(void *self, uint64_t key)
{
	struct nearest *n = self;
	uint32_t before = n->count, i = 0;

	while (i < n->count) {
		if (n->key[i] != key) {
			i++;
			continue;
		}
		n->count--;
		n->key[i] = n->key[n->count];
		memcpy(n->bytes[i], n->bytes[n->count], SIZE);
		explicit_bzero(n->bytes[n->count], SIZE);
	}
	return (int)(before - n->count);
}

static int seal(void *self)
{
	return self ? 0 : PST_E_PLUGIN; /* nothing to prepare */
}

static int verify(void *self, const uint8_t *probe, uint32_t size, uint64_t key, float *ret_score)
{
	const struct nearest *n = self;
	float best = -1;

	for (uint32_t i = 0; i < n->count && size == SIZE; i++) {
		uint32_t sum = 0;

		for (uint32_t k = 0; k < SIZE; k++) {
			sum += (uint32_t)abs(probe[k] - n->bytes[i][k]);
		}
		if (n->key[i] == key && 1 - (float)sum / (255 * SIZE) > best) {
			best = 1 - (float)sum / (255 * SIZE);
		}
	}
	if (best < 0) {
		return size == SIZE ? PST_E_NOT_FOUND : PST_E_FORMAT;
	}
	*ret_score = best;
	return 0;
}

static int search(void *self, const uint8_t *probe, uint32_t size, struct pst_candidate *candidates,
	uint32_t cap)
{
	const struct nearest *n = self;
	uint32_t count = 0;

	for (uint32_t i = 0; i < n->count && size == SIZE; i++) {
		struct pst_candidate found = {.key = n->key[i]};
		uint32_t at = 0;

		while (at < count && candidates[at].key != found.key) {
			at++;
		}
		if (at < count || verify(self, probe, size, found.key, &found.score) < 0) {
			continue; /* its best template has been counted */
		}
		for (at = count; at > 0 && candidates[at - 1].score < found.score; at--) {
			if (at < cap) {
				candidates[at] = candidates[at - 1];
			}
		}
		if (at < cap) {
			candidates[at] = found;
			count += count < cap;
		}
	}
	return size == SIZE ? (int)count : PST_E_FORMAT;
}

static const struct pst_matcher calls = {.size = sizeof(calls),
	.add = add,
	.remove = drop,
	.seal = seal,
	.verify = verify,
	.search = search};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_MATCHER,
	.id = "nearest",
	.version = "0.1.0",
	.instance_size = sizeof(struct nearest),
	.init = init,
	.finish = finish,
	.calls = &calls,
};

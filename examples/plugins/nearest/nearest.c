/* SPDX-License-Identifier: Apache-2.0 */
/* A matcher of 64-byte templates: 1 less their mean squared difference. */
#include <errno.h>
#include <postern/matcher.h>
#include <string.h>

enum { SIZE = 64, ROWS = 4096 }; /* bytes of a template, templates */

struct state {
	uint32_t count, is_sealed;
	uint64_t key[ROWS];
	uint8_t row[ROWS][SIZE];
};

static int init(void *self, const struct pst_host *host)
{
	return self && host ? 0 : PST_E_PLUGIN; /* no options, no model */
}

static void finish(void *self)
{
	explicit_bzero(self, sizeof(struct state)); /* templates don't stay in memory */
}

static int add(void *self, uint64_t key, const uint8_t *bytes, uint32_t size)
{
	struct state *g = self;

	if (size != SIZE || g->count == ROWS) {
		return size != SIZE ? PST_E_FORMAT : -ENOMEM;
	}
	g->key[g->count] = key;
	memcpy(g->row[g->count++], bytes, SIZE);
	return g->is_sealed = 0;
}

static int drop(void *self, uint64_t key)
{
	struct state *g = self;
	uint32_t before = g->count;

	for (uint32_t i = before; i-- > 0;) {
		if (g->key[i] == key) { /* the last moves into its place */
			g->key[i] = g->key[--g->count];
			memmove(g->row[i], g->row[g->count], SIZE);
			explicit_bzero(g->row[g->count], SIZE);
		}
	}
	g->is_sealed = g->is_sealed && g->count == before;
	return (int)(before - g->count);
}

static int seal(void *self)
{
	((struct state *)self)->is_sealed = 1;
	return 0;
}

static int search(
	void *self, const uint8_t *probe, uint32_t size, struct pst_candidate *found, uint32_t cap)
{
	const struct state *g = self;
	uint32_t count = 0, at;

	if (size != SIZE || !g->is_sealed) {
		return size != SIZE ? PST_E_FORMAT : PST_E_PLUGIN;
	}
	for (uint32_t i = 0; i < g->count; i++) {
		struct pst_candidate one = {.key = g->key[i]};
		int sum = 0;

		for (int k = 0; k < SIZE; k++) {
			sum += (probe[k] - g->row[i][k]) * (probe[k] - g->row[i][k]);
		}
		one.score = 1 - (float)sum / (255 * 255 * SIZE);
		for (at = 0; at < count && at + 1 < cap && found[at].key != one.key; at++) {
		}
		if (at == count) {
			found[count++].score = -1; /* a place at the end */
		}
		if (found[at].score < one.score) {
			for (; at > 0 && found[at - 1].score < one.score; at--) {
				found[at] = found[at - 1];
			}
			found[at] = one;
		}
	}
	return (int)count;
}

static int verify(void *self, const uint8_t *probe, uint32_t size, uint64_t key, float *ret_score)
{
	struct pst_candidate all[ROWS];
	int count = search(self, probe, size, all, ROWS);

	for (int i = 0; i < count; i++) {
		if (all[i].key == key) {
			*ret_score = all[i].score;
			return 0;
		}
	}
	return count < 0 ? count : PST_E_NOT_FOUND;
}

static const struct pst_matcher calls = {sizeof(calls), 0, add, drop, seal, verify, search, NULL};

PST_PLUGIN_ENTRY(MATCHER, "nearest", "0.1.0", sizeof(struct state), init, finish, &calls);

/* SPDX-License-Identifier: Apache-2.0 */
#include "search.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define TILE_SIZE ((size_t)128 << 10) /* bytes that are read once from memory for all probes */
#define SCORES_MAX 64u

float search_bounded(float score)
{
	return score > 1.0f ? 1.0f : score < -1.0f ? -1.0f : score;
}

static bool is_before(const struct pst_candidate *a, const struct pst_candidate *b)
{
	return a->score > b->score || (a->score == b->score && a->key < b->key);
}

/* Where the key stands; count: it doesn't. */
static uint32_t place_of(const struct ranking *ranking, uint64_t key)
{
	uint32_t at = 0;

	while (at < ranking->count && ranking->candidates[at].key != key) {
		at++;
	}
	return at;
}

void ranking_offer(struct ranking *ranking, uint64_t key, float score)
{
	const struct pst_candidate offer = {.key = key, .score = search_bounded(score)};
	struct pst_candidate *candidates = ranking->candidates;
	uint32_t at = place_of(ranking, key);

	if (at == ranking->count && ranking->count < ranking->cap) {
		ranking->count++;
	} else if (at == ranking->count) {
		at--;
		if (!is_before(&offer, &candidates[at])) {
			return;
		}
	} else if (!(offer.score > candidates[at].score)) {
		return;
	}
	while (at > 0 && is_before(&offer, &candidates[at - 1])) {
		candidates[at] = candidates[at - 1];
		at--;
	}
	candidates[at] = offer;
}

float ranking_threshold(const struct ranking *ranking)
{
	float last;

	if (ranking->count < ranking->cap) {
		return -INFINITY;
	}
	last = ranking->candidates[ranking->count - 1].score;
	return last > -1.0f ? last : -INFINITY; /* scores below -1 count as -1 */
}

static bool any_reaches(const float *scores, uint32_t count, float threshold)
{
	int any = 0;

	for (uint32_t i = 0; i < count; i++) {
		any |= scores[i] >= threshold;
	}
	return any != 0;
}

static void score_rows(const struct simd *simd, const struct gallery *gallery, uint32_t first,
	uint32_t count, const float *probe, struct ranking *ranking)
{
	float threshold = ranking_threshold(ranking);
	float scores[SCORES_MAX];

	simd->dot(gallery_row(gallery, first), gallery->stride, count, probe, scores);
	if (!any_reaches(scores, count, threshold)) {
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (scores[i] >= threshold) {
			ranking_offer(ranking, gallery->index.rows[first + i].key, scores[i]);
			threshold = ranking_threshold(ranking);
		}
	}
}

void search_float(const struct simd *simd, const struct gallery *gallery,
	const struct probes *probes, struct ranking *rankings)
{
	for (uint32_t row = 0; row < gallery->count; row += SCORES_MAX) {
		uint32_t left = gallery->count - row;

		for (uint32_t i = 0; i < probes->count; i++) {
			score_rows(simd, gallery, row, left < SCORES_MAX ? left : SCORES_MAX,
				probes_row(probes, i), &rankings[i]);
		}
	}
}

/* Compares the rows of a block that may reach one probe's threshold, which then may rise. */
static void rank_rows(const struct simd *simd, const struct gallery *gallery, size_t block,
	uint32_t mask, const float *probe, struct ranking *ranking)
{
	for (; mask; mask &= mask - 1) {
		size_t row = block * COARSE_ROWS + (uint32_t)__builtin_ctz(mask);
		float score;

		if (row >= gallery->count) {
			break;
		}
		simd->dot(gallery_row(gallery, row), gallery->stride, 1, probe, &score);
		ranking_offer(ranking, gallery->index.rows[row].key, score);
	}
}

static void scan(const struct simd *simd, const struct gallery *gallery, size_t block, size_t end,
	const struct probes *probes, uint32_t g, struct ranking *rankings)
{
	struct coarse_group *group = &probes->groups[g];

	for (;; block++) {
		uint32_t masks[COARSE_PROBES];

		block += simd->reach(
			gallery_block(gallery, block), end - block, gallery->stride, group, masks);
		if (block == end) {
			break;
		}
		for (uint32_t i = 0; i < group->count; i++) {
			uint32_t probe = g * COARSE_PROBES + i;

			if (masks[i]) {
				rank_rows(simd, gallery, block, masks[i], probes_row(probes, probe),
					&rankings[probe]);
				group->threshold[i] = ranking_threshold(&rankings[probe]);
			}
		}
	}
}

void search_coarse(const struct simd *simd, const struct gallery *gallery,
	const struct probes *probes, struct ranking *rankings)
{
	size_t blocks = ((size_t)gallery->count + COARSE_ROWS - 1) / COARSE_ROWS;
	size_t tile = TILE_SIZE / coarse_block_size(gallery->stride) + 1;

	for (size_t block = 0; block < blocks; block += tile) {
		size_t end = block + tile < blocks ? block + tile : blocks;

		for (uint32_t g = 0; g < probes->group_count; g++) {
			scan(simd, gallery, block, end, probes, g, rankings);
		}
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the cosine matcher is made of: bounds, scans, changes and memory, against plain models. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/matcher.h"

#include "search.h"
#include "vectors.h"

#define DIMENSION_MAX 256u
#define TOP_MAX 20u

static const struct simd *simd;
static struct gallery gallery;
static struct probes probes;

static void setup(void)
{
	simd = simd_choose("auto");
	gallery = (struct gallery){.has_codes = true};
}

static void teardown(void)
{
	gallery_finish(&gallery);
	probes_finish(&probes);
}

TestSuite(cosine_search, .init = setup, .fini = teardown);

static void add(uint64_t key, const float *values, uint32_t dimension)
{
	cr_assert_eq(gallery_add(&gallery, key, (const uint8_t *)values, dimension * 4), 0);
}

static void take(const float *values, uint32_t dimension, uint32_t count)
{
	cr_assert_eq(probes_take(&probes, (const uint8_t *)values, dimension * 4, count), 0);
	probes_encode(&probes);
}

/* The integer that the codes of row 0 and of the only probe give. */
static int32_t product(void)
{
	const int8_t *row = gallery_block(&gallery, 0)->codes, *probe = probes.groups[0].codes;
	int32_t sum = 0;

	for (size_t k = 0; k < gallery.stride; k++) {
		sum += row[COARSE_ROWS * (k / 4 * 4) + k % 4] * probe[k];
	}
	return sum;
}

static float score_of_row(size_t row)
{
	float score;

	simd_portable.dot(gallery_row(&gallery, row), gallery.stride, 1, probes.rows, &score);
	return score;
}

/* The score of the codes, without what the bound adds. */
static double coarse_score(void)
{
	return (double)gallery_block(&gallery, 0)->scale[0] * (double)probes.groups[0].scale[0] *
	       product();
}

static double bound(void)
{
	return coarse_score() +
	       (double)gallery_block(&gallery, 0)->error[0] *
		       (double)probes.groups[0].per_error[0] +
	       (double)probes.groups[0].constant[0];
}

Test(cosine_search, no_score_is_above_its_bound)
{
	static const uint32_t dimensions[] = {1, 2, 3, 8, 17, 64, 127, 128, 129, 256};
	float row[DIMENSION_MAX], probe[DIMENSION_MAX];
	uint64_t state = 3;

	for (int trial = 0; trial < 20000; trial++) {
		uint32_t dimension = dimensions[trial % 10];

		gallery_remove(&gallery, 1);
		vectors_fill((enum vectors)(trial / 10 % VECTORS_KINDS), &state, dimension, row);
		vectors_fill((enum vectors)(trial / 110 % VECTORS_KINDS), &state, dimension, probe);
		add(1, row, dimension);
		take(probe, dimension, 1);
		cr_assert_leq((double)score_of_row(0), bound(), "trial %d", trial);
	}
}

/* Otherwise a bound that is too low would go unnoticed. */
Test(cosine_search, scores_come_close_to_their_bound)
{
	float row[DIMENSION_MAX], probe[DIMENSION_MAX];
	double closest = 0;
	uint64_t state = 3;

	for (int trial = 0; trial < 200; trial++) {
		double error;

		gallery_remove(&gallery, 1);
		vectors_fill(VECTORS_HALVES, &state, 128, row);
		for (uint32_t i = 0; i < 128; i++) {
			probe[i] = vectors_sign(0, i);
		}
		add(1, row, 128);
		take(probe, 128, 1);
		error = (double)gallery_block(&gallery, 0)->error[0];
		closest = fmax(closest, ((double)score_of_row(0) - coarse_score()) / error);
	}
	cr_assert_gt(closest, 0.98, "%g of the error", closest);
	cr_assert_leq(closest, 1);
}

static void rank(
	struct pst_candidate *candidates, struct ranking *rankings, uint32_t count, uint32_t cap)
{
	for (uint32_t i = 0; i < count; i++) {
		rankings[i] = (struct ranking){candidates + (size_t)i * cap, 0, cap};
	}
}

static void same(const struct ranking *a, const struct ranking *b, uint32_t count, const char *what)
{
	for (uint32_t i = 0; i < count; i++) {
		cr_assert_eq(a[i].count, b[i].count, "%s", what);
		for (uint32_t k = 0; k < a[i].count; k++) {
			cr_assert_eq(a[i].candidates[k].key, b[i].candidates[k].key, "%s, rank %u",
				what, k);
			cr_assert_eq(memcmp(&a[i].candidates[k].score, &b[i].candidates[k].score,
					     sizeof(float)),
				0, "%s, rank %u", what, k);
		}
	}
}

static void search_both_ways(uint32_t count, uint32_t cap, const char *what)
{
	static struct pst_candidate candidates[2][40 * TOP_MAX];
	struct ranking rankings[2][40];

	rank(candidates[0], rankings[0], count, cap);
	rank(candidates[1], rankings[1], count, cap);
	search_float(&simd_portable, &gallery, &probes, rankings[0]);
	search_coarse(simd, &gallery, &probes, rankings[1]);
	same(rankings[0], rankings[1], count, what);
}

static void random_gallery(uint64_t *state, uint32_t rows, uint32_t dimension, uint32_t keys)
{
	uint32_t kinds = vectors_bits(state) % ((1u << VECTORS_KINDS) - 1) + 1;
	float row[DIMENSION_MAX];

	gallery_finish(&gallery);
	for (uint32_t i = 0; i < rows; i++) {
		int kind;

		do {
			kind = (int)(vectors_bits(state) % VECTORS_KINDS);
		} while (!(kinds >> kind & 1));
		vectors_fill((enum vectors)kind, state, dimension, row);
		add(vectors_bits(state) % keys, row, dimension);
	}
}

Test(cosine_search, two_stages_give_what_the_float_scan_gives)
{
	static float values[40][DIMENSION_MAX];
	uint64_t state = 29;

	for (int trial = 0; trial < 400; trial++) {
		uint32_t rows = vectors_bits(&state) % (trial % 10 ? 120 : 4000);
		uint32_t dimension = 1 + vectors_bits(&state) % (trial % 3 ? 40 : 200);
		uint32_t count = 1 + vectors_bits(&state) % (trial % 4 ? 3 : 40);
		char what[64];

		random_gallery(&state, rows, dimension, 1 + vectors_bits(&state) % 3000);
		for (uint32_t i = 0; i < count; i++) {
			vectors_fill((enum vectors)(vectors_bits(&state) % VECTORS_KINDS), &state,
				dimension, values[0] + (size_t)i * dimension);
		}
		take(values[0], dimension, count);
		(void)snprintf(what, sizeof(what), "trial %d, %u rows", trial, rows);
		search_both_ways(count, 1 + vectors_bits(&state) % TOP_MAX, what);
	}
}

/*
 * Scores that differ least, of rows whose codes say too much beside rows whose codes say too little
 * by all that the bound allows: one that is a little lower loses some of them.
 */
Test(cosine_search, rows_at_the_bound_are_not_lost)
{
	uint32_t wrong_by_codes = 0;
	float row[128], probe[128];
	uint64_t state = 71;

	for (uint32_t i = 0; i < 128; i++) {
		probe[i] = vectors_sign(0, i);
	}
	for (int trial = 0; trial < 100; trial++) {
		struct pst_candidate best[1];
		struct ranking ranking = {best, 0, 1};

		gallery_finish(&gallery);
		for (uint32_t i = 0; i < 500; i++) {
			vectors_fill(VECTORS_HALVES, &state, 128, row);
			add(i, row, 128);
		}
		take(probe, 128, 1);
		search_both_ways(1, 1 + (uint32_t)trial % TOP_MAX, "rows at the bound");
		search_float(simd, &gallery, &probes, &ranking);
		wrong_by_codes += bound() > (double)best[0].score;
	}
	cr_assert_gt(wrong_by_codes, 0, "the codes alone never err here");
}

#define KEYS 40u
#define MODEL_MAX 600u

struct model {
	uint32_t count;
	struct {
		uint64_t key;
		float values[20];
	} row[MODEL_MAX];
};

static int by_rank(const void *a, const void *b)
{
	const struct pst_candidate *left = a, *right = b;

	if (left->score != right->score) {
		return left->score < right->score ? 1 : -1;
	}
	return left->key < right->key ? -1 : left->key > right->key;
}

/* Each key's best score by one comparison after the other, sorted. */
static uint32_t rank_model(
	const struct model *model, uint32_t dimension, struct pst_candidate *ret_ranked)
{
	_Alignas(64) float row[32];
	uint32_t count = 0;

	for (uint32_t i = 0; i < model->count; i++) {
		uint32_t at = 0;
		float score;

		cr_assert_eq(gallery_normalise(
				     (const uint8_t *)model->row[i].values, dimension * 4, row),
			0);
		simd_portable.dot(row, gallery_stride(dimension), 1, probes.rows, &score);
		score = search_bounded(score);
		while (at < count && ret_ranked[at].key != model->row[i].key) {
			at++;
		}
		if (at == count) {
			ret_ranked[count++] = (struct pst_candidate){model->row[i].key, score, 0};
		} else if (score > ret_ranked[at].score) {
			ret_ranked[at].score = score;
		}
	}
	qsort(ret_ranked, count, sizeof(ret_ranked[0]), by_rank);
	return count;
}

static void compare_with_model(
	const struct model *model, uint32_t dimension, const float *probe, uint32_t cap)
{
	struct pst_candidate ranked[KEYS], candidates[2][KEYS];
	struct ranking found[2] = {{candidates[0], 0, cap}, {candidates[1], 0, cap}};
	uint32_t count;

	take(probe, dimension, 1);
	count = rank_model(model, dimension, ranked);
	search_coarse(simd, &gallery, &probes, &found[0]);
	search_float(simd, &gallery, &probes, &found[1]);
	cr_assert_eq(gallery.count, model->count);
	for (int s = 0; s < 2; s++) {
		cr_assert_eq(found[s].count, count < cap ? count : cap);
		for (uint32_t i = 0; i < found[s].count; i++) {
			cr_assert_eq(candidates[s][i].key, ranked[i].key);
			cr_assert_eq(candidates[s][i].score, ranked[i].score);
		}
	}
}

static void check_rows_of_keys(const struct model *model)
{
	for (uint64_t key = 0; key < KEYS; key++) {
		uint32_t wanted = 0, found = 0;

		for (uint32_t i = 0; i < model->count; i++) {
			wanted += model->row[i].key == key;
		}
		for (uint32_t row = index_find(&gallery.index, key); row != INDEX_NONE;
			row = gallery.index.rows[row].next) {
			cr_assert_eq(gallery.index.rows[row].key, key);
			cr_assert_lt(row, gallery.count);
			found++;
		}
		cr_assert_eq(found, wanted, "key %u", (unsigned)key);
	}
}

static void check_wiped(void)
{
	for (size_t row = gallery.count; row < gallery.capacity; row++) {
		const struct coarse_block *block = gallery_block(&gallery, row / COARSE_ROWS);
		size_t lane = row % COARSE_ROWS;

		cr_assert_eq(block->scale[lane], 0);
		cr_assert_eq(block->error[lane], 0);
		for (size_t k = 0; k < gallery.stride; k++) {
			cr_assert_eq(gallery_row(&gallery, row)[k], 0);
			cr_assert_eq(block->codes[COARSE_ROWS * (k / 4 * 4) + 4 * lane + k % 4], 0);
		}
	}
}

Test(cosine_search, any_order_of_changes_ends_as_the_model_does)
{
	static struct model model;
	float probe[20];
	uint64_t state = 13;

	for (int trial = 0; trial < 60; trial++) {
		uint32_t dimension = 1 + (uint32_t)trial % 20;

		gallery_finish(&gallery);
		model.count = 0;
		for (int step = 0; step < 400; step++) {
			uint64_t key = vectors_bits(&state) % (trial % 2 ? KEYS : 4);
			bool is_full = model.count == MODEL_MAX;

			if (is_full || vectors_bits(&state) % 16 == 0) {
				uint32_t kept = 0;

				for (uint32_t i = 0; i < model.count; i++) {
					if (model.row[i].key != key) {
						model.row[kept++] = model.row[i];
					}
				}
				cr_assert_eq(
					gallery_remove(&gallery, key), (int)(model.count - kept));
				model.count = kept;
			} else {
				model.row[model.count].key = key;
				vectors_fill(VECTORS_RANDOM, &state, dimension,
					model.row[model.count].values);
				add(key, model.row[model.count].values, dimension);
				model.count++;
			}
			if (step % 20 == 0) {
				vectors_fill(VECTORS_RANDOM, &state, dimension, probe);
				compare_with_model(&model, dimension, probe, 10);
				check_rows_of_keys(&model);
			}
		}
		check_wiped();
	}
}

/* Rounding takes some of these scores below -1, where all count as -1 and the lower key is first.
 */
Test(cosine_search, opposites_are_ties)
{
	static struct model model;
	uint64_t state = 37;

	for (int trial = 0; trial < 300; trial++) {
		uint32_t dimension = 2 + (uint32_t)trial % 18;
		float probe[20];

		gallery_finish(&gallery);
		vectors_fill(VECTORS_RANDOM, &state, dimension, probe);
		model.count = 1 + vectors_bits(&state) % KEYS;
		for (uint32_t i = 0; i < model.count; i++) {
			float scale = 1.5F + vectors_uniform(&state);

			model.row[i].key = (i * 23 + 5) % KEYS;
			for (uint32_t k = 0; k < dimension; k++) {
				model.row[i].values[k] = -scale * probe[k];
			}
			add(model.row[i].key, model.row[i].values, dimension);
		}
		compare_with_model(&model, dimension, probe, 1 + (uint32_t)trial % 5);
	}
}

#define TABLE_KEYS 4096u

/* Keys close to each other and half of the slots in use: many share a way through the table. */
Test(cosine_search, the_index_finds_each_key_after_any_changes)
{
	static bool is_in[TABLE_KEYS];
	static uint64_t keys[TABLE_KEYS];
	struct index index = {0};
	uint64_t state = 3;

	for (uint32_t i = 0; i < TABLE_KEYS; i++) {
		keys[i] = i % 2 ? i : (uint64_t)i << 40;
		is_in[i] = false;
	}
	cr_assert_eq(index_reserve(&index, TABLE_KEYS), 0);
	for (uint32_t step = 0; step < 40 * TABLE_KEYS; step++) {
		uint32_t row = vectors_bits(&state) % TABLE_KEYS;

		if (is_in[row] && step > 4 * TABLE_KEYS) {
			index_remove(&index, row);
		} else if (!is_in[row]) {
			index_insert(&index, keys[row], row);
		}
		is_in[row] = index_find(&index, keys[row]) != INDEX_NONE;
		if (step % TABLE_KEYS == 0) {
			for (uint32_t i = 0; i < TABLE_KEYS; i++) {
				cr_assert_eq(
					index_find(&index, keys[i]), is_in[i] ? i : INDEX_NONE);
			}
		}
	}
	index_finish(&index);
}

Test(cosine_search, a_gallery_grows_past_huge_pages_and_keeps_its_rows)
{
	const uint32_t rows = 9000, dimension = 128;
	float row[128];

	for (uint32_t i = 0; i < rows; i++) {
		uint64_t state = i;

		vectors_fill(VECTORS_RANDOM, &state, dimension, row);
		add(i, row, dimension);
	}
	cr_assert_eq((uintptr_t)gallery.rows.at % ((size_t)2 << 20), 0);
	for (uint32_t i = 0; i < rows; i++) {
		uint64_t state = i;
		float score;

		vectors_fill(VECTORS_RANDOM, &state, dimension, row);
		take(row, dimension, 1);
		simd->dot(gallery_row(&gallery, i), gallery.stride, 1, probes.rows, &score);
		cr_assert_float_eq(score, 1, 1e-6);
	}
}

/* Bytes of this process in mappings that have a flag of /proc/PID/smaps. */
static size_t flagged(const char *wanted)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	size_t size = 0, sum = 0;
	char line[512];

	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "Size:", 5) == 0) {
			size = strtoul(line + 5, NULL, 10) * 1024;
		}
		if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, wanted)) {
			sum += size;
		}
	}
	(void)fclose(file);
	return sum;
}

Test(cosine_search, rows_codes_and_probes_are_locked_and_in_no_dump)
{
	size_t locked = flagged(" lo"), undumped = flagged(" dd"), size;
	float row[128];
	uint64_t state = 1;

#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("the address sanitizer turns mlock into nothing");
#endif
	for (uint32_t i = 0; i < 5000; i++) {
		vectors_fill(VECTORS_RANDOM, &state, 128, row);
		add(i, row, 128);
	}
	take(row, 128, 1);
	size = gallery.rows.size + gallery.blocks.size + probes.memory.size;
	cr_assert_geq(flagged(" dd") - undumped, size);
	if (gallery_is_unlocked(&gallery)) {
		cr_skip_test("the limit of locked memory is below the gallery's size");
	}
	cr_assert_geq(flagged(" lo") - locked, size);
}

Test(cosine_search, probes_are_wiped)
{
	const float probe[4] = {1, 2, 3, 4};
	size_t size;

	take(probe, 4, 1);
	cr_assert_neq(probes.rows[0], 0);
	size = (size_t)((char *)(probes.groups + 1) - (char *)probes.memory.at);
	probes_wipe(&probes);
	for (size_t i = 0; i < size; i++) {
		cr_assert_eq(((const uint8_t *)probes.memory.at)[i], 0);
	}
}

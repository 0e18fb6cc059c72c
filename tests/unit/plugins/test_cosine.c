/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/guest.h"

#define DIMENSION_MAX 8192u

static const char *const paths[] = {"portable", "avx2", "avx512", "neon"};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

static struct guest guest;
static const struct pst_matcher *calls;

/* @return false: this machine lacks the instructions */
static bool start_scan(const char *simd, const char *scan)
{
	const char *const settings[] = {"simd", simd, "scan", scan, NULL};
	int status;

	guest_close(&guest);
	status = guest_open(&guest, NULL, "cosine", settings, NULL);
	if (status == PST_E_CONFIG && strcmp(simd, "portable") != 0 && strcmp(simd, "auto") != 0) {
		cr_assert_not_null(strstr(guest.log[0], "simd"));
		return false;
	}
	cr_assert_eq(status, 0);
	calls = guest_matcher(&guest);
	return true;
}

static bool start(const char *simd)
{
	return start_scan(simd, "two-stage");
}

static float uniform(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (float)((int32_t)(*state >> 32)) / 2147483648.0f;
}

static int add(uint64_t key, const float *values, uint32_t count)
{
	return calls->add(guest.instance, key, (const uint8_t *)values, count * 4);
}

static int verify(uint64_t key, const float *values, uint32_t count, float *ret_score)
{
	return calls->verify(guest.instance, (const uint8_t *)values, count * 4, key, ret_score);
}

static int search(
	const float *values, uint32_t count, struct pst_candidate *candidates, uint32_t cap)
{
	return calls->search(guest.instance, (const uint8_t *)values, count * 4, candidates, cap);
}

static double reference(const float *a, const float *b, uint32_t count)
{
	double dot = 0, aa = 0, bb = 0;

	for (uint32_t i = 0; i < count; i++) {
		dot += (double)a[i] * (double)b[i];
		aa += (double)a[i] * (double)a[i];
		bb += (double)b[i] * (double)b[i];
	}
	return dot / (sqrt(aa) * sqrt(bb));
}

Test(cosine, declares_what_its_manifest_says)
{
	cr_assert(start("auto"));
	cr_assert_eq(guest.entry->kind, PST_PLUGIN_MATCHER);
	cr_assert_str_eq(guest_field(&guest, "id"), guest.entry->id);
	cr_assert_str_eq(guest_field(&guest, "version"), guest.entry->version);
	cr_assert_str_eq(guest_field(&guest, "kind"), "matcher");
	cr_assert_eq(guest.entry->abi_major, PST_ABI_MAJOR);
	cr_assert_eq(guest.entry->size, sizeof(struct pst_plugin_entry));
	cr_assert_eq(calls->size, sizeof(struct pst_matcher));
	guest_close(&guest);
}

Test(cosine, agrees_with_plain_arithmetic_on_every_path_and_dimension)
{
	static const uint32_t dimensions[] = {
		1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 127, 128, 512, 6608, DIMENSION_MAX};
	static float rows[5][DIMENSION_MAX], probe[DIMENSION_MAX];
	uint64_t state = 5;

	for (size_t p = 0; p < PATHS; p++) {
		for (size_t d = 0; d < sizeof(dimensions) / sizeof(dimensions[0]); d++) {
			uint32_t n = dimensions[d];

			if (!start(paths[p])) {
				continue;
			}
			for (uint32_t i = 0; i < n; i++) {
				probe[i] = uniform(&state);
				for (int r = 0; r < 5; r++) {
					rows[r][i] = uniform(&state) * (float)(r + 1);
				}
			}
			for (int r = 0; r < 5; r++) {
				cr_assert_eq(add((uint64_t)r, rows[r], n), 0);
			}
			cr_assert_eq(calls->seal(guest.instance), 0);
			for (int r = 0; r < 5; r++) {
				float score = 9;

				cr_assert_eq(verify((uint64_t)r, probe, n, &score), 0);
				cr_assert_float_eq(score, (float)reference(rows[r], probe, n),
					2e-6f, "%s %u: %g", paths[p], n, (double)score);
			}
		}
	}
	guest_close(&guest);
}

Test(cosine, holds_out_against_adverse_vectors)
{
	static const float rows[][4] = {
		{FLT_MAX, FLT_MAX, -FLT_MAX, FLT_MAX},
		{FLT_TRUE_MIN, 0, 0, FLT_TRUE_MIN},
		{FLT_MIN, -FLT_MIN, FLT_MIN, 0},
		{1, FLT_EPSILON, 1e30f, -1e30f},
		{-0.0f, 0, 0, 1},
	};
	const uint32_t count = sizeof(rows) / sizeof(rows[0]);

	for (size_t p = 0; p < PATHS; p++) {
		if (!start(paths[p])) {
			continue;
		}
		for (uint32_t r = 0; r < count; r++) {
			cr_assert_eq(add(r, rows[r], 4), 0);
		}
		cr_assert_eq(calls->seal(guest.instance), 0);
		for (uint32_t a = 0; a < count; a++) {
			for (uint32_t b = 0; b < count; b++) {
				float score = 9;

				cr_assert_eq(verify(a, rows[b], 4, &score), 0);
				cr_assert(score >= -1 && score <= 1, "%u %u: %g", a, b,
					(double)score);
				cr_assert_float_eq(
					score, (float)reference(rows[a], rows[b], 4), 1e-6f);
			}
		}
	}
	guest_close(&guest);
}

Test(cosine, refuses_what_has_no_direction_or_another_size)
{
	const float good[4] = {1, 2, 3, 4}, nan[4] = {1, NAN, 3, 4}, zero[4] = {0};
	const float infinite[4] = {1, 2, INFINITY, 4};
	struct pst_candidate candidate;
	float score = 7;

	cr_assert(start("auto"));
	cr_assert_eq(add(1, nan, 4), PST_E_FORMAT);
	cr_assert_eq(add(1, infinite, 4), PST_E_FORMAT);
	cr_assert_eq(add(1, zero, 4), PST_E_FORMAT);
	cr_assert_eq(add(1, good, 0), PST_E_FORMAT);
	cr_assert_eq(add(1, NULL, 0), PST_E_FORMAT);
	cr_assert_eq(add(1, NULL, 4), PST_E_FORMAT);
	cr_assert_eq(calls->add(guest.instance, 1, (const uint8_t *)good, 15), PST_E_FORMAT);
	cr_assert_eq(calls->add(guest.instance, 1, (const uint8_t *)good, PST_TEMPLATE_MAX + 4),
		PST_E_FORMAT);
	cr_assert_eq(search(nan, 4, &candidate, 1), PST_E_FORMAT, "an empty gallery looks too");
	cr_assert_eq(add(1, good, 4), 0);
	cr_assert_eq(add(1, good, 3), PST_E_FORMAT);
	cr_assert_eq(calls->seal(guest.instance), 0);
	cr_assert_eq(verify(1, good, 3, &score), PST_E_FORMAT);
	cr_assert_eq(verify(1, good, 0, &score), PST_E_FORMAT);
	cr_assert_eq(verify(1, NULL, 0, &score), PST_E_FORMAT);
	cr_assert_eq(verify(1, NULL, 4, &score), PST_E_FORMAT);
	cr_assert_eq(search(good, 0, &candidate, 1), PST_E_FORMAT);
	cr_assert_eq(search(NULL, 4, &candidate, 1), PST_E_FORMAT);
	cr_assert_eq(verify(1, nan, 4, &score), PST_E_FORMAT);
	cr_assert_eq(verify(2, good, 4, &score), PST_E_NOT_FOUND);
	cr_assert_eq(score, 7, "an error writes no score");
	cr_assert_eq(search(nan, 4, &candidate, 1), PST_E_FORMAT);
	cr_assert_eq(search(good, 4, &candidate, 1), 1, "refusals left the gallery as it was");
	guest_close(&guest);
}

Test(cosine, takes_templates_at_any_alignment)
{
	const float good[5] = {1, 2, 3, 4, 5};
	uint8_t bytes[24] = {0};
	float score;

	cr_assert(start("auto"));
	memcpy(bytes + 1, good, sizeof(good));
	cr_assert_eq(calls->add(guest.instance, 1, bytes + 1, sizeof(good)), 0);
	cr_assert_eq(calls->seal(guest.instance), 0);
	cr_assert_eq(calls->verify(guest.instance, bytes + 1, sizeof(good), 1, &score), 0);
	cr_assert_float_eq(score, 1, 1e-6f);
	guest_close(&guest);
}

Test(cosine, wants_a_seal_after_every_change)
{
	const float one[2] = {1, 0}, two[2] = {0, 1};
	struct pst_candidate candidate;
	float score;

	cr_assert(start("auto"));
	cr_assert_eq(search(one, 2, &candidate, 1), 0, "an empty gallery needs none");
	cr_assert_eq(add(1, one, 2), 0);
	cr_assert_eq(search(one, 2, &candidate, 1), PST_E_PLUGIN);
	cr_assert_eq(verify(1, one, 2, &score), PST_E_PLUGIN);
	cr_assert_eq(calls->seal(guest.instance), 0);
	cr_assert_eq(verify(1, one, 2, &score), 0);
	cr_assert_eq(add(2, two, 2), 0);
	cr_assert_eq(verify(1, one, 2, &score), PST_E_PLUGIN);
	cr_assert_eq(calls->seal(guest.instance), 0);
	cr_assert_eq(calls->remove(guest.instance, 2), 1);
	cr_assert_eq(search(one, 2, &candidate, 1), PST_E_PLUGIN);
	guest_close(&guest);
}

Test(cosine, best_template_of_a_key_counts)
{
	const float far[2] = {-1, 0}, near[2] = {1, 0.1f}, other[2] = {0, 1}, probe[2] = {1, 0};
	struct pst_candidate candidates[4];
	float score;

	cr_assert(start("auto"));
	cr_assert_eq(add(9, far, 2), 0);
	cr_assert_eq(add(3, other, 2), 0);
	cr_assert_eq(add(9, near, 2), 0);
	cr_assert_eq(add(9, far, 2), 0);
	cr_assert_eq(calls->seal(guest.instance), 0);
	cr_assert_eq(verify(9, probe, 2, &score), 0);
	cr_assert_float_eq(score, (float)reference(near, probe, 2), 1e-6f);
	cr_assert_eq(search(probe, 2, candidates, 4), 2, "each key once");
	cr_assert_eq(candidates[0].key, 9);
	cr_assert_eq(candidates[0].score, score, "verify and search say the same");
	cr_assert_eq(candidates[1].key, 3);
	cr_assert_eq(calls->remove(guest.instance, 9), 3);
	cr_assert_eq(calls->remove(guest.instance, 9), 0);
	cr_assert_eq(calls->seal(guest.instance), 0);
	cr_assert_eq(verify(9, probe, 2, &score), PST_E_NOT_FOUND);
	cr_assert_eq(verify(3, probe, 2, &score), 0);
	guest_close(&guest);
}

Test(cosine, of_equals_the_lower_key_comes_first)
{
	const float same[2] = {1, 1};
	struct pst_candidate candidates[2];

	cr_assert(start("auto"));
	for (uint64_t key = 5; key > 0; key--) {
		cr_assert_eq(add(key, same, 2), 0);
	}
	cr_assert_eq(calls->seal(guest.instance), 0);
	cr_assert_eq(search(same, 2, candidates, 2), 2);
	cr_assert_eq(candidates[0].key, 1);
	cr_assert_eq(candidates[1].key, 2);
	guest_close(&guest);
}

Test(cosine, an_emptied_gallery_takes_another_dimension)
{
	const float two[2] = {1, 0}, three[3] = {1, 0, 0};
	struct pst_candidate candidate;

	cr_assert(start("auto"));
	cr_assert_eq(add(1, two, 2), 0);
	cr_assert_eq(add(2, three, 3), PST_E_FORMAT);
	cr_assert_eq(calls->remove(guest.instance, 1), 1);
	cr_assert_eq(search(two, 2, &candidate, 1), 0);
	cr_assert_eq(add(2, three, 3), 0);
	cr_assert_eq(calls->seal(guest.instance), 0);
	cr_assert_eq(search(three, 3, &candidate, 1), 1);
	cr_assert_eq(candidate.key, 2);
	guest_close(&guest);
}

#define PEOPLE 700u
#define EACH 3u
#define N 24u
#define TOP 10u

struct ranked {
	uint64_t key;
	double score;
};

static int by_score(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;

	return left->score < right->score ? 1 : left->score > right->score ? -1 : 0;
}

/* Keys in no order, several templates each, removals between: against all comparisons one by one.
 */
Test(cosine, search_finds_exactly_the_best_on_every_path)
{
	static float rows[PEOPLE * EACH][N];
	static struct ranked ranked[PEOPLE];
	uint64_t state = 17;

	for (size_t p = 0; p < PATHS; p++) {
		if (!start(paths[p])) {
			continue;
		}
		for (uint32_t r = 0; r < PEOPLE * EACH; r++) {
			for (uint32_t i = 0; i < N; i++) {
				rows[r][i] = uniform(&state);
			}
			cr_assert_eq(add(r * 7919u % PEOPLE, rows[r], N), 0);
		}
		for (uint64_t key = 0; key < PEOPLE; key += 5) {
			cr_assert_eq(calls->remove(guest.instance, key), EACH);
		}
		cr_assert_eq(calls->seal(guest.instance), 0);
		for (int trial = 0; trial < 20; trial++) {
			struct pst_candidate candidates[TOP];
			float probe[N];

			for (uint32_t i = 0; i < N; i++) {
				probe[i] = uniform(&state);
			}
			for (uint32_t key = 0; key < PEOPLE; key++) {
				ranked[key] = (struct ranked){key, -2};
			}
			for (uint32_t r = 0; r < PEOPLE * EACH; r++) {
				uint32_t key = r * 7919u % PEOPLE;
				double score = reference(rows[r], probe, N);

				if (key % 5 != 0 && score > ranked[key].score) {
					ranked[key].score = score;
				}
			}
			qsort(ranked, PEOPLE, sizeof(ranked[0]), by_score);
			cr_assert_eq(search(probe, N, candidates, TOP), TOP);
			for (uint32_t i = 0; i < TOP; i++) {
				cr_assert_eq(candidates[i].key, ranked[i].key, "%s, rank %u",
					paths[p], i);
				cr_assert_float_eq(
					candidates[i].score, (float)ranked[i].score, 1e-6f);
			}
		}
	}
	guest_close(&guest);
}

/* Each path and scan, one probe or many: the same keys and scores, bit for bit. */
Test(cosine, every_way_to_search_gives_the_same)
{
	enum { ROWS = 900, PROBES = 35, SIZE = 65 };
	static float rows[ROWS][SIZE], probes[PROBES][SIZE];
	static struct pst_candidate first[PROBES * TOP], batch[PROBES * TOP];
	uint64_t state = 23;

	for (uint32_t i = 0; i < SIZE; i++) {
		for (uint32_t r = 0; r < ROWS; r++) {
			rows[r][i] = uniform(&state);
		}
		for (uint32_t r = 0; r < PROBES; r++) {
			probes[r][i] = uniform(&state);
		}
	}
	for (size_t way = 0; way < 2 * PATHS; way++) {
		uint32_t counts[PROBES];

		if (!start_scan(paths[way / 2], way % 2 ? "two-stage" : "float")) {
			continue;
		}
		for (uint32_t r = 0; r < ROWS; r++) {
			cr_assert_eq(add(r % 400, rows[r], SIZE), 0);
		}
		cr_assert_eq(calls->seal(guest.instance), 0);
		cr_assert_eq(calls->search_batch(guest.instance, (const uint8_t *)probes, SIZE * 4,
				     PROBES, batch, TOP, counts),
			0);
		for (uint32_t i = 0; i < PROBES; i++) {
			struct pst_candidate *single =
				way == 0 ? first + i * TOP : (struct pst_candidate[TOP]){0};

			cr_assert_eq(search(probes[i], SIZE, single, TOP), TOP);
			cr_assert_eq(counts[i], TOP);
			for (uint32_t k = 0; k < TOP; k++) {
				float score;

				cr_assert_eq(single[k].key, first[i * TOP + k].key);
				cr_assert_eq(single[k].score, first[i * TOP + k].score);
				cr_assert_eq(batch[i * TOP + k].key, first[i * TOP + k].key);
				cr_assert_eq(batch[i * TOP + k].score, first[i * TOP + k].score);
				cr_assert_eq(verify(single[k].key, probes[i], SIZE, &score), 0);
				cr_assert_eq(score, single[k].score);
			}
		}
	}
	guest_close(&guest);
}

Test(cosine, a_batch_is_refused_as_a_search_is)
{
	const float row[2] = {1, 2}, probes[3][2] = {{1, 0}, {NAN, 0}, {0, 1}};
	struct pst_candidate candidates[PST_PROBES_MAX];
	uint32_t counts[PST_PROBES_MAX] = {7, 7, 7};
	static float many[PST_PROBES_MAX + 1][2];

	cr_assert(start("auto"));
	cr_assert_eq(calls->search_batch(
			     guest.instance, (const uint8_t *)probes, 8, 1, candidates, 1, counts),
		0);
	cr_assert_eq(counts[0], 0, "an empty gallery");
	cr_assert_eq(add(1, row, 2), 0);
	cr_assert_eq(calls->search_batch(
			     guest.instance, (const uint8_t *)probes, 8, 1, candidates, 1, counts),
		PST_E_PLUGIN, "not sealed");
	cr_assert_eq(calls->seal(guest.instance), 0);
	cr_assert_eq(calls->search_batch(
			     guest.instance, (const uint8_t *)probes, 8, 3, candidates, 1, counts),
		PST_E_FORMAT, "one of them is no number");
	cr_assert_eq(calls->search_batch(guest.instance, NULL, 8, 3, candidates, 1, counts),
		PST_E_FORMAT);
	cr_assert_eq(calls->search_batch(
			     guest.instance, (const uint8_t *)probes, 0, 3, candidates, 1, counts),
		PST_E_FORMAT);
	for (uint32_t i = 0; i <= PST_PROBES_MAX; i++) {
		many[i][0] = 1;
	}
	cr_assert_eq(calls->search_batch(guest.instance, (const uint8_t *)many, 8, PST_PROBES_MAX,
			     candidates, 1, counts),
		0);
	cr_assert_eq(counts[PST_PROBES_MAX - 1], 1);
	cr_assert_eq(calls->search_batch(guest.instance, (const uint8_t *)many, 8,
			     PST_PROBES_MAX + 1, candidates, 1, counts),
		PST_E_PLUGIN);
	guest_close(&guest);
}

Test(cosine, writes_no_further_than_cap)
{
	const float same[2] = {1, 1};
	struct pst_candidate candidates[4];

	cr_assert(start("auto"));
	for (uint64_t key = 1; key <= 9; key++) {
		cr_assert_eq(add(key, same, 2), 0);
	}
	cr_assert_eq(calls->seal(guest.instance), 0);
	memset(candidates, 0xa5, sizeof(candidates));
	cr_assert_eq(search(same, 2, candidates, 3), 3);
	for (size_t i = 0; i < sizeof(candidates[3]); i++) {
		cr_assert_eq(((const uint8_t *)&candidates[3])[i], 0xa5);
	}
	guest_close(&guest);
}

Test(cosine, says_once_when_memory_cannot_be_locked)
{
	const struct rlimit none = {0, 0};
	const float same[2] = {1, 1};

#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("the address sanitizer turns mlock into nothing");
#endif
	cr_assert(start("auto")); /* first: nobody else may be let into the folder of the build */
	/* CAP_IPC_LOCK would lift the limit. */
	if (setrlimit(RLIMIT_MEMLOCK, &none) < 0 || (geteuid() == 0 && seteuid(65534) < 0)) {
		cr_skip_test("cannot give up the right to lock memory");
	}
	for (uint64_t key = 1; key <= 2000; key++) {
		cr_assert_eq(add(key, same, 2), 0);
	}
	cr_assert_eq(guest.log_count, 1);
	cr_assert_not_null(strstr(guest.log[0], "locked memory"));
	guest_close(&guest);
}

Test(cosine, refuses_a_scan_it_does_not_know)
{
	const char *const settings[] = {"scan", "fast", NULL};

	cr_assert_eq(guest_open(&guest, NULL, "cosine", settings, NULL), PST_E_CONFIG);
	cr_assert_not_null(strstr(guest.log[0], "two-stage or float"));
	guest_close(&guest);
}

Test(cosine, refuses_a_simd_it_does_not_know)
{
	const char *const settings[] = {"simd", "mmx", NULL};

	cr_assert_eq(guest_open(&guest, NULL, "cosine", settings, NULL), PST_E_CONFIG);
	cr_assert_not_null(strstr(guest.log[0], "auto, portable, avx2, avx512 or neon"));
	guest_close(&guest);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a matcher says: scores and candidates. */
#include "conform/match.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "conform/pages.h"
#include "conform/watch.h"

#define TEMPLATES 12
#define STRANGER 5000000
#define TOLERANCE 1e-4F /* by which rounding may carry a score beyond its range */
#define PROBES 8
#define BATCH_ROOM 5

static enum pst_mark verify_self(struct pst_exam *exam, struct pst_desk *d)
{
	for (uint64_t i = 0; i < TEMPLATES; i++) {
		float own = 0, other = 0;
		int status = pst_desk_verify(d, i, pst_desk_key(i), &own);

		status = status < 0
				 ? status
				 : pst_desk_verify(d, i, pst_desk_key((i + 1) % TEMPLATES), &other);
		if (status < 0 || !(own >= other)) {
			return pst_fail(exam,
				"a template against itself scores %g (%d), against "
				"another %g",
				(double)own, status, (double)other);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark verify_unknown(struct pst_exam *exam, struct pst_desk *d)
{
	float score;
	int status = pst_desk_verify(d, 0, STRANGER, &score);

	return status == PST_E_NOT_FOUND
		       ? PST_MARK_PASS
		       : pst_fail(exam, "verify returned %d (%s)", status, pst_status_name(status));
}

static enum pst_mark verify_best(struct pst_exam *exam, struct pst_desk *d)
{
	float one = 0, both = 0, other = 0;
	int status = pst_desk_verify(d, STRANGER, pst_desk_key(0), &one);

	status = status < 0 ? status : pst_desk_verify(d, STRANGER, pst_desk_key(1), &other);
	status = status < 0 ? status : pst_desk_add(d, pst_desk_key(0), 1);
	status = status < 0 ? status : pst_desk_seal(d);
	status = status < 0 ? status : pst_desk_verify(d, STRANGER, pst_desk_key(0), &both);
	return status == 0 && both == (one > other ? one : other)
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "templates that score %g and %g score %g (%d) under one key",
				 (double)one, (double)other, (double)both, status);
}

static bool is_in_range(const struct pst_wire_plugin *plugin, float score)
{
	return score >= plugin->score_low - TOLERANCE && score <= plugin->score_high + TOLERANCE;
}

static enum pst_mark score_range(struct pst_exam *exam, struct pst_desk *d)
{
	const struct pst_wire_plugin *plugin = &exam->plugin;

	for (uint64_t i = 0; i < 2 * TEMPLATES; i++) {
		int count = pst_desk_search(d, i, TEMPLATES);
		float score;

		for (int k = 0; k < count && k < TEMPLATES; k++) {
			score = d->found[k].score;
			if (!isnan(score) && !is_in_range(plugin, score)) {
				return pst_fail(exam, "a score of %g, the manifest says %g to %g",
					(double)score, (double)plugin->score_low,
					(double)plugin->score_high);
			}
		}
		if (pst_desk_verify(d, i, pst_desk_key(i % TEMPLATES), &score) == 0 &&
			!isnan(score) && !is_in_range(plugin, score)) {
			return pst_fail(exam,
				"verify gives a score of %g, the manifest says %g to %g",
				(double)score, (double)plugin->score_low,
				(double)plugin->score_high);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark score_nan(struct pst_exam *exam, struct pst_desk *d)
{
	/* Even templates have no direction and no spread: a division by 0 waits there. */
	for (int fill = 0; fill < 3; fill++) {
		int count;
		float score;

		memset(d->bytes, fill == 2 ? 0x3f : 0, d->size);
		count = fill == 0 ? pst_desk_search(d, 0, TEMPLATES)
				  : pst_desk_search_bytes(d, d->bytes, d->size, TEMPLATES);
		for (int i = 0; i < count && i < TEMPLATES; i++) {
			if (isnan(d->found[i].score)) {
				return pst_fail(exam, "search gives a score that is NaN");
			}
		}
		if (pst_desk_verify_bytes(d, d->bytes, d->size, pst_desk_key(0), &score) == 0 &&
			isnan(score)) {
			return pst_fail(exam, "verify gives a score that is NaN");
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark search_empty(struct pst_exam *exam, struct pst_desk *d)
{
	int count = pst_desk_search(d, 0, TEMPLATES);

	return count == 0 ? PST_MARK_PASS
			  : pst_fail(exam, "search returned %d in an empty gallery", count);
}

static enum pst_mark top_k_sorted(struct pst_exam *exam, struct pst_desk *d)
{
	int count = pst_desk_search(d, STRANGER, TEMPLATES);

	for (int i = 1; i < count && i < TEMPLATES; i++) {
		if (!(d->found[i].score <= d->found[i - 1].score)) {
			return pst_fail(exam, "candidate %d scores %g, the one before it %g", i,
				(double)d->found[i].score, (double)d->found[i - 1].score);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark top_k_unique(struct pst_exam *exam, struct pst_desk *d)
{
	int count;

	for (uint64_t i = 0; i < TEMPLATES; i++) {
		(void)pst_desk_add(d, pst_desk_key(i / 3), TEMPLATES + i);
	}
	(void)pst_desk_seal(d);
	count = pst_desk_search(d, 1, PST_CANDIDATES_MAX);
	for (int i = 0; i < count && i < PST_CANDIDATES_MAX; i++) {
		for (int k = 0; k < i; k++) {
			if (d->found[i].key == d->found[k].key) {
				return pst_fail(exam, "candidates %d and %d are both key %llu", k,
					i, (unsigned long long)d->found[i].key);
			}
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark top_k_length(struct pst_exam *exam, struct pst_desk *d)
{
	static const uint32_t caps[] = {
		1, 2, 5, TEMPLATES - 1, TEMPLATES, TEMPLATES + 1, PST_CANDIDATES_MAX};

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		int wanted = caps[i] < TEMPLATES ? (int)caps[i] : TEMPLATES;
		int count = pst_desk_search(d, STRANGER, caps[i]);

		if (count != wanted) {
			return pst_fail(exam, "%d keys and room for %u: %d candidates, not %d",
				TEMPLATES, caps[i], count, wanted);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark top_k_keys(struct pst_exam *exam, struct pst_desk *d)
{
	int count = pst_desk_search(d, STRANGER, PST_CANDIDATES_MAX);

	for (int i = 0; i < count && i < PST_CANDIDATES_MAX; i++) {
		uint64_t key = d->found[i].key;

		if (key % 7 != 1 || key / 7 >= TEMPLATES) {
			return pst_fail(exam, "candidate %d is key %llu, which was never added", i,
				(unsigned long long)key);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark top_k_best(struct pst_exam *exam, struct pst_desk *d)
{
	for (uint64_t probe = STRANGER; probe < STRANGER + 5; probe++) {
		struct pst_candidate last;
		int count = pst_desk_search(d, probe, 4);

		if (count != 4) {
			return pst_skip(
				exam, "search does not fill its room: see match.top-k-length");
		}
		last = d->found[3];
		for (uint64_t i = 0; i < TEMPLATES; i++) {
			float score = 0;

			if (!pst_desk_has(d, pst_desk_key(i)) &&
				pst_desk_verify(d, probe, pst_desk_key(i), &score) == 0 &&
				score > last.score + TOLERANCE) {
				return pst_fail(exam,
					"key %llu scores %g and is no candidate, key "
					"%llu with %g is",
					(unsigned long long)pst_desk_key(i), (double)score,
					(unsigned long long)last.key, (double)last.score);
			}
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark top_k_cap(struct pst_exam *exam, struct pst_desk *d)
{
	struct pst_pages room = {0};

	for (uint32_t cap = 1; cap <= 3; cap++) {
		int count = pst_desk_search(d, STRANGER, cap);
		const uint8_t *behind = (const uint8_t *)&d->found[cap];

		for (size_t i = 0; i < sizeof(d->found) - cap * sizeof(d->found[0]); i++) {
			if (behind[i] != 0xc3) {
				return pst_fail(exam,
					"room for %u candidates, %d claimed, and byte "
					"%zu behind it written",
					cap, count, i);
			}
		}
	}
	if (pst_pages_open(&room, "the room for candidates", sizeof(struct pst_candidate), 8,
		    PST_PAGES_END, 0) < 0) {
		return pst_no_memory(exam);
	}
	pst_watch_enter(PST_WATCH_FRAME);
	(void)d->calls->search(
		d->trial.self, d->bytes, d->size, (struct pst_candidate *)(void *)room.data, 1);
	pst_watch_leave();
	pst_pages_close(&room);
	return PST_MARK_PASS;
}

static enum pst_mark search_is_verify(struct pst_exam *exam, struct pst_desk *d)
{
	int count = pst_desk_search(d, STRANGER, TEMPLATES);

	for (int i = 0; i < count && i < TEMPLATES; i++) {
		float score = 0;
		int status = pst_desk_verify(d, STRANGER, d->found[i].key, &score);

		if (status < 0 || fabsf(score - d->found[i].score) > TOLERANCE) {
			return pst_fail(exam, "key %llu scores %g in search, %g in verify (%d)",
				(unsigned long long)d->found[i].key, (double)d->found[i].score,
				(double)score, status);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark ties(struct pst_exam *exam, struct pst_desk *d)
{
	static struct pst_candidate first[TEMPLATES];
	int count;

	for (uint64_t i = 0; i < TEMPLATES; i++) {
		(void)pst_desk_remove(d, pst_desk_key(i));
		(void)pst_desk_add(d, pst_desk_key(TEMPLATES - 1 - i), 3);
	}
	for (uint64_t i = 0; i < TEMPLATES; i++) {
		(void)pst_desk_remove(d, pst_desk_key(i));
		(void)pst_desk_add(d, pst_desk_key(i), 3);
	}
	(void)pst_desk_seal(d);
	count = pst_desk_search(d, 4, TEMPLATES);
	memcpy(first, d->found, sizeof(first));
	for (int round = 0; round < 3; round++) {
		int again = pst_desk_search(d, 4, TEMPLATES);

		for (int i = 0; i < TEMPLATES && i < count; i++) {
			if (again != count || first[i].key != d->found[i].key) {
				return pst_fail(exam,
					"of equal scores, key %llu was number %d, then "
					"key %llu",
					(unsigned long long)first[i].key, i,
					(unsigned long long)d->found[i].key);
			}
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark refuses_probe(
	struct pst_exam *exam, struct pst_desk *d, const uint8_t *bytes, uint32_t size)
{
	float score;
	int searched = pst_desk_search_bytes(d, bytes, size, TEMPLATES);
	int verified = pst_desk_verify_bytes(d, bytes, size, pst_desk_key(0), &score);

	return searched == PST_E_FORMAT && verified == PST_E_FORMAT
		       ? PST_MARK_PASS
		       : pst_fail(exam,
				 "a probe of %u bytes in a gallery of %u: search %d, verify %d",
				 size, d->size, searched, verified);
}

static enum pst_mark probe_null(struct pst_exam *exam, struct pst_desk *d)
{
	return refuses_probe(exam, d, d->bytes, 0);
}

static enum pst_mark probe_wrong_size(struct pst_exam *exam, struct pst_desk *d)
{
	enum pst_mark mark = PST_MARK_PASS;

	pst_template_make(&d->shape, 1, d->bytes);
	if (d->size > 1) {
		mark = refuses_probe(exam, d, d->bytes, d->size - 1);
	}
	if (mark == PST_MARK_PASS && d->size + d->shape.element <= PST_TEMPLATE_MAX) {
		mark = refuses_probe(exam, d, d->bytes, d->size + d->shape.element);
	}
	return mark;
}

static enum pst_mark probe_nan(struct pst_exam *exam, struct pst_desk *d)
{
	static const float values[] = {NAN, INFINITY, -INFINITY};

	if (d->shape.element != sizeof(float)) {
		return pst_skip(exam, "whole numbers are never NaN");
	}
	for (size_t i = 0; i < 3; i++) {
		float score;
		int count, status;

		pst_template_make(&d->shape, 1, d->bytes);
		memcpy(d->bytes, &values[i], sizeof(float));
		count = pst_desk_search_bytes(d, d->bytes, d->size, TEMPLATES);
		status = pst_desk_verify_bytes(d, d->bytes, d->size, pst_desk_key(0), &score);
		for (int k = 0; k < count && k < TEMPLATES; k++) {
			score = isnan(d->found[k].score) ? d->found[k].score : score;
		}
		if ((count < 0 && count != PST_E_FORMAT) ||
			(status < 0 && status != PST_E_FORMAT) || isnan(score)) {
			return pst_fail(exam,
				"a probe that holds %g: search %d, verify %d, score %g: "
				"return PST_E_FORMAT",
				(double)values[i], count, status, (double)score);
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark probe_not_written(struct pst_exam *exam, struct pst_desk *d)
{
	struct pst_pages probe = {0};
	float score;

	if (pst_pages_open(&probe, "the probe", d->size, d->shape.element, PST_PAGES_END, 0) < 0) {
		return pst_no_memory(exam);
	}
	pst_template_make(&d->shape, STRANGER, probe.data);
	pst_pages_lock(&probe, true);
	(void)pst_desk_search_bytes(d, probe.data, d->size, TEMPLATES);
	(void)pst_desk_verify_bytes(d, probe.data, d->size, pst_desk_key(0), &score);
	pst_pages_close(&probe);
	return PST_MARK_PASS;
}

static bool is_match_status(int status)
{
	return status >= 0 || status == PST_E_FORMAT || status == PST_E_PLUGIN ||
	       status == PST_E_NOT_FOUND || status == -ENOMEM;
}

static enum pst_mark match_status(struct pst_exam *exam, struct pst_desk *d)
{
	float score;
	const int statuses[] = {pst_desk_search(d, 0, 3), pst_desk_search_bytes(d, d->bytes, 0, 3),
		pst_desk_search_bytes(d, d->bytes, 3, 3),
		pst_desk_verify(d, 0, pst_desk_key(0), &score),
		pst_desk_verify(d, 0, STRANGER, &score),
		pst_desk_verify_bytes(d, d->bytes, 0, STRANGER, &score),
		pst_desk_add_bytes(d, STRANGER, d->bytes, 0), pst_desk_remove(d, STRANGER),
		pst_desk_seal(d)};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (!is_match_status(statuses[i])) {
			return pst_fail(exam, "a call returned %d (%s), which no header lists",
				statuses[i], pst_status_name(statuses[i]));
		}
	}
	return PST_MARK_PASS;
}

struct batch {
	uint8_t *probes; /* of PROBES templates */
	struct pst_pages candidates;
	struct pst_pages counts;
};

static int search_batch(struct pst_desk *d, struct batch *batch, enum pst_pages_guard guard)
{
	static uint8_t probes[(size_t)PROBES * PST_TEMPLATE_MAX];
	int status;

	for (uint64_t i = 0; i < PROBES; i++) {
		pst_template_make(&d->shape, STRANGER + i, probes + i * d->size);
	}
	batch->probes = probes;
	if (pst_pages_open(&batch->candidates, "the room for candidates",
		    PROBES * BATCH_ROOM * sizeof(struct pst_candidate), 8, guard, 0xc3) < 0 ||
		pst_pages_open(&batch->counts, "the room for counts", PROBES * sizeof(uint32_t), 4,
			guard, 0xc3) < 0) {
		return -ENOMEM;
	}
	pst_watch_enter(PST_WATCH_FRAME);
	status = d->calls->search_batch(d->trial.self, probes, d->size, PROBES,
		(struct pst_candidate *)(void *)batch->candidates.data, BATCH_ROOM,
		(uint32_t *)(void *)batch->counts.data);
	pst_watch_leave();
	return status;
}

static void close_batch(struct batch *batch)
{
	pst_pages_close(&batch->candidates);
	pst_pages_close(&batch->counts);
}

static enum pst_mark compare_batch(
	struct pst_exam *exam, struct pst_desk *d, const struct batch *batch)
{
	const uint32_t *counts = (const void *)batch->counts.data;
	const struct pst_candidate *candidates = (const void *)batch->candidates.data;

	for (uint32_t i = 0; i < PROBES; i++) {
		int count = pst_desk_search_bytes(
			d, batch->probes + (size_t)i * d->size, d->size, BATCH_ROOM);

		if (count < 0 || counts[i] != (uint32_t)count) {
			return pst_fail(exam, "probe %u has %u candidates in a batch, alone %d", i,
				counts[i], count);
		}
		for (uint32_t k = 0; k < counts[i] && k < BATCH_ROOM; k++) {
			const struct pst_candidate *one = &candidates[i * BATCH_ROOM + k];

			if (one->key != d->found[k].key ||
				fabsf(one->score - d->found[k].score) > TOLERANCE) {
				return pst_fail(exam,
					"candidate %u of probe %u is key %llu with %g "
					"in a batch, alone key %llu with %g",
					k, i, (unsigned long long)one->key, (double)one->score,
					(unsigned long long)d->found[k].key,
					(double)d->found[k].score);
			}
		}
	}
	return PST_MARK_PASS;
}

static enum pst_mark batch_of(struct pst_exam *exam, struct pst_desk *d)
{
	struct batch batch = {0};
	enum pst_mark mark;
	int status;

	if (!d->calls->search_batch) {
		return pst_skip(exam, "it has no search_batch, which is optional");
	}
	status = search_batch(d, &batch,
		exam->current == PST_CHECK_MATCH_BATCH_CAP ? PST_PAGES_END : PST_PAGES_LOOSE);
	if (status != 0) {
		mark = pst_fail(
			exam, "search_batch returned %d (%s)", status, pst_status_name(status));
	} else if (exam->current == PST_CHECK_MATCH_BATCH_CAP) {
		mark = pst_pages_are_intact(&batch.candidates) &&
				       pst_pages_are_intact(&batch.counts)
			       ? PST_MARK_PASS
			       : pst_fail(exam, "bytes around its rooms were written");
	} else {
		mark = compare_batch(exam, d, &batch);
	}
	close_batch(&batch);
	return mark;
}

static const struct {
	enum pst_check check;
	uint32_t templates;
	pst_match_fn run;
} parts[] = {
	{PST_CHECK_MATCH_ADD, 0, pst_match_add},
	{PST_CHECK_MATCH_ADD_COPIES, TEMPLATES, pst_match_add_copies},
	{PST_CHECK_MATCH_ADD_NULL, TEMPLATES, pst_match_add_null},
	{PST_CHECK_MATCH_ADD_WRONG_SIZE, TEMPLATES, pst_match_add_wrong_size},
	{PST_CHECK_MATCH_ADD_NAN, TEMPLATES, pst_match_add_nan},
	{PST_CHECK_MATCH_ADD_ERROR, TEMPLATES, pst_match_add_error},
	{PST_CHECK_MATCH_REMOVE, TEMPLATES, pst_match_remove},
	{PST_CHECK_MATCH_REMOVE_GONE, TEMPLATES, pst_match_remove_gone},
	{PST_CHECK_MATCH_SEAL, TEMPLATES, pst_match_seal},
	{PST_CHECK_MATCH_UNSEALED, TEMPLATES, pst_match_unsealed},
	{PST_CHECK_MATCH_VERIFY_SELF, TEMPLATES, verify_self},
	{PST_CHECK_MATCH_VERIFY_UNKNOWN, TEMPLATES, verify_unknown},
	{PST_CHECK_MATCH_VERIFY_BEST, TEMPLATES, verify_best},
	{PST_CHECK_MATCH_SCORE_RANGE, TEMPLATES, score_range},
	{PST_CHECK_MATCH_SCORE_NAN, TEMPLATES, score_nan},
	{PST_CHECK_MATCH_SEARCH_EMPTY, 0, search_empty},
	{PST_CHECK_MATCH_TOP_K_SORTED, TEMPLATES, top_k_sorted},
	{PST_CHECK_MATCH_TOP_K_UNIQUE, TEMPLATES, top_k_unique},
	{PST_CHECK_MATCH_TOP_K_LENGTH, TEMPLATES, top_k_length},
	{PST_CHECK_MATCH_TOP_K_KEYS, TEMPLATES, top_k_keys},
	{PST_CHECK_MATCH_TOP_K_BEST, TEMPLATES, top_k_best},
	{PST_CHECK_MATCH_TOP_K_CAP, TEMPLATES, top_k_cap},
	{PST_CHECK_MATCH_SEARCH_IS_VERIFY, TEMPLATES, search_is_verify},
	{PST_CHECK_MATCH_TIES, TEMPLATES, ties},
	{PST_CHECK_MATCH_PROBE_NULL, TEMPLATES, probe_null},
	{PST_CHECK_MATCH_PROBE_WRONG_SIZE, TEMPLATES, probe_wrong_size},
	{PST_CHECK_MATCH_PROBE_NAN, TEMPLATES, probe_nan},
	{PST_CHECK_MATCH_PROBE_NOT_WRITTEN, TEMPLATES, probe_not_written},
	{PST_CHECK_MATCH_STATUS, TEMPLATES, match_status},
	{PST_CHECK_MATCH_KEYS, TEMPLATES, pst_match_keys},
	{PST_CHECK_MATCH_ORDER, TEMPLATES, pst_match_order},
	{PST_CHECK_MATCH_LARGE, TEMPLATES, pst_match_large},
	{PST_CHECK_MATCH_BATCH, TEMPLATES, batch_of},
	{PST_CHECK_MATCH_BATCH_CAP, TEMPLATES, batch_of},
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* Each check has an instance of its own, so that none sees what another one left. */
static enum pst_mark check(struct pst_exam *exam)
{
	struct pst_desk *desk = NULL;
	enum pst_mark mark;
	size_t i = 0;

	while (parts[i].check != exam->current) {
		i++;
	}
	mark = pst_desk_open(exam, parts[i].templates, &desk);
	if (mark == PST_MARK_PASS) {
		mark = parts[i].run(exam, desk);
	}
	pst_desk_close();
	return mark;
}

#define RUN(symbol)                                                                                \
	{                                                                                          \
		PST_CHECK_MATCH_##symbol, check, 15000                                             \
	}
const struct pst_check_run pst_runs_match[] = {RUN(ADD), RUN(ADD_COPIES), RUN(ADD_NULL),
	RUN(ADD_WRONG_SIZE), RUN(ADD_NAN), RUN(ADD_ERROR), RUN(REMOVE), RUN(REMOVE_GONE), RUN(SEAL),
	RUN(UNSEALED), RUN(VERIFY_SELF), RUN(VERIFY_UNKNOWN), RUN(VERIFY_BEST), RUN(SCORE_RANGE),
	RUN(SCORE_NAN), RUN(SEARCH_EMPTY), RUN(TOP_K_SORTED), RUN(TOP_K_UNIQUE), RUN(TOP_K_LENGTH),
	RUN(TOP_K_KEYS), RUN(TOP_K_BEST), RUN(TOP_K_CAP), RUN(SEARCH_IS_VERIFY), RUN(TIES),
	RUN(PROBE_NULL), RUN(PROBE_WRONG_SIZE), RUN(PROBE_NAN), RUN(PROBE_NOT_WRITTEN), RUN(STATUS),
	RUN(KEYS), RUN(ORDER), RUN(LARGE), RUN(BATCH), RUN(BATCH_CAP), {0}};

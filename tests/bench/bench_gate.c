/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a decision costs, and what loading and proving a policy costs:
 *
 *   bench_gate PATTERN
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "policy/policy.h"
#include "policy/prove.h"

#define CALLS 1000000
#define BORN_DAYS 30000 /* people are up to so old */

static uint32_t times_ns[CALLS];
static volatile unsigned sink;
static size_t allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *data, size_t size);

/* Every allocation of the program comes through here and is counted. */
void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *data, size_t size)
{
	allocations++;
	return __libc_realloc(data, size);
}

static int by_time(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left;
	uint32_t b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

struct asked {
	struct pst_policy_request request;
	struct pst_place place;
};

static void random_request(const struct pst_policy *policy, uint32_t *state, struct asked *asked)
{
	struct pst_policy_request *request = &asked->request;

	*asked = (struct asked){0};
	pst_table_place(
		&policy->table, next_random(state) % policy->table.combinations, &asked->place);
	request->day = policy->from_day + (int32_t)(next_random(state) % 8000);
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		request->value[axis] = axis == PST_AXIS_PERIOD
					       ? NULL
					       : pst_policy_value_name(policy, (enum pst_axis)axis,
							 asked->place.value[axis]);
	}
	request->born_day = request->day - (int32_t)(next_random(state) % BORN_DAYS);
	if (policy->ages) {
		request->has_born = true;
		request->value[PST_AXIS_AGE_BAND] = NULL;
	}
}

/* One decision, from date, birth and values. */
static unsigned by_place(const struct pst_policy *policy, struct asked *asked)
{
	uint16_t *value = asked->place.value;

	value[PST_AXIS_PERIOD] = pst_table_period(&policy->table, asked->request.day);
	if (policy->ages) {
		value[PST_AXIS_AGE_BAND] =
			pst_policy_age_band(policy, asked->request.born_day, asked->request.day);
	}
	return pst_table_lookup(&policy->table, &asked->place).verdict;
}

/* The same, from words to words. */
static unsigned by_names(const struct pst_policy *policy, struct asked *asked)
{
	struct pst_policy_decision decision;

	pst_policy_decide(policy, &asked->request, &decision);
	return decision.verdict;
}

static unsigned by_nothing(const struct pst_policy *policy, struct asked *asked)
{
	(void)policy;
	(void)asked;
	return 0;
}

typedef unsigned (*decide_fn)(const struct pst_policy *policy, struct asked *asked);

static void measure(const struct pst_policy *policy, decide_fn decide, const char *what)
{
	static struct asked batch[4096];
	size_t before = allocations;
	uint32_t state = 7;
	int64_t from_ns;

	for (int i = 0; i < CALLS; i++) {
		struct asked asked;

		random_request(policy, &state, &asked);
		from_ns = pst_clock_mono_ns();
		sink += decide(policy, &asked);
		times_ns[i] = (uint32_t)(pst_clock_mono_ns() - from_ns);
	}
	for (size_t i = 0; i < 4096; i++) {
		random_request(policy, &state, &batch[i]);
	}
	from_ns = pst_clock_mono_ns();
	for (int i = 0; i < CALLS; i++) {
		sink += decide(policy, &batch[i % 4096]);
	}
	double mean = (double)(pst_clock_mono_ns() - from_ns) / CALLS;
	size_t made = allocations - before;
	qsort(times_ns, CALLS, sizeof(times_ns[0]), by_time);
	(void)printf("  %-40s %8u %8u %8u %8.1f %12zu\n", what, times_ns[CALLS / 2],
		times_ns[CALLS / 100 * 99], times_ns[CALLS / 1000 * 999], mean, made);
}

static void measure_policy(const struct pst_policy *policy)
{
	(void)printf("\n%s: %u combinations, dates in %u periods, ages %s; of %d requests, ns\n",
		policy->id, policy->table.combinations, policy->table.size[PST_AXIS_PERIOD],
		policy->ages ? "from dates of birth" : "not stated", CALLS);
	(void)printf("  %-40s %8s %8s %8s %8s %12s\n", "", "p50", "p99", "p99.9", "mean*",
		"allocations");
	measure(policy, by_nothing, "reading the clock twice");
	measure(policy, by_place, "date, age band, lookup");
	measure(policy, by_names, "names, date, age band, lookup, words");
	(void)puts("  * without the clock, over the same 4096 requests");
}

static void print_load(const struct pst_policy *policy, int64_t load_ns, int64_t proof_ns)
{
	(void)printf("  %-24s %12u %10u %6u %8.3f %8.3f %8.3f\n", policy->id,
		policy->table.combinations, policy->table.cell_count, policy->rule_count - 1,
		(double)load_ns / PST_NS_PER_S, (double)proof_ns / PST_NS_PER_S,
		(double)(load_ns + proof_ns) / PST_NS_PER_S);
}

/* 20 categories, three rules each and ten exceptions to them, on every axis a file can have. */
static char *synthetic(size_t *ret_size)
{
	static const char *const exceptions[] = {"modality: [other]", "mode: [suspended]",
		"purpose: [enrol]", "known-by: [self]", "age-band: [child]", "age-band: [old]",
		"port: [small]", "direction: [exit]", "environment: [sea]", "known-by: [list]"};
	char *text = NULL;
	FILE *file = open_memstream(&text, ret_size);

	if (!file) {
		return NULL;
	}
	(void)fputs(
		"policy: synthetic\nformat: 1\nversion: 1\ntitle: T\nfrom: 2020-01-01\n"
		"choice-window: 1s\n"
		"texts: {notice-version: a, notice: a, withdraw: a, complain: a, disclaimer: a}\n"
		"axes:\n  - axis: category\n    values: [c0",
		file);
	for (int i = 1; i < 20; i++) {
		(void)fprintf(file, ", c%d", i);
	}
	(void)fputs("]\n  - {axis: known-by, values: [document, list, officer, self]}\n"
		    "  - axis: age-band\n    values: [child, adult, old]\n    ages:\n"
		    "      - {band: child, to: 13}\n      - {band: adult, from: 14, to: 79}\n"
		    "      - {band: old, from: 80}\n"
		    "  - {axis: direction, values: [entry, exit]}\n"
		    "  - {axis: environment, values: [air, sea, land]}\n"
		    "  - {axis: port, values: [large, small]}\n"
		    "  - {axis: modality, values: [face, other]}\n"
		    "sources:\n"
		    "  - {source: s, title: s, citation: s, checked: 2025-01-01, status: seen}\n"
		    "retention:\n"
		    "  - {class: day, matching: 12h, identity: 0, partner: 0, crossing: 0}\n"
		    "rules:\n",
		file);
	for (int i = 0; i < 20; i++) {
		(void)fprintf(file,
			"  - {id: no-%d, text: t, when: {category: [c%d], choice: [decline, "
			"withdraw]}, verdict: refuse, outcome: refer-opted-out, basis: design, "
			"sources: [s]}\n"
			"  - {id: untold-%d, text: t, when: {category: [c%d], choice: [none, "
			"consent], notice: [absent, stale]}, verdict: ask, outcome: "
			"refer-no-notice, basis: design, sources: [s]}\n"
			"  - {id: yes-%d, text: t, when: {category: [c%d], choice: [none, "
			"consent], "
			"notice: [current]}, verdict: allow, authority: offered, retention: day, "
			"basis: design, sources: [s]}\n",
			i, i, i, i, i, i);
		for (int j = 0; j < 10; j++) {
			(void)fprintf(file,
				"  - {id: not-%d-%d, text: t, when: {category: [c%d], choice: "
				"[none, consent], %s}, from: 202%d-01-01, priority: %d, verdict: "
				"refuse, outcome: refer-exempt, basis: design, sources: [s]}\n",
				i, j, i, exceptions[j], 1 + j % 2, j + 1);
		}
	}
	return fclose(file) == 0 ? text : NULL;
}

static int run_synthetic(struct pst_policy **ret_policy, struct pst_error *error)
{
	struct pst_policy_proof proof;
	size_t size = 0;
	char *text = synthetic(&size);
	int64_t begin_ns = pst_clock_mono_ns();
	int status = text ? pst_policy_parse("synthetic", text, size, ret_policy, error)
			  : pst_error_set(error, PST_E_USAGE, "out of memory");
	int64_t loaded_ns = pst_clock_mono_ns();

	if (status >= 0) {
		status = pst_policy_prove(*ret_policy, &proof, error);
	}
	if (status >= 0) {
		print_load(*ret_policy, loaded_ns - begin_ns, pst_clock_mono_ns() - loaded_ns);
	}
	free(text);
	return status;
}

/* Loads and proves each file; keeps the largest. */
static int run_files(char **paths, struct pst_policy **ret_largest, struct pst_error *error)
{
	for (; *paths; paths++) {
		struct pst_policy_proof proof;
		struct pst_policy *policy = NULL;
		int64_t begin_ns = pst_clock_mono_ns();
		int status = pst_policy_read(*paths, &policy, error);
		int64_t loaded_ns = pst_clock_mono_ns();

		if (status >= 0) {
			status = pst_policy_prove(policy, &proof, error);
		}
		if (status < 0) {
			pst_policy_destroy(&policy);
			return status;
		}
		print_load(policy, loaded_ns - begin_ns, pst_clock_mono_ns() - loaded_ns);
		if (*ret_largest &&
			(*ret_largest)->table.combinations >= policy->table.combinations) {
			pst_policy_destroy(&policy);
		} else {
			pst_policy_destroy(ret_largest);
			*ret_largest = policy;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct pst_policy *largest = NULL;
	struct pst_policy *wide = NULL;
	struct pst_error error = {0};
	glob_t files;

	if (argc != 2 || glob(argv[1], 0, NULL, &files) != 0) {
		(void)fputs("usage: bench_gate 'policies/*.yaml'\n", stderr);
		return 2;
	}
	(void)printf("  %-24s %12s %10s %6s %8s %8s %8s\n", "policy", "combinations", "cells",
		"rules", "load, s", "proof, s", "both, s");
	if (run_files(files.gl_pathv, &largest, &error) < 0 || run_synthetic(&wide, &error) < 0) {
		(void)fprintf(stderr, "bench_gate: %s\n", error.text);
		return 1;
	}
	if (allocations == 0) {
		(void)fputs("bench_gate: allocations are not counted here\n", stderr);
		return 1;
	}
	measure_policy(largest);
	measure_policy(wide);
	globfree(&files);
	pst_policy_destroy(&largest);
	pst_policy_destroy(&wide);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "policy/policy.h"
#include "policy/prove.h"

#define CALLS 1000000

static uint32_t times_ns[CALLS];
static volatile unsigned sink;

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

static void print_row(const char *what)
{
	qsort(times_ns, CALLS, sizeof(times_ns[0]), by_time);
	(void)printf("%-44s %8u %8u %8u\n", what, times_ns[CALLS / 2], times_ns[CALLS / 100 * 99],
		times_ns[CALLS / 1000 * 999]);
}

static void random_request(const struct pst_policy *policy, uint32_t *state,
	struct pst_policy_request *request, struct pst_place *place)
{
	pst_table_place(&policy->table, next_random(state) % policy->table.combinations, place);
	request->day = policy->from_day + (int32_t)(next_random(state) % 8000);
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		request->value[axis] = axis == PST_AXIS_PERIOD
					       ? NULL
					       : pst_policy_value_name(policy, (enum pst_axis)axis,
							 place->value[axis]);
	}
}

enum kind { KIND_NOTHING, KIND_PLACE, KIND_NAMES };

static void measure(const struct pst_policy *policy, enum kind kind, const char *what)
{
	uint32_t state = 7;

	for (int i = 0; i < CALLS; i++) {
		struct pst_policy_request request;
		struct pst_policy_decision decision;
		struct pst_place place;
		int64_t from_ns;

		random_request(policy, &state, &request, &place);
		from_ns = pst_clock_mono_ns();
		if (kind == KIND_PLACE) {
			place.value[PST_AXIS_PERIOD] =
				pst_table_period(&policy->table, request.day);
			sink += pst_table_lookup(&policy->table, &place).verdict;
		} else if (kind == KIND_NAMES) {
			pst_policy_decide(policy, &request, &decision);
			sink += decision.verdict;
		}
		times_ns[i] = (uint32_t)(pst_clock_mono_ns() - from_ns);
	}
	print_row(what);
}

/* Batched: what remains when reading the clock is spread over many calls. */
static void measure_batch(const struct pst_policy *policy)
{
	static struct pst_place places[4096];
	uint32_t state = 7;
	int64_t from_ns;

	for (size_t i = 0; i < 4096; i++) {
		pst_table_place(&policy->table, next_random(&state) % policy->table.combinations,
			&places[i]);
	}
	from_ns = pst_clock_mono_ns();
	for (int i = 0; i < CALLS; i++) {
		sink += pst_table_lookup(&policy->table, &places[i % 4096]).verdict;
	}
	(void)printf("%-44s %8.1f\n", "lookup, batched (mean)",
		(double)(pst_clock_mono_ns() - from_ns) / CALLS);
}

int main(int argc, char **argv)
{
	struct pst_policy *policy = NULL;
	struct pst_policy_proof proof;
	struct pst_error error = {0};
	int64_t from_ns = pst_clock_mono_ns();

	if (argc != 2 || pst_policy_load(argv[1], &policy, &error) < 0 ||
		pst_policy_prove(policy, &proof, &error) < 0) {
		(void)fprintf(stderr, "bench_gate POLICY: %s\n", error.text);
		return 1;
	}
	(void)printf("load and full proof of %llu combinations: %.3f s\n",
		(unsigned long long)proof.cells,
		(double)(pst_clock_mono_ns() - from_ns) / (double)PST_NS_PER_S);
	(void)printf(
		"%-44s %8s %8s %8s\n", "one decision, ns, clock included", "p50", "p99", "p99.9");
	measure(policy, KIND_NOTHING, "reading the clock twice");
	measure(policy, KIND_PLACE, "date to period, lookup");
	measure(policy, KIND_NAMES, "twelve names, date, lookup, words");
	measure_batch(policy);
	pst_policy_destroy(&policy);
	return 0;
}

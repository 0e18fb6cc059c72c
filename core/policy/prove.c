/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/prove.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"
#include "policy/cover.h"

/* Axes up to here are fixed while a block of neighbouring cells is visited. */
#define BLOCK_AXIS PST_AXIS_PERIOD

struct prover {
	const struct pst_policy *policy;
	struct pst_policy_proof *proof;
	uint16_t candidates[PST_POLICY_RULES_MAX]; /* rules that take the block's fixed values */
	size_t candidate_count;
	uint64_t faults;
};

static bool takes(const struct pst_rule *rule, const struct pst_place *place, int from, int to)
{
	for (int axis = from; axis < to; axis++) {
		if (!(rule->when[axis] >> (place->value[axis] - 1) & 1)) {
			return false;
		}
	}
	return true;
}

static void gather(struct prover *prover, const struct pst_place *place)
{
	const struct pst_policy *policy = prover->policy;

	prover->candidate_count = 0;
	for (uint16_t i = 1; i < policy->rule_count; i++) {
		if (takes(&policy->rules[i], place, 0, BLOCK_AXIS + 1)) {
			prover->candidates[prover->candidate_count++] = i;
		}
	}
}

/* The rules alone: the one of highest priority, and whether another has the same. */
static uint16_t decide(const struct prover *prover, const struct pst_place *place, uint16_t *rival)
{
	const struct pst_rule *rules = prover->policy->rules;
	uint16_t best = PST_RULE_BUILT_IN;

	*rival = PST_RULE_BUILT_IN;
	for (size_t i = 0; i < prover->candidate_count; i++) {
		uint16_t rule = prover->candidates[i];

		if (!takes(&rules[rule], place, BLOCK_AXIS + 1, PST_AXIS_COUNT)) {
			continue;
		}
		if (best == PST_RULE_BUILT_IN || rules[rule].priority > rules[best].priority) {
			best = rule;
			*rival = PST_RULE_BUILT_IN;
		} else if (rules[rule].priority == rules[best].priority) {
			*rival = rule;
		}
	}
	return best;
}

static void word_place(
	const struct pst_policy *policy, const struct pst_place *place, char *text, size_t size)
{
	size_t used = 0;

	for (int axis = 0; axis < PST_AXIS_COUNT && used < size; axis++) {
		used += (size_t)snprintf(text + used, size - used, "%s%s %s", axis ? ", " : "",
			pst_axis_names[axis], policy->values[axis][place->value[axis] - 1]);
	}
}

static void fault(
	struct prover *prover, uint64_t *count, const struct pst_place *place, const char *what)
{
	char words[400];

	(*count)++;
	if (prover->faults++ > 0) {
		return;
	}
	word_place(prover->policy, place, words, sizeof(words));
	(void)snprintf(prover->proof->counterexample, sizeof(prover->proof->counterexample),
		"%s: %s", what, words);
}

static void fault_undecided(struct prover *prover, const struct pst_place *place)
{
	struct pst_policy_proof *proof = prover->proof;
	char words[400];

	proof->undecided++;
	if (prover->faults++ > 0) {
		return;
	}
	policy_word_gap(prover->policy, place, words, sizeof(words));
	(void)snprintf(
		proof->counterexample, sizeof(proof->counterexample), "no rule decides: %s", words);
}

static void fault_contested(
	struct prover *prover, const struct pst_place *place, uint16_t a, uint16_t b)
{
	const struct pst_rule *rules = prover->policy->rules;
	struct pst_policy_proof *proof = prover->proof;
	const uint16_t pair[2] = {a, b};
	char words[300];

	proof->contested++;
	if (prover->faults++ > 0) {
		return;
	}
	policy_word_contest(prover->policy, place, pair, words, sizeof(words));
	(void)snprintf(proof->counterexample, sizeof(proof->counterexample),
		"rules '%s' and '%s' both decide: %s", rules[a].id, rules[b].id, words);
}

static void visit(struct prover *prover, const struct pst_place *place)
{
	const struct pst_policy *policy = prover->policy;
	struct pst_policy_proof *proof = prover->proof;
	struct pst_cell cell = pst_table_lookup(&policy->table, place);
	uint16_t choice = place->value[PST_AXIS_CHOICE];
	uint16_t rival;
	uint16_t rule = decide(prover, place, &rival);

	proof->cells++;
	proof->by_verdict[cell.verdict < PST_VERDICT_COUNT ? cell.verdict : 0]++;
	if (rule == PST_RULE_BUILT_IN) {
		fault_undecided(prover, place);
		return;
	}
	if (rival != PST_RULE_BUILT_IN) {
		fault_contested(prover, place, rule, rival);
		return;
	}
	struct pst_cell said = policy_rule_cell(&policy->rules[rule], place);
	if (memcmp(&cell, &said, sizeof(cell)) != 0) {
		fault(prover, &proof->differing, place, "table and rules differ");
	}
	if (!policy->rules[rule].sources[0]) {
		fault(prover, &proof->unsourced, place, "decided without a source");
	}
	if (cell.verdict == PST_VERDICT_ALLOW &&
		place->value[PST_AXIS_NOTICE] != PST_NOTICE_CURRENT) {
		fault(prover, &proof->captures_without_notice, place, "capture without notice");
	}
	if (cell.verdict != PST_VERDICT_REFUSE &&
		(choice == PST_CHOICE_DECLINE || choice == PST_CHOICE_WITHDRAW)) {
		fault(prover, &proof->captures_after_refusal, place,
			"no refusal after the person said no");
	}
}

/* The next combination; the last axis turns fastest. @return whether a fixed axis turned */
static bool advance(const struct pst_table *table, struct pst_place *place)
{
	int axis = PST_AXIS_COUNT - 1;

	while (axis >= 0 && place->value[axis] == table->size[axis]) {
		place->value[axis--] = 1;
	}
	if (axis >= 0) {
		place->value[axis]++;
	}
	return axis <= BLOCK_AXIS;
}

int pst_policy_prove(const struct pst_policy *policy, struct pst_policy_proof *ret_proof,
	struct pst_error *error)
{
	struct prover prover = {.policy = policy, .proof = ret_proof};
	struct pst_place place;

	*ret_proof = (struct pst_policy_proof){0};
	pst_table_place(&policy->table, 0, &place);
	gather(&prover, &place);
	for (uint32_t i = 0; i < policy->table.combinations; i++) {
		visit(&prover, &place);
		if (advance(&policy->table, &place)) {
			gather(&prover, &place);
		}
	}
	ret_proof->holds = prover.faults == 0;
	if (!ret_proof->holds) {
		return pst_error_set(error, PST_E_UNSAFE, "%s: not total: %s", policy->id,
			ret_proof->counterexample);
	}
	return 0;
}

int pst_policy_prove_file(
	const char *path, struct pst_policy_proof *ret_proof, struct pst_error *error)
{
	struct pst_policy *policy = NULL;
	int status;

	*ret_proof = (struct pst_policy_proof){0};
	status = policy_build_file(path, POLICY_NEED_VALID, &policy, error);
	if (status < 0) {
		return status;
	}
	status = pst_policy_prove(policy, ret_proof, error);
	if (status == 0) {
		struct pst_policy *total = NULL;

		status = policy_build_file(path, POLICY_NEED_TOTAL, &total, error);
		pst_policy_destroy(&total);
	}
	pst_policy_destroy(&policy);
	return status;
}

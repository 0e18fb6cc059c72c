/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "policy/test.h"
#include "profile.h"

/*
 * Changes one condition of one rule of a shipped profile at a time: a value dropped or added, a
 * date shifted by a day, another verdict, authority, outcome or retention. Each such mutant must
 * not load, or fail a case of the profile's own `expect`. What passes both must decide every
 * combination as before: then nothing was changed.
 */

struct score {
	unsigned refused; /* does not load */
	unsigned failed;  /* a case fails */
	unsigned missed;  /* the tables differ, and nothing else told */
	unsigned equal;	  /* every combination is decided as before */
};

struct mutator {
	const struct profile *profile;
	const struct pst_rule *rule; /* the original */
	size_t rule_at, rule_end;    /* where it stands in the text; the rules' end in rules_end */
	size_t rules_end;
	struct score score;
};

static void print_values(
	FILE *to, const struct pst_policy *policy, enum pst_axis axis, uint64_t mask)
{
	const char *between = "";

	fprintf(to, "%s: [", pst_axis_names[axis]);
	for (unsigned i = 0; i < policy->table.size[axis]; i++) {
		if (mask >> i & 1) {
			fprintf(to, "%s%s", between, policy->values[axis][i]);
			between = ", ";
		}
	}
	fprintf(to, "], ");
}

static void print_when(FILE *to, const struct pst_policy *policy, const struct pst_rule *rule)
{
	fprintf(to, "    when: {");
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		bool is_declared = strcmp(policy->values[axis][0], "any") != 0;

		if (axis != PST_AXIS_PERIOD && is_declared) {
			print_values(to, policy, (enum pst_axis)axis, rule->when[axis]);
		}
	}
	fprintf(to, "}\n");
}

static void print_reading(
	FILE *to, const struct pst_policy *policy, const struct pst_cell *cell, const char *between)
{
	fprintf(to, "verdict: %s%s", pst_verdict_name((enum pst_verdict)cell->verdict), between);
	if (cell->verdict == PST_VERDICT_ALLOW) {
		fprintf(to, "authority: %s%sretention: %s",
			pst_authority_name((enum pst_authority)cell->authority), between,
			policy->retention[cell->retention].class_name);
	} else {
		fprintf(to, "outcome: %s", pst_outcome_name((enum pst_outcome)cell->outcome));
	}
}

static void print_dates(FILE *to, const struct pst_rule *rule)
{
	char text[PST_CLOCK_TEXT_SIZE];

	if (rule->from_day != INT32_MIN) {
		pst_clock_format_day(rule->from_day, text);
		fprintf(to, "    from: %s\n", text);
	}
	if (rule->until_day != INT32_MAX) {
		pst_clock_format_day(rule->until_day, text);
		fprintf(to, "    until: %s\n", text);
	}
}

/* A rule as a file would state it, every condition in full. */
static void print_rule(FILE *to, const struct pst_policy *policy, const struct pst_rule *rule)
{
	fprintf(to, "\n  - id: %s\n    text: T\n    basis: %s\n    priority: %d\n", rule->id,
		rule->basis, rule->priority);
	print_when(to, policy, rule);
	print_dates(to, rule);
	fprintf(to, "    ");
	print_reading(to, policy, &rule->cell, "\n    ");
	fprintf(to, "\n    obligations: [");
	for (unsigned i = 0; i < PST_OBLIGATION_COUNT; i++) {
		if (rule->cell.obligations >> i & 1) {
			fprintf(to, "%s, ", pst_obligation_names[i]);
		}
	}
	fprintf(to, "]\n    sources: [");
	for (size_t i = 0; rule->sources[i]; i++) {
		fprintf(to, "%s, ", rule->sources[i]->id);
	}
	fprintf(to, "]\n");
	if (rule->disputes[0]) {
		fprintf(to, "    disputes: [");
		for (size_t i = 0; rule->disputes[i]; i++) {
			fprintf(to, "%s, ", rule->disputes[i]->id);
		}
		fprintf(to, "]\n");
	}
	if (rule->has_otherwise) {
		fprintf(to, "    otherwise: {");
		print_reading(to, policy, &rule->otherwise, ", ");
		fprintf(to, "}\n");
	}
}

/* Finds the rule in the text of the profile. */
static void find_rule(struct mutator *mutator, unsigned index)
{
	const char *text = mutator->profile->text;
	const char *expect = strstr(text, "\nexpect:");
	const char *at = strstr(text, "\nrules:\n");
	const char *end;

	for (unsigned i = 0; i < index; i++) {
		at = strstr(at + 1, "\n  - id: ");
		cr_assert(at && at < expect);
	}
	end = strstr(at + 1, "\n  - id: ");
	mutator->rule = &mutator->profile->policy->rules[index];
	mutator->rule_at = (size_t)(at - text);
	mutator->rules_end = (size_t)(expect - text);
	mutator->rule_end = end ? (size_t)(end - text) : mutator->rules_end;
}

/* The profile without its cases, and with another rule in the place of the original. */
static int parse_with(const struct mutator *mutator, const struct pst_rule *rule,
	struct pst_policy **ret_policy, struct pst_error *error)
{
	const struct profile *profile = mutator->profile;
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	int status;

	cr_assert_not_null(to);
	fwrite(profile->text, 1, mutator->rule_at, to);
	print_rule(to, profile->policy, rule);
	fwrite(profile->text + mutator->rule_end, 1, mutator->rules_end - mutator->rule_end, to);
	fclose(to);
	status = pst_policy_parse(profile->name, text, size, ret_policy, error);
	free(text);
	return status;
}

static bool fails_a_case(const struct profile *profile, const struct pst_policy *mutant)
{
	for (size_t i = 0; i < profile->policy->case_count; i++) {
		struct pst_policy_decision decision;

		if (!pst_policy_test(mutant, &profile->policy->cases[i], &decision)) {
			return true;
		}
	}
	return false;
}

static bool same_on(const struct pst_policy *left, const struct pst_policy *right, int32_t day)
{
	uint16_t left_period = pst_table_period(&left->table, day);
	uint16_t right_period = pst_table_period(&right->table, day);

	for (uint32_t i = 0; i < left->table.combinations; i++) {
		struct pst_cell cells[2];
		struct pst_place place;

		pst_table_place(&left->table, i, &place);
		if (place.value[PST_AXIS_PERIOD] != left_period) {
			continue;
		}
		cells[0] = pst_table_lookup(&left->table, &place);
		place.value[PST_AXIS_PERIOD] = right_period;
		cells[1] = pst_table_lookup(&right->table, &place);
		if (memcmp(&cells[0], &cells[1], sizeof(cells[0])) != 0) {
			return false;
		}
	}
	return true;
}

/* Whether both decide alike on each day on which either begins a period, so on every day. */
static bool same(const struct pst_policy *left, const struct pst_policy *right)
{
	const struct pst_policy *const both[] = {left, right};

	for (size_t i = 0; i < 2; i++) {
		for (unsigned j = 0; j < both[i]->table.size[PST_AXIS_PERIOD]; j++) {
			if (!same_on(left, right, both[i]->table.period_from[j])) {
				return false;
			}
		}
	}
	return true;
}

static void judge(struct mutator *mutator, const struct pst_rule *rule, const char *what)
{
	const struct profile *profile = mutator->profile;
	struct score *score = &mutator->score;
	struct pst_policy *mutant = NULL;
	struct pst_error error = {0};

	if (parse_with(mutator, rule, &mutant, &error) < 0) {
		cr_assert(error.status == PST_E_CONFIG || error.status == PST_E_UNSAFE);
		score->refused++;
	} else if (fails_a_case(profile, mutant)) {
		score->failed++;
	} else if (same(profile->policy, mutant)) {
		score->equal++;
	} else {
		score->missed++;
		cr_log_warn("%s: no case tells of rule %s with another %s", profile->name, rule->id,
			what);
	}
	pst_policy_destroy(&mutant);
}

static void mutate_values(struct mutator *mutator)
{
	const struct pst_table *table = &mutator->profile->policy->table;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		for (unsigned i = 0; axis != PST_AXIS_PERIOD && i < table->size[axis]; i++) {
			struct pst_rule rule = *mutator->rule;

			rule.when[axis] ^= 1ULL << i;
			if (rule.when[axis] & (UINT64_MAX >> (64 - table->size[axis]))) {
				judge(mutator, &rule, pst_axis_names[axis]);
			}
		}
	}
}

static void mutate_dates(struct mutator *mutator)
{
	for (int shift = -1; shift <= 1; shift += 2) {
		struct pst_rule rule = *mutator->rule;

		if (rule.from_day != INT32_MIN) {
			rule.from_day += shift;
			judge(mutator, &rule, "from");
			rule.from_day -= shift;
		}
		if (rule.until_day != INT32_MAX) {
			rule.until_day += shift;
			judge(mutator, &rule, "until");
		}
	}
}

/* Every other reading there is: verdicts with each outcome, each authority, each retention. */
static void mutate_reading(struct mutator *mutator)
{
	static const enum pst_outcome outcomes[] = {PST_OUTCOME_REFER_OPTED_OUT,
		PST_OUTCOME_REFER_EXEMPT, PST_OUTCOME_REFER_NO_CONSENT,
		PST_OUTCOME_REFER_UNKNOWN_CATEGORY, PST_OUTCOME_REFER_NO_NOTICE,
		PST_OUTCOME_REFER_WITHDRAWN};
	const size_t classes = mutator->profile->policy->retention_count;
	struct pst_rule rule = *mutator->rule;
	struct pst_cell own = rule.cell;

	for (int verdict = PST_VERDICT_REFUSE; verdict <= PST_VERDICT_ASK; verdict++) {
		for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
			rule.cell.verdict = (uint8_t)verdict;
			rule.cell.outcome = (uint8_t)outcomes[i];
			if (own.verdict != verdict || own.outcome != outcomes[i]) {
				judge(mutator, &rule, "outcome");
			}
		}
	}
	rule.cell.verdict = PST_VERDICT_ALLOW;
	for (int authority = PST_AUTHORITY_CONSENTED; authority < PST_AUTHORITY_COUNT;
		authority++) {
		for (size_t i = 1; i < classes; i++) {
			rule.cell.authority = (uint8_t)authority;
			rule.cell.retention = (uint8_t)i;
			if (own.verdict != PST_VERDICT_ALLOW || own.authority != authority ||
				own.retention != i) {
				judge(mutator, &rule, "authority or retention");
			}
		}
	}
}

/* What is printed of a rule says the same as the rule. */
static void check_unchanged(const struct mutator *mutator)
{
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(parse_with(mutator, mutator->rule, &policy, &error), 0, "%s: %s",
		mutator->rule->id, error.text);
	cr_assert(same(mutator->profile->policy, policy), "%s", mutator->rule->id);
	pst_policy_destroy(&policy);
}

/* Rules number part, part + parts, ... of a profile. */
static void check_profile(const char *name, unsigned part, unsigned parts)
{
	struct profile profile;
	struct mutator mutator = {.profile = &profile};
	const struct score *score = &mutator.score;

	profile_load(&profile, name);
	for (unsigned i = 1 + part; i < profile.policy->rule_count; i += parts) {
		find_rule(&mutator, i);
		check_unchanged(&mutator);
		mutate_values(&mutator);
		mutate_dates(&mutator);
		mutate_reading(&mutator);
	}
	(void)printf(
		"# %s: %u mutants do not load, %u fail a case, %u are missed, %u change nothing\n",
		name, score->refused, score->failed, score->missed, score->equal);
	cr_expect_gt(score->refused, 100);
	cr_expect_gt(score->failed, 50);
	cr_expect_eq(score->missed, 0, "%s", name);
	profile_finish(&profile);
}

/* Which profile, and which part of its rules, the environment says. */
Test(mutants, every_changed_condition_is_caught_or_changes_nothing)
{
	const char *name = getenv("PROFILE");
	const char *part = getenv("PART");
	const char *parts = getenv("PARTS");

	cr_assert(name && part && parts, "set PROFILE=us-border PART=0 PARTS=5");
	check_profile(name, (unsigned)strtoul(part, NULL, 10), (unsigned)strtoul(parts, NULL, 10));
}

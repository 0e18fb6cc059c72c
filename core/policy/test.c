/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "policy/compile.h"

#define GAP_RULE(name, id) id,
static const char *const gap_rules[] = {PST_POLICY_GAP_MAP(GAP_RULE) NULL};

struct case_place {
	struct compiler *compiler;
	const struct file_case *from;
	unsigned index;
	const char *const *rules; /* names that may be expected */
};

static const char *where(const struct case_place *at, const char *key)
{
	return policy_where(at->compiler, "expect[%u].%s", at->index, key);
}

static int take_day(
	const struct case_place *at, const char *key, const char *text, int32_t *ret_day)
{
	if (pst_clock_parse_day(text, ret_day) < 0) {
		return policy_fail(at->compiler, where(at, key),
			"case '%s' needs a date like 2025-12-27, not '%.32s'", at->from->id, text);
	}
	return 0;
}

static int take_birth(const struct case_place *at, struct pst_policy_request *given)
{
	const struct file_given *from = &at->from->given;

	if (!from->born) {
		return 0;
	}
	if (!at->compiler->policy->ages) {
		return policy_fail(at->compiler, where(at, "given.born"),
			"case '%s' states a birth, but axis age-band states no ages", at->from->id);
	}
	if (from->axis[PST_AXIS_AGE_BAND]) {
		return policy_fail(at->compiler, where(at, "given.born"),
			"case '%s' states both born and age-band; leave one out", at->from->id);
	}
	given->has_born = true;
	return take_day(at, "given.born", from->born, &given->born_day);
}

/* A value that is none is a slip of the pen, unless that is what the case is about. */
static int take_given(const struct case_place *at, struct pst_policy_case *to)
{
	const struct file_given *from = &at->from->given;
	bool may_be_unknown = strcmp(to->rule, gap_rules[PST_POLICY_GAP_UNKNOWN]) == 0;
	int status = take_day(at, "given.date", from->date, &to->given.day);

	if (status >= 0) {
		status = take_birth(at, &to->given);
	}
	for (int axis = 0; axis < PST_AXIS_COUNT && status >= 0; axis++) {
		const char *value = from->axis[axis];
		char key[32];

		to->given.value[axis] = value;
		if (!value || may_be_unknown) {
			continue;
		}
		(void)snprintf(key, sizeof(key), "given.%s", pst_axis_names[axis]);
		status = policy_read_word(at->compiler, where(at, key), pst_axis_names[axis], value,
			at->compiler->policy->values[axis], true);
	}
	return status;
}

static int take_outcome(const struct case_place *at, struct pst_policy_case *to)
{
	const char *word = at->from->outcome;
	int outcome;

	if (!word) {
		return 0;
	}
	if (to->verdict == PST_VERDICT_ALLOW) {
		return policy_fail(at->compiler, where(at, "outcome"),
			"case '%s' expects allow, which has no outcome yet", to->id);
	}
	outcome = policy_read_word(
		at->compiler, where(at, "outcome"), "outcome", word, pst_outcome_names, false);
	to->outcome = (enum pst_outcome)outcome;
	return outcome;
}

static int take_class(const struct case_place *at, struct pst_policy_case *to)
{
	const struct pst_policy *policy = at->compiler->policy;
	const char *names[UINT8_MAX + 2] = {NULL};

	if (!at->from->retention) {
		return 0;
	}
	for (size_t i = 0; i < policy->retention_count; i++) {
		names[i] = policy->retention[i].class_name;
	}
	to->retention = at->from->retention;
	return policy_read_word(
		at->compiler, where(at, "retention"), "retention", to->retention, names, true);
}

static int take_case(const struct case_place *at, struct pst_policy_case *cases)
{
	const struct file_case *from = at->from;
	struct pst_policy_case *to = &cases[at->index];
	int status = policy_check_id(at->compiler, where(at, "case"), "case", from->id);

	for (unsigned i = 0; i < at->index && status >= 0; i++) {
		if (strcmp(cases[i].id, from->id) == 0) {
			return policy_fail(at->compiler, where(at, "case"),
				"case '%s' stands twice, first in line %d", from->id,
				cases[i].line);
		}
	}
	to->id = from->id;
	to->line = (int)pst_yaml_line(at->compiler->yaml, where(at, "case"));
	to->rule = from->rule;
	if (status >= 0) {
		status = policy_read_word(at->compiler, where(at, "verdict"), "verdict",
			from->verdict, pst_verdict_names, true);
		to->verdict = (enum pst_verdict)status;
	}
	if (status >= 0) {
		status = policy_read_word(
			at->compiler, where(at, "rule"), "rule", from->rule, at->rules, true);
	}
	if (status >= 0) {
		status = take_outcome(at, to);
	}
	if (status >= 0) {
		status = take_class(at, to);
	}
	return status < 0 ? status : take_given(at, to);
}

int policy_compile_cases(struct compiler *compiler)
{
	const struct file_top *top = compiler->top;
	struct pst_policy *policy = compiler->policy;
	struct pst_policy_case *cases =
		policy_alloc(policy, top->cases_count ? top->cases_count : 1, sizeof(*cases));
	const char **rules = calloc(policy->rule_count + PST_POLICY_GAP_COUNT, sizeof(*rules));
	size_t count = 0;
	int status = 0;

	if (!cases || !rules) {
		free(rules);
		return policy_no_memory(compiler);
	}
	for (unsigned i = 1; i < policy->rule_count; i++) {
		rules[count++] = policy->rules[i].id;
	}
	for (unsigned i = PST_POLICY_GAP_NONE + 1; i < PST_POLICY_GAP_COUNT; i++) {
		rules[count++] = gap_rules[i];
	}
	for (unsigned i = 0; i < top->cases_count && status >= 0; i++) {
		status = take_case(&(struct case_place){compiler, &top->cases[i], i, rules}, cases);
	}
	policy->cases = cases;
	policy->case_count = top->cases_count;
	free(rules);
	return status < 0 ? status : 0;
}

bool pst_policy_test(const struct pst_policy *policy, const struct pst_policy_case *one,
	struct pst_policy_decision *ret_decision)
{
	pst_policy_decide(policy, &one->given, ret_decision);
	return ret_decision->verdict == one->verdict &&
	       strcmp(ret_decision->rule_id, one->rule) == 0 &&
	       (one->outcome == PST_OUTCOME_UNSET || ret_decision->outcome == one->outcome) &&
	       (!one->retention ||
		       strcmp(ret_decision->retention->class_name, one->retention) == 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/compile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define LAST_DAY 2932896 /* 9999-12-31: no date is later, so no period begins after it */

static const char *const basis_names[] = {"statute", "regulation", "policy", "design", NULL};

/* The refer outcomes that a rule may state; the others come from what happens later. */
static const enum pst_outcome rule_outcomes[] = {PST_OUTCOME_REFER_OPTED_OUT,
	PST_OUTCOME_REFER_EXEMPT, PST_OUTCOME_REFER_NO_CONSENT, PST_OUTCOME_REFER_UNKNOWN_CATEGORY,
	PST_OUTCOME_REFER_NO_NOTICE, PST_OUTCOME_REFER_WITHDRAWN};

struct rule_place {
	struct compiler *compiler;
	const struct file_rule *from;
	const char *path; /* "rules[3]", or "rules[3].otherwise" for the reading not taken */
};

static const char *where(const struct rule_place *at, const char *key)
{
	return policy_where(at->compiler, "%s.%s", at->path, key);
}

static const char *where_item(const struct rule_place *at, const char *key, unsigned index)
{
	return policy_where(at->compiler, "%s.%s[%u]", at->path, key, index);
}

static bool is_rule_outcome(int outcome)
{
	for (size_t i = 0; i < sizeof(rule_outcomes) / sizeof(rule_outcomes[0]); i++) {
		if ((int)rule_outcomes[i] == outcome) {
			return true;
		}
	}
	return false;
}

static int read_retention(const struct rule_place *at, const char *name)
{
	const struct pst_policy *policy = at->compiler->policy;
	const char *names[UINT8_MAX + 2] = {NULL};

	for (size_t i = 1; i < policy->retention_count; i++) {
		names[i - 1] = policy->retention[i].class_name;
	}
	int index = policy_read_word(
		at->compiler, where(at, "retention"), "retention", name, names, true);
	return index < 0 ? index : index + 1;
}

static int read_allow(
	const struct rule_place *at, const struct file_otherwise *words, struct pst_cell *cell)
{
	int authority;
	int retention;

	if (!words->authority || !words->retention) {
		return policy_fail(at->compiler, at->path,
			"rule '%s' allows, so it needs authority and retention", at->from->id);
	}
	if (words->outcome) {
		return policy_fail(at->compiler, where(at, "outcome"),
			"rule '%s' allows, so it cannot state an outcome", at->from->id);
	}
	authority = policy_read_word(at->compiler, where(at, "authority"), "authority",
		words->authority, pst_authority_names, false);
	if (authority < 0) {
		return authority;
	}
	retention = read_retention(at, words->retention);
	if (retention < 0) {
		return retention;
	}
	cell->authority = (uint8_t)authority;
	cell->retention = (uint8_t)retention;
	return 0;
}

/* Reads one reading: verdict and what belongs to it. */
static int read_verdict(
	const struct rule_place *at, const struct file_otherwise *words, struct pst_cell *cell)
{
	int verdict = policy_read_word(at->compiler, where(at, "verdict"), "verdict",
		words->verdict, pst_verdict_names, true);
	int outcome;

	if (verdict < 0) {
		return verdict;
	}
	cell->verdict = (uint8_t)verdict;
	if (verdict == PST_VERDICT_ALLOW) {
		return read_allow(at, words, cell);
	}
	if (words->authority || words->retention) {
		return policy_fail(at->compiler,
			where(at, words->authority ? "authority" : "retention"),
			"rule '%s' does not allow, so it can have no authority and keep nothing",
			at->from->id);
	}
	if (!words->outcome) {
		return policy_fail(at->compiler, at->path,
			"rule '%s' does not allow, so it needs an outcome like refer-exempt",
			at->from->id);
	}
	outcome = policy_read_word(at->compiler, where(at, "outcome"), "outcome", words->outcome,
		pst_outcome_names, false);
	if (outcome < 0) {
		return outcome;
	}
	if (!is_rule_outcome(outcome)) {
		return policy_fail(at->compiler, where(at, "outcome"),
			"outcome '%s' comes from what happens later, never from a rule",
			words->outcome);
	}
	cell->outcome = (uint8_t)outcome;
	return 0;
}

static int read_obligations(
	struct compiler *compiler, const struct file_list *list, const char *path, uint16_t *mask)
{
	for (unsigned i = 0; i < list->count; i++) {
		int bit = policy_read_word(compiler, policy_where(compiler, "%s[%u]", path, i),
			"obligation", list->item[i], pst_obligation_names, true);

		if (bit < 0) {
			return bit;
		}
		*mask |= (uint16_t)(1u << bit);
	}
	return 0;
}

static int take_sources(const struct rule_place *at, struct pst_rule *rule)
{
	const struct pst_policy *policy = at->compiler->policy;
	const struct file_list *list = &at->from->sources;
	const struct pst_source **sources =
		policy_alloc(at->compiler->policy, list->count + 1, sizeof(const void *));
	const char *names[257] = {NULL};

	if (!sources) {
		return policy_no_memory(at->compiler);
	}
	for (size_t i = 0; i < policy->source_count && i < 256; i++) {
		names[i] = policy->sources[i].id;
	}
	rule->mark = PST_SOURCE_STATUS_SEEN;
	for (unsigned i = 0; i < list->count; i++) {
		int index = policy_read_word(at->compiler, where_item(at, "sources", i), "source",
			list->item[i], names, true);

		if (index < 0) {
			return index;
		}
		sources[i] = &policy->sources[index];
		rule->mark = sources[i]->status > rule->mark ? sources[i]->status : rule->mark;
	}
	rule->sources = sources;
	return 0;
}

static int take_disputes(const struct rule_place *at, struct pst_rule *rule)
{
	const struct pst_policy *policy = at->compiler->policy;
	const struct file_list *list = &at->from->disputes;
	const struct pst_dispute **disputes =
		policy_alloc(at->compiler->policy, list->count + 1, sizeof(const void *));
	const char *names[257] = {NULL};

	if (!disputes) {
		return policy_no_memory(at->compiler);
	}
	for (size_t i = 0; i < policy->dispute_count && i < 256; i++) {
		names[i] = policy->disputes[i].id;
	}
	for (unsigned i = 0; i < list->count; i++) {
		int index = policy_read_word(at->compiler, where_item(at, "disputes", i), "dispute",
			list->item[i], names, true);

		if (index < 0) {
			return index;
		}
		disputes[i] = &policy->disputes[index];
	}
	rule->disputes = disputes;
	if (rule->mark == PST_SOURCE_STATUS_DISPUTED && list->count == 0) {
		return policy_fail(at->compiler, at->path,
			"rule '%s' rests on a disputed source, so it must name the dispute",
			rule->id);
	}
	return 0;
}

static int take_otherwise(const struct rule_place *at, struct pst_rule *rule)
{
	struct pst_cell *other = &rule->otherwise;
	struct rule_place inside = *at;
	char path[48];
	int status;

	if (!at->from->otherwise) {
		return 0;
	}
	if (at->from->disputes.count == 0) {
		return policy_fail(at->compiler, where(at, "otherwise"),
			"rule '%s' carries a second reading, so it must name the dispute",
			rule->id);
	}
	(void)snprintf(path, sizeof(path), "%s.otherwise", at->path);
	inside.path = path;
	status = read_verdict(&inside, at->from->otherwise, other);
	if (status < 0) {
		return status;
	}
	if (pst_verdict_intrusion(rule->cell.verdict, rule->cell.authority) >
		pst_verdict_intrusion(other->verdict, other->authority)) {
		return policy_fail(at->compiler, where(at, "otherwise"),
			"rule '%s' takes the more intrusive of two disputed readings; swap them",
			rule->id);
	}
	rule->has_otherwise = true;
	rule->mark = PST_SOURCE_STATUS_DISPUTED;
	return 0;
}

static int take_when(const struct rule_place *at, struct pst_rule *rule)
{
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		const struct file_list *list = &at->from->when->axis[axis];
		char path[64];
		int status;

		if (axis == PST_AXIS_PERIOD) {
			continue;
		}
		rule->when[axis] = at->compiler->unless_stated[axis];
		if (list->count == 0) {
			continue;
		}
		(void)snprintf(path, sizeof(path), "%s.when.%s", at->path, pst_axis_names[axis]);
		status = policy_read_values(
			at->compiler, (enum pst_axis)axis, list, path, &rule->when[axis]);
		if (status < 0) {
			return status;
		}
	}
	return 0;
}

/* What no file may say: a capture without notice, or after the person said no. */
static int check_safe(const struct rule_place *at, struct pst_rule *rule)
{
	uint64_t no = POLICY_BIT(PST_CHOICE_DECLINE) | POLICY_BIT(PST_CHOICE_WITHDRAW);
	uint64_t unnoticed = POLICY_BIT(PST_NOTICE_ABSENT) | POLICY_BIT(PST_NOTICE_STALE);

	if (rule->cell.verdict != PST_VERDICT_REFUSE && (rule->when[PST_AXIS_CHOICE] & no)) {
		return policy_fail(at->compiler, at->path,
			"rule '%s' does not refuse a person who declined or withdrew; "
			"state 'choice: [none, consent]'",
			rule->id);
	}
	if (rule->cell.verdict != PST_VERDICT_ALLOW) {
		return 0;
	}
	if (rule->when[PST_AXIS_NOTICE] & unnoticed) {
		return policy_fail(at->compiler, at->path,
			"rule '%s' allows a capture without notice; state 'notice: [current]'",
			rule->id);
	}
	if (rule->cell.authority == PST_AUTHORITY_CONSENTED &&
		rule->when[PST_AXIS_CHOICE] != POLICY_BIT(PST_CHOICE_CONSENT)) {
		return policy_fail(at->compiler, at->path,
			"rule '%s' rests on consent; state 'choice: [consent]'", rule->id);
	}
	return 0;
}

static int take_dates(const struct rule_place *at, struct pst_rule *rule)
{
	int64_t priority = 0;

	rule->from_day = INT32_MIN;
	rule->until_day = INT32_MAX;
	if (at->from->from && pst_clock_parse_day(at->from->from, &rule->from_day) < 0) {
		return policy_fail(at->compiler, where(at, "from"),
			"from needs a date like 2025-12-26, not '%.32s'", at->from->from);
	}
	if (at->from->until && pst_clock_parse_day(at->from->until, &rule->until_day) < 0) {
		return policy_fail(at->compiler, where(at, "until"),
			"until needs a date like 2025-12-25 (the last day in force), not '%.32s'",
			at->from->until);
	}
	if (rule->until_day < rule->from_day) {
		return policy_fail(at->compiler, where(at, "until"),
			"rule '%s' ends before it begins", rule->id);
	}
	if (at->from->priority &&
		pst_text_parse_int(at->from->priority, -1000, 1000, &priority) < 0) {
		return policy_fail(at->compiler, where(at, "priority"),
			"priority needs a whole number from -1000 to 1000, not '%.32s'",
			at->from->priority);
	}
	rule->priority = (int)priority;
	return 0;
}

static int take_reading(const struct rule_place *at, struct pst_rule *rule)
{
	const struct file_rule *from = at->from;
	const struct file_otherwise words = {
		.verdict = from->verdict,
		.authority = from->authority,
		.outcome = from->outcome,
		.retention = from->retention,
	};
	char path[48];
	int status = read_verdict(at, &words, &rule->cell);

	if (status >= 0) {
		(void)snprintf(path, sizeof(path), "%s.obligations", at->path);
		status = read_obligations(
			at->compiler, &from->obligations, path, &rule->cell.obligations);
	}
	rule->cell.obligations |= at->compiler->policy->always;
	if (status >= 0) {
		status = policy_read_word(
			at->compiler, where(at, "basis"), "basis", from->basis, basis_names, true);
	}
	rule->basis = from->basis;
	return status;
}

static int take_rule(struct compiler *compiler, unsigned index, struct pst_rule *rules)
{
	static int (*const parts[])(const struct rule_place *at, struct pst_rule *rule) = {
		take_reading, take_sources, take_disputes, take_otherwise, take_dates, take_when,
		check_safe};
	struct pst_rule *rule = &rules[index + 1];
	char path[24];
	const struct rule_place at = {
		.compiler = compiler,
		.from = &compiler->top->rules[index],
		.path = path,
	};
	int status = 0;

	(void)snprintf(path, sizeof(path), "rules[%u]", index);

	rule->id = at.from->id;
	rule->text = at.from->text;
	rule->line = (int)pst_yaml_line(compiler->yaml, path);
	rule->cell.rule = (uint16_t)(index + 1);
	if (!pst_text_is_id(rule->id) || strncmp(rule->id, "built-in", 8) == 0) {
		return policy_fail(compiler, where(&at, "id"),
			"'%.64s' cannot be the name of a rule: 1 to 64 letters, digits, '-', '_' "
			"and single '.', a letter or digit first, and not 'built-in'",
			rule->id);
	}
	for (unsigned i = 1; i <= index; i++) {
		if (strcmp(rules[i].id, rule->id) == 0) {
			return policy_fail(compiler, where(&at, "id"),
				"rule '%s' stands twice, first in line %d", rule->id,
				rules[i].line);
		}
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && status >= 0; i++) {
		status = parts[i](&at, rule);
	}
	return status;
}

static int compare_days(const void *left, const void *right)
{
	int32_t a = *(const int32_t *)left;
	int32_t b = *(const int32_t *)right;

	return (a > b) - (a < b);
}

static size_t cut_days(const struct pst_policy *policy, int32_t *days)
{
	size_t count = 0;
	size_t kept = 0;

	days[count++] = policy->from_day;
	for (unsigned i = 1; i < policy->rule_count; i++) {
		const struct pst_rule *rule = &policy->rules[i];

		if (rule->from_day > policy->from_day) {
			days[count++] = rule->from_day;
		}
		if (rule->until_day >= policy->from_day && rule->until_day < LAST_DAY) {
			days[count++] = rule->until_day + 1;
		}
	}
	qsort(days, count, sizeof(*days), compare_days);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || days[kept - 1] != days[i]) {
			days[kept++] = days[i];
		}
	}
	return kept;
}

static int name_periods(struct compiler *compiler, size_t count)
{
	struct pst_policy *policy = compiler->policy;
	const char **names = policy_alloc(policy, count + 1, sizeof(*names));

	if (!names) {
		return policy_no_memory(compiler);
	}
	for (size_t i = 0; i < count; i++) {
		size_t room = 2 * PST_CLOCK_TEXT_SIZE + 8;
		char *name = policy_alloc(policy, room, 1);
		char from[PST_CLOCK_TEXT_SIZE];
		char until[PST_CLOCK_TEXT_SIZE];

		if (!name) {
			return policy_no_memory(compiler);
		}
		pst_clock_format_day(policy->table.period_from[i], from);
		if (i + 1 < count) {
			pst_clock_format_day(policy->table.period_from[i + 1] - 1, until);
			(void)snprintf(name, room, "%s..%s", from, until);
		} else {
			(void)snprintf(name, room, "from %s", from);
		}
		names[i] = name;
	}
	policy->values[PST_AXIS_PERIOD] = names;
	return 0;
}

static int take_periods(struct compiler *compiler, struct pst_rule *rules)
{
	struct pst_policy *policy = compiler->policy;
	int32_t *days = policy_alloc(policy, 2 * (size_t)policy->rule_count + 1, sizeof(*days));
	size_t count;

	if (!days) {
		return policy_no_memory(compiler);
	}
	count = cut_days(policy, days);
	if (count > PST_PERIODS_MAX) {
		return policy_fail(compiler, "rules",
			"the dates of the rules cut time into %zu periods; at most %d are taken",
			count, PST_PERIODS_MAX);
	}
	memcpy(policy->table.period_from, days, count * sizeof(*days));
	policy->table.size[PST_AXIS_PERIOD] = (uint16_t)count;
	for (unsigned i = 1; i < policy->rule_count; i++) {
		for (size_t period = 0; period < count; period++) {
			if (rules[i].from_day <= days[period] &&
				rules[i].until_day >= days[period]) {
				rules[i].when[PST_AXIS_PERIOD] |= 1ULL << period;
			}
		}
	}
	return name_periods(compiler, count);
}

int policy_compile_rules(struct compiler *compiler)
{
	static const struct pst_source self = {.id = "postern",
		.title = "built in: what is missing, unknown or misspelt is refused",
		.citation = "docs/policy.md",
		.checked_day = 20431,
		.status = PST_SOURCE_STATUS_SEEN};
	static const struct pst_source *const own[] = {&self, NULL};
	static const struct pst_dispute *const none[] = {NULL};
	struct pst_policy *policy = compiler->policy;
	unsigned count = compiler->top->rules_count;
	struct pst_rule *rules = policy_alloc(policy, count + 1, sizeof(*rules));
	int status;

	if (!rules) {
		return policy_no_memory(compiler);
	}
	status = read_obligations(compiler, &compiler->top->always, "always", &policy->always);
	rules[PST_RULE_BUILT_IN] = (struct pst_rule){
		.id = "built-in.not-placed",
		.text = "An input is missing, unknown or misspelt, or the date lies before the "
			"policy; nothing is captured.",
		.from_day = INT32_MIN,
		.until_day = INT32_MAX,
		.cell = {.outcome = PST_OUTCOME_REFER_UNKNOWN_CATEGORY},
		.sources = own,
		.disputes = none,
		.mark = PST_SOURCE_STATUS_SEEN,
		.basis = "design",
	};
	for (unsigned i = 0; i < count && status >= 0; i++) {
		status = take_rule(compiler, i, rules);
	}
	policy->rules = rules;
	compiler->rules = rules;
	policy->rule_count = (uint16_t)(count + 1);
	return status < 0 ? status : take_periods(compiler, rules);
}

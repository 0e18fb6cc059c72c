/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lint.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "policy/choices.h"

#define SEVERITY_TEXT(name, text) text,
const char *const pst_severity_names[] = {PST_SEVERITY_MAP(SEVERITY_TEXT) NULL};

const char *const pst_policy_languages[] = {"en", "es", "fr", "zh", "ar", NULL};

struct linter {
	const struct pst_policy *policy;
	const struct pst_policy_lint *lint;
	pst_policy_finding_fn report;
	void *context;
};

static void PST_PRINTF(4, 5) find(
	const struct linter *linter, enum pst_severity severity, int line, const char *format, ...)
{
	struct pst_policy_finding finding = {.severity = severity, .line = line};
	va_list args;

	va_start(args, format);
	(void)vsnprintf(finding.text, sizeof(finding.text), format, args);
	va_end(args);
	linter->report(linter->context, &finding);
}

static bool is_in(const void *const *list, const void *entry)
{
	for (; *list; list++) {
		if (*list == entry) {
			return true;
		}
	}
	return false;
}

static bool is_source_used(const struct pst_policy *policy, const struct pst_source *source)
{
	for (unsigned i = 1; i < policy->rule_count; i++) {
		if (is_in((const void *const *)policy->rules[i].sources, source)) {
			return true;
		}
	}
	return false;
}

static bool is_dispute_used(const struct pst_policy *policy, const struct pst_dispute *dispute)
{
	for (unsigned i = 1; i < policy->rule_count; i++) {
		if (is_in((const void *const *)policy->rules[i].disputes, dispute)) {
			return true;
		}
	}
	return false;
}

static bool is_class_used(const struct pst_policy *policy, size_t class)
{
	for (unsigned i = 1; i < policy->rule_count; i++) {
		const struct pst_rule *rule = &policy->rules[i];

		if (rule->cell.retention == class ||
			(rule->has_otherwise && rule->otherwise.retention == class)) {
			return true;
		}
	}
	return false;
}

static void lint_sources(const struct linter *linter)
{
	const struct pst_policy *policy = linter->policy;
	const struct pst_policy_lint *lint = linter->lint;

	for (size_t i = 0; i < policy->source_count; i++) {
		const struct pst_source *source = &policy->sources[i];
		char day[PST_CLOCK_TEXT_SIZE];

		pst_clock_format_day(source->checked_day, day);
		if (!is_source_used(policy, source)) {
			find(linter, PST_SEVERITY_WARNING, source->line,
				"source '%s' is named by no rule; remove it", source->id);
		}
		if (source->status == PST_SOURCE_STATUS_RECALLED) {
			find(linter, PST_SEVERITY_NOTE, source->line,
				"source '%s' is recalled, not seen; have a person check it",
				source->id);
		}
		if (source->status == PST_SOURCE_STATUS_DISPUTED) {
			find(linter, PST_SEVERITY_NOTE, source->line, "source '%s' is disputed",
				source->id);
		}
		if (source->checked_day > lint->day) {
			find(linter, PST_SEVERITY_WARNING, source->line,
				"source '%s' was checked on %s, which is still to come", source->id,
				day);
		} else if (source->checked_day < lint->day &&
			   pst_clock_months(source->checked_day, lint->day - 1) >= lint->months) {
			find(linter, PST_SEVERITY_WARNING, source->line,
				"source '%s' was checked on %s, more than %d months ago",
				source->id, day, lint->months);
		}
	}
}

/* @return the line of the class of "CLASS.STORE" */
static int retention_line(const struct linter *linter, const char *name)
{
	const struct pst_policy *policy = linter->policy;
	size_t length = (size_t)(strrchr(name, '.') - name);

	for (size_t i = 1; i < policy->retention_count; i++) {
		const struct pst_retention *class = &policy->retention[i];

		if (strlen(class->class_name) == length &&
			strncmp(class->class_name, name, length) == 0) {
			return class->line;
		}
	}
	return 0;
}

static void lint_choices(const struct linter *linter)
{
	const struct pst_policy_choices *choices = linter->policy->choices;

	for (unsigned i = 1; i < linter->policy->rule_count; i++) {
		const struct pst_rule *rule = &linter->policy->rules[i];

		if (rule->choice) {
			find(linter, PST_SEVERITY_NOTE, rule->line,
				"rule '%s' takes its other reading by choice of %s: %s", rule->id,
				rule->choice->by, rule->choice->reason);
		}
	}
	for (size_t i = 0; choices && i < choices->count; i++) {
		const struct pst_policy_choice *choice = &choices->list[i];

		if (choice->retention) {
			find(linter, PST_SEVERITY_NOTE, retention_line(linter, choice->retention),
				"retention %s is %s by choice of %s: %s", choice->retention,
				choice->keep, choice->by, choice->reason);
		}
	}
}

static void lint_notice(const struct linter *linter)
{
	const struct pst_policy_texts *texts = &linter->policy->texts;
	const struct pst_policy_lint *lint = linter->lint;
	char day[PST_CLOCK_TEXT_SIZE];

	if (texts->notice_until_day == INT32_MAX) {
		find(linter, PST_SEVERITY_NOTE, texts->line,
			"the notice never lapses; state the last day it is current as "
			"'notice-until'");
		return;
	}
	pst_clock_format_day(texts->notice_until_day, day);
	if (texts->notice_until_day < lint->day) {
		find(linter, PST_SEVERITY_ERROR, texts->line,
			"the notice lapsed after %s, so nobody is captured; renew it", day);
	} else if (texts->notice_until_day - lint->day < lint->notice_days) {
		find(linter, PST_SEVERITY_WARNING, texts->line,
			"the notice lapses after %s, within %d days; renew it", day,
			lint->notice_days);
	}
}

static void lint_languages(const struct linter *linter)
{
	const struct pst_policy_texts *texts = &linter->policy->texts;
	const struct pst_policy_lint *lint = linter->lint;

	if (!texts->translation_count && !lint->needs_languages) {
		return;
	}
	for (const char *const *language = lint->languages; *language; language++) {
		if (!pst_policy_wording(linter->policy, *language)) {
			find(linter, PST_SEVERITY_WARNING, texts->line,
				"the texts have no translation for language '%s'; add it to "
				"'translations', or name the languages of your displays",
				*language);
		}
	}
}

static void lint_stores(const struct linter *linter, const struct pst_retention *class)
{
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		if (class->is_unset[store]) {
			find(linter, PST_SEVERITY_ERROR, class->line,
				"retention %s.%s is unset; set it in the file, or in a choices "
				"file with a reason",
				class->class_name, pst_store_names[store]);
		} else if (strcmp(class->text[store], "unstated") == 0) {
			find(linter, PST_SEVERITY_NOTE, class->line,
				"retention %s.%s is stated by no source, so nothing is kept there",
				class->class_name, pst_store_names[store]);
		}
	}
}

static void lint_records(const struct linter *linter)
{
	const struct pst_policy *policy = linter->policy;

	for (size_t i = 0; i < policy->dispute_count; i++) {
		if (!is_dispute_used(policy, &policy->disputes[i])) {
			find(linter, PST_SEVERITY_WARNING, policy->disputes[i].line,
				"dispute '%s' is named by no rule; remove it",
				policy->disputes[i].id);
		}
	}
	for (size_t i = 1; i < policy->retention_count; i++) {
		const struct pst_retention *class = &policy->retention[i];

		if (!is_class_used(policy, i)) {
			find(linter, PST_SEVERITY_WARNING, class->line,
				"retention class '%s' is named by no rule; remove it",
				class->class_name);
		}
		lint_stores(linter, class);
	}
}

/* Obligations that this rule states and that there is nothing for. */
static void lint_obligations(const struct linter *linter, const struct pst_rule *rule)
{
	const struct pst_policy *policy = linter->policy;
	unsigned own = rule->cell.obligations & (unsigned)~policy->always;
	/* The reading that was not taken can be chosen, and carries the same obligations. */
	bool may_allow = rule->cell.verdict == PST_VERDICT_ALLOW ||
			 (rule->has_otherwise && rule->otherwise.verdict == PST_VERDICT_ALLOW);
	bool is_unsure = rule->mark != PST_SOURCE_STATUS_SEEN;

	if ((own >> PST_OBLIGATION_OFFER_OPT_OUT & 1) && !may_allow) {
		find(linter, PST_SEVERITY_WARNING, rule->line,
			"rule '%s' obliges to offer-opt-out, but allows nothing to opt out of",
			rule->id);
	}
	if ((own >> PST_OBLIGATION_PARTNER_KEEPS_NOTHING & 1) && !may_allow) {
		find(linter, PST_SEVERITY_WARNING, rule->line,
			"rule '%s' obliges to partner-keeps-nothing, but allows nothing to keep",
			rule->id);
	}
	if ((rule->cell.obligations >> PST_OBLIGATION_PARTNER_KEEPS_NOTHING & 1) &&
		policy->retention[rule->cell.retention].keep_s[PST_STORE_PARTNER] > 0) {
		find(linter, PST_SEVERITY_WARNING, rule->line,
			"rule '%s' obliges to partner-keeps-nothing, but retention %s.partner is "
			"%s",
			rule->id, policy->retention[rule->cell.retention].class_name,
			policy->retention[rule->cell.retention].text[PST_STORE_PARTNER]);
	}
	if ((own >> PST_OBLIGATION_CHECK_SOURCE & 1) && !is_unsure) {
		find(linter, PST_SEVERITY_WARNING, rule->line,
			"rule '%s' obliges to check-source, but all of its sources were seen",
			rule->id);
	}
	if (!(rule->cell.obligations >> PST_OBLIGATION_CHECK_SOURCE & 1) && is_unsure) {
		find(linter, PST_SEVERITY_NOTE, rule->line,
			"rule '%s' rests on what is %s, without the obligation check-source",
			rule->id, pst_source_status_name(rule->mark));
	}
}

static bool meets(const struct pst_rule *a, const struct pst_rule *b)
{
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (!(a->when[axis] & b->when[axis])) {
			return false;
		}
	}
	return true;
}

/* A priority that settles nothing hides an overlap that a later change makes. */
static void lint_priority(const struct linter *linter, const struct pst_rule *rule)
{
	const struct pst_policy *policy = linter->policy;

	for (unsigned i = 1; i < policy->rule_count; i++) {
		if (policy->rules[i].priority != rule->priority && meets(&policy->rules[i], rule)) {
			return;
		}
	}
	if (rule->priority != 0) {
		find(linter, PST_SEVERITY_NOTE, rule->line,
			"rule '%s' has priority %d, but overlaps no other; remove it", rule->id,
			rule->priority);
	}
}

void pst_policy_lint(const struct pst_policy *policy, const struct pst_policy_lint *lint,
	pst_policy_finding_fn report, void *context)
{
	const struct linter linter = {policy, lint, report, context};

	lint_choices(&linter);
	lint_notice(&linter);
	lint_languages(&linter);
	lint_sources(&linter);
	lint_records(&linter);
	for (unsigned i = 1; i < policy->rule_count; i++) {
		lint_obligations(&linter, &policy->rules[i]);
		lint_priority(&linter, &policy->rules[i]);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/compile.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/choices.h"

struct chooser {
	struct compiler *compiler;
	const struct pst_policy_choices *choices;
	const struct pst_policy_choice *choice;
};

static int PST_PRINTF(2, 3) refuse(const struct chooser *chooser, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return pst_error_set(
		chooser->compiler->error, PST_E_CONFIG, "%s: %s", chooser->choices->name, text);
}

/* Where a reading may hold, whatever an operator chose: as what no file may say, in rules.c. */
static void reach(const struct pst_rule *rule, uint64_t *notice, uint64_t *choice)
{
	const struct pst_cell *reading = &rule->otherwise;

	*notice = rule->when[PST_AXIS_NOTICE];
	*choice = rule->when[PST_AXIS_CHOICE];
	if (reading->verdict != PST_VERDICT_REFUSE) {
		*choice &= ~(POLICY_BIT(PST_CHOICE_DECLINE) | POLICY_BIT(PST_CHOICE_WITHDRAW));
	}
	if (reading->verdict == PST_VERDICT_ALLOW) {
		*notice &= POLICY_BIT(PST_NOTICE_CURRENT);
	}
	if (reading->authority == PST_AUTHORITY_CONSENTED) {
		*choice &= POLICY_BIT(PST_CHOICE_CONSENT);
	}
}

struct pst_cell policy_rule_cell(const struct pst_rule *rule, const struct pst_place *place)
{
	uint64_t notice;
	uint64_t choice;

	if (!rule->choice) {
		return rule->cell;
	}
	reach(rule, &notice, &choice);
	return (notice & POLICY_BIT(place->value[PST_AXIS_NOTICE])) &&
			       (choice & POLICY_BIT(place->value[PST_AXIS_CHOICE]))
		       ? rule->otherwise
		       : rule->cell;
}

static int choose_reading(const struct chooser *chooser)
{
	const struct pst_policy *policy = chooser->compiler->policy;
	uint64_t notice;
	uint64_t choice;

	for (unsigned i = 1; i < policy->rule_count; i++) {
		struct pst_rule *rule = &chooser->compiler->rules[i];

		if (strcmp(rule->id, chooser->choice->rule) != 0) {
			continue;
		}
		if (!rule->has_otherwise) {
			return refuse(chooser,
				"rule '%s' has no other reading ('otherwise') to choose", rule->id);
		}
		reach(rule, &notice, &choice);
		if (!notice || !choice) {
			return refuse(chooser,
				"rule '%s': its other reading captures people against their word "
				"or without notice; it cannot be chosen",
				rule->id);
		}
		rule->choice = chooser->choice;
		rule->otherwise.rule = rule->cell.rule;
		rule->otherwise.obligations = rule->cell.obligations;
		return 0;
	}
	return refuse(
		chooser, "policy '%s' has no rule '%.64s'", policy->id, chooser->choice->rule);
}

/* @return the class of "CLASS.STORE" with the store, or NULL */
static struct pst_retention *find_store(const struct chooser *chooser, int *ret_store)
{
	const char *name = chooser->choice->retention;
	const char *dot = strrchr(name, '.');
	const struct compiler *compiler = chooser->compiler;

	*ret_store = dot ? pst_text_index(pst_store_names, dot + 1) : -1;
	for (size_t i = 1; i < compiler->policy->retention_count && *ret_store >= 0; i++) {
		struct pst_retention *class = &compiler->retention[i];

		if (strlen(class->class_name) == (size_t)(dot - name) &&
			strncmp(class->class_name, name, (size_t)(dot - name)) == 0) {
			return class;
		}
	}
	return NULL;
}

static int choose_retention(const struct chooser *chooser)
{
	const char *keep = chooser->choice->keep;
	int store;
	struct pst_retention *class = find_store(chooser, &store);

	if (!class) {
		return refuse(chooser, "policy '%s' has no retention '%.130s'; write CLASS.STORE",
			chooser->compiler->policy->id, chooser->choice->retention);
	}
	if (!class->is_unset[store]) {
		return refuse(chooser,
			"retention %s is %s in the policy; only what is unset can be chosen",
			chooser->choice->retention, class->text[store]);
	}
	if (policy_read_period(keep, &class->keep_s[store]) < 0 || strcmp(keep, "unset") == 0 ||
		strcmp(keep, "unstated") == 0) {
		return refuse(chooser,
			"'%.32s' is no retention to choose; write 24h, 14d, 0 or none", keep);
	}
	class->is_unset[store] = false;
	class->text[store] = keep;
	return 0;
}

int policy_choose(struct compiler *compiler, const struct pst_policy_choices *choices)
{
	struct chooser chooser = {.compiler = compiler, .choices = choices};
	int status = 0;

	if (!choices) {
		return 0;
	}
	if (strcmp(choices->policy, compiler->policy->id) != 0 ||
		choices->version != compiler->policy->version) {
		return pst_error_set(compiler->error, PST_E_UNSAFE,
			"%s: made for policy %s version %lld, not for %s version %lld; choose anew",
			choices->name, choices->policy, (long long)choices->version,
			compiler->policy->id, (long long)compiler->policy->version);
	}
	for (size_t i = 0; i < choices->count && status >= 0; i++) {
		chooser.choice = &choices->list[i];
		status = chooser.choice->rule ? choose_reading(&chooser)
					      : choose_retention(&chooser);
	}
	return status;
}

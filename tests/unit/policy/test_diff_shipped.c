/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "policy/diff.h"

/*
 * Each rule of each shipped profile is changed in each way that leaves the file readable, and the
 * difference must show that rule.
 */
struct change {
	const char *old; /* in the rule's text */
	const char *new;
	bool is_table; /* every cell that the rule decides is different then */
};

static const struct change changes[] = {
	{"\n  - id: ", "\n  - id: renamed-", true},
	{"    text: ", "    text: Otherwise. ", false},
	{"    text: >-\n      ", "    text: >-\n      Otherwise. ", false},
	{"    basis: policy", "    basis: statute", false},
	{"    basis: regulation", "    basis: statute", false},
	{"    basis: statute", "    basis: policy", false},
	{"    basis: design", "    basis: policy", false},
	{"    outcome: refer-exempt", "    outcome: refer-no-consent", true},
	{"    outcome: refer-opted-out", "    outcome: refer-withdrawn", true},
	{"    outcome: refer-withdrawn", "    outcome: refer-opted-out", true},
	{"    outcome: refer-no-notice", "    outcome: refer-exempt", true},
	{"    outcome: refer-no-consent", "    outcome: refer-exempt", true},
	{"    outcome: refer-unknown-category", "    outcome: refer-exempt", true},
	{"    verdict: ask", "    verdict: refuse", true},
	{"    authority: offered", "    authority: required-if-asked", true},
	{"    authority: required-if-asked", "    authority: offered", true},
	{"    authority: consented", "    authority: offered", true},
	{"    retention: in-scope-alien", "    retention: citizen", true},
	{"    retention: citizen", "    retention: in-scope-alien", true},
	{"    retention: exempt-alien", "    retention: citizen", true},
	{"    obligations: [show-notice, ", "    obligations: [", true},
	{"    obligations: [show-notice]\n", "", true},
	{"    priority: 10", "    priority: 11", false},
};

static struct pst_error error;

/* @return where rule number index begins, or the end of the rules */
static const char *find_rule(const char *text, unsigned index)
{
	const char *at = strstr(text, "\nrules:\n");
	const char *cases = strstr(text, "\nexpect:");

	cr_assert_not_null(at);
	for (unsigned i = 0; at && i <= index; i++) {
		at = strstr(at + 1, "\n  - id: ");
	}
	return at ? at : cases ? cases : text + strlen(text);
}

/* @return the text with the change made in one rule, NULL if there is nothing to change */
static char *change_rule(const char *text, unsigned index, const struct change *change)
{
	const char *from = find_rule(text, index);
	const char *end = find_rule(text, index + 1);
	const char *at = strstr(from, change->old);
	char *changed;

	if (!at || at >= end) {
		return NULL;
	}
	changed = malloc(strlen(text) + strlen(change->new) + 1);
	cr_assert_not_null(changed);
	(void)sprintf(
		changed, "%.*s%s%s", (int)(at - text), text, change->new, at + strlen(change->old));
	return changed;
}

static bool shows(const struct pst_policy_diff *diff, const char *rule)
{
	for (size_t i = 0; i < diff->change_count; i++) {
		if (strcmp(diff->changes[i].before.rule_id, rule) == 0) {
			return true;
		}
	}
	for (size_t i = 0; i < diff->text_count; i++) {
		if (strcmp(diff->texts[i].id, rule) == 0) {
			return true;
		}
	}
	return false;
}

static uint64_t decided_by(const struct pst_policy *policy, unsigned rule)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < policy->table.cell_count; i++) {
		count += policy->table.cells[i].rule == rule;
	}
	return count * (policy->table.combinations / policy->table.cell_count);
}

/* @return whether the change left a policy to compare with */
static bool try_change(const struct pst_policy *policy, const char *text, unsigned index,
	const struct change *change)
{
	const char *rule = policy->rules[index + 1].id;
	char *changed = change_rule(text, index, change);
	struct pst_policy *other = NULL;
	struct pst_policy_diff diff;

	if (!changed) {
		return false;
	}
	if (pst_policy_parse("changed", changed, strlen(changed), &other, &error) < 0) {
		free(changed);
		return false;
	}
	cr_assert_eq(pst_policy_diff_open(policy, other, &diff, &error), 0, "%s", error.text);
	cr_expect(shows(&diff, rule), "%s: '%s' is not shown", rule, change->new);
	cr_expect_eq(diff.changed, change->is_table ? decided_by(policy, index + 1) : 0,
		"%s: '%s': %llu cells", rule, change->new, (unsigned long long)diff.changed);
	pst_policy_diff_finish(&diff);
	pst_policy_destroy(&other);
	free(changed);
	return true;
}

static void try_profile(const char *path)
{
	struct pst_policy *policy = NULL;
	uint8_t *text = NULL;
	size_t size;

	error = (struct pst_error){0};
	if (pst_policy_load(path, &policy, &error) < 0) {
		cr_assert_eq(error.status, PST_E_UNSAFE, "%s", error.text);
		return; /* a retention is unset, so nobody is decided by it yet */
	}
	cr_assert_eq(pst_fd_read_file(path, 1 << 20, &text, &size, &error), 0);
	text = realloc(text, size + 1);
	text[size] = 0;
	for (unsigned index = 0; index + 1 < policy->rule_count; index++) {
		unsigned tried = 0;

		for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
			tried += try_change(policy, (const char *)text, index, &changes[i]);
		}
		cr_expect_geq(tried, 3, "%s: %s", path, policy->rules[index + 1].id);
	}
	free(text);
	pst_policy_destroy(&policy);
}

Test(diff_shipped, every_change_of_one_rule_is_shown)
{
	glob_t found;

	cr_assert_eq(glob(POLICIES "/*.yaml", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		try_profile(found.gl_pathv[i]);
	}
	globfree(&found);
}

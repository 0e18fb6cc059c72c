/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include "policy/test.h"

#define GIVEN                                                                                      \
	"category: member, known-by: document, environment: land, mode: normal, "                  \
	"purpose: verify, modality: face, notice: current"

#define CASES                                                                                      \
	"expect:\n"                                                                                \
	"  - case: member-offered\n"                                                               \
	"    given: {" GIVEN ", choice: none, date: 2025-06-01}\n"                                 \
	"    verdict: allow\n"                                                                     \
	"    rule: offered\n"                                                                      \
	"    authority: offered\n"                                                                 \
	"    retention: day\n"                                                                     \
	"  - case: member-declines\n"                                                              \
	"    given: {" GIVEN ", choice: decline, date: 2025-06-01}\n"                              \
	"    verdict: refuse\n"                                                                    \
	"    rule: said-no\n"                                                                      \
	"    outcome: refer-opted-out\n"                                                           \
	"    retention: nothing\n"                                                                 \
	"  - case: misspelt\n"                                                                     \
	"    given: {" GIVEN ", choice: declined, date: 2025-06-01}\n"                             \
	"    verdict: refuse\n"                                                                    \
	"    rule: built-in.unknown-value\n"                                                       \
	"  - case: too-early\n"                                                                    \
	"    given: {" GIVEN ", choice: none, date: 2019-12-31}\n"                                 \
	"    verdict: refuse\n"                                                                    \
	"    rule: built-in.date-outside-policy\n"

static char *with_cases(const char *old, const char *new)
{
	const char *at = strstr(CASES, old);
	char *text = malloc(sizeof(SMALL_POLICY) + sizeof(CASES) + strlen(new));

	cr_assert(at && text, "'%s' is not in the cases", old);
	strcpy(text, SMALL_POLICY);
	strncat(text, CASES, (size_t)(at - CASES));
	strcat(text, new);
	strcat(text, at + strlen(old));
	return text;
}

static struct pst_policy *load(const char *old, const char *new)
{
	char *text = with_cases(old, new);
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(small_policy_parse(text, &policy, &error), 0, "%s", error.text);
	free(text);
	return policy;
}

static size_t count_met(const struct pst_policy *policy)
{
	struct pst_policy_decision decision;
	size_t met = 0;

	for (size_t i = 0; i < policy->case_count; i++) {
		met += pst_policy_test(policy, &policy->cases[i], &decision);
	}
	return met;
}

Test(test, what_is_expected_comes_out)
{
	struct pst_policy *policy = load("", "");

	cr_assert_eq(policy->case_count, 4);
	cr_assert_str_eq(policy->cases[1].id, "member-declines");
	cr_assert_gt(policy->cases[1].line, policy->cases[0].line + 4);
	cr_assert_eq(count_met(policy), 4);
	pst_policy_destroy(&policy);
}

Test(test, each_part_of_an_expectation_can_fail)
{
	static const struct {
		const char *old, *new;
	} changes[] = {
		{"allow\n    rule: offered\n    authority: offered", "ask\n    rule: offered"},
		{"rule: offered", "rule: not-told"},
		{"authority: offered", "authority: consented"},
		{"retention: day", "retention: nothing"},
		{"retention: nothing", "retention: day"},
		{"outcome: refer-opted-out", "outcome: refer-withdrawn"},
		{"choice: decline,",
			"choice: withdraw, direction: exit, age-band: any, port: any,"},
		{"category: member", "category: unknown"},
		{"date: 2025-06-01", "date: 2019-06-01"},
		{"rule: built-in.date-outside-policy", "rule: built-in.missing-value"},
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct pst_policy *policy = load(changes[i].old, changes[i].new);

		/* Withdrawing is decided by the same rule with the same outcome. */
		cr_expect_eq(count_met(policy), i == 6 ? 4 : 3, "%s", changes[i].new);
		pst_policy_destroy(&policy);
	}
}

Test(test, a_file_without_cases_has_none)
{
	struct pst_policy *policy = small_policy();

	cr_assert_eq(policy->case_count, 0);
	pst_policy_destroy(&policy);
}

Test(test, cases_are_read_strictly)
{
	static const struct {
		const char *old, *new, *says;
	} broken[] = {
		{"case: member-declines", "case: member-offered", "stands twice"},
		{"case: misspelt", "case: mis spelt", "cannot be the name of a case"},
		{"rule: offered", "rule: offred", "did you mean 'offered'"},
		{"rule: built-in.unknown-value", "rule: built-in.unknown",
			"built-in.unknown-value"},
		{"verdict: allow", "verdict: permit", "'permit' for verdict"},
		{"retention: day", "retention: days", "did you mean 'day'"},
		{"retention: day", "outcome: refer-exempt", "has no outcome yet"},
		{"authority: offered", "authority: offred", "did you mean 'offered'"},
		{"retention: nothing", "authority: offered", "which needs no authority"},
		{"outcome: refer-opted-out", "outcome: denied", "'denied' for outcome"},
		{"choice: none, date: 2025-06-01", "choice: none", "date"},
		{"date: 2025-06-01", "date: 2025-02-29", "2025-02-29"},
		{"choice: none,", "choice: nothing,", "'nothing' for choice"},
		{"choice: none,", "choise: none,", "did you mean 'choice'"},
		{"choice: none,", "choice: none, born: 2000-01-01,", "states no ages"},
		{"    rule: offered\n", "", "rule"},
		{"    verdict: allow\n", "    verdicts: allow\n", "did you mean 'verdict'"},
	};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char *text = with_cases(broken[i].old, broken[i].new);
		struct pst_policy *policy = NULL;
		struct pst_error error = {0};

		cr_expect_eq(small_policy_parse(text, &policy, &error), PST_E_CONFIG, "%s",
			broken[i].new);
		cr_expect(strstr(error.text, broken[i].says), "%s: %s", broken[i].new, error.text);
		cr_expect_eq(strncmp(error.text, "small.yaml:", 11), 0, "%s", error.text);
		free(text);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include <stdio.h>

#include "policy/choices.h"
#include "policy/prove.h"

#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16
#define CHOICES                                                                                    \
	"choices: 1\n"                                                                             \
	"policy: small\n"                                                                          \
	"version: 3\n"                                                                             \
	"policy-sha256: " HEX64 "\n"                                                               \
	"chosen:\n"                                                                                \
	"  - rule: offered\n"                                                                      \
	"    reason: The association voted.\n"                                                     \
	"    by: operator\n"                                                                       \
	"    date: 2026-01-15\n"                                                                   \
	"operator: " HEX64 "\n"                                                                    \
	"signature: " HEX64 HEX64 "\n"

static char *changed(const char *whole, const char *old, const char *new)
{
	const char *at = strstr(whole, old);
	char *text = malloc(strlen(whole) + strlen(new) + 1);

	cr_assert(at && text, "'%s' is not there", old);
	memcpy(text, whole, (size_t)(at - whole));
	strcpy(text + (at - whole), new);
	strcat(text, at + strlen(old));
	return text;
}

static int parse(const char *text, struct pst_policy_choices **choices, struct pst_error *error)
{
	return pst_policy_choices_parse("c.yaml", text, strlen(text), choices, error);
}

/* Applies changed choices to a changed policy. */
static int apply(const char *policy_text, const char *choices_text, struct pst_policy **policy,
	struct pst_error *error)
{
	struct pst_policy_choices *choices = NULL;
	int status = parse(choices_text, &choices, error);

	cr_assert_eq(status, 0, "%s", error->text);
	status = pst_policy_parse_chosen("small.yaml", policy_text, strlen(policy_text), &choices,
		/* needs_retention= */ true, policy, error);
	cr_assert_eq(choices == NULL, status == 0);
	pst_policy_choices_destroy(&choices);
	return status;
}

static struct pst_cell look_up(
	const struct pst_policy *policy, enum pst_notice notice, enum pst_choice choice)
{
	struct pst_policy_request request = {.day = 20000,
		.value = {[PST_AXIS_CATEGORY] = "member",
			[PST_AXIS_KNOWN_BY] = "document",
			[PST_AXIS_ENVIRONMENT] = "land",
			[PST_AXIS_MODE] = "normal",
			[PST_AXIS_PURPOSE] = "verify",
			[PST_AXIS_MODALITY] = "face",
			[PST_AXIS_NOTICE] = pst_notice_name(notice),
			[PST_AXIS_CHOICE] = pst_choice_name(choice)}};
	struct pst_policy_decision decision;

	pst_policy_decide(policy, &request, &decision);
	return decision.cell;
}

Test(choices, are_read_as_written)
{
	struct pst_policy_choices *choices = NULL;
	struct pst_error error = {0};

	cr_assert_eq(parse(CHOICES, &choices, &error), 0, "%s", error.text);
	cr_expect_str_eq(choices->policy, "small");
	cr_expect_eq(choices->version, 3);
	cr_expect_eq(choices->policy_digest[1], 0x23);
	cr_expect_eq(choices->operator_key[31], 0xef);
	cr_expect_eq(choices->signature[63], 0xef);
	cr_assert_eq(choices->count, 1);
	cr_expect_str_eq(choices->list[0].rule, "offered");
	cr_expect_str_eq(choices->list[0].by, "operator");
	cr_expect_eq(
		choices->signed_size, strlen(CHOICES) - strlen("signature: " HEX64 HEX64 "\n"));
	pst_policy_choices_destroy(&choices);
	cr_expect_null(choices);
}

Test(choices, a_chosen_reading_decides_and_says_by_whose_choice)
{
	struct pst_policy *policy = NULL;
	struct pst_policy_proof proof;
	struct pst_policy_decision decision;
	struct pst_error error = {0};

	cr_assert_eq(apply(SMALL_POLICY, CHOICES, &policy, &error), 0, "%s", error.text);
	struct pst_cell cell = look_up(policy, PST_NOTICE_CURRENT, PST_CHOICE_NONE);
	cr_expect_eq(cell.authority, PST_AUTHORITY_REQUIRED_IF_ASKED);
	cr_expect_eq(cell.obligations, 1u << PST_OBLIGATION_GIVE_RECEIPT);
	pst_policy_describe(policy, cell, &decision);
	cr_expect_str_eq(decision.rule_id, "offered");
	cr_assert_not_null(decision.choice);
	cr_expect_str_eq(decision.choice->reason, "The association voted.");
	cr_expect_eq(look_up(policy, PST_NOTICE_CURRENT, PST_CHOICE_DECLINE).verdict,
		PST_VERDICT_REFUSE);
	cr_expect_eq(pst_policy_prove(policy, &proof, &error), 0, "%s", error.text);
	pst_policy_destroy(&policy);

	policy = small_policy();
	pst_policy_describe(
		policy, look_up(policy, PST_NOTICE_CURRENT, PST_CHOICE_NONE), &decision);
	cr_expect_null(decision.choice);
	cr_expect_eq(decision.authority, PST_AUTHORITY_OFFERED);
	pst_policy_destroy(&policy);
}

/* A rule that refuses whatever the notice, with a reading that captures. */
Test(choices, a_chosen_reading_never_goes_beyond_what_no_file_may_say)
{
	static const char *const authorities[] = {"required-if-asked", "offered", "consented"};

	for (size_t i = 0; i < 3; i++) {
		char rule[256];
		struct pst_policy *policy = NULL;
		struct pst_policy_proof proof;
		struct pst_error error = {0};

		(void)snprintf(rule, sizeof(rule),
			"    verdict: refuse\n    outcome: refer-opted-out\n    disputes: [Q1]\n"
			"    otherwise: {verdict: allow, authority: %s, retention: day}\n"
			"    basis: policy\n    sources: [law]\n"
			"    priority: 9\n  - id: not-told\n",
			authorities[i]);
		char *with = small_policy_with("    verdict: refuse\n    outcome: refer-opted-out\n"
					       "    basis: policy\n    sources: [law]\n"
					       "  - id: not-told\n",
			rule);
		char *text = changed(
			with, "choice: [decline, withdraw]}", "choice: [any], purpose: [verify]}");
		char *others = changed(text, "  - id: not-told\n",
			"  - id: said-no-else\n    text: No is no.\n"
			"    when: {category: [known], choice: [decline, withdraw], purpose: "
			"[identify, enrol]}\n"
			"    verdict: refuse\n    outcome: refer-opted-out\n    basis: policy\n"
			"    sources: [law]\n  - id: not-told\n");
		char *chosen = changed(CHOICES, "rule: offered", "rule: said-no");

		cr_assert_eq(apply(others, chosen, &policy, &error), 0, "%s", error.text);
		for (int notice = PST_NOTICE_ABSENT; notice < PST_NOTICE_COUNT; notice++) {
			for (int choice = PST_CHOICE_NONE; choice < PST_CHOICE_COUNT; choice++) {
				struct pst_cell cell = look_up(
					policy, (enum pst_notice)notice, (enum pst_choice)choice);
				bool may = notice == PST_NOTICE_CURRENT &&
					   (choice == PST_CHOICE_CONSENT ||
						   (choice == PST_CHOICE_NONE && i < 2));

				cr_expect_eq(cell.verdict == PST_VERDICT_ALLOW, may, "%s %d %d",
					authorities[i], notice, choice);
				cr_expect(may || cell.outcome == PST_OUTCOME_REFER_OPTED_OUT);
			}
		}
		cr_expect_eq(pst_policy_prove(policy, &proof, &error), 0, "%s", error.text);
		pst_policy_destroy(&policy);
		free(chosen);
		free(others);
		free(text);
		free(with);
	}
}

/* Notice and choice make no difference to the file's rules, but they do to what was chosen. */
Test(choices, a_reading_that_captures_makes_notice_and_choice_matter)
{
	static const char text[] =
		"policy: small\nformat: 1\nversion: 3\ntitle: T\nfrom: 2020-01-01\n"
		"choice-window: 2s\n"
		"texts: {notice-version: n, notice: N, withdraw: W, complain: C, disclaimer: D}\n"
		"axes:\n"
		"  - {axis: category, values: [member]}\n"
		"  - {axis: known-by, values: [document]}\n"
		"  - {axis: direction, values: [entry], default: entry}\n"
		"  - {axis: environment, values: [land]}\n"
		"  - {axis: modality, values: [face]}\n"
		"sources:\n"
		"  - {source: law, title: L, citation: C, checked: 2025-01-02, status: seen}\n"
		"disputes:\n"
		"  - {dispute: Q1, question: Q, readings: [a, b], taken: a}\n"
		"retention:\n"
		"  - {class: day, matching: 12h, identity: 0, partner: 0, crossing: none}\n"
		"rules:\n"
		"  - id: offered\n    text: T\n    when: {category: [member]}\n"
		"    verdict: refuse\n    outcome: refer-exempt\n    disputes: [Q1]\n"
		"    basis: design\n    sources: [law]\n"
		"    otherwise: {verdict: allow, authority: offered, retention: day}\n";
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(apply(text, CHOICES, &policy, &error), 0, "%s", error.text);
	for (int notice = PST_NOTICE_ABSENT; notice < PST_NOTICE_COUNT; notice++) {
		for (int choice = PST_CHOICE_NONE; choice < PST_CHOICE_COUNT; choice++) {
			bool may = notice == PST_NOTICE_CURRENT && choice <= PST_CHOICE_CONSENT;

			cr_expect_eq(
				look_up(policy, (enum pst_notice)notice, (enum pst_choice)choice)
						.verdict == PST_VERDICT_ALLOW,
				may, "%d %d", notice, choice);
		}
	}
	pst_policy_destroy(&policy);
}

Test(choices, an_unset_retention_is_set)
{
	char *text = small_policy_with("matching: 12h", "matching: unset");
	char *chosen =
		changed(CHOICES, "rule: offered\n", "retention: day.matching\n    keep: 24h\n");
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(apply(text, chosen, &policy, &error), 0, "%s", error.text);
	cr_expect_eq(policy->retention[1].keep_s[PST_STORE_MATCHING], 86400);
	cr_expect_str_eq(policy->retention[1].text[PST_STORE_MATCHING], "24h");
	cr_expect_eq(policy->choices->count, 1);
	pst_policy_destroy(&policy);
	free(chosen);
	free(text);
}

Test(choices, one_of_two_unset_retentions_is_not_enough)
{
	char *once = small_policy_with("matching: 12h", "matching: unset");
	char *twice = changed(once, "identity: 75y", "identity: unset");
	char *chosen =
		changed(CHOICES, "rule: offered\n", "retention: day.matching\n    keep: 24h\n");
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_expect_eq(apply(twice, chosen, &policy, &error), PST_E_UNSAFE);
	cr_expect(strstr(error.text, "day.identity is unset"), "%s", error.text);
	free(chosen);
	free(twice);
	free(once);
}

Test(choices, what_cannot_be_chosen_is_refused)
{
	static const struct {
		const char *old, *new, *says;
		int status;
	} cases[] = {
		{"policy: small", "policy: large", "made for policy large", PST_E_UNSAFE},
		{"version: 3", "version: 2", "made for policy small version 2", PST_E_UNSAFE},
		{"version: 3", "version: 4", "choose anew", PST_E_UNSAFE},
		{"rule: offered", "rule: not-told", "no other reading", PST_E_CONFIG},
		{"rule: offered", "rule: offred", "has no rule 'offred'", PST_E_CONFIG},
		{"rule: offered", "retention: day.matching\n    keep: 1h", "is 12h in the policy",
			PST_E_CONFIG},
		{"rule: offered", "retention: day.cellar\n    keep: 1h",
			"no retention 'day.cellar'", PST_E_CONFIG},
		{"rule: offered", "retention: night.matching\n    keep: 1h", "no retention",
			PST_E_CONFIG},
		{"rule: offered", "retention: day\n    keep: 1h", "CLASS.STORE", PST_E_CONFIG},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = changed(CHOICES, cases[i].old, cases[i].new);
		struct pst_policy *policy = NULL;
		struct pst_error error = {0};

		cr_expect_eq(apply(SMALL_POLICY, text, &policy, &error), cases[i].status, "%s",
			cases[i].new);
		cr_expect(strstr(error.text, cases[i].says), "%s", error.text);
		cr_expect_null(policy);
		free(text);
	}
}

Test(choices, only_a_period_can_be_kept)
{
	static const char *const periods[] = {"unset", "unstated", "soon", "-1h"};
	char *text = small_policy_with("matching: 12h", "matching: unset");

	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
		char new[64];
		struct pst_policy *policy = NULL;
		struct pst_error error = {0};

		(void)snprintf(
			new, sizeof(new), "retention: day.matching\n    keep: %s\n", periods[i]);
		char *chosen = changed(CHOICES, "rule: offered\n", new);
		cr_expect_eq(apply(text, chosen, &policy, &error), PST_E_CONFIG);
		cr_expect(strstr(error.text, "no retention to choose"), "%s", error.text);
		free(chosen);
	}
	free(text);
}

/* The reading of alien-declines and its like. */
Test(choices, nobody_can_choose_to_capture_whoever_declined)
{
	char *text = small_policy_with("    outcome: refer-opted-out\n",
		"    outcome: refer-opted-out\n    disputes: [Q1]\n"
		"    otherwise: {verdict: allow, authority: required-if-asked, retention: day}\n");
	char *chosen = changed(CHOICES, "rule: offered", "rule: said-no");
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_expect_eq(apply(text, chosen, &policy, &error), PST_E_CONFIG);
	cr_expect(strstr(error.text, "cannot be chosen"), "%s", error.text);
	free(chosen);
	free(text);
}

Test(choices, files_are_read_strictly)
{
	static const struct {
		const char *old, *new, *says;
	} broken[] = {
		{"choices: 1", "choices: 2", "format '2' is not known"},
		{"version: 3", "version: three", "version needs"},
		{"policy-sha256: 0", "policy-sha256: x", "64 hex digits"},
		{"operator: 0", "operator: ", "64 hex digits"},
		{"signature: 0", "signature: ", "128 hex digits"},
		{"    reason: The association voted.\n", "", "'reason' is missing"},
		{"reason: The association voted.", "reason: ' '", "says something"},
		{"reason: The association voted.", "reason: \"two\\nlines\"", "one line"},
		{"reason: The association voted.", "reason: \"\"", "reason"},
		{"by: operator", "by: Jane Doe", "is no role"},
		{"    by: operator\n", "", "'by' is missing"},
		{"date: 2026-01-15", "date: 2026-02-30", "date needs a day"},
		{"rule: offered", "rules: offered", "did you mean 'rule'"},
		{"rule: offered", "rule: offered\n    keep: 1h", "either a rule, or a retention"},
		{"rule: offered", "retention: day.matching", "either a rule, or a retention"},
		{"  - rule: offered\n    reason", "  - reason", "either a rule, or a retention"},
		{"operator: 0", "more: 1\noperator: 0", "unknown key 'more'"},
		{"chosen:\n", "chosen:\n  - {rule: offered, reason: r, by: b, date: 2026-01-15}\n",
			"chosen twice"},
	};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char *text = changed(CHOICES, broken[i].old, broken[i].new);
		struct pst_policy_choices *choices = NULL;
		struct pst_error error = {0};

		cr_expect_eq(parse(text, &choices, &error), PST_E_CONFIG, "%s", broken[i].new);
		cr_expect(strstr(error.text, broken[i].says), "%s: %s", broken[i].new, error.text);
		cr_expect_eq(strncmp(error.text, "c.yaml:", 7), 0, "%s", error.text);
		cr_expect_null(choices);
		free(text);
	}
}

Test(choices, the_signature_is_the_last_line)
{
	static const char *const tails[] = {"# more\n", "\n", " ", "...\n"};

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		char text[sizeof(CHOICES) + 16];
		struct pst_policy_choices *choices = NULL;
		struct pst_error error = {0};

		(void)snprintf(text, sizeof(text), "%s%s", CHOICES, tails[i]);
		cr_expect_eq(parse(text, &choices, &error), PST_E_CONFIG, "'%s'", tails[i]);
		cr_expect(strstr(error.text, "must be the last line"), "%s", error.text);
	}
	char *text = strdup(CHOICES);
	struct pst_policy_choices *choices = NULL;
	struct pst_error error = {0};

	text[strlen(text) - 1] = 0;
	cr_expect_eq(parse(text, &choices, &error), PST_E_CONFIG);
	free(text);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "policy/lint.h"

struct heard {
	char text[8192];
	size_t count[PST_SEVERITY_COUNT];
};

static void hear(void *context, const struct pst_policy_finding *finding)
{
	struct heard *heard = context;
	size_t used = strlen(heard->text);

	heard->count[finding->severity]++;
	cr_assert_gt(finding->line, 0, "%s", finding->text);
	(void)snprintf(heard->text + used, sizeof(heard->text) - used, "%s: %s\n",
		pst_severity_names[finding->severity], finding->text);
}

static struct heard lint(const char *old, const char *new, const char *day)
{
	char *text = small_policy_with(old, new);
	char path[] = "/tmp/postern-lint-XXXXXX";
	int fd = mkstemp(path);
	struct pst_policy_lint options = {
		.months = 12, .notice_days = 30, .languages = pst_policy_languages};
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};
	struct heard heard = {0};

	cr_assert_eq(pst_clock_parse_day(day, &options.day), 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
	cr_assert_eq(pst_policy_read(path, &policy, &error), 0, "%s", error.text);
	pst_policy_lint(policy, &options, hear, &heard);
	pst_policy_destroy(&policy);
	(void)unlink(path);
	free(text);
	return heard;
}

static void expect(const char *old, const char *new, const char *day, const char *says)
{
	struct heard heard = lint(old, new, day);

	cr_expect(strstr(heard.text, says), "'%s' is not in:\n%s", says, heard.text);
}

static void expect_not(const char *old, const char *new, const char *day, const char *says)
{
	struct heard heard = lint(old, new, day);

	cr_expect_not(strstr(heard.text, says), "'%s' is in:\n%s", says, heard.text);
}

Test(lint, a_good_file_has_no_warning)
{
	struct heard heard = lint("", "", "2025-06-01");

	cr_expect_eq(heard.count[PST_SEVERITY_ERROR], 0, "%s", heard.text);
	cr_expect_eq(heard.count[PST_SEVERITY_WARNING], 0, "%s", heard.text);
	cr_expect_gt(heard.count[PST_SEVERITY_NOTE], 0);
}

Test(lint, a_source_is_old_from_the_day_after_so_many_months)
{
	expect_not("", "", "2026-01-02", "source 'law' was checked");
	expect("", "", "2026-01-03", "warning: source 'law' was checked on 2025-01-02");
	expect_not("", "", "2026-01-03", "source 'rumour' was checked");
	expect_not("checked: 2025-01-02", "checked: 2024-02-29", "2025-02-28", "'law' was checked");
	expect_not("checked: 2025-01-02", "checked: 2024-02-29", "2025-03-01", "'law' was checked");
	expect("checked: 2025-01-02", "checked: 2024-02-29", "2025-03-02", "'law' was checked");
	expect("", "", "2025-01-01", "'law' was checked on 2025-01-02, which is still to come");
}

Test(lint, a_translation_that_a_display_lacks_is_told)
{
	const char *old = "disclaimer: D";
	const char *new = "disclaimer: D, translations: [{language: es, notice: A, withdraw: P, "
			  "complain: R, disclaimer: X}]";

	expect_not("", "", "2025-06-01", "no translation");
	expect(old, new, "2025-06-01",
		"warning: the texts have no translation for language 'fr'; add it");
	expect(old, new, "2025-06-01", "no translation for language 'zh'");
	expect(old, new, "2025-06-01", "no translation for language 'ar'");
	expect_not(old, new, "2025-06-01", "language 'es'");
	expect_not(old, new, "2025-06-01", "language 'en'");
}

Test(lint, a_notice_is_watched)
{
	const char *old = "notice: N,";
	const char *new = "notice: N, notice-until: 2025-06-30,";

	expect("", "", "2025-06-01", "note: the notice never lapses");
	expect_not(old, new, "2025-05-31", "notice");
	expect(old, new, "2025-06-01", "warning: the notice lapses after 2025-06-30");
	expect(old, new, "2025-06-30", "warning: the notice lapses after 2025-06-30");
	expect(old, new, "2025-07-01", "error: the notice lapsed after 2025-06-30");
}

Test(lint, retention_that_is_missing_is_an_error)
{
	expect("identity: 75y", "identity: unset", "2025-06-01",
		"error: retention day.identity is unset");
	expect("", "", "2025-06-01", "note: retention day.crossing is stated by no source");
}

Test(lint, what_no_rule_names_is_found)
{
	expect("sources: [law, rumour]", "sources: [law]", "2025-06-01",
		"warning: source 'rumour' is named by no rule");
	expect("retention:\n",
		"retention:\n  - {class: idle, matching: 0, identity: 0, partner: "
		"0, crossing: 0}\n",
		"2025-06-01", "warning: retention class 'idle' is named by no rule");
	expect("disputes:\n",
		"disputes:\n  - {dispute: Q0, question: Q, readings: [a, b], taken: "
		"a}\n",
		"2025-06-01", "warning: dispute 'Q0' is named by no rule");
}

Test(lint, obligations_that_name_nothing_are_found)
{
	const char *old = "    outcome: refer-opted-out\n";

	expect(old, "    outcome: refer-opted-out\n    obligations: [offer-opt-out]\n",
		"2025-06-01", "'said-no' obliges to offer-opt-out");
	expect(old, "    outcome: refer-opted-out\n    obligations: [partner-keeps-nothing]\n",
		"2025-06-01", "'said-no' obliges to partner-keeps-nothing, but allows nothing");
	expect(old, "    outcome: refer-opted-out\n    obligations: [check-source]\n", "2025-06-01",
		"'said-no' obliges to check-source");
	expect("", "", "2025-06-01", "note: rule 'offered' rests on what is disputed");
	expect_not("always: [give-receipt]", "always: [partner-keeps-nothing, offer-opt-out]",
		"2025-06-01", "obliges to");
	expect_not(old,
		"    outcome: refer-opted-out\n    obligations: [partner-keeps-nothing]\n"
		"    disputes: [Q1]\n"
		"    otherwise: {verdict: allow, authority: offered, retention: day}\n",
		"2025-06-01", "obliges to partner-keeps-nothing");
}

Test(lint, a_priority_that_settles_nothing_is_noted)
{
	expect("    verdict: ask\n", "    priority: 5\n    verdict: ask\n", "2025-06-01",
		"note: rule 'not-told' has priority 5, but overlaps no other");
	expect_not("    when: {category: [known], choice: [decline, withdraw]}\n",
		"    when: {choice: [decline, withdraw]}\n    priority: 5\n", "2025-06-01",
		"has priority");
}

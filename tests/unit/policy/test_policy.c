/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void expect_error(const char *old, const char *new, int status, const char *part)
{
	char *text = small_policy_with(old, new);
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};
	int got = small_policy_parse(text, &policy, &error);

	cr_expect_eq(got, status, "'%s' -> '%s': status %d, %s", old, new, got, error.text);
	cr_expect(strstr(error.text, part), "'%s' -> '%s': '%s' lacks '%s'", old, new, error.text,
		part);
	cr_expect_null(policy);
	pst_policy_destroy(&policy);
	free(text);
}

Test(policy, a_whole_one_loads)
{
	struct pst_policy *policy = small_policy();

	cr_assert_str_eq(policy->id, "small");
	cr_assert_eq(policy->version, 3);
	cr_assert_eq(policy->choice_window_ns, 2000000000);
	cr_assert_eq(policy->rule_count, 5);
	cr_assert_eq(policy->table.combinations, 3 * 2 * 2 * 3 * 3 * 3 * 4);
	cr_assert_str_eq(policy->texts.own.complain, "C");
	cr_assert_eq(policy->retention[1].keep_s[PST_STORE_MATCHING], 12 * 3600);
	cr_assert_eq(policy->retention[1].keep_s[PST_STORE_PARTNER], 0);
	cr_assert_gt(policy->retention[1].keep_s[PST_STORE_IDENTITY], 74LL * 365 * 86400);
	cr_assert_eq(policy->retention[0].keep_s[PST_STORE_MATCHING], 0);
	cr_assert_gt(policy->rules[2].line, policy->rules[1].line);
	pst_policy_destroy(&policy);
	cr_assert_null(policy);
	pst_policy_destroy(&policy);
}

Test(policy, shape_errors_name_file_line_and_remedy)
{
	expect_error("title: A", "titel: A", PST_E_CONFIG, "small.yaml:4");
	expect_error("title: A", "titel: A", PST_E_CONFIG, "title");
	expect_error("title: A small policy\n", "", PST_E_CONFIG, "title");
	expect_error("version: 3", "version: 3\nversion: 4", PST_E_CONFIG, "version");
	expect_error("always: [give-receipt]", "always: give-receipt", PST_E_CONFIG, "always");
	expect_error("    verdict: refuse\n", "    verdict: refuse\n    verdct: ask\n",
		PST_E_CONFIG, "verdict");
	expect_error("policy: small", "policy: [", PST_E_CONFIG, "small.yaml");
	expect_error("policy: small", "policy: &a small", PST_E_CONFIG, "small.yaml:1");
	expect_error("disputes: [Q1]\n", "disputes: [Q1]\n---\na: b\n", PST_E_CONFIG, "document");
}

Test(policy, heads_are_checked)
{
	expect_error("policy: small", "policy: a/b", PST_E_CONFIG, "name of a policy");
	expect_error("format: 1", "format: 2", PST_E_CONFIG, "reads format 1");
	expect_error("version: 3", "version: 0", PST_E_CONFIG, "version");
	expect_error("version: 3", "version: 3x", PST_E_CONFIG, "version");
	expect_error("from: 2020-01-01", "from: 2020-02-30", PST_E_CONFIG, "small.yaml:5");
	expect_error("from: 2020-01-01", "from: 1970-01-01", PST_E_CONFIG, "1970");
	expect_error("choice-window: 2s", "choice-window: soon", PST_E_CONFIG, "duration");
}

Test(policy, axes_are_checked)
{
	expect_error(
		"axis: direction", "axis: direktion", PST_E_CONFIG, "did you mean 'direction'");
	expect_error("axis: direction", "axis: known-by", PST_E_CONFIG, "declared twice");
	expect_error("axis: direction", "axis: port", PST_E_CONFIG, "'direction' is missing");
	expect_error("axis: direction", "axis: period", PST_E_CONFIG, "dates of the rules");
	expect_error("axis: direction", "axis: choice", PST_E_CONFIG, "'direction' is missing");
	expect_error("[entry, exit]", "[entry, entry]", PST_E_CONFIG, "twice");
	expect_error("[entry, exit]", "[entry, any]", PST_E_CONFIG, "not 'any'");
	expect_error("[entry, exit]", "['a b']", PST_E_CONFIG, "cannot be a value");
	expect_error("default: entry", "default: entri", PST_E_CONFIG, "did you mean 'entry'");
	expect_error("values: [document, self]", "values: [document, self]\n    default: self",
		PST_E_CONFIG, "no default");
	expect_error(
		"of: [guest, member]", "of: [guest, membr]", PST_E_CONFIG, "did you mean 'member'");
	expect_error("group: known", "group: guest", PST_E_CONFIG, "cannot name a group");
	expect_error("values: [face]", "values: [iris]", PST_E_CONFIG, "lacks 'face'");
	expect_error("always:", "unless-stated: {notice: [curent]}\nalways:", PST_E_CONFIG,
		"did you mean 'current'");
}

Test(policy, fixed_axes_keep_their_values)
{
	expect_error("  - axis: modality",
		"  - axis: choice\n    values: [none, force]\n  - axis: modality", PST_E_CONFIG,
		"fixed values");
	expect_error("  - axis: modality",
		"  - axis: notice\n    default: current\n  - axis: modality", PST_E_CONFIG,
		"no default");
}

Test(policy, records_are_checked)
{
	expect_error("checked: 2025-01-02", "checked: yesterday", PST_E_CONFIG, "checked");
	expect_error("status: seen", "status: sean", PST_E_CONFIG, "did you mean 'seen'");
	expect_error("status: seen", "status: unset", PST_E_CONFIG, "status");
	expect_error("source: rumour", "source: law", PST_E_CONFIG, "twice");
	expect_error(
		"[They may decline., They must.]", "[They must.]", PST_E_CONFIG, "two readings");
	expect_error("matching: 12h", "matching: 12 hours", PST_E_CONFIG, "no retention");
	expect_error("matching: 12h", "matching: -1h", PST_E_CONFIG, "no retention");
	expect_error("    matching: 12h\n", "", PST_E_CONFIG, "matching");
	expect_error("class: day", "class: nothing", PST_E_CONFIG, "built in");
}

Test(policy, rules_are_checked)
{
	expect_error("category: [unknown]", "category: [unknwon]", PST_E_CONFIG,
		"did you mean 'unknown'");
	expect_error("id: said-no", "id: not-known", PST_E_CONFIG, "twice");
	expect_error("id: said-no", "id: built-in.x", PST_E_CONFIG, "built-in");
	expect_error("verdict: refuse", "verdict: deny", PST_E_CONFIG, "unknown value 'deny'");
	expect_error("outcome: refer-opted-out", "outcome: verified", PST_E_CONFIG, "verified");
	expect_error("outcome: refer-opted-out", "outcome: refer-opt-out", PST_E_CONFIG,
		"did you mean 'refer-opted-out'");
	expect_error("    outcome: refer-opted-out\n", "", PST_E_CONFIG, "needs an outcome");
	expect_error("outcome: refer-opted-out", "outcome: refer-opted-out\n    retention: day",
		PST_E_CONFIG, "keep nothing");
	expect_error("    authority: offered\n", "", PST_E_CONFIG, "needs authority");
	expect_error(
		"    authority: offered\n", "    authority: none\n", PST_E_CONFIG, "authority");
	expect_error("retention: day\n", "retention: week\n", PST_E_CONFIG, "retention");
	expect_error("obligations: [show-notice]", "obligations: [show-notise]", PST_E_CONFIG,
		"did you mean 'show-notice'");
	expect_error("sources: [law]", "sources: [low]", PST_E_CONFIG, "did you mean 'law'");
	expect_error("sources: [law]", "sources: []", PST_E_CONFIG, "sources");
	expect_error("disputes: [Q1]", "disputes: [Q2]", PST_E_CONFIG, "Q2");
	expect_error("basis: statute", "basis: statue", PST_E_CONFIG, "did you mean 'statute'");
	expect_error("    from: 2020-01-01\n", "    from: 2020-13-01\n", PST_E_CONFIG, "from");
	expect_error("    from: 2020-01-01\n", "    from: 2020-01-02\n    until: 2020-01-01\n",
		PST_E_CONFIG, "ends before it begins");
	expect_error("    from: 2020-01-01\n", "    priority: high\n", PST_E_CONFIG, "priority");
}

Test(policy, disputes_take_the_less_intrusive_reading)
{
	expect_error("    disputes: [Q1]\n", "", PST_E_CONFIG, "name the dispute");
	expect_error("    authority: offered\n    retention: day\n    otherwise: {verdict: allow, "
		     "authority: required-if-asked",
		"    authority: required-if-asked\n    retention: day\n    otherwise: {verdict: "
		"allow, authority: offered",
		PST_E_CONFIG, "more intrusive");
}

Test(policy, no_file_can_allow_what_the_gate_promises_not_to_do)
{
	expect_error(
		"notice: [current]}", "notice: [stale, current]}", PST_E_CONFIG, "without notice");
	expect_error("category: [known], choice: [none, consent], notice: [current]",
		"category: [known], notice: [current]", PST_E_CONFIG, "declined or withdrew");
	expect_error("choice: [none, consent], notice: [absent, stale]", "notice: [absent, stale]",
		PST_E_CONFIG, "declined or withdrew");
	expect_error(
		"authority: offered", "authority: consented", PST_E_CONFIG, "rests on consent");
}

Test(policy, gaps_are_refused_in_the_fewest_words)
{
	expect_error("choice: [decline, withdraw]", "choice: [decline]", PST_E_UNSAFE,
		"no rule decides category guest, choice withdraw (");
	expect_error("[guest, member, unknown]", "[guest, member, unknown, visitor]", PST_E_UNSAFE,
		"no rule decides category visitor (");
	expect_error("    from: 2020-01-01\n", "    from: 2020-01-02\n", PST_E_UNSAFE,
		"period 2020-01-01..2020-01-01");
	expect_error("    from: 2020-01-01\n", "    until: 2030-06-30\n", PST_E_UNSAFE,
		"period from 2030-07-01");
}

Test(policy, contests_are_refused_and_name_both_rules)
{
	expect_error("category: [unknown]", "category: [unknown, member]", PST_E_UNSAFE,
		"'not-known' and '");
	expect_error("category: [unknown]", "category: [unknown, member]", PST_E_UNSAFE,
		"category member");
}

Test(policy, dead_rules_are_refused)
{
	expect_error("category: [unknown]}", "category: [any]}\n    priority: 5", PST_E_CONFIG,
		"'said-no' can never decide");
	expect_error("rules:\n",
		"rules:\n  - id: past\n    text: Over.\n    when: {category: [unknown]}\n    "
		"until: "
		"2019-12-31\n    verdict: refuse\n    outcome: refer-exempt\n    basis: design\n"
		"    sources: [law]\n",
		PST_E_CONFIG, "'past' can never decide");
}

Test(policy, priority_settles_an_overlap)
{
	char *text = small_policy_with(
		"category: [unknown]}", "category: [unknown, member]}\n    priority: 1");
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(small_policy_parse(text, &policy, &error), 0, "%s", error.text);
	pst_policy_destroy(&policy);
	free(text);
}

Test(policy, no_period_begins_after_the_last_date_there_is)
{
	char *text = small_policy_with("    from: 2020-01-01\n", "    until: 9999-12-31\n");
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(small_policy_parse(text, &policy, &error), 0, "%s", error.text);
	cr_expect_eq(policy->table.size[PST_AXIS_PERIOD], 1);
	cr_expect_str_eq(pst_policy_value_name(policy, PST_AXIS_PERIOD, 1), "from 2020-01-01");
	pst_policy_destroy(&policy);
	free(text);
}

Test(policy, what_is_no_policy_is_refused)
{
	static const char *const texts[] = {"", "\n", "a", "- 1", "{}", "policy: x", "\xff\xfe",
		"[[[[[[[[[[[[[[[[[[[[[[", "? a\n: b", "%YAML 9.9\n---\n", "policy: !!int x"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct pst_policy *policy = NULL;
		struct pst_error error = {0};

		cr_expect_eq(small_policy_parse(texts[i], &policy, &error), PST_E_CONFIG, "%zu", i);
		cr_expect(strncmp(error.text, "small.yaml", 10) == 0, "%s", error.text);
		cr_expect_null(policy);
	}
}

Test(policy, too_many_combinations_are_refused_before_any_is_made)
{
	char values[512] = "values: [v0";
	char axes[2048];
	char *text;
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	for (int i = 1; i < PST_POLICY_VALUES_MAX; i++) {
		(void)sprintf(values + strlen(values), ", v%d", i);
	}
	(void)sprintf(axes, "%s]\n  - axis: port\n    %s]\n  - axis: age-band\n    %s]", values,
		values, values);
	text = small_policy_with("values: [land]", axes);
	cr_assert_eq(small_policy_parse(text, &policy, &error), PST_E_CONFIG);
	cr_assert(strstr(error.text, "span more than"), "%s", error.text);
	free(text);
	(void)sprintf(axes, "%s, one-more]", values);
	text = small_policy_with("values: [land]", axes);
	error = (struct pst_error){0};
	cr_assert_eq(small_policy_parse(text, &policy, &error), PST_E_CONFIG);
	cr_assert(strstr(error.text, "1 to 64 values"), "%s", error.text);
	free(text);
}

Test(policy, a_missing_file_is_named)
{
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(pst_policy_load("no-such-policy.yaml", &policy, &error), -ENOENT);
	cr_assert(strstr(error.text, "no-such-policy.yaml"));
}

Test(policy, a_file_with_an_unset_retention_is_read_but_decides_nobody)
{
	char *text = small_policy_with("matching: 12h", "matching: unset");
	char path[] = "/tmp/postern-policy-XXXXXX";
	int fd = mkstemp(path);
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(small_policy_parse(text, &policy, &error), PST_E_UNSAFE);
	cr_expect_null(policy);
	cr_expect(strstr(error.text, "retention day.matching is unset; set it in the file, or in a "
				     "choices file with a reason"),
		"%s", error.text);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
	error = (struct pst_error){0};
	cr_expect_eq(pst_policy_load(path, &policy, &error), PST_E_UNSAFE);
	cr_assert_eq(pst_policy_read(path, &policy, &error), 0, "%s", error.text);
	cr_expect(policy->retention[1].is_unset[PST_STORE_MATCHING]);
	cr_expect_not(policy->retention[1].is_unset[PST_STORE_CROSSING]);
	cr_expect_eq(policy->retention[1].keep_s[PST_STORE_MATCHING], 0);
	pst_policy_destroy(&policy);
	(void)unlink(path);
	free(text);
}

Test(policy, the_last_day_of_a_notice_is_a_day)
{
	char *text = small_policy_with("notice: N,", "notice: N, notice-until: soon,");
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(small_policy_parse(text, &policy, &error), PST_E_CONFIG);
	cr_expect(strstr(error.text, "notice-until needs a date"), "%s", error.text);
	free(text);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "random_policy.h"
#include "small_policy.h"

#include "base/clock.h"
#include "base/text.h"
#include "policy/choices.h"
#include "policy/diff.h"

#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16

static struct pst_error error;

static struct pst_policy_diff compare(
	const struct pst_policy *before, const struct pst_policy *after)
{
	struct pst_policy_diff diff;

	cr_assert_eq(pst_policy_diff_open(before, after, &diff, &error), 0, "%s", error.text);
	return diff;
}

/* One combination of the joined values; on the period axis a period's first day. */
static bool next(const struct pst_policy_diff *diff, unsigned at[PST_AXIS_COUNT])
{
	for (int axis = PST_AXIS_COUNT - 1; axis >= 0; axis--) {
		if (++at[axis] < diff->axis[axis].count) {
			return true;
		}
		at[axis] = 0;
	}
	return false;
}

/* What a policy answers, through names and a day; the reasons of a built-in refusal are one. */
static struct pst_policy_decision ask(
	const struct pst_policy_diff *diff, int side, const unsigned at[PST_AXIS_COUNT])
{
	struct pst_policy_request request = {
		.day = diff->axis[PST_AXIS_PERIOD].from_day[at[PST_AXIS_PERIOD]]};
	struct pst_policy_decision decision;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		request.value[axis] =
			axis == PST_AXIS_PERIOD ? NULL : diff->axis[axis].name[at[axis]];
	}
	pst_policy_decide(diff->policy[side], &request, &decision);
	if (strncmp(decision.rule_id, "built-in", 8) == 0) {
		decision.rule_id = "built-in.not-placed";
	}
	return decision;
}

static bool is_same(const struct pst_policy_decision *a, const struct pst_policy_decision *b)
{
	bool same = a->verdict == b->verdict && a->authority == b->authority &&
		    a->outcome == b->outcome && a->obligations == b->obligations &&
		    strcmp(a->rule_id, b->rule_id) == 0 &&
		    strcmp(a->retention->class_name, b->retention->class_name) == 0;

	for (int store = 0; store < PST_STORE_COUNT; store++) {
		same &= a->retention->keep_s[store] == b->retention->keep_s[store] &&
			(a->retention->keep_s[store] ||
				strcmp(a->retention->text[store], b->retention->text[store]) == 0);
	}
	return same;
}

static bool is_in(const struct pst_policy_box *box, const unsigned at[PST_AXIS_COUNT])
{
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (!pst_policy_box_has(box, axis, at[axis])) {
			return false;
		}
	}
	return true;
}

static const struct pst_policy_diff_change *find_change(
	const struct pst_policy_diff *diff, const unsigned at[PST_AXIS_COUNT])
{
	const struct pst_policy_diff_change *found = NULL;

	for (size_t i = 0; i < diff->change_count; i++) {
		const struct pst_policy_diff_change *change = &diff->changes[i];
		bool here = false;

		for (size_t j = 0; j < change->when_count; j++) {
			here |= is_in(&change->when[j], at);
		}
		cr_assert(!here || !found, "two changes speak of one combination");
		found = here ? change : found;
	}
	return found;
}

/* The conditions hold exactly the combinations that are answered otherwise. @return how many */
static uint64_t check_exact(const struct pst_policy_diff *diff)
{
	unsigned at[PST_AXIS_COUNT] = {0};
	uint64_t changed = 0;
	uint64_t summed = 0;

	do {
		const struct pst_policy_diff_change *change = find_change(diff, at);
		struct pst_policy_decision before = ask(diff, 0, at);
		struct pst_policy_decision after = ask(diff, 1, at);

		cr_assert_eq(change != NULL, !is_same(&before, &after), "%s before, %s after",
			before.rule_id, after.rule_id);
		if (change) {
			cr_assert(is_same(&change->before, &before));
			cr_assert(is_same(&change->after, &after));
			changed++;
		}
	} while (next(diff, at));
	for (size_t i = 0; i < diff->change_count; i++) {
		summed += diff->changes[i].combinations;
	}
	cr_assert_eq(diff->changed, changed);
	cr_assert_eq(summed, changed);
	cr_assert_eq(diff->change_count == 0, changed == 0);
	return changed;
}

Test(diff, shows_exactly_what_is_answered_otherwise)
{
	unsigned equal = 0;

	for (uint32_t seed = 1; seed <= 150; seed++) {
		struct random_policy made = random_policy(seed * 7919);
		struct pst_policy *before = random_parse(&made);
		struct pst_policy *after;
		struct pst_policy_diff diff;

		for (uint32_t i = seed % 4; i > 0; i--) {
			random_mutate(&made);
		}
		after = random_parse(&made);
		diff = compare(before, after);
		equal += check_exact(&diff) == 0;
		pst_policy_diff_finish(&diff);
		diff = compare(after, before);
		(void)check_exact(&diff);
		pst_policy_diff_finish(&diff);
		pst_policy_destroy(&before);
		pst_policy_destroy(&after);
	}
	cr_expect_gt(equal, 30, "some pairs are equal");
	cr_expect_lt(equal, 120, "some are not");
}

/* The small policy against itself with one text replaced. */
static struct pst_policy_diff change_small(
	const char *old, const char *new, struct pst_policy **before, struct pst_policy **after)
{
	char *text = small_policy_with(old, new);

	*before = small_policy();
	cr_assert_eq(small_policy_parse(text, after, &error), 0, "%s", error.text);
	free(text);
	return compare(*before, *after);
}

static void finish(
	struct pst_policy_diff *diff, struct pst_policy **before, struct pst_policy **after)
{
	pst_policy_diff_finish(diff);
	pst_policy_destroy(before);
	pst_policy_destroy(after);
}

Test(diff, a_policy_does_not_differ_from_itself)
{
	struct pst_policy *policy = small_policy();
	struct pst_policy_diff diff = compare(policy, policy);

	cr_expect_eq(diff.change_count, 0);
	cr_expect_eq(diff.text_count, 0);
	cr_expect_eq(diff.combinations, policy->table.combinations);
	cr_expect(pst_policy_diff_is_empty(&diff));
	pst_policy_diff_finish(&diff);
	pst_policy_destroy(&policy);
}

Test(diff, a_text_is_no_change_of_the_table)
{
	static const struct {
		const char *old, *new, *what, *key;
		bool steers;
	} cases[] = {
		{"text: Offered to all.", "text: Offered to each.", "rule", "text", false},
		{"basis: statute", "basis: policy", "rule", "basis", false},
		{"sources: [law, rumour]", "sources: [rumour]", "rule", "sources", false},
		{"authority: required-if-asked, retention: day}",
			"authority: offered, retention: day}", "rule", "otherwise", false},
		{"    from: 2020-01-01\n    verdict", "    priority: 3\n    verdict", "rule",
			"from", false},
		{"status: disputed", "status: recalled", "source", "status", false},
		{"citation: section 1", "citation: section 2", "source", "citation", false},
		{"They must.]", "They shall.]", "dispute", "readings", false},
		{"matching: 12h", "matching: 720min", "retention", "matching", false},
		{"version: 3", "version: 4", "policy", "version", false},
		{"notice: N", "notice: M", "policy", "notice", false},
		{"notice: N", "language: es, notice: N", "policy", "language", false},
		{"disclaimer: D",
			"disclaimer: D, translations: [{language: es, notice: A, "
			"withdraw: P, complain: R, disclaimer: X}]",
			"translation", "", false},
		{"choice-window: 2s", "choice-window: 1s", "policy", "choice-window", true},
		{"notice: N", "notice: N, notice-until: 2026-01-01", "policy", "notice-until",
			true},
		{"default: entry", "default: exit", "axis", "default", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pst_policy *before;
		struct pst_policy *after;
		struct pst_policy_diff diff =
			change_small(cases[i].old, cases[i].new, &before, &after);

		cr_expect_eq(diff.change_count, 0, "%s", cases[i].new);
		cr_assert_geq(diff.text_count, 1, "%s", cases[i].new);
		cr_expect_str_eq(diff.texts[0].what, cases[i].what);
		cr_expect_str_eq(diff.texts[0].key, cases[i].key);
		cr_expect_eq(diff.texts[0].steers, cases[i].steers);
		cr_expect_eq(pst_policy_diff_is_empty(&diff), !cases[i].steers);
		finish(&diff, &before, &after);
	}
}

Test(diff, what_reaches_further_or_keeps_longer_is_marked)
{
	static const struct {
		const char *old, *new;
		bool further, longer;
	} cases[] = {
		{"authority: offered\n", "authority: required-if-asked\n", true, false},
		{"matching: 12h", "matching: 13h", false, true},
		{"matching: 12h", "matching: 11h", false, false},
		{"partner: 0", "partner: 1s", false, true},
		{"partner: 0", "partner: none", false, false},
		{"class: day\n    matching: 12h", "class: day\n    matching: none", false, false},
		{"verdict: ask\n    outcome: refer-no-notice",
			"verdict: refuse\n    outcome: refer-no-notice", false, false},
		{"verdict: refuse\n    outcome: refer-unknown-category",
			"verdict: refuse\n    outcome: refer-exempt", false, false},
		{"obligations: [show-notice]\n", "obligations: [human-review]\n", false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pst_policy *before;
		struct pst_policy *after;
		struct pst_policy_diff diff =
			change_small(cases[i].old, cases[i].new, &before, &after);

		cr_assert_eq(diff.change_count, 1, "%s", cases[i].new);
		cr_expect_eq(diff.changes[0].when_count, 1, "%s", cases[i].new);
		cr_expect_eq(diff.changes[0].reaches_further, cases[i].further, "%s", cases[i].new);
		cr_expect_eq(diff.changes[0].keeps_longer, cases[i].longer, "%s", cases[i].new);
		(void)check_exact(&diff);
		finish(&diff, &before, &after);
	}
}

Test(diff, a_value_that_only_one_knows_is_refused_by_the_other)
{
	struct pst_policy *before;
	struct pst_policy *after;
	struct pst_policy_diff diff =
		change_small("[guest, member, unknown]\n    groups:\n      - group: known\n        "
			     "of: [guest, member]",
			"[guest, member, robot, unknown]\n    groups:\n      - group: known\n      "
			"  of: [guest, member, robot]",
			&before, &after);

	(void)check_exact(&diff);
	cr_assert_eq(diff.change_count, 3, "declined, not told, offered");
	cr_expect_str_eq(diff.changes[0].before.rule_id, "built-in.not-placed");
	cr_expect_str_eq(diff.changes[0].after.rule_id, "offered");
	cr_expect(diff.changes[0].reaches_further);
	cr_assert_eq(diff.changes[0].when_count, 1);
	cr_expect_eq(pst_policy_box_count(diff.changes[0].when, PST_AXIS_CATEGORY), 1);
	cr_expect_str_eq(diff.axis[PST_AXIS_CATEGORY].name[3], "robot");
	cr_expect(pst_policy_box_has(diff.changes[0].when, PST_AXIS_CATEGORY, 3));
	finish(&diff, &before, &after);
}

static void expect_days(const struct pst_policy_diff *diff, const struct pst_policy_box *when,
	unsigned index, const char *from, const char *until)
{
	int32_t first = 0;
	int32_t last = 0;
	char text[PST_CLOCK_TEXT_SIZE];

	cr_assert(pst_policy_diff_days(diff, when, index, &first, &last));
	pst_clock_format_day(first, text);
	cr_expect_str_eq(text, from);
	if (until) {
		pst_clock_format_day(last, text);
		cr_expect_str_eq(text, until);
	} else {
		cr_expect_eq(last, INT32_MAX);
	}
}

Test(diff, dates_are_aligned_and_neighbouring_periods_joined)
{
	struct random_policy made = random_policy(5);
	struct pst_policy *before;
	struct pst_policy *after;
	struct pst_policy_diff diff;
	int32_t day;

	made.categories = 1;
	made.part_of[0] = 0;
	made.from_year = 2000;
	made.cut_year = 2010;
	for (unsigned i = 0; i < 4; i++) {
		made.rules[0][i / 2][i % 2].kind = i / 2 ? 5 : 0;
	}
	before = random_parse(&made);
	made.from_year = 2001;
	made.cut_year = 2012;
	after = random_parse(&made);
	diff = compare(before, after);
	(void)check_exact(&diff);

	/* Between the two days of change, what was required is not; nothing else moved there. */
	cr_assert_geq(diff.change_count, 1);
	for (size_t i = 0; i < diff.change_count; i++) {
		const struct pst_policy_diff_change *change = &diff.changes[i];

		if (strncmp(change->before.rule_id, "r0-since", 8) == 0) {
			expect_days(&diff, change->when, 0, "2010-01-02", "2012-01-01");
			cr_expect_not(pst_policy_diff_days(&diff, change->when, 1, &day, &day));
		} else {
			cr_expect_str_eq(change->after.rule_id, "built-in.not-placed");
			expect_days(&diff, change->when, 0, "2000-01-01", "2000-12-31");
		}
		cr_expect_not(change->reaches_further);
	}
	pst_policy_diff_finish(&diff);

	/* The other way round some of it reaches further; it comes first. */
	diff = compare(after, before);
	cr_expect(diff.changes[0].reaches_further);
	finish(&diff, &before, &after);
}

/* The small policy, its first rule disputed, with an operator's choice for it. */
static struct pst_policy *choose(const char *text)
{
	static const char chosen[] =
		"choices: 1\npolicy: small\nversion: 3\npolicy-sha256: " HEX64 "\nchosen:\n"
		"  - {rule: not-known, reason: Voted., by: operator, date: 2026-01-15}\n"
		"operator: " HEX64 "\nsignature: " HEX64 HEX64 "\n";
	struct pst_policy_choices *choices = NULL;
	struct pst_policy *policy = NULL;

	cr_assert_eq(pst_policy_choices_parse("c", chosen, strlen(chosen), &choices, &error), 0,
		"%s", error.text);
	cr_assert_eq(pst_policy_parse_chosen(
			     "small.yaml", text, strlen(text), &choices, true, &policy, &error),
		0, "%s", error.text);
	return policy;
}

Test(diff, an_operators_choice_differs_where_it_holds)
{
	char *text = small_policy_with("outcome: refer-unknown-category\n",
		"outcome: refer-unknown-category\n    disputes: [Q1]\n"
		"    otherwise: {verdict: allow, authority: consented, retention: day}\n");
	struct pst_policy *after = choose(text);
	struct pst_policy *before = NULL;
	struct pst_policy_diff diff;

	cr_assert_eq(small_policy_parse(text, &before, &error), 0, "%s", error.text);
	diff = compare(before, after);
	(void)check_exact(&diff);
	cr_assert_eq(diff.change_count, 1);
	cr_expect(diff.changes[0].reaches_further);
	cr_expect_not_null(diff.changes[0].after.choice);
	cr_assert_eq(diff.changes[0].when_count, 1);
	/* Never against their word, never without notice, and this one never without consent. */
	cr_expect_eq(pst_policy_box_count(diff.changes[0].when, PST_AXIS_NOTICE), 1);
	cr_expect_eq(pst_policy_box_count(diff.changes[0].when, PST_AXIS_CHOICE), 1);
	finish(&diff, &before, &after);
	free(text);
}

Test(diff, policies_without_much_in_common_are_compared_too)
{
	struct pst_policy *small = small_policy();
	struct pst_policy *border = NULL;
	struct pst_policy_diff diff;

	cr_assert_eq(pst_policy_load(POLICIES "/us-border.yaml", &border, &error), 0);
	diff = compare(small, border);
	cr_expect_gt(diff.changed, small->table.combinations);
	cr_expect_gt(diff.change_count, border->rule_count);
	finish(&diff, &small, &border);
}

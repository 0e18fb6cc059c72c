/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include <stdio.h>

#include "base/clock.h"

#define AGES                                                                                       \
	"  - axis: age-band\n"                                                                     \
	"    values: [adult, child, old]\n"                                                        \
	"    default: adult\n"                                                                     \
	"    ages:\n"                                                                              \
	"      - {band: child, to: 13}\n"                                                          \
	"      - {band: adult, from: 14, to: 79}\n"                                                \
	"      - {band: old, from: 80}\n"                                                          \
	"always:"

static int32_t day_of(const char *text)
{
	int32_t day;

	cr_assert_eq(pst_clock_parse_day(text, &day), 0, "%s", text);
	return day;
}

static struct pst_policy *policy_with_ages(void)
{
	char *text = small_policy_with("always:", AGES);
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(small_policy_parse(text, &policy, &error), 0, "%s", error.text);
	free(text);
	return policy;
}

static void expect_band(
	const struct pst_policy *policy, const char *born, const char *day, const char *band)
{
	uint16_t value = pst_policy_age_band(policy, day_of(born), day_of(day));

	cr_expect_str_eq(pst_policy_value_name(policy, PST_AXIS_AGE_BAND, value), band,
		"born %s, on %s", born, day);
}

Test(ages, a_birthday_changes_the_band_and_the_day_before_does_not)
{
	struct pst_policy *policy = policy_with_ages();

	expect_band(policy, "2012-05-10", "2026-05-09", "child");
	expect_band(policy, "2012-05-10", "2026-05-10", "adult");
	expect_band(policy, "1946-05-10", "2026-05-09", "adult");
	expect_band(policy, "1946-05-10", "2026-05-10", "old");
	expect_band(policy, "2012-12-31", "2026-12-30", "child");
	expect_band(policy, "2012-12-31", "2026-12-31", "adult");
	expect_band(policy, "2012-01-01", "2025-12-31", "child");
	expect_band(policy, "2012-01-01", "2026-01-01", "adult");
	expect_band(policy, "1900-01-01", "2026-01-01", "old");
	expect_band(policy, "2026-01-01", "2026-01-01", "child");
	expect_band(policy, "2026-01-02", "2026-01-01", "unset");
	pst_policy_destroy(&policy);
}

Test(ages, a_leap_day_birthday_is_on_1_march_in_other_years)
{
	struct pst_policy *policy = policy_with_ages();

	expect_band(policy, "2012-02-29", "2026-02-28", "child");
	expect_band(policy, "2012-02-29", "2026-03-01", "adult");
	expect_band(policy, "1948-02-29", "2028-02-28", "adult");
	expect_band(policy, "1948-02-29", "2028-02-29", "old");
	pst_policy_destroy(&policy);
}

/* Against a count of birthdays, one day at a time. */
Test(ages, every_day_of_a_life_has_the_band_of_its_age)
{
	static const char *const births[] = {
		"1943-03-01", "1944-02-29", "1999-12-31", "2000-01-01", "2000-02-29"};
	struct pst_policy *policy = policy_with_ages();

	for (size_t i = 0; i < sizeof(births) / sizeof(births[0]); i++) {
		int32_t born = day_of(births[i]);
		int age = -1;

		for (int32_t day = born; day < born + 31000; day++) {
			char now[PST_CLOCK_TEXT_SIZE];
			char before[PST_CLOCK_TEXT_SIZE];
			bool is_leap_birth = strcmp(births[i] + 5, "02-29") == 0;

			pst_clock_format_day(day, now);
			pst_clock_format_day(day - 1, before);
			age += strcmp(now + 5, births[i] + 5) == 0 ||
			       (is_leap_birth && strcmp(now + 5, "03-01") == 0 &&
				       strcmp(before + 5, "02-28") == 0);
			cr_assert_eq(
				pst_clock_months(born, day) / 12, age, "%s, %s", births[i], now);
			cr_assert_str_eq(pst_policy_value_name(policy, PST_AXIS_AGE_BAND,
						 pst_policy_age_band(policy, born, day)),
				age < 14   ? "child"
				: age < 80 ? "adult"
					   : "old");
		}
	}
	pst_policy_destroy(&policy);
}

Test(ages, a_request_is_decided_by_birth_or_by_band_never_by_both)
{
	struct pst_policy *policy = policy_with_ages();
	struct pst_policy_request request = {.day = day_of("2026-01-01"),
		.has_born = true,
		.born_day = day_of("2010-01-01"),
		.value = {[PST_AXIS_CATEGORY] = "member",
			[PST_AXIS_KNOWN_BY] = "document",
			[PST_AXIS_ENVIRONMENT] = "land",
			[PST_AXIS_MODE] = "normal",
			[PST_AXIS_PURPOSE] = "verify",
			[PST_AXIS_MODALITY] = "face",
			[PST_AXIS_NOTICE] = "current",
			[PST_AXIS_CHOICE] = "none"}};
	struct pst_policy_decision decision;

	pst_policy_decide(policy, &request, &decision);
	cr_expect_eq(decision.verdict, PST_VERDICT_ALLOW);
	request.value[PST_AXIS_AGE_BAND] = "adult";
	pst_policy_decide(policy, &request, &decision);
	cr_expect_str_eq(decision.rule_id, "built-in.unknown-value");
	request.value[PST_AXIS_AGE_BAND] = NULL;
	request.born_day = day_of("2026-01-02");
	pst_policy_decide(policy, &request, &decision);
	cr_expect_str_eq(decision.rule_id, "built-in.unknown-value");
	pst_policy_destroy(&policy);
	policy = small_policy();
	pst_policy_decide(policy, &request, &decision);
	cr_expect_str_eq(decision.rule_id, "built-in.unknown-value");
	pst_policy_destroy(&policy);
}

Test(ages, gaps_overlaps_and_strangers_are_refused)
{
	static const struct {
		const char *old, *new, *says;
	} broken[] = {
		{"{band: child, to: 13}", "{band: child, from: 1, to: 13}", "without gap"},
		{"from: 14, to: 79", "from: 15, to: 79", "without gap"},
		{"from: 14, to: 79", "from: 13, to: 79", "overlap"},
		{"from: 14, to: 79", "from: 14, to: 12", "without gap"},
		{"from: 14, to: 79", "from: 14", "without gap"},
		{"{band: old, from: 80}", "{band: old, from: 80, to: 100}", "only the last"},
		{"{band: old, from: 80}", "{band: older, from: 80}", "did you mean 'old'"},
		{"{band: old, from: 80}", "{band: child, from: 80}", "stands twice"},
		{"      - {band: old, from: 80}\n", "", "one entry for each value"},
		{"to: 13}", "to: 13.5}", "whole years"},
		{"to: 13}", "to: -1}", "whole years"},
		{"to: 13}", "until: 13}", "until"},
		{"axis: age-band", "axis: port", "only age-band"},
	};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char *ages = strdup(AGES);
		char *at = strstr(ages, broken[i].old);
		char changed[1024];
		struct pst_policy *policy = NULL;
		struct pst_error error = {0};

		cr_assert_not_null(at, "%s", broken[i].old);
		(void)snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - ages), ages,
			broken[i].new, at + strlen(broken[i].old));
		char *text = small_policy_with("always:", changed);
		cr_expect_eq(small_policy_parse(text, &policy, &error), PST_E_CONFIG, "%s",
			broken[i].new);
		cr_expect(strstr(error.text, broken[i].says), "%s: %s", broken[i].new, error.text);
		free(text);
		free(ages);
	}
}

Test(ages, a_notice_is_stale_from_the_day_after_its_last)
{
	char *text = small_policy_with("notice: N,", "notice: N, notice-until: 2026-12-31,");
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(small_policy_parse(text, &policy, &error), 0, "%s", error.text);
	free(text);
	cr_expect_eq(pst_policy_notice(policy, PST_NOTICE_CURRENT, day_of("2026-12-31")),
		PST_NOTICE_CURRENT);
	cr_expect_eq(pst_policy_notice(policy, PST_NOTICE_CURRENT, day_of("2027-01-01")),
		PST_NOTICE_STALE);
	cr_expect_eq(pst_policy_notice(policy, PST_NOTICE_ABSENT, day_of("2027-01-01")),
		PST_NOTICE_ABSENT);
	pst_policy_destroy(&policy);
	policy = small_policy();
	cr_expect_eq(pst_policy_notice(policy, PST_NOTICE_CURRENT, day_of("9999-12-31")),
		PST_NOTICE_CURRENT);
	pst_policy_destroy(&policy);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <time.h>

#include "base/clock.h"

#define DAY_NS (86400 * PST_NS_PER_S)
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

Test(clock, monotonic_time_never_goes_back)
{
	int64_t last = pst_clock_mono_ns();

	for (int i = 0; i < 1000; i++) {
		int64_t now = pst_clock_mono_ns();

		cr_assert_geq(now, last);
		last = now;
	}
}

Test(clock, wall_time_is_the_system_s)
{
	int64_t before = (int64_t)time(NULL);
	int64_t now = pst_clock_wall_s();

	cr_assert(now >= before && now <= before + 2);
}

Test(clock, seconds_are_written_in_utc)
{
	static const struct {
		int64_t wall_s;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00Z"},
		{-1, "1969-12-31T23:59:59Z"},
		{951782400, "2000-02-29T00:00:00Z"},
		{1766707199, "2025-12-25T23:59:59Z"},
		{1766707200, "2025-12-26T00:00:00Z"},
		{253402300799, "9999-12-31T23:59:59Z"},
	};
	char text[PST_CLOCK_TEXT_SIZE];

	for (size_t i = 0; i < COUNT(cases); i++) {
		pst_clock_format_s(cases[i].wall_s, text);
		cr_assert_str_eq(text, cases[i].text);
	}
}

Test(clock, absurd_seconds_still_give_a_text)
{
	char text[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_s(INT64_MAX, text);
	cr_assert_str_eq(text, "9223372036854775807");
	pst_clock_format_s(INT64_MIN, text);
	cr_assert_str_eq(text, "-9223372036854775808");
}

Test(clock, days_are_read)
{
	static const struct {
		const char *text;
		int32_t day;
	} cases[] = {
		{"1970-01-01", 0},
		{"1969-12-31", -1},
		{"1900-01-01", -25567},
		{"2000-02-29", 11016},
		{"2000-03-01", 11017},
		{"2024-02-29", 19782},
		{"2025-12-26", 20448},
		{"9999-12-31", 2932896},
	};
	int32_t day;

	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_assert_eq(pst_clock_parse_day(cases[i].text, &day), 0, "%s", cases[i].text);
		cr_assert_eq(day, cases[i].day, "%s: %d", cases[i].text, day);
	}
}

Test(clock, days_that_do_not_exist_are_refused)
{
	static const char *const wrong[] = {"", "2025", "2025-12", "2025-12-", "2025-12-26 ",
		" 2025-12-26", "2025-12-26T00:00:00Z", "2025-13-01", "2025-00-10", "2025-01-00",
		"2025-01-32", "2025-04-31", "2025-02-29", "1900-02-29", "2100-02-29", "1899-12-31",
		"0000-01-01", "-025-01-01", "25-12-26", "2025-1-026", "2025-+1-01", "2025/12/26",
		"2025-12-2x", "20251226", "2025-12-026", "yesterday", "2025- 1-01", "２025-12-26"};
	int32_t day = 4711;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		cr_assert_eq(pst_clock_parse_day(wrong[i], &day), -EINVAL, "%s", wrong[i]);
		cr_assert_eq(day, 4711, "%s changed the result", wrong[i]);
	}
}

Test(clock, every_day_of_three_centuries_comes_back)
{
	char text[PST_CLOCK_TEXT_SIZE];
	int32_t again;

	for (int32_t day = -25567; day < 84006; day++) {
		pst_clock_format_day(day, text);
		cr_assert_eq(pst_clock_parse_day(text, &again), 0, "%s", text);
		cr_assert_eq(again, day, "%s", text);
	}
}

Test(clock, durations_are_read)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{"0", 0},
		{"0.0", 0},
		{"0s", 0},
		{"0y", 0},
		{"250ms", 250 * PST_NS_PER_MS},
		{"0.5ms", 500000},
		{"0.5s", 500 * PST_NS_PER_MS},
		{"1.25s", 1250 * PST_NS_PER_MS},
		{"0.1s", 100 * PST_NS_PER_MS},
		{"90s", 90 * PST_NS_PER_S},
		{"5min", 300 * PST_NS_PER_S},
		{"12h", 12 * 3600 * PST_NS_PER_S},
		{"14d", 14 * DAY_NS},
		{"1y", 365 * DAY_NS},
		{"2y", 730 * DAY_NS},
		{"3y", 1095 * DAY_NS},
		{"4y", 1461 * DAY_NS},
		{"15y", 5478 * DAY_NS},
		{"75y", 27393 * DAY_NS},
		{"0.5y", 182 * DAY_NS},
		{"106481d", 106481 * DAY_NS},
	};
	int64_t ns;

	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_assert_eq(pst_clock_parse_duration(cases[i].text, &ns), 0, "%s", cases[i].text);
		cr_assert_eq(ns, cases[i].ns, "%s: %lld", cases[i].text, (long long)ns);
	}
}

Test(clock, wrong_durations_are_refused)
{
	static const char *const wrong[] = {"", "s", "5", "1.5", "-1s", "+1s", " 1s", "1 s", "1s ",
		"1h30min", "1m", "1M", "1S", "1sec", "1ns", "1us", "1w", "1e3s", "1E3s", "0x10s",
		".5s", "inf", "nan", "infd", "1,5s", "1..5s", "1.5.s", "ms", "d1", "1s1s", "12 h"};
	int64_t ns = 4711;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		cr_assert_eq(pst_clock_parse_duration(wrong[i], &ns), -EINVAL, "%s", wrong[i]);
		cr_assert_eq(ns, 4711, "%s changed the result", wrong[i]);
	}
}

Test(clock, durations_too_long_are_out_of_range)
{
	static const char *const wrong[] = {"292y", "300y", "106752d", "99999999999d",
		"9223372037s", "123456789012345678901234567890s"};
	int64_t ns = 4711;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		cr_assert_eq(pst_clock_parse_duration(wrong[i], &ns), -ERANGE, "%s", wrong[i]);
		cr_assert_eq(ns, 4711, "%s changed the result", wrong[i]);
	}
}

Test(clock, durations_are_written_in_their_largest_whole_unit)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{0, "0ms"},
		{999999, "0ms"},
		{PST_NS_PER_MS, "1ms"},
		{1500 * PST_NS_PER_MS, "1500ms"},
		{2 * PST_NS_PER_S, "2s"},
		{90 * PST_NS_PER_S, "90s"},
		{120 * PST_NS_PER_S, "2min"},
		{3600 * PST_NS_PER_S, "1h"},
		{36 * 3600 * PST_NS_PER_S, "36h"},
		{14 * DAY_NS, "14d"},
		{27393 * DAY_NS, "27393d"},
	};
	char text[PST_CLOCK_TEXT_SIZE];
	int64_t again;

	for (size_t i = 0; i < COUNT(cases); i++) {
		pst_clock_format_duration(cases[i].ns, text);
		cr_assert_str_eq(text, cases[i].text);
		cr_assert_eq(pst_clock_parse_duration(text, &again), 0);
		cr_assert_eq(again, cases[i].ns - cases[i].ns % PST_NS_PER_MS);
	}
}

/* Against the C library's calendar, around every turn of a month. */
Test(clock, whole_months_are_those_of_the_calendar)
{
	static const char *const births[] = {
		"1900-01-01", "1904-02-29", "1969-12-31", "1970-01-01", "2000-02-29", "2011-10-31"};

	for (size_t i = 0; i < COUNT(births); i++) {
		struct tm from = {0};
		int32_t born;

		cr_assert_eq(pst_clock_parse_day(births[i], &born), 0);
		time_t born_s = born * 86400LL;
		cr_assert_not_null(gmtime_r(&born_s, &from));
		for (int32_t day = born; day < born + 60000; day++) {
			time_t day_s = day * 86400LL;
			struct tm to = {0};

			cr_assert_not_null(gmtime_r(&day_s, &to));
			cr_assert_eq(pst_clock_months(born, day),
				(to.tm_year - from.tm_year) * 12 + to.tm_mon - from.tm_mon -
					(to.tm_mday < from.tm_mday),
				"%s, day %d", births[i], day);
		}
	}
}

Test(clock, zones_are_known_by_area_and_place)
{
	cr_expect(pst_clock_has_zone("America/New_York"));
	cr_expect(pst_clock_has_zone("America/Argentina/Buenos_Aires"));
	cr_expect_not(pst_clock_has_zone("America"));
	cr_expect_not(pst_clock_has_zone("America/"));
	cr_expect_not(pst_clock_has_zone("../zoneinfo/America/New_York"));
	cr_expect_not(pst_clock_has_zone("New_York"));
	cr_expect_not(pst_clock_has_zone(""));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <string.h>

#include "conform/report.h"

static uint8_t buffer[PST_PLAN_SIZE_MAX];

Test(checks, ids_are_found_and_there_is_one_of_each)
{
	for (int i = 0; i < PST_CHECKS; i++) {
		cr_assert_eq(pst_check_find(pst_check_info((enum pst_check)i)->id), i);
	}
	cr_assert_eq(pst_check_find("detect.cab"), -1);
	cr_assert_str_eq(pst_check_nearest("detect.cab"), "detect.cap");
}

Test(checks, each_kind_has_a_hundred_or_more)
{
	for (int kind = PST_PLUGIN_DETECTOR; kind <= PST_PLUGIN_PAD; kind++) {
		int count = 0;

		for (int i = 0; i < PST_CHECKS; i++) {
			count += pst_check_is_for((enum pst_check)i, (enum pst_plugin_kind)kind);
		}
		cr_assert_geq(count, 100, "kind %d has %d", kind, count);
	}
}

Test(report, goes_and_comes_back)
{
	const struct pst_report sent[] = {
		{.type = PST_REPORT_BEGIN, .check = PST_CHECK_DETECT_CAP, .limit_ms = 10000},
		{.type = PST_REPORT_END,
			.check = PST_CHECK_DETECT_CAP,
			.mark = PST_MARK_SKIP,
			.text = "no instance"},
		{.type = PST_REPORT_TOLD,
			.check = PST_CHECK_GUEST_NO_FORK,
			.mark = PST_MARK_FAIL,
			.text = "called fork"},
		{.type = PST_REPORT_DONE},
	};

	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		struct pst_report back;
		int size = pst_report_encode(&sent[i], buffer);

		cr_assert_gt(size, 0);
		cr_assert_eq(pst_report_decode(buffer, (size_t)size, &back), 0);
		cr_assert_eq(back.type, sent[i].type);
		cr_assert_eq(back.check, sent[i].check);
		cr_assert_eq(back.mark, sent[i].mark);
		cr_assert_eq(back.limit_ms, sent[i].limit_ms);
		cr_assert_str_eq(back.text, sent[i].text);
		for (int cut = 0; cut < size; cut++) {
			cr_assert_eq(pst_report_decode(buffer, (size_t)cut, &back), PST_E_CORRUPT);
		}
		cr_assert_eq(pst_report_decode(buffer, (size_t)size + 1, &back), PST_E_CORRUPT);
	}
}

Test(report, nonsense_is_refused)
{
	const struct pst_report bad[] = {
		{.type = PST_REPORT_UNSET},
		{.type = PST_REPORT_TYPES},
		{.type = PST_REPORT_BEGIN, .check = PST_CHECKS, .limit_ms = 1},
		{.type = PST_REPORT_BEGIN, .limit_ms = 0},
		{.type = PST_REPORT_BEGIN, .limit_ms = PST_REPORT_LIMIT_MAX_MS + 1},
		{.type = PST_REPORT_END, .mark = PST_MARK_UNSET},
		{.type = PST_REPORT_END, .mark = PST_MARK_PASS, .text = "two\nlines"},
		{.type = PST_REPORT_END, .mark = PST_MARK_PASS, .text = "\033[31m"},
		{.type = PST_REPORT_TOLD, .mark = PST_MARK_PASS},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(pst_report_encode(&bad[i], buffer), PST_E_CORRUPT, "%zu", i);
	}
}

Test(report, a_text_becomes_one_printable_line)
{
	char text[] = "a\nb\033c\x7f\xff";

	pst_report_clean(text);
	cr_assert_str_eq(text, "a?b?c??");
}

Test(plan, goes_and_comes_back)
{
	static struct pst_plan plan, back;
	int size;

	plan = (struct pst_plan){.threads = 2, .template_types = 2, .option_count = 1, .count = 2};
	strcpy(plan.option[0].low, "0.5");
	plan.check[0] = PST_CHECK_LIFE_INIT;
	plan.check[1] = PST_CHECK_GUEST_NO_FORK;
	size = pst_plan_encode(&plan, buffer);
	cr_assert_gt(size, 0);
	cr_assert_eq(pst_plan_decode(buffer, (size_t)size, &back), 0);
	cr_assert_eq(back.count, 2);
	cr_assert_eq(back.check[1], PST_CHECK_GUEST_NO_FORK);
	cr_assert_str_eq(back.option[0].low, "0.5");
	cr_assert_str_eq(back.option[0].high, "");
	cr_assert_eq(pst_plan_decode(buffer, (size_t)size - 1, &back), PST_E_CORRUPT);
	plan.count = PST_CHECKS + 1;
	cr_assert_eq(pst_plan_encode(&plan, buffer), PST_E_CORRUPT);
}

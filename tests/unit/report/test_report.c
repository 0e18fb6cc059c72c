/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/audit.h"
#include "report/report.h"

#define OUTCOME(name) (PST_MEASURE_OUTCOME + PST_OUTCOME_##name)

static char folder[] = "/tmp/postern-report-XXXXXX";
static struct pst_sign_key *key;
static struct pst_audit *audit;
static struct pst_report *report;
static struct pst_error error;

static void set_up(void)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {42};

	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(pst_sign_key_open(&key, seed), 0);
	cr_assert_eq(pst_audit_open(&audit, folder, key, &error), 0, "%s", error.text);
	cr_assert_eq(pst_report_create(&report, INT32_MIN, INT32_MAX), 0);
}

static void tear_down(void)
{
	char command[64];

	pst_report_destroy(&report);
	(void)pst_audit_close(&audit);
	pst_sign_key_close(&key);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(report, .init = set_up, .fini = tear_down);

static void close_some(int count, const char *lane, const char *category, const char *rest)
{
	char json[512];

	(void)snprintf(json, sizeof(json), "{\"lane\":\"%s\",\"category\":\"%s\",%s}", lane,
		category, rest);
	for (int i = 0; i < count; i++) {
		cr_assert_eq(pst_audit_append(audit, "encounter.closed", json, NULL, &error), 0);
	}
}

static void conclude(void)
{
	cr_assert_eq(pst_audit_close(&audit), 0);
	cr_assert_eq(pst_report_add(report, folder, NULL, &error), 0, "%s", error.text);
	cr_assert_eq(pst_report_conclude(report), 0);
}

/* @return -1: not told */
static int64_t told(const struct pst_report_group *group, unsigned measure)
{
	uint64_t count;

	return pst_report_count(group, measure, &count) ? (int64_t)count : -1;
}

Test(report, of_an_empty_log)
{
	double share;

	conclude();
	cr_expect_eq(told(&report->all, PST_MEASURE_ENCOUNTERS), 0);
	cr_expect_eq(pst_report_rate(&report->all, PST_RATE_CAPTURE, &share), PST_TOLD_NOBODY);
	cr_expect_eq(pst_report_slowness(&report->all), 0);
	cr_expect_eq(report->lane_count + report->category_count + report->hidden, 0);
}

Test(report, counts_each_encounter_in_its_branch)
{
	double share;

	close_some(30, "b", "visitor", "\"outcome\":\"verified\",\"rule\":\"r\"");
	close_some(10, "b", "visitor", "\"outcome\":\"refer-no-match\",\"rule\":\"r\"");
	close_some(10, "b", "visitor",
		"\"outcome\":\"refer-not-captured\",\"reason\":\"turned\",\"rule\":\"r\"");
	close_some(5, "a", "citizen", "\"outcome\":\"refer-opted-out\",\"rule\":\"declines\"");
	close_some(6, "a", "citizen",
		"\"outcome\":\"refer-no-notice\",\"notice\":\"stale\",\"rule\":\"n\"");
	close_some(7, "a", "citizen",
		"\"outcome\":\"refer-not-captured\",\"recording\":\"sealed\",\"rule\":\"r\"");
	conclude();
	cr_assert_eq(report->lane_count, 2);
	cr_expect_str_eq(report->lanes[0].name, "a", "in order");
	cr_expect_eq(report->hidden, 0);
	cr_expect_eq(told(&report->all, PST_MEASURE_ENCOUNTERS), 68);
	cr_expect_eq(told(&report->lanes[1], PST_MEASURE_CAPTURED), 40);
	cr_expect_eq(told(&report->lanes[1], OUTCOME(REFER_NOT_CAPTURED)), 10);
	cr_expect_eq(told(&report->all, PST_MEASURE_REASON + PST_CAPTURE_REASON_TURNED), 10);
	cr_expect_eq(told(&report->all, PST_MEASURE_NOTICE + PST_NOTICE_STALE), 6);
	cr_expect_eq(told(&report->all, OUTCOME(REFER_OPTED_OUT)), 5);
	cr_expect_eq(told(&report->lanes[0], PST_MEASURE_RECORDED), 7);
	cr_assert_eq(report->rule_count, 1);
	cr_expect_str_eq(report->rules[0].name, "declines");
	cr_expect_eq(told(&report->lanes[0], PST_MEASURE_RULE), 5);
	cr_expect_eq(pst_report_rate(&report->all, PST_RATE_CAPTURE, &share), PST_TOLD_YES);
	cr_expect_float_eq(share, 0.8, 1e-9, "whoever was recorded is in neither");
	cr_expect_eq(pst_report_rate(&report->all, PST_RATE_MATCH, &share), PST_TOLD_YES);
	cr_expect_float_eq(share, 0.75, 1e-9);
	cr_expect_eq(pst_report_rate(&report->all, PST_RATE_REFER, &share), PST_TOLD_YES);
	cr_expect_float_eq(share, 38.0 / 68, 1e-9);
}

Test(report, a_small_number_takes_its_rate_and_its_rest_along)
{
	double share;

	close_some(20, "a", "citizen", "\"outcome\":\"verified\"");
	close_some(20, "b", "citizen", "\"outcome\":\"verified\"");
	close_some(4, "a", "citizen", "\"outcome\":\"refer-no-match\"");
	close_some(20, "b", "citizen", "\"outcome\":\"refer-no-match\"");
	conclude();
	cr_expect_eq(told(&report->lanes[0], OUTCOME(REFER_NO_MATCH)), -1);
	cr_expect_eq(told(&report->lanes[1], OUTCOME(REFER_NO_MATCH)), -1);
	cr_expect_eq(told(&report->lanes[0], OUTCOME(VERIFIED)), -1);
	cr_expect_eq(told(&report->lanes[1], OUTCOME(VERIFIED)), -1);
	cr_expect_eq(told(&report->all, OUTCOME(VERIFIED)), 40);
	cr_expect_eq(told(&report->all, OUTCOME(REFER_NO_MATCH)), 24);
	cr_expect_eq(pst_report_rate(&report->lanes[0], PST_RATE_MATCH, &share), PST_TOLD_HIDDEN);
}

Test(report, a_log_counts_once)
{
	close_some(5, "a", "citizen", "\"outcome\":\"verified\"");
	cr_assert_eq(pst_audit_close(&audit), 0);
	cr_assert_eq(pst_report_add(report, folder, NULL, &error), 0, "%s", error.text);
	cr_expect_eq(pst_report_add(report, folder, NULL, &error), -EEXIST);
}

Test(report, a_damaged_log_counts_nothing)
{
	char path[128];

	close_some(5, "a", "citizen", "\"outcome\":\"verified\"");
	cr_assert_eq(pst_audit_close(&audit), 0);
	(void)snprintf(path, sizeof(path), "%s/" PST_AUDIT_LOG, folder);
	FILE *log = fopen(path, "r+");
	cr_assert_not_null(log);
	(void)fseek(log, 400, SEEK_SET);
	int byte = getc(log);
	(void)fseek(log, 400, SEEK_SET);
	(void)fputc(byte ^ 1, log);
	(void)fclose(log);
	cr_expect_eq(pst_report_add(report, folder, NULL, &error), PST_E_CORRUPT);
	cr_expect_eq(report->log_count + report->lane_count, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report_print.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "cli/table.h"

#define OUTCOME(name) (PST_MEASURE_OUTCOME + PST_OUTCOME_REFER_##name)

size_t pst_report_row_count(const struct pst_report *report)
{
	return 1 + report->category_count + report->lane_count;
}

struct pst_report_row pst_report_row(const struct pst_report *report, size_t index)
{
	if (index == 0) {
		return (struct pst_report_row){"all", &report->all};
	}
	if (index <= report->category_count) {
		return (struct pst_report_row){"category", &report->categories[index - 1]};
	}
	return (struct pst_report_row){"lane", &report->lanes[index - 1 - report->category_count]};
}

const char *pst_report_number(
	const struct pst_report_group *group, unsigned measure, char text[PST_REPORT_TEXT_SIZE])
{
	uint64_t count;

	if (!pst_report_count(group, measure, &count)) {
		return "*";
	}
	(void)snprintf(text, PST_REPORT_TEXT_SIZE, "%" PRIu64, count);
	return text;
}

const char *pst_report_percent(
	const struct pst_report_group *group, enum pst_rate rate, char text[PST_REPORT_TEXT_SIZE])
{
	double share;

	switch (pst_report_rate(group, rate, &share)) {
	case PST_TOLD_HIDDEN:
		return "*";
	case PST_TOLD_NOBODY:
		return "-";
	case PST_TOLD_YES:
		break;
	}
	(void)snprintf(text, PST_REPORT_TEXT_SIZE, "%.1f %%", 100 * share);
	return text;
}

const char *pst_report_seconds(
	const struct pst_times *times, bool p90, char text[PST_REPORT_TEXT_SIZE])
{
	int64_t median_ms, p90_ms;

	if (!pst_report_times(times, &median_ms, &p90_ms)) {
		return "*";
	}
	(void)snprintf(
		text, PST_REPORT_TEXT_SIZE, "%.2f s", (double)(p90 ? p90_ms : median_ms) / 1000);
	return text;
}

void pst_report_span(const struct pst_report *report, char text[128])
{
	char from[PST_CLOCK_TEXT_SIZE], until[PST_CLOCK_TEXT_SIZE];
	int64_t first_s = INT64_MAX, last_s = INT64_MIN;

	for (size_t i = 0; i < report->log_count; i++) {
		first_s = report->logs[i].first_s < first_s ? report->logs[i].first_s : first_s;
		last_s = report->logs[i].last_s > last_s ? report->logs[i].last_s : last_s;
	}
	pst_clock_format_day(
		report->from_day > INT32_MIN ? report->from_day : (int32_t)(first_s / 86400), from);
	pst_clock_format_day(
		report->until_day < INT32_MAX ? report->until_day : (int32_t)(last_s / 86400),
		until);
	(void)snprintf(text, 128, "%s to %s, days in UTC", from, until);
}

void pst_report_warning(const struct pst_report_group *lane, char *text, size_t size)
{
	(void)snprintf(text, size,
		"Lane %s: opting out takes %.0f %% longer than consenting. It must be as easy.",
		lane->name, 100 * (pst_report_slowness(lane) - 1));
}

static void add_heading(struct pst_table *table, const char *const *names)
{
	for (table->columns = 0; names[table->columns];) {
		table->columns++;
	}
	pst_table_add(table, names);
}

static int end_table(struct pst_table *table, const char *title, FILE *to)
{
	int status = 0;

	if (table->count > table->columns) {
		(void)fprintf(to, "\n%s\n", title);
		status = pst_table_print_to(table, to);
	}
	pst_table_finish(table);
	return status;
}

static int print_people(const struct pst_report *report, FILE *to)
{
	static const char *const names[] = {"", "", "people", "captured", "not captured",
		"opted out", "withdrew", "exempt", "no consent", "unknown", "no notice", "fault",
		NULL};
	static const unsigned measures[] = {PST_MEASURE_ENCOUNTERS, PST_MEASURE_CAPTURED,
		OUTCOME(NOT_CAPTURED), OUTCOME(OPTED_OUT), OUTCOME(WITHDRAWN), OUTCOME(EXEMPT),
		OUTCOME(NO_CONSENT), OUTCOME(UNKNOWN_CATEGORY), OUTCOME(NO_NOTICE), OUTCOME(FAULT)};
	struct pst_table table = {0};

	add_heading(&table, names);
	for (size_t i = 0; i < pst_report_row_count(report); i++) {
		const struct pst_report_row row = pst_report_row(report, i);
		char text[10][PST_REPORT_TEXT_SIZE];
		const char *cells[12] = {row.kind, row.group->name};

		for (size_t k = 0; k < 10; k++) {
			cells[2 + k] = pst_report_number(row.group, measures[k], text[k]);
		}
		pst_table_add(&table, cells);
	}
	return end_table(&table, "Encounters, and how they ended", to);
}

static int print_rates(const struct pst_report *report, FILE *to)
{
	static const char *const names[] = {"", "", "captured", "verified", "no match",
		"uncalibrated", "capture rate", "match rate", "referred", NULL};
	static const unsigned measures[] = {PST_MEASURE_CAPTURED,
		PST_MEASURE_OUTCOME + PST_OUTCOME_VERIFIED, OUTCOME(NO_MATCH),
		OUTCOME(UNCALIBRATED)};
	static const enum pst_rate rates[] = {PST_RATE_CAPTURE, PST_RATE_MATCH, PST_RATE_REFER};
	struct pst_table table = {0};

	add_heading(&table, names);
	for (size_t i = 0; i < pst_report_row_count(report); i++) {
		const struct pst_report_row row = pst_report_row(report, i);
		char text[7][PST_REPORT_TEXT_SIZE];
		const char *cells[9] = {row.kind, row.group->name};

		for (size_t k = 0; k < 4; k++) {
			cells[2 + k] = pst_report_number(row.group, measures[k], text[k]);
		}
		for (size_t k = 0; k < 3; k++) {
			cells[6 + k] = pst_report_percent(row.group, rates[k], text[4 + k]);
		}
		pst_table_add(&table, cells);
	}
	return end_table(&table, "Captured and compared", to);
}

/* A row for each number of a list that is not 0. */
static void add_parts(struct pst_table *table, const struct pst_report_row *row, unsigned first,
	const char *const *words, size_t count)
{
	char text[PST_REPORT_TEXT_SIZE];

	for (size_t i = 0; i < count; i++) {
		const char *number = pst_report_number(row->group, first + (unsigned)i, text);

		if (strcmp(number, "0") != 0) {
			pst_table_add(table,
				(const char *[]){row->kind, row->group->name, words[i], number});
		}
	}
}

static int print_reasons(const struct pst_report *report, FILE *to)
{
	static const char *const reason_names[] = {"", "", "reason", "people", NULL};
	static const char *const notice_names[] = {"", "", "notice", "people", NULL};
	struct pst_table reasons = {0};
	struct pst_table notices = {0};

	add_heading(&reasons, reason_names);
	add_heading(&notices, notice_names);
	for (size_t i = 0; i < pst_report_row_count(report); i++) {
		const struct pst_report_row row = pst_report_row(report, i);

		add_parts(&reasons, &row, PST_MEASURE_REASON, pst_capture_reason_names,
			PST_CAPTURE_REASON_COUNT);
		add_parts(&notices, &row, PST_MEASURE_NOTICE, pst_notice_names, PST_NOTICE_COUNT);
	}
	int status = end_table(&reasons, "Not captured, and why", to);
	int other = end_table(&notices, "Not captured for want of a current notice", to);

	return status < 0 ? status : other;
}

static int print_rules(const struct pst_report *report, FILE *to)
{
	static const char *const names[] = {"", "", "outcome", "rule", "people", NULL};
	struct pst_table table = {0};
	char text[PST_REPORT_TEXT_SIZE];

	add_heading(&table, names);
	for (size_t i = 0; i < pst_report_row_count(report); i++) {
		const struct pst_report_row row = pst_report_row(report, i);

		for (size_t k = 0; k < report->rule_count; k++) {
			const struct pst_report_rule *rule = &report->rules[k];
			const char *number =
				pst_report_number(row.group, PST_MEASURE_RULE + (unsigned)k, text);

			if (strcmp(number, "0") != 0) {
				pst_table_add(&table, (const char *[]){row.kind, row.group->name,
							      pst_outcome_name(rule->outcome),
							      rule->name, number});
			}
		}
	}
	return end_table(&table, "Refused by rule", to);
}

static int print_times(const struct pst_report *report, FILE *to)
{
	static const char *const names[] = {
		"", "", "consent", "9 of 10", "opt out", "9 of 10", "as long", NULL};
	struct pst_table table = {0};

	add_heading(&table, names);
	for (size_t i = 0; i < pst_report_row_count(report); i++) {
		const struct pst_report_row row = pst_report_row(report, i);
		const struct pst_report_group *group = row.group;
		char text[5][PST_REPORT_TEXT_SIZE];
		double slowness = pst_report_slowness(group);

		if (group->consent.count + group->decline.count == 0) {
			continue;
		}
		(void)snprintf(text[4], PST_REPORT_TEXT_SIZE, "%.2f times", slowness);
		pst_table_add(&table, (const char *[]){row.kind, group->name,
					      pst_report_seconds(&group->consent, false, text[0]),
					      pst_report_seconds(&group->consent, true, text[1]),
					      pst_report_seconds(&group->decline, false, text[2]),
					      pst_report_seconds(&group->decline, true, text[3]),
					      slowness > 0 ? text[4] : "*"});
	}
	return end_table(&table, "From the notice to the choice (median, and 9 of 10 people)", to);
}

static int print_lanes(const struct pst_report *report, FILE *to)
{
	static const char *const names[] = {
		"lane", "opened", "camera lost", "encounters cut off", NULL};
	struct pst_table table = {0};
	char text[3][PST_REPORT_TEXT_SIZE];

	add_heading(&table, names);
	for (size_t i = 0; i < report->lane_count; i++) {
		const struct pst_report_group *lane = &report->lanes[i];

		(void)snprintf(text[0], PST_REPORT_TEXT_SIZE, "%" PRIu64, lane->runs);
		(void)snprintf(text[1], PST_REPORT_TEXT_SIZE, "%" PRIu64, lane->losses);
		(void)snprintf(text[2], PST_REPORT_TEXT_SIZE, "%" PRIu64, lane->cut);
		pst_table_add(&table,
			(const char *[]){lane->name, text[0], text[1],
				lane->cut > 0 && lane->cut < PST_REPORT_THRESHOLD ? "*" : text[2]});
	}
	return end_table(&table, "Lanes", to);
}

int pst_report_print_text(const struct pst_report *report, FILE *to)
{
	static int (*const parts[])(const struct pst_report *, FILE *) = {
		print_people, print_rates, print_reasons, print_rules, print_times, print_lanes};
	char text[160];
	int status = 0;

	pst_report_span(report, text);
	(void)fprintf(to, "Report, %s\n%s\n", text, PST_REPORT_MARK);
	for (size_t i = 0; i < report->lane_count; i++) {
		if (pst_report_slowness(&report->lanes[i]) > PST_REPORT_SLOWER) {
			pst_report_warning(&report->lanes[i], text, sizeof(text));
			(void)fprintf(to, "! %s\n", text);
		}
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && status == 0; i++) {
		status = parts[i](report, to);
	}
	(void)fprintf(to, "\nLogs, all verified\n");
	for (size_t i = 0; i < report->log_count; i++) {
		char head[2 * PST_CHAIN_SIZE + 1];

		pst_bytes_to_hex(report->logs[i].head, PST_CHAIN_SIZE, head);
		(void)fprintf(to, "%s  head %s\n", report->logs[i].dir, head);
	}
	return status;
}

static json_t *number_json(const struct pst_report_group *group, unsigned measure)
{
	uint64_t count;

	return pst_report_count(group, measure, &count) ? json_integer((json_int_t)count)
							: json_null();
}

/* A list's numbers by name. @param parent  "*": whatever number is not 0 */
static json_t *list_json(const struct pst_report_group *group, unsigned first,
	const char *const *words, size_t count)
{
	json_t *list = json_object();

	for (size_t i = 0; i < count; i++) {
		(void)json_object_set_new(list, words[i], number_json(group, first + (unsigned)i));
	}
	return list;
}

static json_t *rules_json(const struct pst_report *report, const struct pst_report_group *group)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->rule_count; i++) {
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:o}", "rule", report->rules[i].name, "outcome",
				      pst_outcome_name(report->rules[i].outcome), "people",
				      number_json(group, PST_MEASURE_RULE + (unsigned)i)));
	}
	return list;
}

static json_t *rates_json(const struct pst_report_group *group)
{
	static const char *const names[PST_RATE_COUNT] = {
		"capture", "match", "uncalibrated", "refer"};
	json_t *rates = json_object();
	double share;

	for (int i = 0; i < PST_RATE_COUNT; i++) {
		(void)json_object_set_new(rates, names[i],
			pst_report_rate(group, (enum pst_rate)i, &share) == PST_TOLD_YES
				? json_real(share)
				: json_null());
	}
	return rates;
}

static json_t *times_json(const struct pst_times *times)
{
	int64_t median_ms, p90_ms;

	return pst_report_times(times, &median_ms, &p90_ms)
		       ? json_pack("{s:I, s:I}", "median_ms", (json_int_t)median_ms, "p90_ms",
				 (json_int_t)p90_ms)
		       : json_null();
}

static json_t *group_json(const struct pst_report *report, const struct pst_report_row *row)
{
	const struct pst_report_group *group = row->group;
	double slowness = pst_report_slowness(group);
	json_t *json = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o, "
				 "s:b}}",
		"name", group->name, "encounters", number_json(group, PST_MEASURE_ENCOUNTERS),
		"captured", number_json(group, PST_MEASURE_CAPTURED), "recorded",
		number_json(group, PST_MEASURE_RECORDED), "outcomes",
		list_json(group, PST_MEASURE_OUTCOME, pst_outcome_names, PST_OUTCOME_COUNT),
		"not_captured",
		list_json(group, PST_MEASURE_REASON, pst_capture_reason_names,
			PST_CAPTURE_REASON_COUNT),
		"no_notice",
		list_json(group, PST_MEASURE_NOTICE, pst_notice_names, PST_NOTICE_COUNT), "refused",
		rules_json(report, group), "rates", rates_json(group), "choosing", "consent",
		times_json(&group->consent), "decline", times_json(&group->decline),
		"decline_by_consent", slowness > 0 ? json_real(slowness) : json_null(), "slower",
		slowness > PST_REPORT_SLOWER);

	if (strcmp(row->kind, "category") != 0) {
		bool small = group->cut > 0 && group->cut < PST_REPORT_THRESHOLD;

		(void)json_object_set_new(json, "opened", json_integer((json_int_t)group->runs));
		(void)json_object_set_new(
			json, "camera_lost", json_integer((json_int_t)group->losses));
		if (strcmp(row->kind, "lane") == 0) {
			(void)json_object_set_new(json, "cut_off",
				small ? json_null() : json_integer((json_int_t)group->cut));
		}
	}
	return json;
}

static json_t *day_json(int32_t day, int32_t none)
{
	char text[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_day(day, text);
	return day == none ? json_null() : json_string(text);
}

static json_t *logs_json(const struct pst_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->log_count; i++) {
		const struct pst_report_log *log = &report->logs[i];
		char head[2 * PST_CHAIN_SIZE + 1], key[2 * PST_SIGN_PUBLIC_SIZE + 1];

		pst_bytes_to_hex(log->head, sizeof(log->head), head);
		pst_bytes_to_hex(log->public_key, sizeof(log->public_key), key);
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "state", log->dir,
							  "head", head, "public_key", key));
	}
	return list;
}

json_t *pst_report_json(const struct pst_report *report)
{
	json_t *categories = json_array();
	json_t *lanes = json_array();
	json_t *all = NULL;

	for (size_t i = 0; i < pst_report_row_count(report); i++) {
		const struct pst_report_row row = pst_report_row(report, i);
		json_t *json = group_json(report, &row);

		if (i == 0) {
			all = json;
		} else {
			(void)json_array_append_new(
				i <= report->category_count ? categories : lanes, json);
		}
	}
	return json_pack("{s:i, s:o, s:o, s:i, s:I, s:o, s:o, s:o, s:o}", "report", 1, "from",
		day_json(report->from_day, INT32_MIN), "until",
		day_json(report->until_day, INT32_MAX), "threshold", PST_REPORT_THRESHOLD, "hidden",
		(json_int_t)report->hidden, "logs", logs_json(report), "all", all, "categories",
		categories, "lanes", lanes);
}

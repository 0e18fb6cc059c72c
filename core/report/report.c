/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/suppress.h"
#include "report/tally.h"

int pst_report_create(struct pst_report **ret_report, int32_t from_day, int32_t until_day)
{
	struct pst_report *report = calloc(1, sizeof(*report));

	*ret_report = report;
	if (!report) {
		return -ENOMEM;
	}
	report->from_day = from_day;
	report->until_day = until_day;
	return 0;
}

static void group_finish(struct pst_report_group *group)
{
	free(group->counts);
	free(group->hidden);
	pst_times_finish(&group->consent);
	pst_times_finish(&group->decline);
}

void pst_report_destroy(struct pst_report **report)
{
	struct pst_report *old = *report;

	*report = NULL;
	if (!old) {
		return;
	}
	group_finish(&old->all);
	for (size_t i = 0; i < old->category_count; i++) {
		group_finish(&old->categories[i]);
	}
	for (size_t i = 0; i < old->lane_count; i++) {
		group_finish(&old->lanes[i]);
	}
	for (size_t i = 0; i < old->log_count; i++) {
		free(old->logs[i].dir);
	}
	free(old->categories);
	free(old->lanes);
	free(old->logs);
	free(old->rules);
	free(old);
}

/* A log that is read a second time, to be counted. */
struct reading {
	struct pst_report *report;
	const struct pst_audit_report *verified;
	bool whole; /* the entry that was verified last is there, unchanged */
};

#define STOP 1

static int take_item(void *user, const struct pst_audit_item *item)
{
	struct reading *reading = user;
	int status = item->is_checkpoint ? 0 : pst_tally_entry(reading->report, item);

	if (status == 0 && item->sequence == reading->verified->entries) {
		reading->whole = memcmp(item->hash, reading->verified->head, PST_CHAIN_SIZE) == 0;
		status = STOP; /* what a lane has appended meanwhile is not verified */
	}
	return status;
}

static int count_log(struct pst_report *report, const char *dir,
	const struct pst_audit_report *verified, struct pst_error *error)
{
	struct reading reading = {.report = report, .verified = verified};
	int status = verified->entries > 0 ? pst_audit_each(dir, take_item, &reading, error) : 0;

	if (status == -E2BIG) {
		*error = (struct pst_error){0};
		return pst_error_set(error, status,
			"%s: more than %d lanes or categories, or %d rules, in one report; give "
			"fewer logs, or fewer days",
			dir, PST_REPORT_GROUPS_MAX, PST_REPORT_RULES_MAX);
	}
	if (status == -ENOMEM) {
		return pst_error_set(error, status, "%s: out of memory", dir);
	}
	if (status >= 0 && verified->entries > 0 && !reading.whole) {
		return pst_error_set(
			error, PST_E_CORRUPT, "%s: the log was changed while it was read", dir);
	}
	return status < 0 ? status : 0;
}

static int keep_log(struct pst_report *report, const char *dir,
	const struct pst_audit_report *verified, struct pst_error *error)
{
	struct pst_report_log *moved =
		reallocarray(report->logs, report->log_count + 1, sizeof(*moved));
	char *copy = strdup(dir);

	report->logs = moved ? moved : report->logs;
	if (!moved || !copy) {
		free(copy);
		return pst_error_set(error, -ENOMEM, "%s: out of memory", dir);
	}
	struct pst_report_log *log = &moved[report->log_count++];

	*log = (struct pst_report_log){
		.dir = copy, .first_s = verified->first_s, .last_s = verified->last_s};
	memcpy(log->head, verified->head, sizeof(log->head));
	memcpy(log->public_key, verified->public_key, sizeof(log->public_key));
	return 0;
}

/* The same log by another path. */
static bool is_counted(const struct pst_report *report, const struct pst_audit_report *verified)
{
	for (size_t i = 0; i < report->log_count; i++) {
		if (memcmp(report->logs[i].head, verified->head, PST_CHAIN_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

int pst_report_add(struct pst_report *report, const char *dir, const uint8_t *public_key,
	struct pst_error *error)
{
	struct pst_audit_report verified;
	int status = pst_audit_verify(dir, public_key, 0, &verified, error);

	if (status == 0 && is_counted(report, &verified)) {
		return pst_error_set(error, -EEXIST, "%s: the log is counted already", dir);
	}
	if (status == 0) {
		status = count_log(report, dir, &verified, error);
	}
	for (size_t i = 0; i < report->lane_count; i++) {
		report->lanes[i].open = 0; /* the next log is another one's */
	}
	return status < 0 ? status : keep_log(report, dir, &verified, error);
}

static uint64_t counted(const struct pst_report_group *group, unsigned measure)
{
	return measure < group->room ? group->counts[measure] : 0;
}

/* Numbers of the publication: group by group, measure by measure. */
struct numbers {
	struct pst_report *report;
	struct pst_suppress *suppress;
	size_t group_count; /* all, the categories, the lanes */
	unsigned measures;
	size_t *parts; /* room for one sum */
};

static struct pst_report_group *group_at(struct pst_report *report, size_t index)
{
	if (index == 0) {
		return &report->all;
	}
	return index <= report->category_count ? &report->categories[index - 1]
					       : &report->lanes[index - 1 - report->category_count];
}

static size_t number_of(const struct numbers *numbers, size_t group, unsigned measure)
{
	return group * numbers->measures + measure;
}

static int add_numbers(struct numbers *numbers)
{
	int status = 0;
	size_t number;

	for (size_t group = 0; group < numbers->group_count; group++) {
		for (unsigned i = 0; i < numbers->measures && status == 0; i++) {
			status = pst_suppress_add(numbers->suppress,
				counted(group_at(numbers->report, group), i), &number);
		}
	}
	return status;
}

/* In each group: a branch of the tree is the sum of its own. */
static int state_branches(struct numbers *numbers)
{
	int status = 0;

	for (size_t group = 0; group < numbers->group_count; group++) {
		for (unsigned parent = 0; parent < PST_MEASURE_REASON && status == 0; parent++) {
			size_t count = 0;

			for (unsigned i = 1; i < numbers->measures; i++) {
				if (pst_tally_parent(numbers->report, i) == parent) {
					numbers->parts[count++] = number_of(numbers, group, i);
				}
			}
			if (count > 0) {
				status = pst_suppress_state_sum(numbers->suppress,
					number_of(numbers, group, parent), numbers->parts, count);
			}
		}
	}
	return status;
}

/* Of each measure: all are the sum of the categories, and of the lanes. */
static int state_totals(struct numbers *numbers, size_t first, size_t count)
{
	int status = 0;

	for (unsigned measure = 0; measure < numbers->measures && status == 0; measure++) {
		for (size_t i = 0; i < count; i++) {
			numbers->parts[i] = number_of(numbers, first + i, measure);
		}
		status = pst_suppress_state_sum(
			numbers->suppress, number_of(numbers, 0, measure), numbers->parts, count);
	}
	return status;
}

static int hide(struct numbers *numbers)
{
	struct pst_report *report = numbers->report;
	int status = add_numbers(numbers);

	if (status == 0) {
		status = state_branches(numbers);
	}
	if (status == 0) {
		status = state_totals(numbers, 1, report->category_count);
	}
	if (status == 0) {
		status = state_totals(numbers, 1 + report->category_count, report->lane_count);
	}
	if (status == 0) {
		status = pst_suppress_run(numbers->suppress);
	}
	for (size_t i = 0; i < numbers->group_count && status == 0; i++) {
		struct pst_report_group *group = group_at(report, i);

		for (unsigned k = 0; k < numbers->measures && k < group->room; k++) {
			group->hidden[k] =
				pst_suppress_is_hidden(numbers->suppress, number_of(numbers, i, k));
			report->hidden += group->hidden[k];
		}
	}
	return status;
}

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct pst_report_group *)left)->name,
		((const struct pst_report_group *)right)->name);
}

int pst_report_conclude(struct pst_report *report)
{
	struct numbers numbers = {.report = report,
		.group_count = 1 + report->category_count + report->lane_count,
		.measures = pst_tally_measures(report)};
	size_t parts = numbers.measures + numbers.group_count;
	int status = pst_suppress_create(&numbers.suppress, PST_REPORT_THRESHOLD);

	numbers.parts = calloc(parts, sizeof(*numbers.parts));
	if (!numbers.parts) {
		status = -ENOMEM;
	}
	if (report->category_count > 0) {
		qsort(report->categories, report->category_count, sizeof(*report->categories),
			by_name);
	}
	if (report->lane_count > 0) {
		qsort(report->lanes, report->lane_count, sizeof(*report->lanes), by_name);
	}
	if (status == 0) {
		status = hide(&numbers);
	}
	pst_suppress_destroy(&numbers.suppress);
	free(numbers.parts);
	return status;
}

bool pst_report_count(const struct pst_report_group *group, unsigned measure, uint64_t *ret_count)
{
	*ret_count = counted(group, measure);
	if (measure < group->room && group->hidden[measure]) {
		*ret_count = 0;
		return false;
	}
	return true;
}

enum pst_told pst_report_rate(
	const struct pst_report_group *group, enum pst_rate rate, double *ret_share)
{
	enum {
		VERIFIED = PST_MEASURE_OUTCOME + PST_OUTCOME_VERIFIED,
		ENROLLED = PST_MEASURE_OUTCOME + PST_OUTCOME_ENROLLED,
		NO_MATCH = PST_MEASURE_OUTCOME + PST_OUTCOME_REFER_NO_MATCH,
		UNCALIBRATED = PST_MEASURE_OUTCOME + PST_OUTCOME_REFER_UNCALIBRATED,
		NOT_CAPTURED = PST_MEASURE_OUTCOME + PST_OUTCOME_REFER_NOT_CAPTURED,
	};
	/* (part + more) / (of + and_of); for those who are referred, 1 less that. */
	static const struct {
		unsigned part, more, of, and_of;
	} rates[PST_RATE_COUNT] = {
		[PST_RATE_CAPTURE] = {PST_MEASURE_CAPTURED, 0, PST_MEASURE_CAPTURED, NOT_CAPTURED},
		[PST_RATE_MATCH] = {VERIFIED, 0, VERIFIED, NO_MATCH},
		[PST_RATE_UNCALIBRATED] = {UNCALIBRATED, 0, PST_MEASURE_CAPTURED, 0},
		[PST_RATE_REFER] = {VERIFIED, ENROLLED, PST_MEASURE_ENCOUNTERS, 0},
	};
	uint64_t part, more = 0, of, and_of = 0;

	if (!pst_report_count(group, rates[rate].part, &part) ||
		!pst_report_count(group, rates[rate].of, &of) ||
		(rates[rate].more && !pst_report_count(group, rates[rate].more, &more)) ||
		(rates[rate].and_of && !pst_report_count(group, rates[rate].and_of, &and_of))) {
		return PST_TOLD_HIDDEN;
	}
	if (of + and_of == 0) {
		return PST_TOLD_NOBODY;
	}
	double share = (double)(part + more) / (double)(of + and_of);

	*ret_share = rate == PST_RATE_REFER ? 1 - share : share;
	return PST_TOLD_YES;
}

bool pst_report_times(const struct pst_times *times, int64_t *ret_median_ms, int64_t *ret_p90_ms)
{
	if (times->count < PST_REPORT_THRESHOLD) {
		return false;
	}
	*ret_median_ms = pst_times_quantile(times, 0.5);
	*ret_p90_ms = pst_times_quantile(times, 0.9);
	return true;
}

double pst_report_slowness(const struct pst_report_group *group)
{
	int64_t consent, decline, p90;

	if (!pst_report_times(&group->consent, &consent, &p90) ||
		!pst_report_times(&group->decline, &decline, &p90)) {
		return 0;
	}
	return (double)(decline > 0 ? decline : 1) / (double)(consent > 0 ? consent : 1);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Options at the ends of their ranges. */
#include <stdio.h>
#include <string.h>

#include "conform/answer.h"
#include "conform/exam.h"

#define LIMIT_MS 25000
#define NONSENSE "no such word"

static struct pst_trial other;
static struct pst_answer answer;

/* Starts an instance with one option set, or the defaults where it has no such bound. */
static int try_value(struct pst_exam *exam, uint32_t option, const char *value, bool work)
{
	struct pst_error error = {0};
	int status = pst_trial_load(&other, &exam->plugin, &error);

	if (status == 0) {
		(void)snprintf(other.plugin.option[option].value,
			sizeof(other.plugin.option[option].value), "%s", value);
		status = pst_trial_init(&other);
	}
	if (status == 0 && work) {
		status = pst_work(exam, &other, 0, 0, &answer) < 0 ? 0 : answer.status;
		status = status == PST_E_PLUGIN || status == PST_E_FORMAT ? status : 0;
	}
	pst_trial_close(&other);
	return status;
}

static const char *bound(const struct pst_exam *exam, uint32_t option, bool high)
{
	return high ? exam->plan.option[option].high : exam->plan.option[option].low;
}

static enum pst_mark try_bounds(struct pst_exam *exam, bool high, bool work)
{
	uint32_t tried = 0;

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	for (uint32_t i = 0; i < exam->plugin.option_count && i < exam->plan.option_count; i++) {
		const char *value = bound(exam, i, high);
		int status = value[0] ? try_value(exam, i, value, work) : 0;

		tried += value[0] != 0;
		if (status < 0) {
			return pst_fail(exam, "with %s: %s, %s returned %d (%s); narrow the range in "
					      "the manifest, or take the value",
				exam->plugin.option[i].name, value, work ? "a call" : "init",
				status, pst_status_name(status));
		}
	}
	return tried > 0 ? PST_MARK_PASS
			 : pst_skip(exam, "the manifest declares no option with a bound");
}

static enum pst_mark check_low(struct pst_exam *exam)
{
	return try_bounds(exam, false, false);
}

static enum pst_mark check_high(struct pst_exam *exam)
{
	return try_bounds(exam, true, false);
}

static enum pst_mark check_works(struct pst_exam *exam)
{
	enum pst_mark mark = try_bounds(exam, false, true);

	return mark == PST_MARK_PASS ? try_bounds(exam, true, true) : mark;
}

static enum pst_mark check_text(struct pst_exam *exam)
{
	uint32_t tried = 0;

	if (!pst_exam_trial(exam)) {
		return pst_no_instance(exam);
	}
	for (uint32_t i = 0; i < exam->plugin.option_count; i++) {
		int status;

		if (exam->plugin.option[i].type != PST_WIRE_OPTION_TEXT) {
			continue;
		}
		status = try_value(exam, i, NONSENSE, false);
		tried++;
		if (status != 0 && status != PST_E_CONFIG) {
			return pst_fail(exam, "with %s: %s, init returned %d (%s), not PST_E_CONFIG",
				exam->plugin.option[i].name, NONSENSE, status,
				pst_status_name(status));
		}
	}
	return tried > 0 ? PST_MARK_PASS : pst_skip(exam, "the manifest declares no text option");
}

const struct pst_check_run pst_runs_option[] = {
	{PST_CHECK_OPTION_LOW, check_low, LIMIT_MS},
	{PST_CHECK_OPTION_HIGH, check_high, LIMIT_MS},
	{PST_CHECK_OPTION_TEXT, check_text, LIMIT_MS},
	{PST_CHECK_OPTION_WORKS_AT_LIMITS, check_works, LIMIT_MS},
	{0},
};

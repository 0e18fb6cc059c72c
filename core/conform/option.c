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

static const char *bound(const struct pst_exam *exam, uint32_t option, bool high)
{
	return high ? exam->plan.option[option].high : exam->plan.option[option].low;
}

/* Starts an instance with one option set to a text. */
static int try_text(struct pst_exam *exam, uint32_t option, const char *value)
{
	struct pst_error error = {0};
	int status = pst_trial_load(&other, &exam->plugin, &error);

	if (status == 0) {
		(void)snprintf(other.plugin.option[option].value,
			sizeof(other.plugin.option[option].value), "%s", value);
		status = pst_trial_init(&other);
	}
	pst_trial_close(&other);
	return status;
}

/* Starts and tries an instance with options at a bound. @param only  one of them, or -1: all */
static int try_bounds(struct pst_exam *exam, bool high, int only)
{
	struct pst_error error = {0};
	int status = pst_trial_load(&other, &exam->plugin, &error);

	for (uint32_t i = 0; status == 0 && i < exam->plan.option_count; i++) {
		if (bound(exam, i, high)[0] && (only < 0 || (int)i == only)) {
			(void)snprintf(other.plugin.option[i].value,
				sizeof(other.plugin.option[i].value), "%s", bound(exam, i, high));
		}
	}
	status = status < 0 ? status : pst_trial_init(&other);
	if (status == 0 && pst_work(exam, &other, 0, 0, &answer) == 0) {
		status = answer.status == PST_E_PLUGIN ? PST_E_PLUGIN : 0;
	}
	pst_trial_close(&other);
	return status;
}

static enum pst_mark check_bounds(struct pst_exam *exam)
{
	bool high = exam->current == PST_CHECK_OPTION_HIGH, any = false;
	int all;

	for (uint32_t i = 0; i < exam->plan.option_count; i++) {
		any = any || bound(exam, i, high)[0];
	}
	if (!any) {
		return pst_skip(exam, "the manifest declares no option with such a bound");
	}
	all = try_bounds(exam, high, -1);
	for (uint32_t i = 0; all != 0 && i < exam->plan.option_count; i++) {
		int status = bound(exam, i, high)[0] ? try_bounds(exam, high, (int)i) : 0;

		if (status != 0) {
			return pst_fail(exam,
				"with %s: %s init or a call got %d (%s): narrow the "
				"range in the manifest, or take the value",
				exam->plugin.option[i].name, bound(exam, i, high), status,
				pst_status_name(status));
		}
	}
	return all == 0 ? PST_MARK_PASS
			: pst_fail(exam, "with all options at their %s, init or a call got %d (%s)",
				  high ? "highest" : "lowest", all, pst_status_name(all));
}

static enum pst_mark check_text(struct pst_exam *exam)
{
	uint32_t tried = 0;

	for (uint32_t i = 0; i < exam->plugin.option_count; i++) {
		int status;

		if (exam->plugin.option[i].type != PST_WIRE_OPTION_TEXT) {
			continue;
		}
		status = try_text(exam, i, NONSENSE);
		tried++;
		if (status != 0 && status != PST_E_CONFIG) {
			return pst_fail(exam,
				"with %s: %s, init returned %d (%s), not PST_E_CONFIG",
				exam->plugin.option[i].name, NONSENSE, status,
				pst_status_name(status));
		}
	}
	return tried > 0 ? PST_MARK_PASS : pst_skip(exam, "the manifest declares no text option");
}

const struct pst_check_run pst_runs_option[] = {
	{PST_CHECK_OPTION_LOW, check_bounds, LIMIT_MS},
	{PST_CHECK_OPTION_HIGH, check_bounds, LIMIT_MS},
	{PST_CHECK_OPTION_TEXT, check_text, LIMIT_MS},
	{0},
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/exam.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "conform/watch.h"

#define LIMIT_MS 10000 /* of a check that names none */

static const struct pst_check_run *const lists[] = {pst_runs_library, pst_runs_life,
	pst_runs_option, pst_runs_frame, pst_runs_picture, pst_runs_detect, pst_runs_extract,
	pst_runs_assess, pst_runs_judge, pst_runs_match, pst_runs_guest};

static void set_text(struct pst_exam *exam, const char *format, va_list args)
{
	(void)vsnprintf(exam->text, sizeof(exam->text), format, args);
	pst_report_clean(exam->text);
}

enum pst_mark pst_fail(struct pst_exam *exam, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_text(exam, format, args);
	va_end(args);
	return PST_MARK_FAIL;
}

enum pst_mark pst_skip(struct pst_exam *exam, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_text(exam, format, args);
	va_end(args);
	return PST_MARK_SKIP;
}

enum pst_mark pst_no_instance(struct pst_exam *exam)
{
	return pst_skip(exam, "there is no instance to try it on: see life.init");
}

enum pst_mark pst_no_memory(struct pst_exam *exam)
{
	return pst_skip(exam, "this machine has not enough memory for it");
}

struct pst_trial *pst_exam_library(struct pst_exam *exam)
{
	if (!exam->tried_load) {
		exam->tried_load = true;
		pst_surroundings_take(&exam->began);
		if (pst_trial_load(&exam->trial, &exam->plugin, &exam->why) < 0) {
			return NULL;
		}
		pst_surroundings_take(&exam->loaded);
	}
	return exam->trial.entry ? &exam->trial : NULL;
}

struct pst_trial *pst_exam_trial(struct pst_exam *exam)
{
	struct pst_trial *trial = pst_exam_library(exam);
	int status;

	if (trial && !exam->tried_init) {
		exam->tried_init = true;
		if (pst_guest_check(trial->guest, &exam->why) < 0) {
			return NULL;
		}
		status = pst_trial_init(trial);
		pst_surroundings_take(&exam->started);
		if (status != 0) {
			(void)pst_error_set(&exam->why, status < 0 ? status : PST_E_PLUGIN,
				"init returned %d (%s)%s%.120s", status, pst_status_name(status),
				trial->manners.said[0] ? ", and logged: " : "",
				trial->manners.said);
		}
	}
	return trial && trial->self ? trial : NULL;
}

enum pst_mark pst_keeps(struct pst_exam *exam, pst_same_fn same,
	const struct pst_surroundings *before, const struct pst_surroundings *after,
	const char *who)
{
	char what[256] = "";

	if (same(before, after, what, sizeof(what))) {
		return PST_MARK_PASS;
	}
	return pst_fail(exam, "%s changed %s: leave it as it is, or set it back", who, what);
}

static const struct pst_check_run *find_run(enum pst_check check)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (const struct pst_check_run *run = lists[i]; run->run; run++) {
			if (run->check == check) {
				return run;
			}
		}
	}
	return NULL;
}

static int send_report(int control, const struct pst_report *report)
{
	uint8_t buffer[PST_REPORT_SIZE_MAX];
	int size = pst_report_encode(report, buffer);

	if (size < 0) {
		return size;
	}
	return send(control, buffer, (size_t)size, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int run_one(struct pst_exam *exam, enum pst_check check, int control)
{
	const struct pst_check_run *run = find_run(check);
	struct pst_report report = {.type = PST_REPORT_BEGIN, .check = check};
	int status;

	if (!run) {
		return PST_E_CORRUPT;
	}
	report.limit_ms = run->limit_ms ? run->limit_ms : LIMIT_MS;
	exam->current = check;
	exam->text[0] = 0;
	pst_watch_check(check);
	status = send_report(control, &report);
	if (status < 0) {
		return status;
	}
	report.type = PST_REPORT_END;
	report.mark = run->run(exam);
	memcpy(report.text, exam->text, sizeof(report.text));
	return send_report(control, &report);
}

int pst_exam_run(struct pst_exam *exam, int control)
{
	int status = 0;

	for (uint32_t i = 0; i < exam->plan.count && status == 0; i++) {
		status = run_one(exam, exam->plan.check[i], control);
	}
	if (status == 0) {
		pst_trial_finish(&exam->trial);
		status = send_report(control, &(struct pst_report){.type = PST_REPORT_DONE});
	}
	return status;
}

void pst_exam_finish(struct pst_exam *exam)
{
	pst_trial_close(&exam->trial);
	pst_album_close(&exam->album);
}

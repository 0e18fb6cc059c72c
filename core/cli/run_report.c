/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run_report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"

static const double limits_s[PST_RUN_LIMITS] = {2, 5, 10, 20};

const char *pst_run_moment_name(enum pst_run_moment moment)
{
	static const char *const names[PST_RUN_MOMENTS] = {[PST_RUN_PERMIT] = "permit",
		[PST_RUN_FIRST_FACE] = "first face",
		[PST_RUN_BEST_SHOT] = "best shot",
		[PST_RUN_DECISION] = "decision"};

	return names[moment];
}

double pst_run_limit_s(int limit)
{
	return limits_s[limit];
}

/* Whoever left, opted out or was not captured before the limit was not captured within it. */
static void take_failures(struct pst_run_report *report, const struct pst_events_closed *closed)
{
	for (int i = 0; i < PST_RUN_LIMITS; i++) {
		struct pst_run_failure *failure = &report->failure[i];
		bool captured = closed->to_best_shot_ns >= 0;

		failure->trials++;
		if (captured && (double)closed->to_best_shot_ns <= limits_s[i] * PST_NS_PER_S) {
			continue;
		}
		failure->failures++;
		failure->reason[captured ? PST_CAPTURE_REASON_UNSET : closed->reason]++;
	}
}

void pst_run_report_take(struct pst_run_report *report, const struct pst_events_closed *closed)
{
	const int64_t after_ns[PST_RUN_MOMENTS] = {[PST_RUN_PERMIT] = 0,
		[PST_RUN_FIRST_FACE] = closed->to_first_face_ns,
		[PST_RUN_BEST_SHOT] = closed->to_best_shot_ns,
		[PST_RUN_DECISION] = closed->to_decision_ns};
	bool withdrew = closed->outcome == PST_OUTCOME_REFER_OPTED_OUT ||
			closed->outcome == PST_OUTCOME_REFER_WITHDRAWN;

	report->encounters++;
	report->outcome[closed->outcome]++;
	if (closed->to_permit_ns < 0) {
		return;
	}
	for (int i = 0; i < PST_RUN_MOMENTS; i++) {
		if (after_ns[i] >= 0) {
			pst_load_series_add(&report->moment[i], closed->to_permit_ns + after_ns[i]);
		}
	}
	if (!withdrew) { /* who took their consent back was not failed by the lane */
		take_failures(report, closed);
	}
}

struct pst_run_histogram pst_run_histogram_of(struct pst_load_series *series)
{
	static const double nice[] = {1, 2, 5};
	double most_ms = (double)pst_load_series_quantile(series, 1) / PST_NS_PER_MS;
	struct pst_run_histogram histogram = {.width_ms = 1};

	for (int i = 1; most_ms >= histogram.width_ms * PST_RUN_BINS && i < 60; i++) {
		int decade = i / 3;

		histogram.width_ms = nice[i % 3] * pow(10, decade);
	}
	for (size_t i = 0; i < series->count; i++) {
		double bin = (double)series->ns[i] / PST_NS_PER_MS / histogram.width_ms;
		uint64_t *count =
			&histogram.count[bin < PST_RUN_BINS ? (int)bin : PST_RUN_BINS - 1];

		(*count)++;
		histogram.most = *count > histogram.most ? *count : histogram.most;
	}
	return histogram;
}

static double ms_of(struct pst_load_series *series, double part)
{
	return (double)pst_load_series_quantile(series, part) / PST_NS_PER_MS;
}

static json_t *moment_json(struct pst_run_report *report, enum pst_run_moment moment)
{
	struct pst_load_series *series = &report->moment[moment];
	struct pst_run_histogram histogram = pst_run_histogram_of(series);
	json_t *bins = json_array();

	for (int i = 0; series->count > 0 && i < PST_RUN_BINS; i++) {
		(void)json_array_append_new(bins, json_integer((json_int_t)histogram.count[i]));
	}
	json_t *object = json_pack("{s:s, s:I, s:f, s:o}", "to", pst_run_moment_name(moment),
		"count", (json_int_t)series->count, "bin_ms", histogram.width_ms, "bins", bins);

	if (series->count > 0) {
		(void)json_object_set_new(object, "p50_ms", json_real(ms_of(series, 0.5)));
		(void)json_object_set_new(object, "p95_ms", json_real(ms_of(series, 0.95)));
		(void)json_object_set_new(object, "p99_ms", json_real(ms_of(series, 0.99)));
	}
	return object;
}

static json_t *failure_json(const struct pst_run_failure *failure, int limit)
{
	json_t *reasons = json_object();

	for (int i = 0; i < PST_CAPTURE_REASON_COUNT; i++) {
		if (failure->reason[i] > 0) {
			(void)json_object_set_new(reasons,
				i == PST_CAPTURE_REASON_UNSET
					? "later"
					: pst_capture_reason_name((enum pst_capture_reason)i),
				json_integer((json_int_t)failure->reason[i]));
		}
	}
	return json_pack("{s:f, s:I, s:I, s:o}", "within_s", limits_s[limit], "trials",
		(json_int_t)failure->trials, "failures", (json_int_t)failure->failures, "reasons",
		reasons);
}

static json_t *outcomes_json(const struct pst_run_report *report)
{
	json_t *outcomes = json_object();

	for (int i = 0; i < PST_OUTCOME_COUNT; i++) {
		if (report->outcome[i] > 0) {
			(void)json_object_set_new(outcomes, pst_outcome_name((enum pst_outcome)i),
				json_integer((json_int_t)report->outcome[i]));
		}
	}
	return outcomes;
}

json_t *pst_run_report_json(struct pst_run_report *report)
{
	const struct pst_lane_summary *summary = &report->summary;
	const struct pst_events_frames *frames = &summary->frames;
	json_t *moments = json_array(), *failures = json_array();

	for (int i = 0; i < PST_RUN_MOMENTS; i++) {
		(void)json_array_append_new(moments, moment_json(report, (enum pst_run_moment)i));
	}
	for (int i = 0; i < PST_RUN_LIMITS; i++) {
		(void)json_array_append_new(failures, failure_json(&report->failure[i], i));
	}
	return json_pack(
		"{s:i, s:s, s:s, s:s, s:b, s:f, s:o, s:I, s:o, s:o, s:o, s:{s:I, s:I, s:I, "
		"s:I, s:I}, s:I, s:I, s:o, s:o, s:f}",
		"report", 1, "lane", report->lane, "source", report->source, "plugins",
		report->plugins, "live", report->live, "seconds",
		(double)summary->duration_ns / PST_NS_PER_S, "machine", pst_load_machine_json(),
		"encounters", (json_int_t)report->encounters, "outcomes", outcomes_json(report),
		"times", moments, "failure_to_capture", failures, "frames", "seen",
		(json_int_t)frames->seen, "leased", (json_int_t)frames->leased, "withheld",
		(json_int_t)frames->withheld, "lost", (json_int_t)frames->lost, "damaged",
		(json_int_t)frames->damaged, "templates", (json_int_t)summary->templates,
		"worker_deaths", (json_int_t)summary->deaths, "stages",
		pst_load_stages_json(&report->load), "processes",
		pst_load_processes_json(&report->load), "cpu_s", pst_load_cpu_s(&report->load));
}

static int write_file(const char *folder, const char *name, const char *text, size_t size,
	struct pst_error *error)
{
	char path[PST_LANE_PATH_SIZE + 32];

	(void)snprintf(path, sizeof(path), "%.*s/%s", PST_LANE_PATH_SIZE, folder, name);
	return pst_fd_replace_file(path, text, size, 0644, error);
}

static int write_page(struct pst_run_report *report, const char *folder, struct pst_error *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	int status = -ENOMEM;

	if (to) {
		pst_run_report_html(report, to);
		status = ferror(to) ? -ENOMEM : 0;
		status = fclose(to) == 0 ? status : -ENOMEM;
	}
	status = status < 0 ? pst_error_set(error, status, "no memory for the report")
			    : write_file(folder, "report.html", text, size, error);
	free(text);
	return status;
}

int pst_run_report_write(struct pst_run_report *report, const char *folder, struct pst_error *error)
{
	json_t *json = pst_run_report_json(report);
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	int status = pst_fd_make_dirs(folder, error);

	if (status >= 0 && !text) {
		status = pst_error_set(error, -ENOMEM, "no memory for the report");
	}
	if (status >= 0) {
		status = write_file(folder, "report.json", text, strlen(text), error);
	}
	if (status >= 0) {
		status = write_page(report, folder, error);
	}
	free(text);
	json_decref(json);
	return status;
}

void pst_run_report_finish(struct pst_run_report *report)
{
	pst_load_finish(&report->load);
	for (int i = 0; i < PST_RUN_MOMENTS; i++) {
		pst_load_series_finish(&report->moment[i]);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_RUN_REPORT_H
#define PST_CLI_RUN_REPORT_H

#include <stdio.h>

#include "cli/load.h"
#include "pipeline/lane.h"

/** Moments of an encounter, counted from its beginning. */
enum pst_run_moment {
	PST_RUN_PERMIT,	    /* frames may flow */
	PST_RUN_FIRST_FACE, /* the first usable face */
	PST_RUN_BEST_SHOT,  /* the shot that was used */
	PST_RUN_DECISION,
	PST_RUN_MOMENTS,
};

#define PST_RUN_LIMITS 4 /* 2, 5, 10 and 20 s from the permit */

/** Of those who had a permit: how many were not captured within so many seconds, and why. */
struct pst_run_failure {
	uint64_t trials;
	uint64_t failures;
	uint64_t reason[PST_CAPTURE_REASON_COUNT]; /* UNSET: captured, but later */
};

/** What a run came to, without anybody's identity. Zeroed is an empty one. */
struct pst_run_report {
	struct pst_load load;
	struct pst_load_series moment[PST_RUN_MOMENTS];
	struct pst_run_failure failure[PST_RUN_LIMITS];
	uint64_t encounters;
	uint64_t outcome[PST_OUTCOME_COUNT];
	struct pst_lane_summary summary;
	const char *lane;    /* borrowed; names and versions of what ran */
	const char *source;  /* borrowed */
	const char *plugins; /* borrowed: "yunet, facequal, arcface, cosine" */
	bool live;
};

/** Takes a closed encounter. */
void pst_run_report_take(struct pst_run_report *report, const struct pst_events_closed *closed);

/** @return "to permit", "to first face", ... */
const char *pst_run_moment_name(enum pst_run_moment moment);

/** @return seconds of the limit */
double pst_run_limit_s(int limit);

/** Bins of a histogram: equal in width, the last one holds the largest. */
#define PST_RUN_BINS 24
struct pst_run_histogram {
	double width_ms;
	uint64_t count[PST_RUN_BINS];
	uint64_t most;
};
struct pst_run_histogram pst_run_histogram_of(struct pst_load_series *series);

json_t *pst_run_report_json(struct pst_run_report *report);

/** One page that needs no other file. */
void pst_run_report_html(struct pst_run_report *report, FILE *to);

/** Writes report.json and report.html into a folder, made if need be, each in one step. */
int pst_run_report_write(
	struct pst_run_report *report, const char *folder, struct pst_error *error) PST_MUST_CHECK;

void pst_run_report_finish(struct pst_run_report *report);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_LOAD_H
#define PST_CLI_LOAD_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "pipeline/lane.h"

/** Durations, kept whole so that any quantile can be told. Zeroed is an empty one. */
struct pst_load_series {
	int64_t *ns; /* owned */
	size_t count;
	size_t room;
	bool sorted;
	bool failed; /* no memory: some are missing */
};

void pst_load_series_add(struct pst_load_series *series, int64_t ns);

/** @param part  0 least, 0.5 median, 1 most @return ns, or -1 without any */
int64_t pst_load_series_quantile(struct pst_load_series *series, double part);

/** @return of all of them, ns */
int64_t pst_load_series_sum(const struct pst_load_series *series);

void pst_load_series_finish(struct pst_load_series *series);

/** What a lane and its workers took of the machine. */
struct pst_load_process {
	const char *name; /* "lane", "vision worker", "match worker" */
	double cpu_s; /* while the lane ran; of a worker, the process that was there at its end */
	double before_s;   /* of the same process before the lane ran */
	uint64_t resident; /* bytes, most at once, as known at the begin and at the end */
	int pid;
	bool known;
};

#define PST_LOAD_PROCESSES 3

/** Every stage's times, and the processes as they stood at the end. */
struct pst_load {
	struct pst_load_series stage[PST_STAGE_COUNT];
	struct pst_load_process process[PST_LOAD_PROCESSES];
	double children_s; /* of workers that were replaced, and those that ended */
};

/** As pst_stage_fn; load is the user. */
void pst_load_take(struct pst_load *load, enum pst_stage stage, int64_t took_ns);

/** Before a lane runs, its workers ready: from here on processor time counts. */
void pst_load_begin(struct pst_load *load, struct pst_lane_pids pids);

/** After a lane ran, before it is destroyed. */
void pst_load_end(struct pst_load *load, struct pst_lane_pids pids);

/** @return processor seconds of all processes */
double pst_load_cpu_s(const struct pst_load *load);

/** @return an array of {stage, count, p50_us, p95_us, p99_us, most_us, sum_ms} */
json_t *pst_load_stages_json(struct pst_load *load);

/** @return an array of {process, cpu_s, resident_bytes} */
json_t *pst_load_processes_json(const struct pst_load *load);

/** @return {cpu, cores, memory_bytes, kernel}: what figures were taken on */
json_t *pst_load_machine_json(void);

void pst_load_finish(struct pst_load *load);

#endif

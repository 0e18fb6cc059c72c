/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_HEALTH_IMPL_H
#define PST_PIPELINE_HEALTH_IMPL_H

#include "pipeline/health.h"

/* What health.c keeps in a lane, and what the lane notes; nobody outside this room includes it. */

/** Zeroed is a valid beginning. */
struct pst_health_notes {
	bool has_frame;	     /* there was one since the source was started */
	int64_t captured_ns; /* of the latest frame, on the frames' clock */
	struct pst_recent interval_us;
	struct pst_health_histogram to_slot;
	struct pst_health_histogram to_answer;
	uint64_t permits;
	uint64_t returns;
	uint64_t outcome[PST_OUTCOME_COUNT];
	uint64_t stored;
	int64_t stored_s;

	/* What is not asked for again at once. */
	int64_t looked_ns; /* CLOCK_MONOTONIC; 0: never */
	struct pst_recent_summary interval;
	struct pst_recent_summary answer[PST_HEALTH_WORKERS_MAX];
	uint64_t memory;
	uint64_t worker_memory[PST_HEALTH_WORKERS_MAX];
};

/** The source was started: no interval follows from its first frame. */
void pst_health_source_started(struct pst_lane *lane);

/** A frame was handed over. @param captured_ns  on the frames' clock */
void pst_health_frame(struct pst_lane *lane, int64_t captured_ns);

/** A frame is in its slot; what the worker says of it has come. @param captured_ns  lane's clock */
void pst_health_in_slot(struct pst_lane *lane, int64_t captured_ns);
void pst_health_answered(struct pst_lane *lane, int64_t captured_ns);

/** A template was sealed. */
void pst_health_stored(struct pst_lane *lane, int64_t wall_s);

#endif

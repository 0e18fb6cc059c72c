/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_OPTOUTS_H
#define PST_TEST_OPTOUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/lane.h"

/*
 * People who opt out while they are being captured: a lane on a drawn camera at its real pace, with
 * a detector that is busy with every picture, and what became of each of them. Whoever links this
 * wraps pst_vision_lease, pst_slots_wipe_all and pst_worker_receive (the linker's --wrap).
 *
 * Times are CLOCK_MONOTONIC, ns; 0: it did not happen.
 */
#define OPTOUTS_MAX 1000
#define OPTOUTS_FPS 30
#define OPTOUTS_INTERVAL_NS (1000000000 / OPTOUTS_FPS)

struct optout {
	int64_t accepted_ns; /* the choice was due: the lane may hear of it no earlier */
	int64_t captured_ns; /* the latest frame that was leased */
	int64_t leased_ns;   /* when it was in its slot */
	int64_t wiped_ns;    /* every slot was, for the first time after that */
	int64_t done_ns;     /* the worker confirmed that it had wiped, or was killed */
	bool killed;
	uint64_t permit; /* under which it was; 0: no frame was leased */
	uint32_t leased; /* frames */
	uint32_t late;	 /* frames leased at or after the choice */
	bool dirty;	 /* as the choice was told, a slot held a byte still */
};

/**
 * Runs so many encounters of nonimmigrants who decline, each in another phase of the camera.
 *
 * @param policy  path of us-border.yaml
 * @return 0, or a status with the error filled
 */
int optouts_run(const char *policy, uint32_t count, struct optout *ret_optouts,
	struct pst_lane_summary *ret_summary, struct pst_error *error);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_SWAP_H
#define PST_PIPELINE_SWAP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "pipeline/lane.h"

/* Another version of the policy, while the lane runs. Inside this room only. */

/** A policy that is read while the lane runs, and the ones that came into force that way. */
struct pst_swap {
	uv_work_t work;
	bool under_way;
	bool again; /* asked for once more while it was being read */
	int status;
	struct pst_error error;
	struct pst_policy *read;    /* owned */
	struct pst_policy *current; /* owned; NULL: the one that the lane began with */
	struct pst_policy *former;  /* owned; of who is there */
	uint8_t read_digest[PST_POLICY_DIGEST_SIZE];
};

/** An encounter closed: the policy that only it was decided by may go. */
void pst_swap_settle(struct pst_lane *lane);
void pst_swap_finish(struct pst_lane *lane);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_PICTURE_IMPL_H
#define PST_PIPELINE_PICTURE_IMPL_H

#include <stdbool.h>

#include "pipeline/picture.h"
#include "wire/result.h"

/* What picture.c keeps in a lane, and what the lane calls; nobody outside this room includes it. */

/** Zeroed is a valid beginning. */
struct pst_picture_desk {
	bool wanted;
	uint64_t permit;  /* under which it is */
	int64_t asked_ns; /* the lane's clock */
	int64_t made_ns;  /* the same: when the latest was handed over */
	uint64_t viewed;  /* permit of which the log holds that it was looked at */
};

/** @return whether the worker may be asked for a picture now */
bool pst_picture_is_due(const struct pst_lane *lane);

/** The worker has made a picture, or could not. */
void pst_picture_take(struct pst_lane *lane, const struct pst_wire_masked *masked);

/** The permit is over: who waits for a picture of it gets none. */
void pst_picture_end(struct pst_lane *lane);

/** @return when somebody has waited long enough, on the lane's clock; INT64_MAX: nobody waits */
int64_t pst_picture_due_ns(const struct pst_lane *lane);
void pst_picture_advance(struct pst_lane *lane);

#endif

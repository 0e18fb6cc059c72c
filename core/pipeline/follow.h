/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_FOLLOW_H
#define PST_PIPELINE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/result.h"

/**
 * Where the next frame is searched. The person is found again near where they were, which takes a
 * fraction of the time; every so many frames, and whenever they are not found there, all of the
 * frame is searched, so that who else came into view is noticed. What was found near never makes a
 * template: the whole of such a frame is searched again first.
 *
 * Where the detector does not find a face in a small square time after time, ever more frames are
 * searched as a whole before it is tried again.
 *
 * Pure: no I/O, no clock. Zeroed but for every is a valid one.
 */
struct pst_follow {
	uint32_t every;		 /* frames in a row that are searched near at most; 0: none is */
	uint32_t since;		 /* frames searched near since the last whole one */
	uint32_t misses;	 /* in a row */
	uint32_t rest;		 /* frames until it is tried again */
	bool asked;		 /* the latest frame was to be searched near */
	bool known;		 /* where the person was */
	struct pst_wire_box box; /* px of the full image */
};

/** @return where to look in the next frame, or NULL: all of it; borrowed until the next call */
const struct pst_wire_box *pst_follow_next(struct pst_follow *follow);

/**
 * Takes what came of it.
 *
 * @param how   enum pst_wire_how: how the frame was searched in the end
 * @param face  the person, NULL: nobody is to be followed
 */
void pst_follow_take(struct pst_follow *follow, uint32_t how, const struct pst_face *face);

/** Forgets where the person was. */
void pst_follow_forget(struct pst_follow *follow);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_NEAR_H
#define PST_WORKER_NEAR_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/detector.h"
#include "wire/message.h"
#include "worker/picture.h"

/*
 * A face is found again where it was: a detector that is shown a small square around it takes a
 * fraction of the time of the whole picture. The square is always of one size, so that a net is
 * laid out once, and its scale follows the face.
 */
#define PST_NEAR_SIDE 96    /* px of the square, rounded up to the detector's multiple */
#define PST_NEAR_ROOM 1.75F /* of the face's longer side that the square covers at least */
#define PST_NEAR_SAME 0.3F  /* intersection over union from which on it is the same face */

/** A square of a frame and how it is shown. */
struct pst_square {
	uint32_t x;    /* px of the frame, even */
	uint32_t y;    /* px of the frame, even */
	uint32_t side; /* px of the frame */
	uint32_t px;   /* what that becomes in the picture, at most side */
};

/**
 * Plans the square around a face.
 *
 * @param by_eighths  a JPEG: only scales of 1, 1/2, 1/4 and 1/8 are to be had
 * @return whether there is one: not where the face is too large for the frame or the detector
 */
bool pst_near_plan(const struct pst_wire_plugin *detector, const struct pst_wire_box *box,
	uint32_t width, uint32_t height, bool by_eighths, struct pst_square *ret_square);

/** @return the face that overlaps the box most and enough to be the same one, or NULL */
const struct pst_face *pst_near_same(
	const struct pst_face *faces, uint32_t count, const struct pst_wire_box *box);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_PICTURE_H
#define PST_PIPELINE_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Pictures for people who look whether a camera does: off unless the lane file says `masked`, only
 * while there is a permit, and with nobody to be seen but the person in the capture zone.
 *
 *   ask --> a frame of the living permit, all of it searched, nothing else to be done with it
 *             --> the worker masks it --> the log holds that it is looked at --> the driver has it
 *
 * A picture never goes before a template: a frame that one is made from makes no picture. The lane
 * keeps none; what comes after the permit is wiped unseen.
 */
struct pst_lane;

#define PST_PICTURE_PER_S 5	 /* at most, of a lane; who asks earlier waits */
#define PST_PICTURE_WAIT_MS 1000 /* for a frame */

/** A picture, borrowed until return. */
struct pst_picture_made {
	uint32_t width;	     /* px */
	uint32_t height;     /* px */
	int64_t captured_ns; /* the lane's clock */
	const uint8_t *jpeg;
	size_t size; /* bytes, at most PST_WIRE_PICTURE_BYTES */
};

/**
 * Asks for a picture. The driver's `pictured` tells what comes of it, once, never before return;
 * who asks while one is awaited gets the same.
 *
 * @return 0
 *         PST_E_NOT_FOUND  pictures are off
 *         PST_E_ELECTIVE   nobody has a permit
 * [control & running]
 */
int pst_picture_ask(struct pst_lane *lane, struct pst_error *error) PST_MUST_CHECK;

#endif

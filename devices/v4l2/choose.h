/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_CHOOSE_H
#define PST_DEVICES_V4L2_CHOOSE_H

#include "devices/v4l2/bandwidth.h"
#include "devices/v4l2/modes.h"
#include "devices/v4l2/want.h"

/** A mode at a rate. */
struct v4l2_candidate {
	const struct pst_v4l2_mode *mode; /* of the choices' */
	double fps;			  /* 0: left to the driver */
	double load;			  /* bytes per second */
	uint32_t need;			  /* of the bus, see bandwidth.h */
};

/**
 * What may be taken of what a camera offers, best first. Zeroed is a valid empty one.
 *
 * First comes what fits on the bus beside the other cameras. Then the faster one, in steps of 25,
 * 15 and 10 frames per second. Then the larger one up to 1280x720, and of those beyond the
 * smallest. Then the format as pst_v4l2_format_rank. Then the rate nearest to 30. What only libv4l
 * converts comes behind all that comes as it is.
 */
struct v4l2_choices {
	struct v4l2_modes modes;
	struct v4l2_bandwidth bandwidth;
	struct v4l2_candidate *at; /* owned */
	size_t count;
	size_t next; /* the first not tried */
};

/**
 * Lists the candidates of modes and bandwidth that a URI allows. A rate that was asked for is an
 * offered one, 29.97 being as good as 30.
 *
 * @return 0 or -ENOMEM
 */
int pst_v4l2_choices_make(
	struct v4l2_choices *choices, const struct v4l2_want *want) PST_MUST_CHECK;

/** Frees candidates and modes. */
void pst_v4l2_choices_finish(struct v4l2_choices *choices);

/** @return whether a rate is as good as another: within 0.2 % */
bool pst_v4l2_rate_is(double fps, double wanted);

/** Writes "MJPG 1280x720 at 30". */
void pst_v4l2_candidate_describe(const struct v4l2_candidate *candidate, char *text, size_t size);

/** Writes the offered mode nearest to what was asked for: "YUYV 1280x720 at 9", "" if none is. */
void pst_v4l2_choices_nearest(
	const struct v4l2_choices *choices, const struct v4l2_want *want, char *text, size_t size);

/** Writes why a candidate was taken and others weren't, in one line, as much as fits. */
void pst_v4l2_choices_explain(const struct v4l2_choices *choices, const struct v4l2_want *want,
	const struct v4l2_candidate *taken, char *text, size_t size);

#endif

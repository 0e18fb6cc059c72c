/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_TRACE_PLAY_H
#define PST_DEVICES_V4L2_TRACE_PLAY_H

#include "devices/v4l2/trace_format.h"

/*
 * A backend that answers as a trace says. What opens and sets up a camera is matched word by word
 * and in order; of frames, DQBUF takes the next one that was delivered, QBUF what was said to the
 * next return of that buffer, and both stop where the trace goes on with something else.
 */
struct trace_playback;

/**
 * @param input  copied and taken: closed with the playback, or before an error is returned
 * @param paced  frames are delivered no earlier than they were
 * @return 0 or a status with the error filled
 */
int pst_trace_playback_create(struct trace_playback **ret, const char *uri,
	const struct pst_input *input, bool paced, struct pst_error *error) PST_MUST_CHECK;

/** Accepts NULL inside, sets it to NULL. */
void pst_trace_playback_destroy(struct trace_playback **playback);

/** @return the backend; borrows the playback */
struct v4l2_backend pst_trace_playback_backend(struct trace_playback *playback);

/** @return the URI that the camera was opened by */
const char *pst_trace_playback_uri(const struct trace_playback *playback);

/**
 * Looks for the next frame, or failure, that the trace delivers before it goes on with anything
 * else.
 *
 * @return 1 there is one, and it is due; 0 there is one, later; PST_E_END there is none and the
 *         trace is whole; PST_E_DEVICE it is damaged or cut short: see trouble
 */
int pst_trace_playback_await(struct trace_playback *playback) PST_MUST_CHECK;

/**
 * When await gave PST_E_END: whether the player had waited in vain there, and asked after it. Sets
 * the clock to when it did.
 */
bool pst_trace_playback_stalled(struct trace_playback *playback);

/** Sets the clock: now is when the first buffers were asked for. */
void pst_trace_playback_start(struct trace_playback *playback);

/** @return what to add to a driver's time to have the player's: 0 at the start if unpaced */
int64_t pst_trace_playback_shift_ns(const struct trace_playback *playback);

/** @return a timer that is readable when the next frame is due; borrowed. -1 unpaced */
int pst_trace_playback_fd(const struct trace_playback *playback);

/** @return what went wrong with the trace itself; status 0: nothing */
const struct pst_error *pst_trace_playback_trouble(const struct trace_playback *playback);

#endif

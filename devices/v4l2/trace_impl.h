/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_TRACE_IMPL_H
#define PST_DEVICES_V4L2_TRACE_IMPL_H

#include "devices/v4l2/ops.h"
#include "devices/v4l2/trace_play.h"

/* What the two halves of a playback share: trace_play.c reads and orders, trace_answer.c answers.
 */

#define TRACE_AHEAD_MAX 256 /* records; a device never holds so many frames at a time */
#define TRACE_OPEN_MAX 32
#define TRACE_MAPS_MAX 64

struct trace_playback {
	struct v4l2_ops ops;
	char uri[TRACE_URI_MAX + 1]; /* of the trace */
	struct pst_input input;
	struct trace_header header;
	bool paced;
	int timer; /* -1 unless paced */

	struct trace_record ahead[TRACE_AHEAD_MAX]; /* read, not yet asked for; in order */
	size_t aheads;
	bool over;		  /* nothing is left to read */
	struct pst_error cut;	  /* why, unless the last record was there */
	uint64_t records;	  /* read so far */
	struct pst_error trouble; /* nothing is answered any more: why */
	bool shown;		  /* bytes of a frame, last at shown_ns */
	int64_t shown_ns;	  /* since time 0 */
	int poll_status;	  /* what play_poll says when no frame comes */

	int64_t now_ns;	  /* end of the latest record that was asked for, since time 0 */
	int64_t begun_ns; /* of the first REQBUFS, since time 0 */
	bool begun;
	int64_t start_ns; /* CLOCK_MONOTONIC of begun_ns, when paced */
	struct {
		int fd; /* -1: free */
		uint16_t handle;
	} open[TRACE_OPEN_MAX];
	struct {
		uint8_t *data; /* NULL: free */
		size_t size;
	} map[TRACE_MAPS_MAX];
};

/** Says what is wrong with the trace. @return PST_E_DEVICE */
int pst_trace_fail(struct trace_playback *playback, const char *what);

/** Says that something else is asked than was. @param record  NULL: the end. @return -EIO */
int pst_trace_diverge(
	struct trace_playback *playback, const struct trace_record *record, const char *asked);

/** @return the next step of the conversation, not yet taken; NULL: there is none */
const struct trace_record *pst_trace_next_step(struct trace_playback *playback);

/**
 * Takes the next step of the conversation; frames that nobody asked for are passed over.
 *
 * @param ret_record  taken out: payload to be freed
 * @return 0, or -EIO: it is of another kind, or about another opening
 */
int pst_trace_step(struct trace_playback *playback, enum trace_kind kind, uint16_t handle,
	const char *asked, struct trace_record *ret_record) PST_MUST_CHECK;

/** Answers DQBUF and QBUF. @return as v4l2_ops' ioctl */
int pst_trace_deliver(struct trace_playback *playback, void *argument) PST_MUST_CHECK;
int pst_trace_take_back(struct trace_playback *playback, void *argument) PST_MUST_CHECK;

/** Answers look. @return 0; -ENODATA it was not recorded */
int pst_trace_show(
	struct trace_playback *playback, uint32_t index, uint8_t *data, size_t size) PST_MUST_CHECK;

/** @return whether a frame or a failure comes before the next step */
bool pst_trace_has_delivery(struct trace_playback *playback);

/** @param has  any of TRACE_HAS_*. @return the operations, on a struct trace_playback */
struct v4l2_ops pst_trace_play_ops(uint32_t has);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_TRACE_H
#define PST_DEVICES_V4L2_TRACE_H

#include "devices/bytes.h"
#include "devices/device.h"
#include "devices/v4l2/ops.h"

/*
 * A trace keeps all that passed between postern and a camera: every question and answer, with its
 * time, and the bytes of those frames that somebody with a permit looked at. Of all others it holds
 * what the driver said of them, and not one byte. Played, it is the camera once more, fault for
 * fault, so that a report becomes a test. devices/v4l2/trace_format.h has the format.
 */

/** @return whether a file that begins with these bytes is a trace; 8 are enough */
bool pst_trace_is(const uint8_t *data, size_t size);

/**
 * Opens a camera as pst_v4l2_open does, and writes down what is said to it and what it answers.
 *
 * The trace is whole once the device is closed. When the output takes no more, the camera fails.
 *
 * @param backend  what is recorded, copied; NULL: the kernel's
 * @param output   copied; what stands behind it outlives the device. One record is one write
 * @return as pst_v4l2_open, or what the output said
 * [capture]
 */
int pst_trace_record(struct pst_device **ret, const struct v4l2_backend *backend, const char *uri,
	const struct pst_output *output, struct pst_error *error) PST_MUST_CHECK;

/**
 * @return index of the frame that a record which was written to the output holds; -1: it holds none
 */
int pst_trace_holds_frame(const void *record, size_t size);

/**
 * Opens a trace as the camera that it was recorded of. What is asked of it must be what was asked
 * then, in the same order; only frames may be held shorter or longer. A frame can be mapped if it
 * was mapped then; one among such frames, or up to half a second behind them, gives -EAGAIN, any
 * other fails the device. When the camera was lost, the trace ends for the player, though it may go
 * on.
 *
 * @param uri    names the trace in messages: "file:x.trace"
 * @param pace   PST_PACE_REAL: frames come when they came; PST_PACE_MAX: no descriptor, and
 *               captured_ns counts from when the camera was started
 * @param input  copied and taken: closed with the device, or before an error is returned
 * @return 0; PST_E_DEVICE no trace, damaged, or something else is asked than was recorded, or the
 *         camera failed to open then; -ENOMEM; error filled
 * [capture]
 */
int pst_trace_play(struct pst_device **ret, const char *uri, enum pst_pace pace,
	const struct pst_input *input, struct pst_error *error) PST_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_REPLAY_WRITER_H
#define PST_DEVICES_REPLAY_WRITER_H

#include "devices/bytes.h"
#include "devices/device.h"

/**
 * Writes frames into a recording as they are: JPEGs as the camera sent them, all else as raw
 * video; nothing is encoded. The container is Matroska, written from front to back, so that it can
 * go through a pipe or a cipher.
 *
 * Times are kept in whole milliseconds, rounded down, on the clock they come with: a pause stays a
 * pause, and a scenario made for the source fits its recording. pst_replay_open reads it so.
 */
struct pst_replay_writer;

/**
 * Begins a recording.
 *
 * @param info    of the device that the frames come from: format, size, rate, domain
 * @param output  copied; what stands behind it outlives the writer
 * @return 0; PST_E_FORMAT there is no name for the format in a recording; -ENOMEM; what the output
 *         said; all with the error filled
 * [capture]
 */
int pst_replay_writer_open(struct pst_replay_writer **ret, const struct pst_device_info *info,
	const struct pst_output *output, struct pst_error *error) PST_MUST_CHECK;

/**
 * Appends a frame.
 *
 * @param frame  borrowed until return, mapped; captured_ns rises from frame to frame
 * @return 0; PST_E_CORRUPT it isn't what the recording was begun with, and was left out; what the
 *         output said: the recording is of no use any more; error filled
 * [capture]
 */
int pst_replay_writer_put(struct pst_replay_writer *writer, const struct pst_frame *frame,
	struct pst_error *error) PST_MUST_CHECK;

/** Ends the recording. @return 0; as pst_replay_writer_put [capture] */
int pst_replay_writer_finish(
	struct pst_replay_writer *writer, struct pst_error *error) PST_MUST_CHECK;

/** Frees the writer and sets it to NULL. Accepts NULL inside. [capture] */
void pst_replay_writer_close(struct pst_replay_writer **writer);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_REPLAY_READER_H
#define PST_DEVICES_REPLAY_READER_H

#include "devices/replay/source.h"

/**
 * A source played once, several times or for ever, joined ones one after the other, on one time
 * line in ns that begins at 0. */
struct replay_reader {
	struct replay_source *source; /* owned */
	struct replay_options options;
	int64_t period_ns; /* from frame to frame, where the file does not say */
	uint32_t played;   /* rounds finished */
	bool fresh;	   /* nothing read since open or rewind */
	bool any;	   /* a frame in this round */
	int64_t first_ns;  /* of this round, in the file's time */
	int64_t key_ns;	   /* of the newest key frame, in the file's time */
	int64_t offset_ns; /* of this round */
	int64_t last_ns;
	int64_t end_ns; /* of what was read so far */
};

/**
 * Opens a plain path: a picture, a folder, a pattern, or a container.
 *
 * Fills size and codec of reader->source->codec in every case. On error nothing is left open.
 *
 * @return as pst_replay_open
 */
int pst_replay_reader_init(struct replay_reader *reader, const char *path,
	const struct replay_options *options, struct pst_error *error) PST_MUST_CHECK;

/** As struct replay_source_ops read, but packet->pts is in ns on the one time line. */
int pst_replay_reader_read(
	struct replay_reader *reader, AVPacket *packet, struct pst_error *error) PST_MUST_CHECK;

/** Back to the first frame of the first round. @return 0 or PST_E_DEVICE, error filled. */
int pst_replay_reader_rewind(struct replay_reader *reader, struct pst_error *error) PST_MUST_CHECK;

/** Accepts a zeroed one. */
void pst_replay_reader_finish(struct replay_reader *reader);

#endif

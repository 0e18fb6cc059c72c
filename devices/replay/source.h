/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_REPLAY_SOURCE_H
#define PST_DEVICES_REPLAY_SOURCE_H

#include <libavcodec/avcodec.h>

#include "devices/bytes.h"
#include "devices/device.h"

/** In a recording's comment: its times are those of the lane that made it, pauses and all. */
#define REPLAY_CLOCK_MARK "postern-clock=lane"

/** Where compressed frames come from: a container, or a list of picture files. */
struct replay_source;

struct replay_source_ops {
	/**
	 * Reads the next compressed frame of the one video stream.
	 *
	 * @param packet  blank; on 1 it holds the bytes, pts in time_base or AV_NOPTS_VALUE
	 * @return 1; PST_E_END; PST_E_CORRUPT one frame is damaged; PST_E_DEVICE or -errno with
	 *         the error filled
	 */
	int (*read)(struct replay_source *source, AVPacket *packet, struct pst_error *error);
	/** Back to the first frame. @return 0; PST_E_DEVICE with the error filled. */
	int (*rewind)(struct replay_source *source, struct pst_error *error);
	void (*close)(struct replay_source *source);
};

/** Embedded as the first member of each source. */
struct replay_source {
	const struct replay_source_ops *ops;
	AVCodecParameters *codec; /* owned; size 0 x 0 when only the frames know it */
	AVRational time_base;
	double fps;	   /* 0 if unknown */
	int turn;	   /* degrees clockwise that frames are shown turned by: 0, 90, 180, 270 */
	bool stored_order; /* pts tells when a frame was stored, not when it is shown (AVI) */
	bool own_clock;	   /* REPLAY_CLOCK_MARK: times are used as they are */
	enum pst_domain domain;
	char kind[PST_DEVICE_TEXT_SIZE]; /* "mjpeg in avi" */
};

/** What cuts a source short, and what pictures need to be told. */
struct replay_options {
	uint32_t loop; /* times played, 0 for ever */
	double fps;    /* of pictures */
	/* NULL: files; else bytes of a container. Taken: the source closes it, on failure too */
	const struct pst_input *input;
};

/** Opens a container, in a file or in options->input; then the path is for messages. @return as
 * pst_replay_open */
int pst_replay_container_open(struct replay_source **ret, const char *path,
	const struct replay_options *options, struct pst_error *error) PST_MUST_CHECK;

/** Opens one picture, a folder of them or a numbered pattern. @return as pst_replay_open */
int pst_replay_images_open(struct replay_source **ret, const char *path,
	const struct replay_options *options, struct pst_error *error) PST_MUST_CHECK;

/** @return whether the name ends like a JPEG or PNG picture */
bool pst_replay_is_image_name(const char *name);

/** @return whether the name holds a number pattern such as %04d */
bool pst_replay_is_pattern(const char *name);

#endif

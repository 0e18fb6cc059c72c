/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_REPLAY_GOP_H
#define PST_DEVICES_REPLAY_GOP_H

#include "devices/replay/reader.h"

#define REPLAY_GOP_PACKETS 300
#define REPLAY_GOP_BYTES (64U << 20)

/**
 * Frames that build on each other, kept compressed until someone may see them.
 *
 * show names frames one after the other, in the order they are shown, without decoding. decode
 * makes one of them into pixels; it begins at the last key frame, or where the decoder stands if
 * that is later. What can't be needed any more is dropped; when the next key frame is further off
 * than the limits above, all is dropped and frames can't be decoded until it comes.
 */
struct replay_gop;

/** @return 0; PST_E_DEVICE no decoder for this codec; -ENOMEM; error filled */
int pst_replay_gop_create(struct replay_gop **ret, const AVCodecParameters *codec, const char *name,
	struct pst_error *error) PST_MUST_CHECK;

/** Accepts NULL inside, sets it to NULL. */
void pst_replay_gop_destroy(struct replay_gop **gop);

/** Forgets everything, for a rewound reader. */
void pst_replay_gop_reset(struct replay_gop *gop);

/** @return 1 with the time of the next frame; PST_E_END, PST_E_CORRUPT, PST_E_DEVICE, -errno */
int pst_replay_gop_show(struct replay_gop *gop, struct replay_reader *reader, int64_t *ret_pts,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Decodes the frame that show named last, or the one before it.
 *
 * @param frame  blank; on success a reference to the picture
 * @return 0; PST_E_CORRUPT, PST_E_DEVICE or -errno with the error filled
 */
int pst_replay_gop_decode(struct replay_gop *gop, struct replay_reader *reader, int64_t pts,
	AVFrame *frame, struct pst_error *error) PST_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_MASKED_H
#define PST_WORKER_MASKED_H

#include "wire/result.h"
#include "worker/decode.h"
#include "worker/jpeg_write.h"

/** Makes the pictures that people look at; its memory stays. Zeroed: it makes none. */
struct pst_masked {
	struct pst_picture picture;
	struct pst_jpeg_writer *writer; /* owned */
};

/**
 * Lays out all that a picture needs, by making an empty one.
 *
 * @param width, height  of frames, px
 * @return 0 or -ENOMEM
 */
int pst_masked_init(struct pst_masked *masked, uint32_t width, uint32_t height) PST_MUST_CHECK;

/** Overwrites what is left of the latest picture. Accepts a zeroed struct, as finish does. */
void pst_masked_wipe(struct pst_masked *masked);
void pst_masked_finish(struct pst_masked *masked);

/**
 * Decodes a frame small, masks it and encodes what is left.
 *
 * @param faces, subject  as pst_mask()
 * @param ret_masked      its width, height, size and bytes
 * @return 0; PST_E_CORRUPT, PST_E_FORMAT the frame; -ENOMEM
 */
int pst_masked_make(struct pst_masked *masked, struct pst_decoder *decoder,
	const struct pst_frame *frame, const struct pst_wire_face *faces, uint32_t count,
	uint32_t subject, struct pst_wire_masked *ret_masked) PST_MUST_CHECK;

#endif

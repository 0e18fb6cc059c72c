/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_JPEG_H
#define PST_DEVICES_SYNTHETIC_JPEG_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** Compresses pictures of one size as a USB camera does: JPEG 4:2:0, quality 90. */
struct pst_synth_jpeg {
	void *codec; /* owned */
	uint32_t width, height;
	size_t room; /* bytes that any picture of this size fits into */
};

/** @return 0 or -ENOMEM with the error filled */
int pst_synth_jpeg_init(struct pst_synth_jpeg *jpeg, uint32_t width, uint32_t height,
	struct pst_error *error) PST_MUST_CHECK;

/** Accepts a zeroed one. */
void pst_synth_jpeg_finish(struct pst_synth_jpeg *jpeg);

/**
 * @param rgb  height rows of width x 3 bytes without padding
 * @param to   room for jpeg->room bytes
 * @return bytes written, or PST_E_DEVICE with the error filled
 */
int pst_synth_jpeg_encode(struct pst_synth_jpeg *jpeg, const uint8_t *rgb, uint8_t *to,
	struct pst_error *error) PST_MUST_CHECK;

#endif

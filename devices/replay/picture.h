/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_REPLAY_PICTURE_H
#define PST_DEVICES_REPLAY_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/**
 * Reads the size out of a JPEG's frame header or a PNG's first chunk, nothing of the picture.
 *
 * @return 0, or PST_E_CORRUPT
 */
int pst_replay_picture_size(
	const uint8_t *data, size_t size, uint32_t *ret_width, uint32_t *ret_height) PST_MUST_CHECK;

/**
 * Reads how a JPEG is to be shown out of its Exif orientation (Exif 2.3, tag 0x0112), which phones
 * write.
 *
 * @return degrees clockwise: 0, also for a picture that doesn't say, 90, 180, 270; -1 mirrored
 */
int pst_replay_picture_turn(const uint8_t *data, size_t size);

#endif

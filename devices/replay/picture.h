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

#endif

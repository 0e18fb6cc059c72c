/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_JPEGS_H
#define USB_CAMERA_JPEGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Where the next JPEG of a file is looked for: an MJPEG AVI, or JPEGs one behind the other. */
struct jpegs {
	const uint8_t *data; /* borrowed */
	size_t size;
	size_t at;
	bool avi;
};

/** @param data  borrowed as long as the JPEGs are used */
void jpegs_init(struct jpegs *jpegs, const uint8_t *data, size_t size);

/**
 * Finds the next JPEG: a chunk of the AVI's first stream, or what goes on until another JPEG
 * begins. Nothing says that it can be decoded.
 *
 * @return whether there is one more
 */
bool jpegs_next(struct jpegs *jpegs, const uint8_t **ret_data, size_t *ret_size);

#endif

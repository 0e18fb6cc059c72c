/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_PICTURE_H
#define PST_WORKER_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "postern/image.h"

/** Memory that is kept from frame to frame and only ever grows. Zeroed is a valid empty one. */
struct pst_scratch {
	uint8_t *data; /* owned, 64-byte aligned */
	size_t room;
};

/** Makes room for size bytes; the content is lost when it grows. @return 0 or -ENOMEM */
int pst_scratch_fit(struct pst_scratch *scratch, size_t size) PST_MUST_CHECK;

/** Overwrites the content with zeroes; the memory stays. */
void pst_scratch_wipe(struct pst_scratch *scratch);

/** Wipes and frees. Accepts an empty one. */
void pst_scratch_finish(struct pst_scratch *scratch);

/** A decoded picture in memory of its own. Zeroed is a valid empty one. */
struct pst_picture {
	struct pst_image image; /* pixels lie in scratch */
	struct pst_scratch scratch;
};

/**
 * Gives the picture a format and a size. Without a change of either the pixels stay, else they are
 * zeroed. Allocates only to grow.
 *
 * @return 0 or -ENOMEM
 */
int pst_picture_shape(struct pst_picture *picture, enum pst_pixels format, uint32_t width,
	uint32_t height) PST_MUST_CHECK;

void pst_picture_wipe(struct pst_picture *picture);
void pst_picture_finish(struct pst_picture *picture);

/** @return bytes per pixel, 0 for unset */
uint32_t pst_pixels_bytes(uint32_t format);

/** A part of a picture, px. */
struct pst_rect {
	uint32_t x;
	uint32_t y;
	uint32_t width;
	uint32_t height;
};

/** How a picture's pixels lie in the full image: full = (pixel + 0.5) * scale - 0.5 + offset. */
struct pst_geometry {
	float scale_x;
	float scale_y;
	float offset_x;
	float offset_y;
};

/** @return the picture's point in full image space */
struct pst_point pst_geometry_to_full(const struct pst_geometry *geometry, struct pst_point point);

/** @return a point of full image space in the picture */
struct pst_point pst_geometry_from_full(
	const struct pst_geometry *geometry, struct pst_point point);

#endif

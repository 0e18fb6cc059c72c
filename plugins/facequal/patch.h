/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FACEQUAL_PATCH_H
#define FACEQUAL_PATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/face.h"
#include "postern/image.h"

/*
 * A face brought upright and to one scale: u runs along the line of the eyes, v down from it, both
 * in distances between the eyes from the point between them. Samples are means of the pixels they
 * cover, at most PATCH_EYES between the eyes, about what a 112 px chip has, and fewer where the
 * picture has fewer.
 */
#define PATCH_EYES 28.0F
#define PATCH_LEFT (-0.95F)
#define PATCH_TOP (-0.5F)
#define PATCH_WIDTH 1.9F
#define PATCH_HEIGHT 2.0F
#define PATCH_COLUMNS 54 /* at most */
#define PATCH_ROWS 56
#define PATCH_OUTSIDE (-1.0F) /* a sample beyond the picture */

struct patch {
	float eyes;  /* distance between them, px of the image; below 1 nothing else is set */
	float per_u; /* samples per distance between the eyes */
	uint32_t columns;
	uint32_t rows;
	struct pst_point axis;			       /* of u, a unit vector of the image */
	struct pst_point landmark[PST_LANDMARK_COUNT]; /* u, v */
	float luma[PATCH_ROWS][PATCH_COLUMNS];
};

/** Part of a patch, in u and v. */
struct window {
	float u;
	float v;
	float half_width;
	float half_height;
};

/** What stands in a window. */
struct texture {
	uint32_t count; /* samples within the picture; 0: nothing else is set */
	float mean;
	float low; /* the tenth and the ninetieth percentile */
	float high;
};

/** @param image  GREY8 @return false: the eyes fall into one point, the patch has no samples */
bool patch_fill(struct patch *patch, const struct pst_image *image, const struct pst_face *face);

struct texture patch_texture(const struct patch *patch, const struct window *window);

/** Range of the means of a window's rows: how much there changes from row to row. */
float patch_bands(const struct patch *patch, const struct window *window);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

int pst_scratch_fit(struct pst_scratch *scratch, size_t size)
{
	uint8_t *data;

	if (size <= scratch->room) {
		return 0;
	}
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	data = aligned_alloc(ALIGNMENT, size);
	if (!data) {
		return -ENOMEM;
	}
	memset(data, 0, size);
	pst_scratch_finish(scratch);
	scratch->data = data;
	scratch->room = size;
	return 0;
}

void pst_scratch_wipe(struct pst_scratch *scratch)
{
	if (scratch->data) {
		explicit_bzero(scratch->data, scratch->room);
	}
}

void pst_scratch_finish(struct pst_scratch *scratch)
{
	pst_scratch_wipe(scratch);
	free(scratch->data);
	*scratch = (struct pst_scratch){0};
}

uint32_t pst_pixels_bytes(uint32_t format)
{
	switch (format) {
	case PST_PIXELS_GREY8:
		return 1;
	case PST_PIXELS_RGB24:
	case PST_PIXELS_BGR24:
		return 3;
	default:
		return 0;
	}
}

int pst_picture_shape(
	struct pst_picture *picture, enum pst_pixels format, uint32_t width, uint32_t height)
{
	struct pst_image *image = &picture->image;
	uint32_t stride = width * pst_pixels_bytes(format);
	int status;

	if (image->format == format && image->width == width && image->height == height) {
		return 0;
	}
	status = pst_scratch_fit(&picture->scratch, (size_t)stride * height);
	if (status < 0) {
		*image = (struct pst_image){0};
		return status;
	}
	memset(picture->scratch.data, 0, (size_t)stride * height);
	*image = (struct pst_image){
		.size = sizeof(*image),
		.format = format,
		.width = width,
		.height = height,
		.stride = stride,
		.pixels = picture->scratch.data,
	};
	return 0;
}

void pst_picture_wipe(struct pst_picture *picture)
{
	pst_scratch_wipe(&picture->scratch);
}

void pst_picture_finish(struct pst_picture *picture)
{
	pst_scratch_finish(&picture->scratch);
	picture->image = (struct pst_image){0};
}

struct pst_point pst_geometry_to_full(const struct pst_geometry *geometry, struct pst_point point)
{
	return (struct pst_point){
		.x = (point.x + 0.5F) * geometry->scale_x - 0.5F + geometry->offset_x,
		.y = (point.y + 0.5F) * geometry->scale_y - 0.5F + geometry->offset_y,
	};
}

struct pst_point pst_geometry_from_full(const struct pst_geometry *geometry, struct pst_point point)
{
	return (struct pst_point){
		.x = (point.x - geometry->offset_x + 0.5F) / geometry->scale_x - 0.5F,
		.y = (point.y - geometry->offset_y + 0.5F) / geometry->scale_y - 0.5F,
	};
}

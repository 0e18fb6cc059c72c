/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/masked.h"

#include <errno.h>

#include "worker/mask.h"

/* What does not fit at one quality, does at a lower one. */
static const int qualities[] = {70, 50, 30, 10};

/* The longer side is at most PST_WIRE_PICTURE_SIDE; never enlarged. */
static void fit(uint32_t width, uint32_t height, uint32_t *ret_width, uint32_t *ret_height)
{
	uint32_t longer = width > height ? width : height;

	*ret_width = width;
	*ret_height = height;
	if (longer > PST_WIRE_PICTURE_SIDE) {
		*ret_width = (width * PST_WIRE_PICTURE_SIDE + longer / 2) / longer;
		*ret_height = (height * PST_WIRE_PICTURE_SIDE + longer / 2) / longer;
	}
	*ret_width = *ret_width ? *ret_width : 1;
	*ret_height = *ret_height ? *ret_height : 1;
}

static int encode(struct pst_masked *masked, struct pst_wire_masked *to)
{
	int size = -ENOSPC;

	for (size_t i = 0; i < sizeof(qualities) / sizeof(qualities[0]) && size == -ENOSPC; i++) {
		size = pst_jpeg_write(masked->writer, &masked->picture.image, qualities[i],
			to->bytes, sizeof(to->bytes));
	}
	if (size < 0) {
		return size == -ENOSPC ? PST_E_FORMAT : size;
	}
	to->width = masked->picture.image.width;
	to->height = masked->picture.image.height;
	to->size = (uint32_t)size;
	return 0;
}

int pst_masked_init(struct pst_masked *masked, uint32_t width, uint32_t height)
{
	static uint8_t blank[PST_WIRE_PICTURE_BYTES];
	uint32_t small_width, small_height;
	int status = pst_jpeg_writer_create(&masked->writer);

	fit(width, height, &small_width, &small_height);
	if (status == 0) {
		status = pst_picture_shape(
			&masked->picture, PST_PIXELS_BGR24, small_width, small_height);
	}
	if (status == 0) {
		status = pst_jpeg_write(
			masked->writer, &masked->picture.image, qualities[0], blank, sizeof(blank));
	}
	return status < 0 ? status : 0;
}

void pst_masked_wipe(struct pst_masked *masked)
{
	pst_picture_wipe(&masked->picture);
	if (masked->writer) {
		pst_jpeg_writer_wipe(masked->writer);
	}
}

void pst_masked_finish(struct pst_masked *masked)
{
	pst_picture_finish(&masked->picture);
	pst_jpeg_writer_destroy(&masked->writer);
}

int pst_masked_make(struct pst_masked *masked, struct pst_decoder *decoder,
	const struct pst_frame *frame, const struct pst_wire_face *faces, uint32_t count,
	uint32_t subject, struct pst_wire_masked *ret_masked)
{
	struct pst_geometry geometry = {0};
	uint32_t width, height;

	fit(frame->width, frame->height, &width, &height);
	int status = pst_picture_shape(&masked->picture, PST_PIXELS_BGR24, width, height);
	if (status == 0) {
		status = pst_decode(
			decoder, frame, width, height, /* fine= */ false, &masked->picture);
	}
	if (status < 0) {
		return status;
	}
	geometry.scale_x = (float)frame->width / (float)width;
	geometry.scale_y = (float)frame->height / (float)height;
	pst_mask(&masked->picture, &geometry, faces, count, subject);
	return encode(masked, ret_masked);
}

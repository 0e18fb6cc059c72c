/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/convert.h"

#include <assert.h>
#include <errno.h>
#include <libv4l-plugin.h>
#include <libv4lconvert.h>
#include <stdlib.h>
#include <string.h>

#define PICTURES 2  /* as many as may be held at a time */
#define BEYOND 4096 /* zeros behind a frame's bytes, for a decoder that looks too far */

struct v4l2_convert {
	struct v4lconvert_data *library;
	struct v4l2_backend backend;
	struct v4l2_format source;
	struct v4l2_format target;
	char path[PST_DEVICE_TEXT_SIZE];
	size_t room;	/* for the driver's bytes */
	uint8_t *bytes; /* a copy of them, since the library may write where it reads */
	size_t size;	/* of one picture */
	uint8_t *picture[PICTURES];
	unsigned turn;
};

/* What libv4lconvert reads and nothing else here does: one maker's compression, raw mosaics. */
static const uint32_t takes[] = {
	V4L2_PIX_FMT_SBGGR8,
	V4L2_PIX_FMT_SGBRG8,
	V4L2_PIX_FMT_SGRBG8,
	V4L2_PIX_FMT_SRGGB8,
	V4L2_PIX_FMT_SPCA501,
	V4L2_PIX_FMT_SPCA505,
	V4L2_PIX_FMT_SPCA508,
	V4L2_PIX_FMT_SPCA561,
	V4L2_PIX_FMT_SN9C10X,
	V4L2_PIX_FMT_SN9C2028,
	V4L2_PIX_FMT_SN9C20X_I420,
	V4L2_PIX_FMT_PAC207,
	V4L2_PIX_FMT_PJPG,
	V4L2_PIX_FMT_MR97310A,
	V4L2_PIX_FMT_JL2005BCD,
	V4L2_PIX_FMT_OV511,
	V4L2_PIX_FMT_OV518,
	V4L2_PIX_FMT_CPIA1,
	V4L2_PIX_FMT_SQ905C,
	V4L2_PIX_FMT_STV0680,
	V4L2_PIX_FMT_SE401,
	V4L2_PIX_FMT_KONICA420,
	V4L2_PIX_FMT_HM12,
	V4L2_PIX_FMT_M420,
	V4L2_PIX_FMT_YVYU,
	V4L2_PIX_FMT_YVU420,
	V4L2_PIX_FMT_RGB565,
	V4L2_PIX_FMT_Y10BPACK,
};

bool pst_v4l2_convert_takes(uint32_t fourcc)
{
	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++) {
		if (takes[i] == fourcc) {
			return true;
		}
	}
	return false;
}

/* The library asks about the camera through our table, and expects errno. */
static int ask(void *user, int fd, unsigned long request, void *argument)
{
	const struct v4l2_convert *convert = user;
	int status = convert->backend.ops->ioctl(convert->backend.user, fd, request, argument);

	if (status < 0) {
		errno = -status;
		return -1;
	}
	return status;
}

static const struct libv4l_dev_ops table = {.ioctl = ask};

static int prepare(
	struct v4l2_convert *convert, const struct v4l2_node *node, struct pst_error *error)
{
	struct v4l2_pix_format *target = &convert->target.fmt.pix;

	convert->size = (size_t)target->width * target->height +
			2 * (size_t)((target->width + 1) / 2) * ((target->height + 1) / 2);
	target->pixelformat = V4L2_PIX_FMT_YUV420;
	target->field = V4L2_FIELD_NONE;
	target->bytesperline = target->width;
	target->sizeimage = (uint32_t)convert->size;
	convert->room = convert->source.fmt.pix.sizeimage;
	convert->bytes = calloc(1, convert->room + BEYOND);
	bool complete = convert->bytes;

	for (int i = 0; i < PICTURES; i++) {
		convert->picture[i] = calloc(1, convert->size);
		complete = complete && convert->picture[i];
	}
	if (!complete) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", node->path);
	}
	convert->library = v4lconvert_create_with_dev_ops(node->fd, convert, &table);
	return convert->library ? 0
				: pst_error_set(error, PST_E_DEVICE,
					  "%s: libv4l can't convert the pictures of \"%s\"",
					  node->path, node->name);
}

int pst_v4l2_convert_create(struct v4l2_convert **ret, const struct v4l2_node *node,
	const struct v4l2_pix_format *source, struct pst_error *error)
{
	/* The library halves both sides for the chroma and rounds down. */
	if (source->width % 2 || source->height % 2) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: \"%s\" gives %ux%u px in a format that can't be converted at odd "
			"sizes",
			node->path, node->name, source->width, source->height);
	}
	struct v4l2_convert *convert = calloc(1, sizeof(*convert));

	if (!convert) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", node->path);
	}
	convert->backend = node->backend;
	convert->source.type = convert->target.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	convert->source.fmt.pix = *source;
	convert->target.fmt.pix.width = source->width;
	convert->target.fmt.pix.height = source->height;
	memcpy(convert->path, node->path, sizeof(convert->path));
	int status = prepare(convert, node, error);

	if (status < 0) {
		pst_v4l2_convert_destroy(&convert);
		return status;
	}
	*ret = convert;
	return 0;
}

void pst_v4l2_convert_destroy(struct v4l2_convert **convert)
{
	if (!*convert) {
		return;
	}
	if ((*convert)->library) {
		v4lconvert_destroy((*convert)->library);
	}
	for (int i = 0; i < PICTURES; i++) {
		free((*convert)->picture[i]);
	}
	free((*convert)->bytes);
	free(*convert);
	*convert = NULL;
}

static void set_planes(struct pst_frame *frame, const uint8_t *picture)
{
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t rows = pst_frame_plane_rows(PST_FRAME_FORMAT_I420, i, frame->height);
		uint32_t row = pst_frame_plane_row_bytes(PST_FRAME_FORMAT_I420, i, frame->width);

		frame->plane[i].data = picture;
		frame->plane[i].stride = row;
		frame->plane[i].size = row * rows;
		picture += (size_t)row * rows;
	}
}

int pst_v4l2_convert_frame(struct v4l2_convert *convert, const uint8_t *bytes, size_t size,
	struct pst_frame *frame, struct pst_error *error)
{
	uint8_t *picture = convert->picture[convert->turn++ % PICTURES];

	assert(frame->format == PST_FRAME_FORMAT_I420 &&
		frame->width == convert->target.fmt.pix.width &&
		frame->height == convert->target.fmt.pix.height);
	size = size < convert->room ? size : convert->room;
	memcpy(convert->bytes, bytes, size);
	memset(convert->bytes + size, 0, BEYOND);
	int made = v4lconvert_convert(convert->library, &convert->source, &convert->target,
		convert->bytes, (int)size, picture, (int)convert->size);

	if (made != (int)convert->size) {
		return pst_error_set(error, PST_E_CORRUPT, "%s: frame %llu can't be converted: %s",
			convert->path, (unsigned long long)frame->sequence,
			made < 0 ? v4lconvert_get_error_message(convert->library) : "too short");
	}
	set_planes(frame, picture);
	return 0;
}

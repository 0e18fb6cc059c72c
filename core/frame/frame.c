/* SPDX-License-Identifier: Apache-2.0 */
#include "frame/frame.h"

const char *pst_frame_format_name(enum pst_frame_format format)
{
	switch (format) {
#define PST_FRAME_FORMAT_NAME(name, text, fourcc, planes)                                          \
	case PST_FRAME_FORMAT_##name:                                                              \
		return text;
		PST_FRAME_FORMAT_MAP(PST_FRAME_FORMAT_NAME)
#undef PST_FRAME_FORMAT_NAME
	case PST_FRAME_FORMAT_UNSET:
		break;
	}
	return "unset";
}

uint32_t pst_frame_format_planes(enum pst_frame_format format)
{
	switch (format) {
#define PST_FRAME_FORMAT_PLANES(name, text, fourcc, planes)                                        \
	case PST_FRAME_FORMAT_##name:                                                              \
		return planes;
		PST_FRAME_FORMAT_MAP(PST_FRAME_FORMAT_PLANES)
#undef PST_FRAME_FORMAT_PLANES
	case PST_FRAME_FORMAT_UNSET:
		break;
	}
	return 0;
}

uint32_t pst_frame_plane_rows(enum pst_frame_format format, uint32_t plane, uint32_t height)
{
	switch (format) {
	case PST_FRAME_FORMAT_NV12:
	case PST_FRAME_FORMAT_I420:
		return plane == 0 ? height : (height + 1) / 2;
	case PST_FRAME_FORMAT_MJPEG:
	case PST_FRAME_FORMAT_YUYV:
	case PST_FRAME_FORMAT_GREY:
	case PST_FRAME_FORMAT_BGR24:
	case PST_FRAME_FORMAT_UYVY:
	case PST_FRAME_FORMAT_Y16:
		return height;
	case PST_FRAME_FORMAT_UNSET:
		break;
	}
	return 0;
}

uint32_t pst_frame_plane_row_bytes(enum pst_frame_format format, uint32_t plane, uint32_t width)
{
	switch (format) {
	case PST_FRAME_FORMAT_YUYV:
	case PST_FRAME_FORMAT_UYVY:
		return (width + 1) / 2 * 4;
	case PST_FRAME_FORMAT_NV12:
		return plane == 0 ? width : (width + 1) / 2 * 2;
	case PST_FRAME_FORMAT_I420:
		return plane == 0 ? width : (width + 1) / 2;
	case PST_FRAME_FORMAT_GREY:
		return width;
	case PST_FRAME_FORMAT_Y16:
		return width * 2;
	case PST_FRAME_FORMAT_BGR24:
		return width * 3;
	case PST_FRAME_FORMAT_MJPEG:
	case PST_FRAME_FORMAT_UNSET:
		break;
	}
	return 0;
}

int pst_frame_check(const struct pst_frame *frame, struct pst_error *error)
{
	uint32_t planes = pst_frame_format_planes(frame->format);

	if (planes == 0 || frame->width < 1 || frame->width > PST_FRAME_SIDE_MAX ||
		frame->height < 1 || frame->height > PST_FRAME_SIDE_MAX) {
		return pst_error_set(error, PST_E_CORRUPT, "frame %llu: %s of %ux%u px",
			(unsigned long long)frame->sequence, pst_frame_format_name(frame->format),
			frame->width, frame->height);
	}
	for (uint32_t i = 0; i < planes; i++) {
		const struct pst_frame_plane *plane = &frame->plane[i];
		uint32_t row = pst_frame_plane_row_bytes(frame->format, i, frame->width);
		uint64_t rows = pst_frame_plane_rows(frame->format, i, frame->height);
		uint64_t need = row ? (rows - 1) * plane->stride + row : 1;

		if (!plane->data || plane->stride < row || plane->size < need) {
			return pst_error_set(error, PST_E_CORRUPT,
				"frame %llu: plane %u holds %u bytes, %llu needed",
				(unsigned long long)frame->sequence, i, plane->size,
				(unsigned long long)need);
		}
	}
	return 0;
}

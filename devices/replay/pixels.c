/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/replay/pixels.h"

#include <libavcodec/avcodec.h>

/* Of several pixel formats for one frame format the first is the one that is written. */
static const struct {
	enum AVPixelFormat pixels;
	enum pst_frame_format format;
} formats[] = {
	{AV_PIX_FMT_YUV420P, PST_FRAME_FORMAT_I420},
	{AV_PIX_FMT_YUVJ420P, PST_FRAME_FORMAT_I420},
	{AV_PIX_FMT_NV12, PST_FRAME_FORMAT_NV12},
	{AV_PIX_FMT_GRAY8, PST_FRAME_FORMAT_GREY},
	{AV_PIX_FMT_YUYV422, PST_FRAME_FORMAT_YUYV},
	{AV_PIX_FMT_BGR24, PST_FRAME_FORMAT_BGR24},
	{AV_PIX_FMT_UYVY422, PST_FRAME_FORMAT_UYVY},
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

enum pst_frame_format pst_replay_format_of(enum AVPixelFormat pixels)
{
	for (size_t i = 0; i < FORMATS; i++) {
		if (formats[i].pixels == pixels) {
			return formats[i].format;
		}
	}
	return PST_FRAME_FORMAT_UNSET;
}

enum AVPixelFormat pst_replay_pixels_tagged(uint32_t tag)
{
	for (size_t i = 0; i < FORMATS; i++) {
		if (avcodec_pix_fmt_to_codec_tag(formats[i].pixels) == tag) {
			return formats[i].pixels;
		}
	}
	return AV_PIX_FMT_NONE;
}

enum AVPixelFormat pst_replay_pixels_of(enum pst_frame_format format)
{
	for (size_t i = 0; i < FORMATS; i++) {
		if (formats[i].format == format) {
			return formats[i].pixels;
		}
	}
	return AV_PIX_FMT_NONE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/modes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/v4l2/convert.h"

/* Drivers have been seen that never say "no more". */
#define ENTRIES_MAX 256

#define RATE_MOST 10000.0 /* fps; beyond, a driver means that any will do */

/* Best first: less to move, then less to convert, then colour before grey. */
static const struct {
	enum pst_frame_format format;
	uint32_t fourcc;
} formats[] = {
	{PST_FRAME_FORMAT_MJPEG, V4L2_PIX_FMT_MJPEG},
	{PST_FRAME_FORMAT_MJPEG, V4L2_PIX_FMT_JPEG},
	{PST_FRAME_FORMAT_NV12, V4L2_PIX_FMT_NV12},
	{PST_FRAME_FORMAT_I420, V4L2_PIX_FMT_YUV420},
	{PST_FRAME_FORMAT_YUYV, V4L2_PIX_FMT_YUYV},
	{PST_FRAME_FORMAT_UYVY, V4L2_PIX_FMT_UYVY},
	{PST_FRAME_FORMAT_BGR24, V4L2_PIX_FMT_BGR24},
	{PST_FRAME_FORMAT_GREY, V4L2_PIX_FMT_GREY},
	{PST_FRAME_FORMAT_Y16, V4L2_PIX_FMT_Y16},
	{PST_FRAME_FORMAT_Y16, V4L2_PIX_FMT_Y12},
	{PST_FRAME_FORMAT_Y16, V4L2_PIX_FMT_Y10},
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static const uint32_t common_sizes[][2] = {
	{320, 240}, {640, 360}, {640, 480}, {1280, 720}, {1920, 1080}};

enum pst_frame_format pst_v4l2_format_of(uint32_t fourcc)
{
	for (size_t i = 0; i < FORMATS; i++) {
		if (formats[i].fourcc == fourcc) {
			return formats[i].format;
		}
	}
	return PST_FRAME_FORMAT_UNSET;
}

size_t pst_v4l2_format_rank(enum pst_frame_format format)
{
	size_t rank = 0;

	while (rank < FORMATS && formats[rank].format != format) {
		rank++;
	}
	return rank;
}

uint32_t pst_v4l2_fourcc_named(const char *name)
{
	char code[4] = {' ', ' ', ' ', ' '};

	memcpy(code, name, strnlen(name, sizeof(code)));
	return v4l2_fourcc(code[0], code[1], code[2], code[3]);
}

static double rate_of(const struct v4l2_fract *interval)
{
	double fps = interval->numerator ? (double)interval->denominator / interval->numerator : 0;

	return fps < RATE_MOST ? fps : RATE_MOST;
}

static void read_rates(struct pst_v4l2_mode *mode, const struct v4l2_node *node, uint32_t fourcc)
{
	struct v4l2_frmivalenum ask = {
		.pixel_format = fourcc, .width = mode->width, .height = mode->height};

	for (; ask.index < ENTRIES_MAX && mode->rates < PST_V4L2_RATES_MAX; ask.index++) {
		if (pst_v4l2_node_ask(node, VIDIOC_ENUM_FRAMEINTERVALS, &ask) < 0) {
			return;
		}
		if (ask.type != V4L2_FRMIVAL_TYPE_DISCRETE) {
			mode->fps[0] = rate_of(&ask.stepwise.min);
			mode->fps[1] = rate_of(&ask.stepwise.max);
			mode->any_rate = mode->fps[0] > 0;
			mode->rates = mode->any_rate ? 2 : 0;
			return;
		}
		mode->fps[mode->rates] = rate_of(&ask.discrete);
		mode->rates += mode->fps[mode->rates] > 0;
	}
}

static int add_mode(struct v4l2_modes *modes, const struct v4l2_node *node, uint32_t fourcc,
	uint32_t width, uint32_t height)
{
	if (width < 1 || width > PST_FRAME_SIDE_MAX || height < 1 || height > PST_FRAME_SIDE_MAX) {
		return 0;
	}
	if (modes->count == modes->room) {
		size_t room = modes->room ? modes->room * 2 : 16;
		struct pst_v4l2_mode *grown = realloc(modes->mode, room * sizeof(*grown));

		if (!grown) {
			return -ENOMEM;
		}
		modes->mode = grown;
		modes->room = room;
	}
	struct pst_v4l2_mode *mode = &modes->mode[modes->count++];

	*mode = (struct pst_v4l2_mode){
		.format = pst_v4l2_format_of(fourcc), .width = width, .height = height};
	if (!mode->format && pst_v4l2_convert_takes(fourcc)) {
		mode->format = PST_FRAME_FORMAT_I420;
		mode->converted = true;
	}
	for (int i = 0; i < 4; i++) {
		char c = (char)(fourcc >> 8 * i);

		mode->fourcc[i] = c > 0x20 && c < 0x7f ? c : ' ';
	}
	for (int i = 3; i > 0 && mode->fourcc[i] == ' '; i--) {
		mode->fourcc[i] = 0;
	}
	read_rates(mode, node, fourcc);
	return 0;
}

static bool on_steps(uint32_t value, uint32_t low, uint32_t high, uint32_t step)
{
	return value >= low && value <= high && (step < 2 || (value - low) % step == 0);
}

static int add_range(struct v4l2_modes *modes, const struct v4l2_node *node, uint32_t fourcc,
	const struct v4l2_frmsize_stepwise *range, const struct v4l2_want *want)
{
	uint32_t sizes[8][2] = {{range->min_width, range->min_height}};
	size_t count = 1;

	for (size_t i = 0; i < sizeof(common_sizes) / sizeof(common_sizes[0]); i++) {
		memcpy(sizes[count++], common_sizes[i], sizeof(sizes[0]));
	}
	sizes[count][0] = range->max_width;
	sizes[count++][1] = range->max_height;
	sizes[count][0] = want->width;
	sizes[count++][1] = want->height;
	for (size_t i = 0; i < count; i++) {
		bool known = false;

		for (size_t k = 0; k < i; k++) {
			known = known || memcmp(sizes[i], sizes[k], sizeof(sizes[0])) == 0;
		}
		if (known ||
			!on_steps(sizes[i][0], range->min_width, range->max_width,
				range->step_width) ||
			!on_steps(sizes[i][1], range->min_height, range->max_height,
				range->step_height)) {
			continue;
		}
		int status = add_mode(modes, node, fourcc, sizes[i][0], sizes[i][1]);

		if (status < 0) {
			return status;
		}
	}
	return 0;
}

/* Without a list of sizes (HDMI grabbers), the one that is set now is the one there is. */
static int add_current(struct v4l2_modes *modes, const struct v4l2_node *node, uint32_t fourcc)
{
	struct v4l2_format now = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};

	if (pst_v4l2_node_ask(node, VIDIOC_G_FMT, &now) < 0) {
		return 0;
	}
	return add_mode(modes, node, fourcc, now.fmt.pix.width, now.fmt.pix.height);
}

static int add_sizes(struct v4l2_modes *modes, const struct v4l2_node *node, uint32_t fourcc,
	const struct v4l2_want *want)
{
	struct v4l2_frmsizeenum ask = {.pixel_format = fourcc};
	int status = 0;

	for (; status == 0 && ask.index < ENTRIES_MAX; ask.index++) {
		if (pst_v4l2_node_ask(node, VIDIOC_ENUM_FRAMESIZES, &ask) < 0) {
			return ask.index == 0 ? add_current(modes, node, fourcc) : 0;
		}
		if (ask.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
			return add_range(modes, node, fourcc, &ask.stepwise, want);
		}
		status = add_mode(modes, node, fourcc, ask.discrete.width, ask.discrete.height);
	}
	return status;
}

int pst_v4l2_modes_read(
	struct v4l2_modes *modes, const struct v4l2_node *node, const struct v4l2_want *want)
{
	struct v4l2_fmtdesc ask = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	int status = 0;

	for (; status == 0 && ask.index < ENTRIES_MAX; ask.index++) {
		if (pst_v4l2_node_ask(node, VIDIOC_ENUM_FMT, &ask) < 0) {
			break;
		}
		status = add_sizes(modes, node, ask.pixelformat, want);
	}
	return status;
}

void pst_v4l2_modes_finish(struct v4l2_modes *modes)
{
	free(modes->mode);
	*modes = (struct v4l2_modes){0};
}

double pst_v4l2_mode_fastest(const struct pst_v4l2_mode *mode)
{
	double fps = 0;

	for (uint32_t i = 0; i < mode->rates; i++) {
		fps = mode->fps[i] > fps ? mode->fps[i] : fps;
	}
	return fps;
}

void pst_v4l2_modes_describe(const struct v4l2_modes *modes, char *text, size_t size)
{
	size_t used = 0;

	(void)snprintf(text, size, "nothing that postern takes (" V4L2_FORMATS_TAKEN ")");
	for (size_t i = 0; i < modes->count; i++) {
		const struct pst_v4l2_mode *mode = &modes->mode[i];
		char entry[64];

		if (mode->format == PST_FRAME_FORMAT_UNSET) {
			continue;
		}
		int length = snprintf(entry, sizeof(entry), "%s%s %ux%u", used ? ", " : "",
			mode->fourcc, mode->width, mode->height);

		if (mode->rates > 0 && length > 0 && (size_t)length < sizeof(entry)) {
			length += snprintf(entry + length, sizeof(entry) - (size_t)length, " at %g",
				pst_v4l2_mode_fastest(mode));
		}
		if (length < 0 || used + (size_t)length >= size) {
			return;
		}
		memcpy(text + used, entry, (size_t)length + 1);
		used += (size_t)length;
	}
}

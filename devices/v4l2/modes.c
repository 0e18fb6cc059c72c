/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/modes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Drivers have been seen that never say "no more". */
#define ENTRIES_MAX 256

#define PREFERRED_AREA (1280 * 720)
#define PREFERRED_FPS 25.0
#define USUAL_FPS 30.0	/* more is heat, less is latency */
#define RATE_SLACK 0.05 /* 29.97 is as good as 30 */

/* Best first: less to move, then less to convert. */
static const struct {
	enum pst_frame_format format;
	uint32_t fourcc;
} formats[] = {
	{PST_FRAME_FORMAT_MJPEG, V4L2_PIX_FMT_MJPEG},
	{PST_FRAME_FORMAT_NV12, V4L2_PIX_FMT_NV12},
	{PST_FRAME_FORMAT_YUYV, V4L2_PIX_FMT_YUYV},
	{PST_FRAME_FORMAT_GREY, V4L2_PIX_FMT_GREY},
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

uint32_t pst_v4l2_fourcc_of(enum pst_frame_format format)
{
	for (size_t i = 0; i < FORMATS; i++) {
		if (formats[i].format == format) {
			return formats[i].fourcc;
		}
	}
	return 0;
}

static size_t rank_of(enum pst_frame_format format)
{
	size_t rank = 0;

	while (rank < FORMATS && formats[rank].format != format) {
		rank++;
	}
	return rank;
}

static double rate_of(const struct v4l2_fract *interval)
{
	return interval->numerator ? (double)interval->denominator / interval->numerator : 0;
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
			mode->fps[mode->rates++] = rate_of(&ask.stepwise.min);
			return;
		}
		mode->fps[mode->rates++] = rate_of(&ask.discrete);
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
	for (int i = 0; i < 4; i++) {
		char c = (char)(fourcc >> 8 * i);

		mode->fourcc[i] = c > 0x20 && c < 0x7f ? c : ' ';
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

static bool reaches(const struct pst_v4l2_mode *mode, double fps)
{
	bool reached = mode->rates == 0;

	for (uint32_t i = 0; i < mode->rates; i++) {
		reached = reached || mode->fps[i] >= fps - RATE_SLACK;
	}
	return reached;
}

static bool offers(const struct pst_v4l2_mode *mode, const struct v4l2_want *want)
{
	return mode->format != PST_FRAME_FORMAT_UNSET &&
	       (!want->format || mode->format == want->format) &&
	       (!want->width || (mode->width == want->width && mode->height == want->height)) &&
	       (want->fps <= 0 || reaches(mode, want->fps));
}

static bool is_better(const struct pst_v4l2_mode *mode, const struct pst_v4l2_mode *best)
{
	uint64_t area = (uint64_t)mode->width * mode->height;
	uint64_t best_area = (uint64_t)best->width * best->height;

	if (reaches(mode, PREFERRED_FPS) != reaches(best, PREFERRED_FPS)) {
		return reaches(mode, PREFERRED_FPS);
	}
	if (area != best_area) {
		if (area > PREFERRED_AREA || best_area > PREFERRED_AREA) {
			return area < best_area;
		}
		return area > best_area;
	}
	return rank_of(mode->format) < rank_of(best->format);
}

/* @return the fastest rate up to a limit, 0 if there is none or the driver tells none */
static double fastest(const struct pst_v4l2_mode *mode, double limit)
{
	double fps = 0;

	for (uint32_t i = 0; i < mode->rates; i++) {
		if (mode->fps[i] <= limit + RATE_SLACK && mode->fps[i] > fps) {
			fps = mode->fps[i];
		}
	}
	return fps;
}

const struct pst_v4l2_mode *pst_v4l2_modes_choose(
	const struct v4l2_modes *modes, const struct v4l2_want *want, double *ret_fps)
{
	const struct pst_v4l2_mode *best = NULL;

	for (size_t i = 0; i < modes->count; i++) {
		const struct pst_v4l2_mode *mode = &modes->mode[i];

		if (offers(mode, want) && (!best || is_better(mode, best))) {
			best = mode;
		}
	}
	*ret_fps = want->fps;
	if (best && want->fps <= 0) {
		*ret_fps = fastest(best, USUAL_FPS);
	}
	return best;
}

void pst_v4l2_modes_describe(const struct v4l2_modes *modes, char *text, size_t size)
{
	size_t used = 0;

	(void)snprintf(text, size, "nothing that postern takes (MJPG, YUYV, NV12, GREY)");
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
				fastest(mode, 1e6));
		}
		if (length < 0 || used + (size_t)length >= size) {
			return;
		}
		memcpy(text + used, entry, (size_t)length + 1);
		used += (size_t)length;
	}
}

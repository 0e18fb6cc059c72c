/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/want.h"

#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "devices/impl.h"
#include "devices/v4l2/convert.h"
#include "devices/v4l2/modes.h"
#include "devices/v4l2/settle.h"

static int parse_size(
	const char *uri, const char *text, struct v4l2_want *want, struct pst_error *error)
{
	int end = 0;

	if (sscanf(text, "%5ux%5u%n", &want->width, &want->height, &end) != 2 || text[end] ||
		want->width < 1 || want->width > PST_FRAME_SIDE_MAX || want->height < 1 ||
		want->height > PST_FRAME_SIDE_MAX) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: size=%s is no size; write for example size=1280x720", uri, text);
	}
	return 0;
}

static int parse_fps(
	const char *uri, const char *text, struct v4l2_want *want, struct pst_error *error)
{
	char *end;

	want->fps = strtod(text, &end);
	if (end == text || *end || !(want->fps >= 0.1 && want->fps <= 1000)) {
		return pst_error_set(
			error, PST_E_CONFIG, "%s: fps=%s is no rate from 0.1 to 1000", uri, text);
	}
	return 0;
}

static int parse_format(
	const char *uri, const char *text, struct v4l2_want *want, struct pst_error *error)
{
	size_t length = strlen(text);

	if (length >= 3 && length <= 4) {
		uint32_t fourcc = pst_v4l2_fourcc_named(text);

		want->format = pst_v4l2_format_of(fourcc);
		if (!want->format && pst_v4l2_convert_takes(fourcc)) {
			want->format = PST_FRAME_FORMAT_I420;
			want->converted = fourcc;
		}
	}
	if (!want->format) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: format=%s is not taken; choose one of " V4L2_FORMATS_TAKEN, uri, text);
	}
	return 0;
}

static int parse_settle(
	const char *uri, const char *text, struct v4l2_want *want, struct pst_error *error)
{
	int64_t ms;

	if (strcmp(text, "off") == 0) {
		want->settle = V4L2_SETTLE_OFF;
		return 0;
	}
	if (pst_text_parse_int(text, 1, V4L2_SETTLE_MS_MAX, &ms) < 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: settle=%s is neither off nor milliseconds from 1 to %d", uri, text,
			V4L2_SETTLE_MS_MAX);
	}
	want->settle = V4L2_SETTLE_WITHIN;
	want->settle_ms = (int32_t)ms;
	return 0;
}

int pst_v4l2_want_parse(const char *uri, char *address, size_t room, struct v4l2_want *want,
	struct pst_error *error)
{
	char size[PST_DEVICE_TEXT_SIZE] = "";
	char fps[PST_DEVICE_TEXT_SIZE] = "";
	char format[PST_DEVICE_TEXT_SIZE] = "";
	char settle[PST_DEVICE_TEXT_SIZE] = "";
	char controls[V4L2_CONTROLS_TEXT_SIZE] = "";
	const struct pst_uri_option known[] = {{"size", size}, {"fps", fps}, {"format", format},
		{"settle", settle}, {"controls", controls, sizeof(controls)}, {NULL, NULL}};
	int status = pst_uri_parse(uri, "v4l2", known, address, room, error);

	if (status == 0 && size[0]) {
		status = parse_size(uri, size, want, error);
	}
	if (status == 0 && fps[0]) {
		status = parse_fps(uri, fps, want, error);
	}
	if (status == 0 && format[0]) {
		status = parse_format(uri, format, want, error);
	}
	if (status == 0 && settle[0]) {
		status = parse_settle(uri, settle, want, error);
	}
	if (status == 0 && controls[0]) {
		status = pst_v4l2_controls_parse(&want->controls, controls, error);
	}
	return status;
}

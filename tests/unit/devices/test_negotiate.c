/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "support/fake_v4l2_answer.h"

TestSuite(negotiate, .init = plug_in, .fini = pull_out);

static const struct pst_device_info *info(void)
{
	return pst_device_info(device);
}

static void has_only(struct fake_mode mode)
{
	camera->mode[0] = mode;
	camera->modes = 1;
	fake_camera_set_mode(camera, &mode);
}

static void refused(const char *options, const char *why)
{
	char uri[128];

	error = (struct pst_error){0};
	(void)snprintf(uri, sizeof(uri), "v4l2:/dev/video0%s", options);
	cr_assert_eq(pst_v4l2_open_on(&device, &fake->backend, uri, &error), PST_E_DEVICE, "%s",
		options);
	cr_assert_null(device);
	cr_assert(strstr(error.text, why), "%s", error.text);
}

Test(negotiate, each_raw_format_comes_with_its_rows)
{
	static const struct {
		uint32_t fourcc;
		enum pst_frame_format format;
		size_t bytes; /* of 64x48 */
	} formats[] = {
		{V4L2_PIX_FMT_UYVY, PST_FRAME_FORMAT_UYVY, 64 * 48 * 2},
		{V4L2_PIX_FMT_YUYV, PST_FRAME_FORMAT_YUYV, 64 * 48 * 2},
		{V4L2_PIX_FMT_Y16, PST_FRAME_FORMAT_Y16, 64 * 48 * 2},
		{V4L2_PIX_FMT_Y10, PST_FRAME_FORMAT_Y16, 64 * 48 * 2},
		{V4L2_PIX_FMT_GREY, PST_FRAME_FORMAT_GREY, 64 * 48},
		{V4L2_PIX_FMT_NV12, PST_FRAME_FORMAT_NV12, 64 * 48 * 3 / 2},
		{V4L2_PIX_FMT_YUV420, PST_FRAME_FORMAT_I420, 64 * 48 * 3 / 2},
		{V4L2_PIX_FMT_BGR24, PST_FRAME_FORMAT_BGR24, 64 * 48 * 3},
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		has_only((struct fake_mode){formats[i].fourcc, 64, 48, {30}});
		start_as("v4l2:/dev/video0?settle=off");
		cr_assert_eq(info()->format, formats[i].format);
		cr_assert_geq(push(formats[i].bytes - 1), 0);
		cr_assert_eq(next(), PST_E_CORRUPT, "%zu: a byte is missing", i);
		cr_assert_geq(push(formats[i].bytes), 0);
		cr_assert_eq(next(), 1, "%zu: %s", i, error.text);
		cr_assert_eq(pst_frame_check(&frame, &error), 0, "%s", error.text);
		pst_device_release(device, &frame);
		pst_device_close(&device);
	}
}

Test(negotiate, formats_are_named_by_their_fourcc)
{
	has_only((struct fake_mode){V4L2_PIX_FMT_Y16, 64, 48, {30}});
	open_it("v4l2:/dev/video0?format=Y16");
	cr_assert_eq(info()->format, PST_FRAME_FORMAT_Y16);
}

Test(negotiate, what_only_libv4l_knows_is_converted_and_said_so)
{
	has_only((struct fake_mode){V4L2_PIX_FMT_SBGGR8, 64, 48, {30}});
	camera->stride = 64;
	start_as("v4l2:/dev/video0?settle=off");
	cr_assert_eq(info()->format, PST_FRAME_FORMAT_I420);
	cr_assert_str_eq(info()->driver, "uvcvideo, converted by libv4l");
	cr_assert(strstr(info()->choice, "BA81 64x48 at 30, which libv4l converts"), "%s",
		info()->choice);
	cr_assert_geq(push(64 * 48), 0);
	cr_assert_eq(next(), 1, "%s", error.text);
	cr_assert_eq(pst_device_map(device, &frame, &error), 0, "%s", error.text);
	cr_assert_eq(pst_frame_check(&frame, &error), 0, "%s", error.text);
	pst_device_release(device, &frame);
}

Test(negotiate, what_comes_as_it_is_comes_before_what_is_converted)
{
	camera->mode[4] = (struct fake_mode){V4L2_PIX_FMT_SBGGR8, 1280, 960, {30}};
	camera->modes = 5;
	open_it("v4l2:/dev/video0");
	cr_assert_eq(info()->format, PST_FRAME_FORMAT_MJPEG);
	pst_device_close(&device);
	open_it("v4l2:/dev/video0?format=BA81");
	cr_assert_eq(info()->format, PST_FRAME_FORMAT_I420);
}

Test(negotiate, what_is_not_offered_is_refused_with_the_nearest)
{
	refused("?size=1280x720&fps=25",
		"not offered by \"Fake Camera\"; nearest is MJPG 1280x720 at 30; it has");
	refused("?format=YUYV&size=1280x720&fps=10", "nearest is YUYV 1280x720 at 9");
	refused("?size=800x600", "nearest is MJPG 640x480 at 30");
	refused("?format=GREY", "it has MJPG 640x480 at 30");
	has_only((struct fake_mode){V4L2_PIX_FMT_H264, 640, 480, {30}});
	refused("", "it has nothing that postern takes");
}

Test(negotiate, any_size_in_a_range_is_taken)
{
	has_only((struct fake_mode){
		V4L2_PIX_FMT_UYVY, 32, 32, {30}, .width_max = 1280, .height_max = 720, .step = 2});
	open_it("v4l2:/dev/video0?size=334x222");
	cr_assert_eq(info()->width, 334);
	cr_assert_eq(info()->height, 222);
	pst_device_close(&device);
	open_it("v4l2:/dev/video0");
	cr_assert_eq(info()->width, 1280);
	pst_device_close(&device);
	refused("?size=333x222", "nearest is UYVY 320x240 at 30");
	refused("?size=1282x720", "nearest is UYVY 1280x720 at 30");
}

Test(negotiate, a_rate_that_is_not_reached_is_refused_or_told)
{
	camera->fps_most = 12;
	refused("?size=640x480&fps=30", "can't do 30 frames per second in this mode (it sets 12); "
					"ask for fps=12");
	open_it("v4l2:/dev/video0?size=640x480");
	cr_assert_float_eq(info()->fps, 12, 0.01);
	cr_assert(strstr(info()->choice, "the driver sets 12 frames per second"), "%s",
		info()->choice);
}

/* "Any rate", as an interval of next to nothing. */
static int any_rate(struct fake_camera *of, unsigned long request, void *argument, int status)
{
	struct v4l2_frmivalenum *ask = argument;

	if (request == VIDIOC_ENUM_FRAMEINTERVALS && status == 0) {
		ask->type = V4L2_FRMIVAL_TYPE_CONTINUOUS;
		ask->stepwise = (struct v4l2_frmival_stepwise){
			.min = {1, UINT32_MAX}, .max = {UINT32_MAX, 1}, .step = {1, 1}};
	}
	return status;
}

Test(negotiate, a_rate_beyond_all_bounds_is_taken_for_any)
{
	camera->after = any_rate;
	start_as("v4l2:/dev/video0?size=640x480&fps=30");
	cr_assert_float_eq(pst_device_info(device)->fps, 30, 0.01);
	pst_device_close(&device);
	start_as("v4l2:/dev/video0?size=640x480");
	cr_assert_leq(pst_device_info(device)->fps, 10000);
}

Test(negotiate, a_rate_that_can_t_be_set_is_refused_only_when_asked_for)
{
	fake_fail(camera, VIDIOC_S_PARM, -ENOTTY);
	refused("?fps=15", "the rate of \"Fake Camera\" can't be set; leave fps out");
	open_it("v4l2:/dev/video0");
	cr_assert_float_eq(info()->fps, 0, 0.01);
}

Test(negotiate, a_mode_that_the_driver_does_not_keep_to_gives_way_to_the_next)
{
	/* Whatever is asked for, it sets YUYV 640x480. */
	camera->lie = (struct v4l2_pix_format){.width = 640,
		.height = 480,
		.pixelformat = V4L2_PIX_FMT_YUYV,
		.field = V4L2_FIELD_NONE,
		.bytesperline = 1280,
		.sizeimage = 614400};
	open_it("v4l2:/dev/video0");
	cr_assert_eq(info()->format, PST_FRAME_FORMAT_YUYV);
	cr_assert_eq(info()->width, 640);
	cr_assert_eq(error.status, 0);
	pst_device_close(&device);
	refused("?format=MJPG&size=1280x720", "offers MJPG 1280x720 but sets YUYV 640x480");
}

static void lie_about(uint32_t stride, uint32_t size, uint32_t field)
{
	camera->lie = (struct v4l2_pix_format){.width = 640,
		.height = 480,
		.pixelformat = V4L2_PIX_FMT_YUYV,
		.field = field,
		.bytesperline = stride,
		.sizeimage = size};
}

Test(negotiate, a_layout_that_holds_no_picture_is_refused)
{
	lie_about(1279, 614400, V4L2_FIELD_NONE);
	refused("?format=YUYV&size=640x480", "states rows of 1279 bytes for 640 px");
	lie_about(1280, 614399, V4L2_FIELD_NONE);
	refused("?format=YUYV&size=640x480", "states 614399 bytes for a picture of 614400");
	lie_about(1280, 614400, V4L2_FIELD_ALTERNATE);
	refused("?format=YUYV&size=640x480", "half pictures");
	/* Padded rows, of which the last has no padding. */
	lie_about(1344, 1344 * 480 - 64, V4L2_FIELD_NONE);
	open_it("v4l2:/dev/video0?format=YUYV&size=640x480");
}

Test(negotiate, the_mode_and_the_controls_are_taken_again)
{
	struct v4l2_camera *of = NULL;

	open_it("v4l2:/dev/video0?format=YUYV&controls=brightness:9");
	of = (struct v4l2_camera *)device;
	fake_camera_set_mode(camera, &camera->mode[1]);
	fake_control_of(camera, V4L2_CID_BRIGHTNESS)->value = 0;
	cr_assert_eq(pst_v4l2_negotiate_again(of, &error), 0, "%s", error.text);
	cr_assert_eq(camera->format.pixelformat, V4L2_PIX_FMT_YUYV);
	cr_assert_float_eq(camera->fps, 30, 0.01);
	cr_assert_eq(fake_control_of(camera, V4L2_CID_BRIGHTNESS)->value, 9);
	/* A slower one is not the same. */
	camera->fps_most = 15;
	cr_assert_eq(pst_v4l2_negotiate_again(of, &error), PST_E_DEVICE);
	cr_assert_float_eq(info()->fps, 30, 0.01);
}

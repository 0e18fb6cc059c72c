/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "devices/v4l2/bandwidth.h"
#include "devices/v4l2/camera.h"
#include "support/fake_usb.h"

#define CAMERAS 4
#define GREEDY (3000ULL * 8000) /* bytes per second that only the largest setting carries */

static struct fake_v4l2 *fake;
static struct fake_camera *camera[CAMERAS];
static struct pst_device *device[CAMERAS];
static struct pst_error error;

static void plug_in(void)
{
	fake = fake_v4l2_create();
	fake->usb_told = true;
	for (int i = 0; i < CAMERAS; i++) {
		char node[32];

		(void)snprintf(node, sizeof(node), "/dev/video%d", i);
		camera[i] = fake_camera_add(fake, node, "A");
		camera[i]->bus = 1;
	}
}

static void pull_out(void)
{
	for (int i = 0; i < CAMERAS; i++) {
		pst_device_close(&device[i]);
	}
	fake_v4l2_destroy(&fake);
}

TestSuite(bandwidth, .init = plug_in, .fini = pull_out);

static int start(int i, const char *options)
{
	char uri[128];

	error = (struct pst_error){0};
	(void)snprintf(uri, sizeof(uri), "v4l2:/dev/video%d%s", i, options);
	int status = pst_v4l2_open_on(&device[i], &fake->backend, uri, &error);

	return status == 0 ? pst_device_start(device[i], &error) : status;
}

static void must_start(int i, const char *options)
{
	int status = start(i, options);

	cr_assert_eq(status, 0, "%d: %s", i, error.text);
}

static const struct pst_device_info *info(int i)
{
	return pst_device_info(device[i]);
}

Test(bandwidth, descriptors_are_read)
{
	uint8_t bytes[1024];
	size_t size = fake_usb_descriptors(camera[0], bytes, sizeof(bytes));
	struct v4l2_usb usb;

	cr_assert_eq(pst_v4l2_usb_parse(&usb, bytes, size), 0);
	cr_assert_eq(usb.settings, 6);
	cr_assert_eq(usb.setting[0].payload, 128);
	cr_assert_eq(usb.setting[0].setting, 1);
	cr_assert_eq(usb.setting[0].interface, 1);
	cr_assert_eq(usb.setting[0].function, 0);
	cr_assert(usb.setting[0].video);
	cr_assert_eq(usb.setting[5].payload, 3060);
	cr_assert_eq(usb.setting[5].transactions, 3);
	cr_assert_eq(usb.sizes, 4);
	cr_assert(usb.size[0].compressed);
	cr_assert_not(usb.size[3].compressed);
	cr_assert_eq(usb.size[3].width, 1280);
	cr_assert_eq(usb.size[3].height, 720);
	cr_assert_eq(usb.size[3].frame_bytes, 1280 * 720 * 2);
	cr_assert_eq(usb.size[3].bits_per_s, 1280 * 720 * 16 * 9);
}

Test(bandwidth, cut_descriptors_give_what_came_before)
{
	uint8_t bytes[1024];
	size_t size = fake_usb_descriptors(camera[0], bytes, sizeof(bytes));
	struct v4l2_usb usb;

	for (size_t i = 0; i < size; i++) {
		cr_assert_eq(pst_v4l2_usb_parse(&usb, bytes, i), i < 18 ? PST_E_CORRUPT : 0);
		cr_assert_lt(usb.settings, 6);
	}
	bytes[18] = 0; /* a descriptor of no length */
	cr_assert_eq(pst_v4l2_usb_parse(&usb, bytes, size), 0);
	cr_assert_eq(usb.settings, 0);
	bytes[1] = 2;
	cr_assert_eq(pst_v4l2_usb_parse(&usb, bytes, size), PST_E_CORRUPT);
}

Test(bandwidth, what_a_mode_needs_is_the_smallest_setting_that_carries_it)
{
	struct v4l2_bandwidth bandwidth;
	struct v4l2_identity identity;
	struct v4l2_node node;
	struct pst_v4l2_mode mode = {"YUYV", PST_FRAME_FORMAT_YUYV, 640, 480};

	cr_assert_eq(pst_v4l2_node_open(&node, &fake->backend, "/dev/video0", &error), 0);
	cr_assert_eq(pst_v4l2_identify(&node, &identity, &error), 0);
	pst_v4l2_node_close(&node);
	pst_v4l2_bandwidth_read(&bandwidth, &fake->backend, &identity);
	cr_assert_eq(bandwidth.budget, 6000);
	cr_assert_eq(bandwidth.taken, 0);
	cr_assert_eq(bandwidth.others, CAMERAS - 1);
	cr_assert_eq(bandwidth.kept, (CAMERAS - 1) * (512 + 38));
	double load = pst_v4l2_bandwidth_load(&bandwidth, &mode, 30);

	cr_assert_float_eq(load, 640 * 480 * 2 * 30, 0.5);
	cr_assert_eq(pst_v4l2_bandwidth_need(&bandwidth, load), 3060 + 3 * 38);
	cr_assert_eq(pst_v4l2_bandwidth_need(&bandwidth, load / 2), 1536 + 2 * 38);
	cr_assert_eq(pst_v4l2_bandwidth_need(&bandwidth, 1), 128 + 38);
	cr_assert_eq(pst_v4l2_bandwidth_need(&bandwidth, load * 2), UINT32_MAX);
	mode.format = PST_FRAME_FORMAT_MJPEG;
	cr_assert_float_eq(pst_v4l2_bandwidth_load(&bandwidth, &mode, 30), 640 * 480 * 30 / 4, 0.5);
	identity.mbit = 5000;
	pst_v4l2_bandwidth_read(&bandwidth, &fake->backend, &identity);
	cr_assert_eq(bandwidth.budget, 0);
	cr_assert_eq(pst_v4l2_bandwidth_need(&bandwidth, load), 0);
}

Test(bandwidth, cameras_that_compress_share_a_bus_unhindered)
{
	for (int i = 0; i < CAMERAS; i++) {
		must_start(i, "");
		cr_assert_eq(info(i)->width, 1280, "%s", info(i)->choice);
		cr_assert_float_eq(info(i)->fps, 30, 0.01);
		cr_assert_eq(fake_failed(camera[i], VIDIOC_STREAMON), 0);
	}
}

/* YUYV alone, at three sizes. */
static void make_raw(struct fake_camera *one)
{
	const struct fake_mode modes[] = {
		{V4L2_PIX_FMT_YUYV, 640, 480, {30, 15, 10}},
		{V4L2_PIX_FMT_YUYV, 320, 240, {30, 15}},
		{V4L2_PIX_FMT_YUYV, 160, 120, {30, 15}},
	};

	memcpy(one->mode, modes, sizeof(modes));
	one->modes = 3;
}

Test(bandwidth, raw_cameras_are_planned_so_that_all_stream_at_the_first_try)
{
	for (int i = 0; i < CAMERAS; i++) {
		make_raw(camera[i]);
	}
	for (int i = 0; i < CAMERAS; i++) {
		must_start(i, "");
		cr_assert_eq(
			fake_failed(camera[i], VIDIOC_STREAMON), 0, "%d: %s", i, info(i)->choice);
	}
	cr_assert_eq(info(0)->width, 640, "%s", info(0)->choice);
	cr_assert(strstr(info(CAMERAS - 1)->choice,
			  "given up for bus 1: YUYV 640x480 at 30 needs 3174 of 6000 bytes"),
		"%s", info(CAMERAS - 1)->choice);
}

Test(bandwidth, cameras_that_take_more_than_thought_step_down_until_all_stream)
{
	/* Its JPEGs take the largest setting, whatever the size; as many cameras do. */
	for (int i = 0; i < CAMERAS; i++) {
		make_raw(camera[i]);
		camera[i]->mode[3] = (struct fake_mode){
			V4L2_PIX_FMT_MJPEG, 1280, 720, {30, 15}, .bytes_per_s = GREEDY};
		camera[i]->mode[4] = (struct fake_mode){
			V4L2_PIX_FMT_MJPEG, 640, 480, {30, 15}, .bytes_per_s = GREEDY};
		camera[i]->modes = 5;
	}
	for (int i = 0; i < CAMERAS; i++) {
		must_start(i, "");
	}
	cr_assert_eq(info(0)->format, PST_FRAME_FORMAT_MJPEG);
	cr_assert_gt(fake_failed(camera[1], VIDIOC_STREAMON), 0);
	cr_assert(strstr(info(1)->choice, "the bus had no room for MJPG 1280x720 at 30"), "%s",
		info(1)->choice);
	for (int i = 0; i < CAMERAS; i++) {
		cr_assert(camera[i]->streaming);
		cr_assert_geq(fake_push(camera[i], &(struct fake_frame){.size = 640 * 480 * 2}), 0);
	}
}

Test(bandwidth, it_works_where_the_system_tells_nothing_of_the_bus)
{
	fake->usb_told = false;
	fake->bus_budget = 20000000; /* one at 640x480 and 30 a second, not two */
	for (int i = 0; i < CAMERAS; i++) {
		make_raw(camera[i]);
		camera[i]->mode[3] = (struct fake_mode){V4L2_PIX_FMT_YUYV, 80, 60, {10, 5}};
		camera[i]->modes = 4;
	}
	for (int i = 0; i < 3; i++) {
		must_start(i, "");
	}
	cr_assert_eq(info(0)->width, 640);
	cr_assert_lt(info(1)->width, 640, "%s", info(1)->choice);
	cr_assert(strstr(info(1)->choice, "the bus had no room for YUYV 640x480 at 30"), "%s",
		info(1)->choice);
	cr_assert_eq(info(1)->width * info(1)->height * 2,
		camera[1]->format.width * camera[1]->format.height * 2);
}

Test(bandwidth, what_was_asked_for_is_refused_with_the_sum_and_what_would_fit)
{
	for (int i = 0; i < CAMERAS; i++) {
		camera[i]->mode[3].fps[0] = 10;
	}
	must_start(0, "?size=640x480&fps=30&format=YUYV");
	cr_assert_eq(start(1, "?size=640x480&fps=30&format=YUYV"), PST_E_DEVICE);
	cr_assert_eq(pst_device_away(device[1]), PST_DEVICE_AWAY_FAILED);
	cr_assert(strstr(error.text, "no room for YUYV 640x480 at 30, which takes 3174 or more of "
				     "the bus' 6000 bytes per microframe"),
		"%s", error.text);
	cr_assert(strstr(error.text, "usb-1-1 \"Fake Camera\" 3174"), "%s", error.text);
	cr_assert(strstr(error.text, "try size=1280x720&fps=30&format=MJPG"), "%s", error.text);
	/* And that does fit. */
	pst_device_close(&device[1]);
	must_start(1, "?size=1280x720&fps=30&format=MJPG");
}

Test(bandwidth, what_was_left_open_is_given_up_and_no_more)
{
	must_start(0, "?format=YUYV&size=640x480");
	must_start(1, "?format=YUYV&size=640x480");
	cr_assert_eq(info(1)->width, 640);
	cr_assert_float_eq(info(1)->fps, 15, 0.01, "%s", info(1)->choice);
	cr_assert_eq(info(1)->format, PST_FRAME_FORMAT_YUYV);
}

Test(bandwidth, a_camera_on_another_bus_is_no_neighbour)
{
	camera[1]->bus = 2;
	must_start(0, "?format=YUYV&size=640x480&fps=30");
	must_start(1, "?format=YUYV&size=640x480&fps=30");
}

Test(bandwidth, starting_again_after_a_stop_keeps_the_mode)
{
	must_start(0, "?format=YUYV");
	struct pst_device_info before = *info(0);

	pst_device_stop(device[0]);
	cr_assert_eq(pst_device_start(device[0], &error), 0, "%s", error.text);
	cr_assert_eq(info(0)->width, before.width);
	cr_assert_float_eq(info(0)->fps, before.fps, 0.01);
	cr_assert_eq(pst_device_info(device[0])->format, before.format);
}

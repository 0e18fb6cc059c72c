/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"

TestSuite(comeback, .init = plug_in, .fini = pull_out);

/* @return whether the device wants to be asked within so long */
static bool wants(int timeout_ms)
{
	struct pollfd readable = {.fd = pst_device_return_fd(device), .events = POLLIN};

	cr_assert_geq(readable.fd, 0);
	return poll(&readable, 1, timeout_ms) == 1;
}

static int come_back(void)
{
	error = (struct pst_error){0};
	return pst_device_return(device, &error);
}

/* Loses a camera that streams, as its user does. */
static void lose_it(void)
{
	cr_assert_eq(next(), PST_E_DEVICE, "%s", error.text);
	cr_assert_neq(pst_device_away(device), PST_DEVICE_AWAY_UNSET);
	pst_device_stop(device);
}

static void pull_it(void)
{
	fake_unplug(camera);
	lose_it();
	cr_assert_eq(pst_device_away(device), PST_DEVICE_AWAY_UNPLUGGED);
}

/* Asks whenever the device wants to be asked. @return its answer, or 0 after so long */
static int wait_for_it(int timeout_ms)
{
	int64_t until_ns = pst_clock_mono_ns() + timeout_ms * MS;
	int status = 0;

	while (status == 0 && pst_clock_mono_ns() < until_ns) {
		if (wants(10)) {
			status = come_back();
		}
	}
	return status;
}

static void start_again(void)
{
	error = (struct pst_error){0};
	cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
	pass_one();
}

static unsigned count_files(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned count = 0;

	while (readdir(dir)) {
		count++;
	}
	(void)closedir(dir);
	return count;
}

/* Of the driver's buffers; what allocators map is theirs. */
static unsigned count_maps(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned count = 0;
	char line[512];

	while (fgets(line, sizeof(line), maps)) {
		count += strstr(line, "memfd:") != NULL;
	}
	(void)fclose(maps);
	return count;
}

/* Closing the node while the kernel takes the camera down can crash the kernel. */
Test(comeback, the_descriptor_stays_open_until_the_kernel_is_done)
{
	fake->usb_told = true;
	start_it();
	pass_one();
	camera->leaving = true;
	pull_it();
	unsigned open = count_files("/proc/self/fd");

	cr_assert_eq(come_back(), 0);
	cr_assert_eq(wait_for_it(60), 0);
	cr_assert_eq(count_files("/proc/self/fd"), open);
	camera->leaving = false;
	cr_assert_eq(wait_for_it(60), 0);
	cr_assert_eq(count_files("/proc/self/fd"), open - 1);
	fake_replug(camera, camera->node);
	cr_assert_eq(wait_for_it(1000), 1, "%s", error.text);
	start_again();
}

/* A driver that is unbound leaves the folder where it is. */
Test(comeback, the_kernel_is_not_waited_for_longer_than_half_a_second)
{
	fake->usb_told = true;
	start_it();
	pass_one();
	camera->leaving = true;
	pull_it();
	unsigned open = count_files("/proc/self/fd");
	int64_t begin_ns = pst_clock_mono_ns();

	pst_device_close(&device);
	cr_assert_lt(count_files("/proc/self/fd"), open);
	cr_assert_geq(pst_clock_mono_ns() - begin_ns, 400 * MS);
	cr_assert_lt(pst_clock_mono_ns() - begin_ns, 5 * S);
}

Test(comeback, one_that_was_pulled_out_is_taken_again_under_another_node)
{
	start_it();
	pass_one();
	pull_it();
	cr_assert_eq(come_back(), 0);
	cr_assert_eq(fake->maps, 0);
	fake_replug(camera, "/dev/video4");
	cr_assert(wants(0));
	int64_t before_ns = pst_clock_mono_ns();
	cr_assert_eq(come_back(), 1, "%s", error.text);
	cr_expect_geq(pst_device_seen_ns(device), before_ns);
	cr_assert_eq(pst_device_away(device), PST_DEVICE_AWAY_UNSET);
	start_again();
	cr_expect_eq(pst_device_info(device)->width, 640);
	cr_expect_eq(camera->format.width, 640);
}

Test(comeback, while_it_is_not_there_nobody_opens_or_waits_for_anything)
{
	start_it();
	pull_it();
	cr_assert_eq(come_back(), 0);
	uint32_t opens = camera->opens, lists = fake->lists;

	cr_expect_not(wants(300), "asks to be asked");
	cr_expect_eq(come_back(), 0);
	cr_expect_eq(fake->lists, lists, "looks without a reason");
	cr_expect_eq(camera->opens, opens);
	fake_tell(fake);
	cr_expect(wants(0));
	cr_expect_eq(come_back(), 0);
	cr_expect_eq(fake->lists, lists + 1);
	cr_expect_not(wants(50));
}

Test(comeback, the_dead_descriptor_is_let_go_of_when_it_stops)
{
	start_it();
	fake_unplug(camera);
	cr_assert_eq(next(), PST_E_DEVICE);
	int fd = pst_device_fd(device);

	cr_assert_geq(fd, 0);
	pst_device_stop(device);
	cr_expect_eq(pst_device_fd(device), -1);
}

Test(comeback, another_camera_in_its_place_is_told_once_and_not_asked_for_a_frame)
{
	start_it();
	pull_it();
	struct fake_camera *other = fake_camera_add(fake, "/dev/video0", "B");

	(void)snprintf(other->port, sizeof(other->port), "%s", camera->port);
	fake_tell(fake);
	cr_assert_eq(come_back(), PST_E_MISMATCH, "%s", error.text);
	cr_expect(
		strstr(error.text, "serial A") && strstr(error.text, "serial B"), "%s", error.text);
	fake_tell(fake);
	cr_expect_eq(come_back(), 0, "told twice");
	cr_expect_eq(other->buffers, 0);
	cr_expect_eq(fake_calls(other, VIDIOC_STREAMON), 0);
	cr_expect_eq(fake_calls(other, VIDIOC_S_FMT), 0);
	fake_unplug(other);
	cr_expect_eq(come_back(), 0);
	fake_replug(camera, "/dev/video0");
	cr_assert_eq(come_back(), 1, "%s", error.text);
	start_again();
}

Test(comeback, a_look_alike_that_takes_its_node_between_finding_and_opening_is_refused)
{
	start_it();
	pull_it();
	cr_assert_eq(come_back(), 0);
	fake_replug(camera, "/dev/video0");
	/* The list still told the truth; whoever is opened is somebody else. */
	(void)snprintf(camera->serial, sizeof(camera->serial), "B");
	int status = come_back();

	cr_expect_eq(status, PST_E_MISMATCH, "%d: %s", status, error.text);
	cr_expect_eq(pst_device_fd(device), -1);
}

Test(comeback, one_that_takes_another_size_is_refused)
{
	start_it();
	pull_it();
	cr_assert_eq(come_back(), 0);
	camera->lie = (struct v4l2_pix_format){
		.width = 320, .height = 240, .pixelformat = V4L2_PIX_FMT_MJPEG};
	fake_replug(camera, "/dev/video0");
	int status = wait_for_it(5000);

	cr_expect_eq(status, PST_E_DEVICE, "%d", status);
	cr_expect(strstr(error.text, "320x240"), "%s", error.text);
	cr_expect_eq(fake_calls(camera, VIDIOC_STREAMON), 1, "streams in another size");
	camera->lie.width = 0;
	cr_assert_eq(wait_for_it(10000), 1, "%s", error.text);
	start_again();
	cr_expect_eq(pst_device_info(device)->width, 640);
}

Test(comeback, a_bus_without_room_makes_it_no_smaller)
{
	start_as("v4l2:/dev/video0");
	uint32_t width = pst_device_info(device)->width;

	pull_it();
	fake_replug(camera, "/dev/video0");
	cr_assert_eq(wait_for_it(100), 1, "%s", error.text);
	fake_fail(camera, VIDIOC_STREAMON, -ENOSPC)->times = 1;
	error = (struct pst_error){0};
	cr_expect_eq(pst_device_start(device, &error), PST_E_DEVICE);
	cr_expect(strstr(error.text, "no room"), "%s", error.text);
	cr_assert_eq(wait_for_it(100), 1, "%s", error.text);
	start_again();
	cr_expect_eq(pst_device_info(device)->width, width);
}

Test(comeback, controls_are_set_again)
{
	start_as("v4l2:/dev/video0?size=640x480&controls=brightness:33");
	struct fake_control *brightness = fake_control_of(camera, V4L2_CID_BRIGHTNESS);

	cr_assert_eq(brightness->value, 33);
	pull_it();
	fake_replug(camera, "/dev/video0");
	cr_assert_eq(brightness->value, 0, "a camera forgets");
	cr_assert_eq(wait_for_it(1000), 1, "%s", error.text);
	cr_expect_eq(brightness->value, 33);
}

Test(comeback, permissions_may_come_later)
{
	start_it();
	pull_it();
	cr_assert_eq(come_back(), 0);
	camera->open_status = -EACCES;
	fake_replug(camera, "/dev/video0");
	cr_expect_eq(wait_for_it(300), 0, "%s", error.text);
	camera->open_status = 0;
	fake_tell(fake);
	cr_assert_eq(wait_for_it(50), 1, "%s", error.text);
	start_again();
}

Test(comeback, permissions_that_never_come_are_told_and_tried_ever_more_rarely)
{
	start_it();
	pull_it();
	camera->open_status = -EACCES;
	fake_replug(camera, "/dev/video0");
	uint32_t lists = fake->lists;
	int status = wait_for_it(5000);

	cr_assert_eq(status, PST_E_DEVICE, "%d", status);
	cr_expect(strstr(error.text, "group \"video\""), "%s", error.text);
	cr_expect_leq(fake->lists - lists, 12, "%u tries", fake->lists - lists);
	cr_expect_not(wants(1000));
}

Test(comeback, a_stalled_one_is_started_again_and_then_its_port_is_reset)
{
	fake->now_ns = 1000 * S;
	start_it();
	pass_one();
	for (uint32_t i = 0; i < 2; i++) {
		camera->mute = true;
		fake->now_ns += 3 * S;
		error = (struct pst_error){0};
		cr_assert_eq(pst_device_check(device, &error), PST_E_TIMEOUT, "%s", error.text);
		cr_assert_eq(pst_device_away(device), PST_DEVICE_AWAY_STALLED);
		pst_device_stop(device);
		camera->mute = false;
		int status = come_back();
		cr_expect_eq(fake->resets, i);
		status = status == 1 ? 1 : wait_for_it(1000);
		cr_assert_eq(status, 1, "%s", error.text);
		start_again();
	}
}

Test(comeback, one_that_stalls_for_ever_is_not_reset_all_the_time)
{
	fake->now_ns = 1000 * S;
	start_it();
	for (uint32_t i = 0; i < 20; i++) {
		fake->now_ns += 6 * S;
		error = (struct pst_error){0};
		cr_assert_eq(pst_device_check(device, &error), PST_E_TIMEOUT, "%s", error.text);
		pst_device_stop(device);
		int status = come_back();
		cr_assert_eq(status == 1 ? 1 : wait_for_it(1000), 1, "%s", error.text);
		cr_assert_eq(pst_device_start(device, &error), 0);
	}
	cr_expect_eq(fake->resets, 1);
}

static void wedge(void)
{
	fake_fail(camera, VIDIOC_DQBUF, -EPROTO);
	fake_fail(camera, VIDIOC_S_FMT, -EIO);
	fake_fail(camera, VIDIOC_TRY_FMT, -EIO);
	(void)push(9000);
	lose_it();
	cr_assert_eq(pst_device_away(device), PST_DEVICE_AWAY_WEDGED);
}

Test(comeback, a_wedged_one_has_its_port_reset)
{
	start_it();
	pass_one();
	wedge();
	cr_expect_eq(come_back(), PST_E_DEVICE);
	cr_expect_eq(fake->resets, 0, "not for the first fault");
	cr_expect_eq(wait_for_it(50), 0, "%s", error.text);
	cr_expect_eq(fake->resets, 1);
	/* The reset makes it a new device. */
	camera->faults = 0;
	fake_unplug(camera);
	cr_expect_eq(come_back(), 0);
	fake_replug(camera, "/dev/video0");
	cr_assert_eq(wait_for_it(1000), 1, "%s", error.text);
	start_again();
}

Test(comeback, a_wedged_one_whose_port_may_not_be_reset_is_told_with_the_step_that_helps)
{
	fake->reset_status = -EACCES;
	start_it();
	wedge();
	cr_expect_eq(come_back(), PST_E_DEVICE);
	cr_assert_eq(wait_for_it(1000), PST_E_DEVICE);
	cr_expect_str_eq(error.text,
		"/dev/video0: \"Fake Camera\" does not answer; unplug it at port usb-1-1 and plug "
		"it in again, or let root say: echo 0 >/sys/bus/usb/devices/1-1/authorized; echo 1 "
		">/sys/bus/usb/devices/1-1/authorized");
	cr_expect_eq(pst_device_away(device), PST_DEVICE_AWAY_WEDGED);
	/* And it is not given up. */
	camera->faults = 0;
	cr_assert_eq(wait_for_it(2000), 1, "%s", error.text);
	start_again();
}

Test(comeback, a_stalled_one_that_is_pulled_out_is_waited_for)
{
	fake->now_ns = 1000 * S;
	start_it();
	fake->now_ns += 6 * S;
	cr_assert_eq(pst_device_check(device, &error), PST_E_TIMEOUT);
	pst_device_stop(device);
	fake_unplug(camera);
	cr_expect_eq(come_back(), 0);
	cr_expect_eq(pst_device_away(device), PST_DEVICE_AWAY_UNPLUGGED);
	cr_expect(strstr(error.text, "unplugged"), "%s", error.text);
	cr_expect_not(wants(100));
}

Test(comeback, a_start_that_fails_is_tried_again_by_and_by)
{
	start_it();
	pull_it();
	fake_replug(camera, "/dev/video0");
	cr_assert_eq(wait_for_it(100), 1, "%s", error.text);
	fake_fail(camera, VIDIOC_STREAMON, -EBUSY)->times = 3;
	for (int i = 0; i < 3; i++) {
		error = (struct pst_error){0};
		cr_assert_eq(pst_device_start(device, &error), PST_E_DEVICE);
		cr_assert_eq(come_back(), 0, "at once");
		cr_assert_eq(wait_for_it(100), 1, "%s", error.text);
	}
	start_again();
}

Test(comeback, one_that_is_stopped_is_missed)
{
	open_it("v4l2:/dev/video0");
	cr_expect_eq(come_back(), 1, "it is there");
	fake_tell(fake);
	cr_assert(wants(0));
	cr_expect_eq(come_back(), 1, "somebody else's event");
	cr_expect_not(wants(0));
	fake_unplug(camera);
	cr_assert(wants(0));
	cr_expect_eq(come_back(), 0);
	cr_expect_eq(pst_device_away(device), PST_DEVICE_AWAY_UNPLUGGED);
	cr_expect(strstr(error.text, "is gone"), "%s", error.text);
	cr_expect_eq(come_back(), 0);
	fake_replug(camera, "/dev/video2");
	cr_assert_eq(come_back(), 1, "%s", error.text);
	start_again();
}

Test(comeback, two_hundred_times_leave_nothing_behind)
{
	char node[32];

	start_it();
	pass_one();
	unsigned files = count_files("/proc/self/fd"), maps = count_maps();

	for (int i = 0; i < 200; i++) {
		pull_it();
		cr_assert_eq(come_back(), 0);
		(void)snprintf(node, sizeof(node), "/dev/video%d", i % 7);
		fake_replug(camera, node);
		cr_assert_eq(come_back(), 1, "%s", error.text);
		start_again();
	}
	cr_expect_eq(count_files("/proc/self/fd"), files);
	cr_expect_gt(maps, 0);
	cr_expect_eq(count_maps(), maps);
	cr_expect_eq(fake->maps, 4);
}

Test(comeback, where_nobody_watches_it_does_not_come_back)
{
	static struct v4l2_ops blind;
	struct v4l2_backend backend = fake->backend;

	blind = *backend.ops;
	blind.watch = NULL;
	backend.ops = &blind;
	cr_assert_eq(pst_v4l2_open_on(&device, &backend, "v4l2:/dev/video0", &error), 0);
	cr_expect_eq(pst_device_return_fd(device), -1);
	cr_expect_eq(come_back(), PST_E_DEVICE);
}

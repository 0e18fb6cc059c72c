/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "devices/v4l2/access.h"
#include "devices/v4l2/holder.h"
#include "support/fake_v4l2.h"
#include "sysfs_tree.h"

static struct fake_v4l2 *machine;
static struct pst_v4l2_camera *cameras;
static int count;
static struct pst_error error;

static void begin(void)
{
	machine = fake_v4l2_create();
}

static void end(void)
{
	pst_v4l2_list_free(&cameras, count);
	fake_v4l2_destroy(&machine);
}

TestSuite(list, .init = begin, .fini = end);

static void list(int expected)
{
	pst_v4l2_list_free(&cameras, count);
	count = pst_v4l2_list_on(&machine->backend, "/nowhere", &cameras, &error);
	cr_assert_eq(count, expected, "%d: %s", count, error.text);
}

Test(list, no_camera_is_an_empty_list)
{
	list(0);
	cr_assert_null(cameras);
}

Test(list, a_camera_is_told_with_its_addresses_and_metadata_node)
{
	(void)fake_camera_add(machine, "/dev/video0", "A");
	(void)fake_metadata_add(machine, "/dev/video1");
	list(1);
	cr_assert_str_eq(cameras[0].node, "/dev/video0");
	cr_assert_str_eq(cameras[0].name, "Fake Camera");
	cr_assert_str_eq(cameras[0].driver, "uvcvideo");
	cr_assert_eq(cameras[0].state, PST_V4L2_STATE_FREE);
	cr_assert_str_eq(cameras[0].advice, "");
	cr_assert_str_eq(cameras[0].best_uri, "v4l2:serial=A");
	cr_assert_str_eq(cameras[0].serial_uri, "v4l2:serial=A");
	cr_assert_str_eq(cameras[0].port_uri, "v4l2:port=usb-1-1");
	cr_assert_eq(cameras[0].metadatas, 1);
	cr_assert_str_eq(cameras[0].metadata[0], "/dev/video1");
	cr_assert(cameras[0].usb);
	cr_assert_eq(cameras[0].vendor, 0x1d6b);
	cr_assert_eq(cameras[0].mbit, 480);
	cr_assert_eq(cameras[0].modes, 4);
	cr_assert_eq(cameras[0].controls, 10);
	cr_assert_str_eq(cameras[0].control[0].name, "brightness");
}

Test(list, twins_are_named_by_serial_and_port)
{
	(void)fake_camera_add(machine, "/dev/video0", "A");
	(void)fake_camera_add(machine, "/dev/video2", "A");
	(void)fake_camera_add(machine, "/dev/video4", "");
	list(3);
	cr_assert(cameras[0].serial_shared && cameras[1].serial_shared);
	cr_assert_str_eq(cameras[0].best_uri, "v4l2:serial=A,port=usb-1-1");
	cr_assert_str_eq(cameras[1].best_uri, "v4l2:serial=A,port=usb-1-2");
	cr_assert_str_eq(cameras[2].best_uri, "v4l2:port=usb-1-3");
	cr_assert_str_eq(cameras[2].serial_uri, "");
}

Test(list, an_odd_serial_is_encoded)
{
	(void)fake_camera_add(machine, "/dev/video0", "A, 1&2");
	list(1);
	cr_assert_str_eq(cameras[0].best_uri, "v4l2:serial=A%2c%201%262");
}

Test(list, two_functions_of_one_port_are_named_apart_or_by_node)
{
	struct fake_camera *first = fake_camera_add(machine, "/dev/video0", "A");
	struct fake_camera *second = fake_camera_add(machine, "/dev/video2", "A");

	(void)snprintf(second->port, sizeof(second->port), "%s", first->port);
	list(2);
	cr_assert_str_eq(
		cameras[0].best_uri, "v4l2:/dev/video0", "the fake's functions have one number");
}

Test(list, a_platform_camera_is_named_by_the_driver_s_port)
{
	struct fake_camera *camera = fake_camera_add(machine, "/dev/video0", "");

	camera->port[0] = 0;
	(void)snprintf(camera->bus_info, sizeof(camera->bus_info), "platform:vivid-000");
	list(1);
	cr_assert(!cameras[0].usb);
	cr_assert_str_eq(cameras[0].port, "platform:vivid-000");
	cr_assert_str_eq(cameras[0].best_uri, "v4l2:port=platform:vivid-000");
}

static void expect_state(enum pst_v4l2_state state, const char *advice)
{
	list(1);
	cr_assert_eq(cameras[0].state, state, "%s", pst_v4l2_state_name(cameras[0].state));
	cr_assert(strstr(cameras[0].advice, advice), "%s", cameras[0].advice);
}

Test(list, a_free_camera_is_let_go_of_before_its_modes_are_asked)
{
	struct fake_camera *camera = fake_camera_add(machine, "/dev/video0", "A");

	expect_state(PST_V4L2_STATE_FREE, "");
	cr_assert_eq(fake_calls(camera, VIDIOC_REQBUFS), 1);
	camera->held_by_another = true;
	expect_state(PST_V4L2_STATE_BUSY, "in use");
	cr_assert_eq(fake_calls(camera, VIDIOC_REQBUFS), 1, "what another has is left alone");
}

Test(list, a_busy_camera_is_told_from_a_wedged_and_a_forbidden_one)
{
	struct fake_camera *camera = fake_camera_add(machine, "/dev/video0", "A");

	(void)fake_metadata_add(machine, "/dev/video1");
	camera->held_by_another = true;
	expect_state(PST_V4L2_STATE_BUSY,
		"in use by a process of another user; 'sudo fuser -v /dev/video0' names it");
	cr_assert_eq(cameras[0].modes, 4, "its modes can be asked all the same");
	camera->held_by_another = false;
	struct fake_fault *fault = fake_fail(camera, VIDIOC_S_FMT, -EPROTO);

	expect_state(
		PST_V4L2_STATE_WEDGED, "it does not answer (Protocol error): plug it in again");
	fault->status = -ENOTTY;
	expect_state(PST_V4L2_STATE_FAILED, "it does not answer");
	camera->open_status = -EBUSY;
	expect_state(PST_V4L2_STATE_BUSY, "in use by");
	camera->open_status = -EACCES;
	machine->camera[1].open_status = -EACCES;
	expect_state(PST_V4L2_STATE_FORBIDDEN, "");
	cr_assert_neq(cameras[0].advice[0], 0);
	cr_assert_eq(cameras[0].metadatas, 1, "known by its number, unopened");
	cr_assert_str_eq(cameras[0].best_uri, "v4l2:serial=A");
	camera->open_status = -ENOENT;
	expect_state(PST_V4L2_STATE_ABSENT, "");
}

static void advised(const struct v4l2_access *access, const char *expected)
{
	char text[320];

	pst_v4l2_access_advise(access, text, sizeof(text));
	cr_assert_str_eq(text, expected);
}

Test(list, missing_permissions_come_with_the_command_that_gives_them)
{
	struct v4l2_access access = {
		.node = "/dev/video0", .user = "ann", .group = "video", .gid = 44, .mode = 0660};

	advised(&access, "sudo usermod -aG video ann; then log out and in again");
	access.listed = true;
	advised(&access, "ann is in the group video, but this session is older than that: log out "
			 "and in again");
	access.member = true;
	advised(&access, "not its permissions but a rule of the system denies it: DeviceAllow= of "
			 "the service, AppArmor or SELinux");
	access.member = access.listed = false;
	access.group[0] = 0;
	advised(&access, "sudo groupadd -g 44 video; sudo usermod -aG video ann; then log out and "
			 "in again");
	access.container = true;
	advised(&access, "start the container with --device /dev/video0 --group-add 44");
	access.denied = true;
	advised(&access, "the container was not given it: start it with --device /dev/video0");
}

Test(list, without_a_udev_rule_nobody_is_told_to_join_root)
{
	struct v4l2_access access = {
		.node = "/dev/video0", .user = "ann", .group = "root", .gid = 0, .mode = 0660};
	const char *rule = "no udev rule gives it to a group: echo 'SUBSYSTEM==\"video4linux\", "
			   "GROUP=\"video\", MODE=\"0660\"' | sudo tee "
			   "/etc/udev/rules.d/70-video.rules; sudo udevadm control --reload; sudo "
			   "udevadm trigger --subsystem-match=video4linux";

	advised(&access, rule);
	access.gid = 44;
	access.mode = 0600;
	advised(&access, rule);
	access.absent = true;
	advised(&access, "there is no such node in /dev; let udev make it: sudo udevadm trigger "
			 "--subsystem-match=video4linux");
	access.container = true;
	advised(&access, "the container was not given it: start it with --device /dev/video0");
}

Test(list, access_to_a_node_is_read_from_the_system)
{
	struct v4l2_access access;

	pst_v4l2_access_read("/dev/null", -EACCES, &access);
	cr_assert(!access.absent && !access.denied);
	cr_assert_eq(access.mode & 0666, 0666);
	pst_v4l2_access_read("/dev/no-such-node", -ENOENT, &access);
	cr_assert(access.absent);
	pst_v4l2_access_read("/dev/null", -EPERM, &access);
	cr_assert(access.denied);
}

Test(list, holders_are_found_by_what_they_have_open)
{
	struct pst_v4l2_holder holder[2];
	char root[PATH_MAX];
	char path[PATH_MAX + 20];
	char text[200];
	bool hidden;

	sysfs_tree_make(root);
	sysfs_tree_write(root, "proc/812/comm", "motion\n");
	sysfs_tree_write(root, "proc/813/comm", "innocent\n");
	sysfs_tree_write(root, "proc/814/comm", "x\x1b[2J\n");
	sysfs_tree_write(root, "proc/813/fd/1", "a file\n");
	sysfs_tree_write(root, "proc/version", "no process\n");
	sysfs_tree_write(root, "proc/812/fd/.keep", "%s", "");
	sysfs_tree_write(root, "proc/814/fd/.keep", "%s", "");
	(void)snprintf(path, sizeof(path), "%s/proc/812/fd/5", root);
	cr_assert_eq(symlink("/dev/null", path), 0);
	(void)snprintf(path, sizeof(path), "%s/proc/814/fd/0", root);
	cr_assert_eq(symlink("/dev/null", path), 0);
	(void)snprintf(path, sizeof(path), "%s/proc/813/fd/0", root);
	cr_assert_eq(symlink("/dev/zero", path), 0);
	(void)snprintf(path, sizeof(path), "%s/proc", root);
	cr_assert_eq(pst_v4l2_holders(path, 1, 3, holder, 2, &hidden), 2);
	cr_assert(!hidden);
	int first = holder[0].pid == 812 ? 0 : 1;

	cr_assert_str_eq(holder[first].name, "motion");
	cr_assert_str_eq(holder[1 - first].name, "x?[2J");
	cr_assert_eq(pst_v4l2_holders(path, 81, 0, holder, 2, &hidden), 0);
	pst_v4l2_holders_describe(holder, 0, false, "/dev/video0", text, sizeof(text));
	cr_assert_str_eq(text, "a process that can't be seen from here");
	holder[0] = (struct pst_v4l2_holder){812, "motion"};
	holder[1] = (struct pst_v4l2_holder){9, "ffmpeg"};
	pst_v4l2_holders_describe(holder, 2, true, "/dev/video0", text, sizeof(text));
	cr_assert_str_eq(text, "motion (pid 812), ffmpeg (pid 9)");
	sysfs_tree_remove(root);
}

Test(list, what_processes_hide_is_said)
{
	struct pst_v4l2_holder holder[1];
	bool hidden = false;

	cr_assert_eq(pst_v4l2_holders("/nowhere", 1, 3, holder, 1, &hidden), 0);
	cr_assert(hidden);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/v4l2/camera.h"
#include "devices/v4l2/sysfs.h"
#include "support/fake_v4l2.h"
#include "sysfs_tree.h"

#define META V4L2_CAP_META_CAPTURE
#define VIDEO V4L2_CAP_VIDEO_CAPTURE

static const struct sysfs_camera alice = {"1-1", "046d", "0825", "A", "C270", 0, 480};
static const struct sysfs_camera bob = {"1-2", "046d", "0825", "B", "C270", 0, 480};
static const struct sysfs_camera twin = {"1-2", "046d", "0825", "A", "C270", 0, 480};
static const struct sysfs_camera plain = {"1-1.4", "1e4e", "0102", NULL, "Cheap", 0, 480};

static char root[PATH_MAX];
static struct pst_error error;
static char path[PST_DEVICE_TEXT_SIZE];

/* What the nodes say when they are opened; a negative number is what opening says. */
static struct {
	int64_t caps;
	const char *bus;
} says[32];
static int opened;

static int node_open(void *user, const char *node)
{
	int number = atoi(node + strlen("/dev/video"));

	opened++;
	return says[number].caps < 0 ? (int)says[number].caps : 100 + number;
}

static int node_ioctl(void *user, int fd, unsigned long request, void *argument)
{
	struct v4l2_capability *cap = argument;

	cr_assert_eq(request, VIDIOC_QUERYCAP);
	*cap = (struct v4l2_capability){
		.capabilities = VIDEO | META | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS,
		.device_caps = (uint32_t)says[fd - 100].caps | V4L2_CAP_STREAMING,
	};
	(void)snprintf((char *)cap->card, sizeof(cap->card), "Card");
	(void)snprintf((char *)cap->bus_info, sizeof(cap->bus_info), "%s",
		says[fd - 100].bus ? says[fd - 100].bus : "usb-0000:00:14.0-1");
	return 0;
}

static void node_close(void *user, int fd)
{
	cr_assert_geq(fd, 100);
}

static int node_list(void *user, struct v4l2_identity **ret_list)
{
	return pst_v4l2_sysfs_list(root, ret_list);
}

static int node_identify(void *user, int fd, struct v4l2_identity *ret_identity)
{
	return pst_v4l2_sysfs_read(root, 81, (uint32_t)fd - 100, ret_identity);
}

static const struct v4l2_ops nodes_ops = {
	.open = node_open,
	.ioctl = node_ioctl,
	.close = node_close,
	.list = node_list,
	.identify = node_identify,
};
static const struct v4l2_backend nodes = {.ops = &nodes_ops};

static void begin(void)
{
	sysfs_tree_make(root);
}

static void end(void)
{
	sysfs_tree_remove(root);
}

TestSuite(identity, .init = begin, .fini = end);

static void plug(const struct sysfs_camera *camera, unsigned number)
{
	sysfs_tree_plug(root, camera);
	sysfs_tree_node(root, camera, number, 0);
	sysfs_tree_node(root, camera, number + 1, 1);
	says[number].caps = VIDEO;
	says[number + 1].caps = META;
}

static struct v4l2_address address_of(const char *text)
{
	struct v4l2_address address;

	cr_assert_eq(pst_v4l2_address_parse(&address, text, &error), 0, "%s", error.text);
	return address;
}

static void found(const char *text, const char *node)
{
	struct v4l2_address address = address_of(text);

	error = (struct pst_error){0};
	cr_assert_eq(pst_v4l2_find(&nodes, &address, path, sizeof(path), &error), 0, "%s: %s", text,
		error.text);
	cr_assert_str_eq(path, node);
}

static void refused(const char *text, int status, const char *why)
{
	struct v4l2_address address = address_of(text);

	error = (struct pst_error){0};
	cr_assert_eq(pst_v4l2_find(&nodes, &address, path, sizeof(path), &error), status, "%s: %s",
		text, error.text);
	cr_assert_str_eq(error.text, why);
}

Test(identity, sysfs_tells_who_a_camera_is)
{
	struct v4l2_identity *list;

	plug(&plain, 10);
	plug(&alice, 2);
	cr_assert_eq(pst_v4l2_sysfs_list(root, &list), 4);
	cr_assert_str_eq(list[0].node, "/dev/video2", "by number, not by letter");
	cr_assert_str_eq(list[2].node, "/dev/video10");
	cr_assert_str_eq(list[0].name, "C270");
	cr_assert_str_eq(list[0].serial, "A");
	cr_assert_str_eq(list[0].port, "usb-1-1");
	cr_assert_str_eq(list[0].function, "1.0");
	cr_assert_eq(list[0].vendor, 0x046d);
	cr_assert_eq(list[0].product, 0x0825);
	cr_assert_eq(list[0].bus, 1);
	cr_assert_eq(list[0].mbit, 480);
	cr_assert_eq(list[1].index, 1);
	cr_assert_eq(list[1].minor, 3);
	cr_assert_str_eq(list[2].serial, "");
	cr_assert_str_eq(list[2].port, "usb-1-1.4");
	cr_assert(strstr(list[2].usb_path, "/usb1/1-1.4"), "%s", list[2].usb_path);
	free(list);
}

Test(identity, without_the_subsystem_there_are_no_cameras)
{
	struct v4l2_identity *list = (void *)&error;

	cr_assert_eq(pst_v4l2_sysfs_list("/nowhere", &list), 0);
	cr_assert_null(list);
	refused("", PST_E_DEVICE,
		"v4l2: there is no camera; 'postern doctor' says why that may be");
}

Test(identity, what_a_camera_calls_itself_can_be_printed)
{
	const struct sysfs_camera odd = {
		"1-3", "0001", "0002", "\x1b[2J\xff\xc3\xa9", "a\tb", 0, 480};
	struct v4l2_identity *list;

	plug(&odd, 0);
	cr_assert_eq(pst_v4l2_sysfs_list(root, &list), 2);
	cr_assert_str_eq(list[0].serial, "?[2J?\xc3\xa9");
	cr_assert_str_eq(list[0].name, "a?b");
	free(list);
}

Test(identity, text_is_cut_between_characters)
{
	char text[5];

	pst_v4l2_text_clean(text, sizeof(text), "abc\xc3\xa9", 5);
	cr_assert_str_eq(text, "abc");
	pst_v4l2_text_clean(text, sizeof(text), "ab\xc3\xa9", 4);
	cr_assert_str_eq(text, "ab\xc3\xa9");
	pst_v4l2_text_clean(text, sizeof(text), "\xed\xa0\x80", 3);
	cr_assert_str_eq(text, "???", "a surrogate");
	pst_v4l2_text_clean(text, sizeof(text), "a\xc3", 2);
	cr_assert_str_eq(text, "a?", "an end within a character");
	pst_v4l2_text_clean(text, sizeof(text), "\xc2\x85", 2);
	cr_assert_str_eq(text, "??", "a control character of two bytes");
}

Test(identity, addresses_are_read_and_written)
{
	char text[V4L2_URI_SIZE];
	struct v4l2_address address = address_of("serial=A%2c%20B,port=usb-1-1.2");

	cr_assert_str_eq(address.serial, "A, B");
	cr_assert_str_eq(address.port, "usb-1-1.2");
	pst_v4l2_address_format(&address, text);
	cr_assert_str_eq(text, "v4l2:serial=A%2c%20B,port=usb-1-1.2");
	address = address_of("port=usb-1-1,serial=A");
	pst_v4l2_address_format(&address, text);
	cr_assert_str_eq(text, "v4l2:serial=A,port=usb-1-1");
	address = address_of("/dev/v4l/by-id/usb,x");
	cr_assert_str_eq(address.path, "/dev/v4l/by-id/usb,x");
}

Test(identity, wrong_addresses_are_refused)
{
	static const char *const wrong[] = {"video0", "serial=", "port=", "serial=A,", ",serial=A",
		"serial=A,serial=B", "port=a,port=b", "serial=A,name=B", "serial=%4", "serial=%00",
		"serial=%zz"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct v4l2_address address;

		error = (struct pst_error){0};
		cr_assert_eq(pst_v4l2_address_parse(&address, wrong[i], &error), PST_E_CONFIG, "%s",
			wrong[i]);
		cr_assert(strstr(error.text, "names no camera"), "%s", error.text);
	}
}

Test(identity, a_camera_is_found_by_serial_port_or_both)
{
	plug(&alice, 0);
	plug(&bob, 2);
	found("serial=A", "/dev/video0");
	found("serial=B", "/dev/video2");
	found("port=usb-1-2", "/dev/video2");
	found("port=usb-1-2:1.0", "/dev/video2");
	found("serial=B,port=usb-1-2", "/dev/video2");
	found("/dev/video7", "/dev/video7");
	refused("serial=C", PST_E_DEVICE,
		"v4l2:serial=C: no such camera; 'postern devices' lists those there are");
	refused("port=usb-1-2:1.2", PST_E_DEVICE,
		"v4l2:port=usb-1-2:1.2: no such camera; 'postern devices' lists those there are");
	refused("", PST_E_DEVICE,
		"v4l2:: several cameras fit, /dev/video0 at port usb-1-1 and /dev/video2 at port "
		"usb-1-2; name one by port=PORT");
}

Test(identity, the_only_camera_needs_no_name_and_others_stay_unopened)
{
	plug(&alice, 0);
	found("", "/dev/video0");
	plug(&bob, 2);
	opened = 0;
	found("serial=B", "/dev/video2");
	cr_assert_eq(opened, 1, "only the one asked for is opened");
}

Test(identity, a_look_alike_is_refused)
{
	plug(&alice, 0);
	plug(&bob, 2);
	refused("serial=A,port=usb-1-2", PST_E_MISMATCH,
		"v4l2:serial=A,port=usb-1-2: another camera stands there: found 046d:0825 "
		"\"C270\", serial B, at usb-1-2");
	refused("serial=A,port=usb-1-3", PST_E_MISMATCH,
		"v4l2:serial=A,port=usb-1-3: the camera with this serial is at usb-1-1; plug it in "
		"where it belongs, or name it by its serial alone");
	refused("serial=C,port=usb-1-3", PST_E_DEVICE,
		"v4l2:serial=C,port=usb-1-3: no such camera; 'postern devices' lists those there "
		"are");
}

Test(identity, twins_are_told_apart_by_port)
{
	plug(&alice, 0);
	plug(&twin, 2);
	refused("serial=A", PST_E_DEVICE,
		"v4l2:serial=A: several cameras fit, /dev/video0 at port usb-1-1 and /dev/video2 "
		"at port usb-1-2; name one by port=PORT");
	found("serial=A,port=usb-1-2", "/dev/video2");
	found("port=usb-1-1", "/dev/video0");
}

Test(identity, a_metadata_node_is_never_found)
{
	sysfs_tree_plug(root, &alice);
	sysfs_tree_node(root, &alice, 4, 0);
	sysfs_tree_node(root, &alice, 5, 1);
	says[4].caps = META;
	says[5].caps = VIDEO;
	found("serial=A", "/dev/video5");
	says[5].caps = META;
	refused("serial=A", PST_E_DEVICE,
		"v4l2:serial=A: no such camera; 'postern devices' lists those there are");
}

Test(identity, a_camera_that_can_t_be_asked_is_found_by_its_first_node)
{
	plug(&alice, 0);
	says[0].caps = -EACCES;
	says[1].caps = -EACCES;
	found("serial=A", "/dev/video0");
	says[0].caps = -EPROTO;
	found("", "/dev/video0");
}

Test(identity, several_cameras_in_one_device_are_told_apart_by_function)
{
	struct sysfs_camera depth = alice;

	plug(&alice, 0);
	depth.interface = 3;
	plug(&depth, 2);
	refused("port=usb-1-1", PST_E_DEVICE,
		"v4l2:port=usb-1-1: several cameras fit, /dev/video0 at port usb-1-1:1.0 and "
		"/dev/video2 at port usb-1-1:1.3; name one by port=PORT");
	found("port=usb-1-1:1.3", "/dev/video2");
	found("serial=A,port=usb-1-1:1.0", "/dev/video0");
}

Test(identity, platform_cameras_have_the_driver_s_port)
{
	sysfs_tree_platform(root, "vivid.0", "vivid-000-vid-cap", 0, 0);
	sysfs_tree_platform(root, "vivid.0", "vivid-000-meta-cap", 1, 1);
	sysfs_tree_platform(root, "vivid.0", "vivid-001-vid-cap", 10, 2);
	says[0].caps = VIDEO;
	says[0].bus = "platform:vivid-000";
	says[1].caps = META;
	says[1].bus = "platform:vivid-000";
	says[10].caps = VIDEO;
	says[10].bus = "platform:vivid-001";
	found("port=platform:vivid-000", "/dev/video0");
	found("port=platform:vivid-001", "/dev/video10");
	refused("", PST_E_DEVICE,
		"v4l2:: several cameras fit, /dev/video0 at port platform:vivid-000 and "
		"/dev/video10 at port platform:vivid-001; name one by port=PORT");
}

/* Opens as a camera does, and says who it is. */
static struct v4l2_identity opened_as(const char *text)
{
	struct v4l2_address address = address_of(text);
	struct v4l2_identity identity;
	struct v4l2_node node;

	cr_assert_eq(pst_v4l2_find(&nodes, &address, path, sizeof(path), &error), 0);
	cr_assert_eq(pst_v4l2_node_open(&node, &nodes, path, &error), 0, "%s", error.text);
	cr_assert_eq(pst_v4l2_identify(&node, &identity, &error), 0, "%s", error.text);
	cr_assert_eq(pst_v4l2_identity_check(&address, NULL, &identity, &error), 0);
	pst_v4l2_node_close(&node);
	return identity;
}

static int again(const char *text, const struct v4l2_identity *known)
{
	struct v4l2_address address = address_of(text);

	error = (struct pst_error){0};
	path[0] = 0;
	return pst_v4l2_find_again(&nodes, &address, known, path, sizeof(path), &error);
}

Test(identity, renumbering_is_followed)
{
	plug(&alice, 0);
	struct v4l2_identity known = opened_as("/dev/video0");

	sysfs_tree_unplug(root, "1-1");
	cr_assert_eq(again("/dev/video0", &known), 0);
	plug(&alice, 1);
	says[1].caps = VIDEO;
	cr_assert_eq(again("/dev/video0", &known), 1, "%s", error.text);
	cr_assert_str_eq(path, "/dev/video1");
	cr_assert_eq(again("serial=A", &known), 1);
	cr_assert_eq(again("port=usb-1-1", &known), 1);
}

Test(identity, a_metadata_node_left_behind_for_a_moment_is_nobody)
{
	plug(&alice, 0);
	struct v4l2_identity known = opened_as("/dev/video0");

	sysfs_tree_unplug(root, "1-1");
	sysfs_tree_plug(root, &alice);
	sysfs_tree_node(root, &alice, 0, 1);
	cr_assert_eq(again("/dev/video0", &known), 0, "%s", error.text);
	cr_assert_eq(again("serial=A", &known), 0, "%s", error.text);
}

Test(identity, another_camera_at_the_port_is_a_mismatch)
{
	struct sysfs_camera other = bob;

	plug(&alice, 0);
	struct v4l2_identity known = opened_as("port=usb-1-1");

	sysfs_tree_unplug(root, "1-1");
	other.port = "1-1";
	plug(&other, 0);
	cr_assert_eq(again("port=usb-1-1", &known), PST_E_MISMATCH);
	cr_assert_str_eq(error.text,
		"/dev/video0: another camera stands there: expected 046d:0825 \"C270\", serial A, "
		"at usb-1-1; found 046d:0825 \"C270\", serial B, at usb-1-1");
	cr_assert_eq(again("serial=A", &known), 0, "by serial it may come back anywhere");
	cr_assert_eq(again("serial=A,port=usb-1-1", &known), PST_E_MISMATCH);
}

Test(identity, another_camera_under_the_node_s_number_is_a_mismatch)
{
	plug(&alice, 0);
	struct v4l2_identity known = opened_as("/dev/video0");

	sysfs_tree_unplug(root, "1-1");
	plug(&bob, 0);
	cr_assert_eq(again("/dev/video0", &known), PST_E_MISMATCH);
	cr_assert(strstr(error.text, "found 046d:0825 \"C270\", serial B, at usb-1-2"), "%s",
		error.text);
	plug(&alice, 2);
	cr_assert_eq(again("/dev/video0", &known), 1, "and still it is found when it is back");
	cr_assert_str_eq(path, "/dev/video2");
}

Test(identity, at_another_port_it_is_taken_only_by_its_serial)
{
	plug(&alice, 0);
	struct v4l2_identity known = opened_as("/dev/video0");

	sysfs_tree_unplug(root, "1-1");
	plug(&twin, 4);
	cr_assert_eq(again("/dev/video0", &known), PST_E_MISMATCH);
	cr_assert(strstr(error.text, "expected 046d:0825 \"C270\", serial A, at usb-1-1; found "
				     "046d:0825 \"C270\", serial A, at usb-1-2"),
		"%s", error.text);
	cr_assert_eq(again("serial=A,port=usb-1-1", &known), PST_E_MISMATCH);
	cr_assert_eq(again("serial=A", &known), 1);
	cr_assert_str_eq(path, "/dev/video4");
}

Test(identity, a_camera_without_serial_is_known_by_make_and_port)
{
	struct sysfs_camera other = plain;

	plug(&plain, 0);
	struct v4l2_identity known = opened_as("/dev/video0");

	other.port = "1-2";
	plug(&other, 2);
	cr_assert_eq(again("/dev/video0", &known), 1);
	sysfs_tree_unplug(root, "1-1.4");
	cr_assert_eq(again("/dev/video0", &known), 0, "its like at another port is nobody");
	other.port = "1-1.4";
	other.product = "0103";
	plug(&other, 0);
	cr_assert_eq(again("/dev/video0", &known), PST_E_MISMATCH);
}

Test(identity, twins_after_a_replug_are_refused_by_serial)
{
	plug(&alice, 0);
	struct v4l2_identity known = opened_as("serial=A");

	plug(&twin, 2);
	cr_assert_eq(again("serial=A", &known), PST_E_DEVICE);
	cr_assert(strstr(error.text, "several cameras fit"), "%s", error.text);
}

Test(identity, a_platform_camera_comes_back)
{
	sysfs_tree_platform(root, "vivid.0", "vivid-000-vid-cap", 0, 0);
	says[0].caps = VIDEO;
	says[0].bus = "platform:vivid-000";
	struct v4l2_identity known = opened_as("port=platform:vivid-000");

	cr_assert_str_eq(known.port, "platform:vivid-000");
	cr_assert_eq(again("port=platform:vivid-000", &known), 1);
	says[0].bus = "platform:vivid-001";
	cr_assert_eq(again("port=platform:vivid-000", &known), 0);
}

Test(identity, a_swap_between_finding_and_opening_is_seen)
{
	struct v4l2_address address = address_of("serial=A");
	struct v4l2_identity identity;
	struct v4l2_node node;

	plug(&alice, 0);
	found("serial=A", "/dev/video0");
	sysfs_tree_unplug(root, "1-1");
	plug(&bob, 0);
	cr_assert_eq(pst_v4l2_node_open(&node, &nodes, path, &error), 0);
	cr_assert_eq(pst_v4l2_identify(&node, &identity, &error), 0);
	cr_assert_eq(pst_v4l2_identity_check(&address, NULL, &identity, &error), PST_E_MISMATCH);
	cr_assert_str_eq(error.text, "v4l2:serial=A: another camera stands there: found 046d:0825 "
				     "\"C270\", serial B, at usb-1-2");
	error = (struct pst_error){0};
	sysfs_tree_unplug(root, "1-2");
	cr_assert_eq(pst_v4l2_identify(&node, &identity, &error), PST_E_DEVICE);
	cr_assert(strstr(error.text, "is gone (unplugged?)"), "%s", error.text);
}

Test(identity, a_camera_opened_by_serial_knows_who_it_is)
{
	struct fake_v4l2 *machine = fake_v4l2_create();
	struct pst_device *device = NULL;

	(void)fake_camera_add(machine, "/dev/video0", "A");
	(void)fake_metadata_add(machine, "/dev/video1");
	struct fake_camera *named = fake_camera_add(machine, "/dev/video2", "B");

	(void)snprintf(named->name, sizeof(named->name), "B\x1b[2J\xc3");
	cr_assert_eq(pst_v4l2_open_on(&device, &machine->backend, "v4l2:serial=B?fps=30", &error),
		0, "%s", error.text);
	const struct v4l2_camera *camera = (const struct v4l2_camera *)device;

	cr_assert_str_eq(camera->identity.node, "/dev/video2");
	cr_assert_str_eq(camera->identity.serial, "B");
	cr_assert_str_eq(camera->address.serial, "B");
	cr_assert_str_eq(pst_device_info(device)->name, "B?[2J?");
	pst_device_close(&device);
	cr_assert_eq(pst_v4l2_open_on(&device, &machine->backend,
			     "v4l2:serial=B,port=usb-1-1?fps=30", &error),
		PST_E_MISMATCH);
	cr_assert_null(device);
	cr_assert(strstr(error.text, "another camera stands there"), "%s", error.text);
	fake_v4l2_destroy(&machine);
}

Test(identity, on_a_backend_without_a_registry_a_path_is_all_there_is)
{
	static const struct v4l2_ops bare_ops = {
		.open = node_open, .ioctl = node_ioctl, .close = node_close};
	const struct v4l2_backend bare = {.ops = &bare_ops};
	struct v4l2_address address = address_of("/dev/video3");
	struct v4l2_identity identity;
	struct v4l2_node node;

	says[3].caps = VIDEO;
	cr_assert_eq(pst_v4l2_find(&bare, &address, path, sizeof(path), &error), 0);
	cr_assert_eq(pst_v4l2_node_open(&node, &bare, path, &error), 0);
	cr_assert_eq(pst_v4l2_identify(&node, &identity, &error), 0);
	cr_assert_str_eq(identity.node, "/dev/video3");
	cr_assert_str_eq(identity.name, "Card");
	cr_assert_eq(
		pst_v4l2_find_again(&bare, &address, &identity, path, sizeof(path), &error), 1);
	address = address_of("serial=A");
	cr_assert_eq(pst_v4l2_find(&bare, &address, path, sizeof(path), &error), PST_E_DEVICE);
}

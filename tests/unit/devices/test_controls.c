/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "devices/v4l2/camera.h"
#include "devices/v4l2/controls.h"
#include "support/fake_v4l2.h"

static struct fake_v4l2 *fake;
static struct fake_camera *camera;
static struct pst_device *device;
static struct v4l2_node node;
static struct v4l2_controls_want want;
static struct pst_error error;

static void plug_in(void)
{
	fake = fake_v4l2_create();
	camera = fake_camera_add(fake, "/dev/video0", "A");
	node.fd = -1;
}

static void pull_out(void)
{
	pst_device_close(&device);
	pst_v4l2_node_close(&node);
	fake_v4l2_destroy(&fake);
}

TestSuite(controls, .init = plug_in, .fini = pull_out);

static int apply(const char *text)
{
	error = (struct pst_error){0};
	int status = pst_v4l2_controls_parse(&want, text, &error);

	cr_assert_eq(status, 0, "%s", error.text);
	if (node.fd < 0) {
		status = pst_v4l2_node_open(&node, &fake->backend, "/dev/video0", &error);
		cr_assert_eq(status, 0, "%s", error.text);
	}
	return pst_v4l2_controls_apply(&node, &want, &error);
}

static void set(const char *text)
{
	int status = apply(text);

	cr_assert_eq(status, 0, "%s: %s", text, error.text);
}

static void refused(const char *text, int expected, const char *why)
{
	int status = apply(text);

	cr_assert_eq(status, expected, "%s: %d %s", text, status, error.text);
	cr_assert(strstr(error.text, why), "%s: %s", text, error.text);
}

static int32_t value_of(uint32_t id)
{
	return fake_control_of(camera, id)->value;
}

Test(controls, names_are_written_as_v4l2_ctl_writes_them)
{
	static const char *const pairs[][2] = {
		{"White Balance, Automatic", "white_balance_automatic"},
		{"Exposure Time, Absolute", "exposure_time_absolute"},
		{"Exposure (Absolute)", "exposure_absolute"}, {"50 Hz", "50_hz"},
		{"  LED1 Mode  ", "led1_mode"}, {"", ""}, {"---", ""}, {"a\xc3\xa9z", "a_z"}};
	char name[PST_V4L2_CONTROL_NAME_SIZE];
	char text[200];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		pst_v4l2_control_name(pairs[i][0], name);
		cr_assert_str_eq(name, pairs[i][1]);
	}
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	pst_v4l2_control_name(text, name);
	cr_assert_eq(strlen(name), PST_V4L2_CONTROL_NAME_SIZE - 2);
}

Test(controls, lists_are_taken_apart)
{
	cr_assert_eq(pst_v4l2_controls_parse(&want, "a:1,b:on", &error), 0);
	cr_assert_eq(want.count, 2);
	cr_assert_str_eq(want.at[0].name, "a");
	cr_assert_str_eq(want.at[1].value, "on");
	static const char *const bad[] = {"a", "a:", ":1", "a:1,,b:2", "a:1,b"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error = (struct pst_error){0};
		cr_assert_eq(
			pst_v4l2_controls_parse(&want, bad[i], &error), PST_E_CONFIG, "%s", bad[i]);
		cr_assert(strstr(error.text, "NAME:VALUE"), "%s", error.text);
	}
	error = (struct pst_error){0};
	cr_assert_eq(pst_v4l2_controls_parse(&want, "a:1,a:2", &error), PST_E_CONFIG);
	cr_assert(strstr(error.text, "a is set twice"), "%s", error.text);
}

Test(controls, too_many_or_too_long_are_refused)
{
	char text[1024] = "";
	size_t used = 0;

	for (int i = 0; i <= V4L2_CONTROLS_WANTED_MAX; i++) {
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%sc%d:1", i ? "," : "", i);
	}
	cr_assert_eq(pst_v4l2_controls_parse(&want, text, &error), PST_E_CONFIG);
	memset(text, 'x', 200);
	(void)snprintf(text + 200, 8, ":1");
	cr_assert_eq(pst_v4l2_controls_parse(&want, text, NULL), PST_E_CONFIG);
}

Test(controls, numbers_switches_and_menus_are_set)
{
	set("brightness:-64,focus_automatic_continuous:off,power_line_frequency:60_hz");
	cr_assert_eq(value_of(V4L2_CID_BRIGHTNESS), -64);
	cr_assert_eq(value_of(V4L2_CID_FOCUS_AUTO), 0);
	cr_assert_eq(value_of(V4L2_CID_POWER_LINE_FREQUENCY), 2);
	set("focus_automatic_continuous:on,power_line_frequency:1");
	cr_assert_eq(value_of(V4L2_CID_FOCUS_AUTO), 1);
	cr_assert_eq(value_of(V4L2_CID_POWER_LINE_FREQUENCY), 1);
}

Test(controls, automatics_are_off_before_what_they_hold_is_set)
{
	set("exposure_time_absolute:100,focus_absolute:25,auto_exposure:manual_mode,"
	    "focus_automatic_continuous:0");
	cr_assert_eq(value_of(V4L2_CID_EXPOSURE_ABSOLUTE), 100);
	cr_assert_eq(value_of(V4L2_CID_FOCUS_ABSOLUTE), 25);
	cr_assert_eq(fake_failed(camera, VIDIOC_S_EXT_CTRLS), 0, "nothing was tried in vain");
}

Test(controls, names_of_other_kernels_are_known)
{
	set("exposure_auto:1,exposure_absolute:50");
	cr_assert_eq(value_of(V4L2_CID_EXPOSURE_ABSOLUTE), 50);
	(void)snprintf(fake_control_of(camera, V4L2_CID_EXPOSURE_ABSOLUTE)->name, 32,
		"Exposure (Absolute)");
	set("exposure_time_absolute:60");
	cr_assert_eq(value_of(V4L2_CID_EXPOSURE_ABSOLUTE), 60);
}

Test(controls, what_an_automatic_holds_is_refused)
{
	refused("exposure_time_absolute:100", PST_E_DEVICE,
		"exposure_time_absolute can't be set while an automatic one");
	cr_assert_eq(value_of(V4L2_CID_EXPOSURE_ABSOLUTE), 250);
	/* A driver that doesn't tell before. */
	fake_control_of(camera, V4L2_CID_CONTRAST)->refuse = -EBUSY;
	refused("contrast:1", PST_E_DEVICE, "contrast can't be set while an automatic one");
}

Test(controls, wrong_names_are_refused_with_the_nearest)
{
	refused("brightnes:1", PST_E_CONFIG,
		"has no control 'brightnes'; did you mean 'brightness'?");
	refused("zzzzzzzzzzzzzzzz:1", PST_E_CONFIG, "it has brightness, contrast");
	camera->controls = 0;
	refused("brightness:1", PST_E_CONFIG, "has no control 'brightness', nor any");
}

Test(controls, wrong_values_are_refused_with_the_range)
{
	refused("brightness:65", PST_E_CONFIG,
		"control brightness takes no '65'; it takes -64 to 64");
	refused("brightness:on", PST_E_CONFIG, "it takes -64 to 64");
	refused("brightness:1.5", PST_E_CONFIG, "it takes -64 to 64");
	refused("focus_absolute:7", PST_E_CONFIG, "in steps of 5, the next are 5 and 10");
	refused("focus_automatic_continuous:2", PST_E_CONFIG, "it takes on or off");
	refused("power_line_frequency:55_hz", PST_E_CONFIG, "disabled (0), 50_hz (1), 60_hz (2)");
	refused("auto_exposure:2", PST_E_CONFIG, "manual_mode (1), aperture_priority_mode (3)");
	fake_control_of(camera, V4L2_CID_CONTRAST)->flags = V4L2_CTRL_FLAG_READ_ONLY;
	refused("contrast:1", PST_E_CONFIG, "can only be read");
}

Test(controls, nothing_is_set_when_one_of_them_is_wrong)
{
	refused("brightness:5,contrast:999", PST_E_CONFIG, "contrast takes no '999'");
	cr_assert_eq(value_of(V4L2_CID_BRIGHTNESS), 0);
}

Test(controls, a_value_that_is_not_kept_is_told)
{
	fake_control_of(camera, V4L2_CID_BRIGHTNESS)->deaf = true;
	refused("brightness:5", PST_E_DEVICE,
		"brightness was set to 5 and \"Fake Camera\" keeps 0");
}

Test(controls, a_camera_that_fails_meanwhile_is_told)
{
	fake_control_of(camera, V4L2_CID_BRIGHTNESS)->refuse = -EIO;
	refused("brightness:5", PST_E_DEVICE, "failed to set its control brightness");
	fake_control_of(camera, V4L2_CID_BRIGHTNESS)->refuse = -ENODEV;
	refused("brightness:5", PST_E_DEVICE, "is gone");
}

Test(controls, all_are_listed_with_range_and_value)
{
	struct pst_v4l2_control *list;

	set("brightness:7");
	int count = pst_v4l2_controls_read(&node, &list);

	cr_assert_eq(count, (int)camera->controls);
	cr_assert_str_eq(list[0].name, "brightness");
	cr_assert_eq(list[0].kind, PST_V4L2_CONTROL_NUMBER);
	cr_assert_eq(list[0].least, -64);
	cr_assert_eq(list[0].most, 64);
	cr_assert_eq(list[0].initial, 0);
	cr_assert_eq(list[0].value, 7);
	cr_assert(list[0].readable && list[0].writable && !list[0].held);
	for (int i = 0; i < count; i++) {
		if (list[i].id == V4L2_CID_EXPOSURE_AUTO) {
			cr_assert_eq(list[i].kind, PST_V4L2_CONTROL_MENU);
			cr_assert_eq(list[i].choices, 2);
			cr_assert_eq(list[i].choice[1].value, 3);
			cr_assert_str_eq(list[i].choice[1].name, "aperture_priority_mode");
		}
		cr_assert_eq(list[i].held,
			list[i].id == V4L2_CID_EXPOSURE_ABSOLUTE ||
				list[i].id == V4L2_CID_FOCUS_ABSOLUTE ||
				list[i].id == V4L2_CID_WHITE_BALANCE_TEMPERATURE,
			"%s", list[i].name);
	}
	pst_v4l2_controls_free(&list, count);
	cr_assert_null(list);
}

Test(controls, a_driver_without_controls_has_none)
{
	struct pst_v4l2_control *list;

	fake_fail(camera, VIDIOC_QUERY_EXT_CTRL, -ENOTTY);
	set("");
	cr_assert_eq(pst_v4l2_controls_read(&node, &list), 0);
	cr_assert_null(list);
}

static int open_it(const char *uri)
{
	error = (struct pst_error){0};
	return pst_v4l2_open_on(&device, &fake->backend, uri, &error);
}

Test(controls, a_uri_sets_them_at_open)
{
	int status = open_it("v4l2:/dev/video0?controls=exposure_time_absolute:333,"
			     "auto_exposure:manual_mode,brightness:12");

	cr_assert_eq(status, 0, "%s", error.text);
	cr_assert_eq(value_of(V4L2_CID_BRIGHTNESS), 12);
	int64_t exposure_ns;

	cr_assert_eq(pst_v4l2_exposure(device, &exposure_ns), 0);
	cr_assert_eq(exposure_ns, 33300000);
}

Test(controls, a_uri_with_a_wrong_one_opens_nothing)
{
	cr_assert_eq(open_it("v4l2:/dev/video0?controls=brightness"), PST_E_CONFIG);
	cr_assert_eq(open_it("v4l2:/dev/video0?controls=brightnes:1"), PST_E_CONFIG);
	cr_assert(strstr(error.text, "did you mean 'brightness'?"), "%s", error.text);
	cr_assert_null(device);
}

Test(controls, a_camera_that_keeps_its_exposure_to_itself_says_nothing_of_it)
{
	int64_t exposure_ns;

	camera->controls = 1;
	cr_assert_eq(open_it("v4l2:/dev/video0"), 0);
	cr_assert_eq(pst_v4l2_exposure(device, &exposure_ns), PST_E_FORMAT);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "devices/v4l2/trial.h"
#include "support/fake_v4l2.h"
#include "sysfs_tree.h"

static struct fake_v4l2 *machine;
static char root[PATH_MAX];
static struct pst_v4l2_place place = {.sys = root, .proc = "/nowhere"};
static struct pst_v4l2_checkup checkup;
static struct pst_error error;

static void begin(void)
{
	sysfs_tree_make(root);
	machine = fake_v4l2_create();
}

static void end(void)
{
	fake_v4l2_destroy(&machine);
	sysfs_tree_remove(root);
}

TestSuite(doctor, .init = begin, .fini = end);

static void examine(const char *uri, double seconds)
{
	int status = pst_v4l2_doctor_on(&machine->backend, &place, uri, seconds, &checkup, &error);

	cr_assert_eq(status, 0, "%s", error.text);
}

static void nothing(void)
{
	cr_assert_eq(
		checkup.findings, 0, "%s: %s", checkup.finding[0].text, checkup.finding[0].fix);
}

/* The sentence as it is printed, of the finding at index. */
static void says(size_t index, const char *sentence)
{
	const struct pst_v4l2_finding *finding = &checkup.finding[index];
	char line[900];

	cr_assert_lt(index, checkup.findings, "no finding %zu: %s", index, sentence);
	(void)snprintf(line, sizeof(line), "[%s] %s: %s", pst_v4l2_cause_name(finding->cause),
		finding->text, finding->fix);
	cr_assert_str_eq(line, sentence);
}

static void says_only(const char *sentence)
{
	says(0, sentence);
	cr_assert_eq(checkup.findings, 1, "and %s", checkup.finding[1].text);
}

Test(doctor, names_are_told_apart)
{
	for (int i = 1; i <= PST_V4L2_CAUSE_NAMED_BY_NODE; i++) {
		cr_assert_neq(pst_v4l2_cause_level(i), PST_V4L2_LEVEL_UNSET);
		for (int k = 0; k < i; k++) {
			cr_assert_str_neq(pst_v4l2_cause_name(i), pst_v4l2_cause_name(k));
		}
	}
	cr_assert_str_eq(pst_v4l2_cause_name(PST_V4L2_CAUSE_LOW_LIGHT), "low-light");
	cr_assert_str_eq(pst_v4l2_level_name(PST_V4L2_LEVEL_FATAL), "fatal");
}

Test(doctor, a_machine_without_a_camera)
{
	examine(NULL, 0);
	says_only("[no-camera] no camera: there is no V4L2 node, and no USB device says that it is "
		  "one: plug one in; hand it to the virtual machine, or to the container with "
		  "--device /dev/video0");
	cr_assert_eq(checkup.usable, 0);
	cr_assert_eq(pst_v4l2_checkup_level(&checkup), PST_V4L2_LEVEL_FATAL);
}

static const struct sysfs_camera c270 = {"1-1", "046d", "0825", "A", "C270", 0, 480};
static const char *const interface = "devices/pci0000:00/usb1/1-1/1-1:1.0";

Test(doctor, a_camera_on_usb_that_no_driver_has_taken)
{
	sysfs_tree_plug(root, &c270);
	examine(NULL, 0);
	says_only("[no-driver] \"C270\" (046d:0825) at usb-1-1: no driver has taken it: sudo "
		  "modprobe uvcvideo");
}

Test(doctor, a_camera_on_usb_whose_driver_made_no_node)
{
	char path[200];

	sysfs_tree_plug(root, &c270);
	sysfs_tree_write(root, "bus/usb/drivers/uvcvideo/.keep", "%s", "");
	(void)snprintf(path, sizeof(path), "%s/driver", interface);
	sysfs_tree_link(root, path, "bus/usb/drivers/uvcvideo");
	examine(NULL, 0);
	says_only("[no-node] \"C270\" (046d:0825) at usb-1-1: the driver uvcvideo made no node: "
		  "plug it in again; 'sudo dmesg' tells what went wrong");
	sysfs_tree_write(root, "bus/usb/drivers/usbfs/.keep", "%s", "");
	sysfs_tree_link(root, path, "bus/usb/drivers/usbfs");
	examine(NULL, 0);
	says_only("[busy] \"C270\" (046d:0825) at usb-1-1: a program uses it past the kernel's "
		  "driver: stop what uses it through libusb, or a virtual machine");
	sysfs_tree_node(root, &c270, 0, 0);
	examine(NULL, 0);
	says_only("[no-camera] no camera: there is no V4L2 node, and no USB device says that it is "
		  "one: plug one in; hand it to the virtual machine, or to the container with "
		  "--device /dev/video0");
}

Test(doctor, a_keyboard_is_no_camera)
{
	sysfs_tree_plug(root, &c270);
	sysfs_tree_write(root, "devices/pci0000:00/usb1/1-1/1-1:1.0/bInterfaceClass", "03\n");
	examine(NULL, 0);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_NO_CAMERA);
}

Test(doctor, a_camera_in_order)
{
	(void)fake_camera_add(machine, "/dev/video0", "A");
	(void)fake_metadata_add(machine, "/dev/video1");
	examine(NULL, 0);
	nothing();
	cr_assert_eq(checkup.cameras, 1);
	cr_assert_eq(checkup.usable, 1);
	examine("v4l2:serial=A", 0);
	nothing();
	cr_assert_str_eq(checkup.camera, "/dev/video0");
}

Test(doctor, a_camera_that_can_t_be_used_now)
{
	struct fake_camera *camera = fake_camera_add(machine, "/dev/video0", "A");

	camera->held_by_another = true;
	examine("v4l2:serial=A", 1);
	says_only("[busy] /dev/video0 \"Fake Camera\": in use by a process of another user; 'sudo "
		  "fuser -v /dev/video0' names it: stop that program, or use another camera");
	cr_assert_eq(checkup.usable, 0);
	cr_assert_eq(checkup.trial.seconds, 0, "it is not streamed");
	camera->held_by_another = false;
	struct fake_fault *fault = fake_fail(camera, VIDIOC_S_FMT, -EPROTO);

	examine(NULL, 0);
	says_only("[wedged] /dev/video0 \"Fake Camera\" is there but answers nothing: Protocol "
		  "error: plug it in again, or: for i in 0 1; do echo $i | sudo tee "
		  "/sys/bus/usb/devices/1-1/authorized; done");
	fault->status = -EINVAL;
	examine(NULL, 0);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_FAILED);
	camera->open_status = -EACCES;
	(void)snprintf(camera->node, sizeof(camera->node), "/dev/null");
	examine(NULL, 0);
	cr_assert(strstr(checkup.finding[0].text, "/dev/null \"Fake Camera\": no permission to "
						  "open it"));
	cr_assert_neq(checkup.finding[0].fix[0], 0);
	camera->open_status = -ENOENT;
	examine(NULL, 0);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_NO_NODE);
}

Test(doctor, one_of_two_cameras_is_enough_for_the_machine)
{
	(void)fake_camera_add(machine, "/dev/video0", "A");
	fake_camera_add(machine, "/dev/video2", "B")->held_by_another = true;
	examine(NULL, 0);
	cr_assert_eq(checkup.findings, 1);
	cr_assert_eq(checkup.cameras, 2);
	cr_assert_eq(checkup.usable, 1);
	examine("v4l2:serial=A", 0);
	nothing();
}

Test(doctor, a_metadata_node_named_by_mistake)
{
	(void)fake_camera_add(machine, "/dev/video0", "A");
	(void)fake_metadata_add(machine, "/dev/video1");
	examine("v4l2:/dev/video1", 1);
	says_only("[metadata-node] /dev/video1: the metadata node of \"Fake Camera\", which gives "
		  "no pictures: use v4l2:/dev/video0, or better v4l2:serial=A");
}

Test(doctor, no_camera_and_what_is_none)
{
	examine("v4l2:", 1);
	cr_assert_eq(checkup.findings, 1);
	cr_expect_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_NO_CAMERA);
	examine("v4l2:serial=A", 1);
	says_only("[not-found] v4l2:serial=A: no such camera; 'postern devices' lists those there "
		  "are: plug it in");
	examine("v4l2:/dev/null", 1);
	cr_assert_eq(checkup.findings, 1);
	cr_expect_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_NOT_FOUND);
	cr_expect_str_eq(checkup.finding[0].fix, "name a camera");
}

Test(doctor, a_camera_that_is_not_there)
{
	(void)fake_camera_add(machine, "/dev/video0", "A");
	(void)fake_camera_add(machine, "/dev/video2", "B");
	examine("v4l2:serial=C", 1);
	says_only("[not-found] v4l2:serial=C: no such camera; 'postern devices' lists those there "
		  "are: here are v4l2:serial=A (/dev/video0), v4l2:serial=B (/dev/video2)");
	examine("v4l2:/dev/video9", 1);
	says_only("[not-found] /dev/video9: no such camera; 'postern devices' lists those there "
		  "are: here are v4l2:serial=A (/dev/video0), v4l2:serial=B (/dev/video2)");
	examine("v4l2:", 1);
	says_only("[ambiguous] v4l2:: several cameras fit, /dev/video0 at port usb-1-1 and "
		  "/dev/video2 at port usb-1-2; name one by port=PORT: here are v4l2:serial=A "
		  "(/dev/video0), v4l2:serial=B (/dev/video2)");
	examine("v4l2:serial=A,port=usb-1-2", 1);
	says_only("[identity-mismatch] v4l2:serial=A,port=usb-1-2: another camera stands there: "
		  "found 1d6b:0102 \"Fake Camera\", serial B, at usb-1-2: here are v4l2:serial=A "
		  "(/dev/video0), v4l2:serial=B (/dev/video2)");
}

Test(doctor, twins)
{
	(void)fake_camera_add(machine, "/dev/video0", "A");
	(void)fake_camera_add(machine, "/dev/video2", "A");
	examine(NULL, 0);
	says(0, "[twins] /dev/video0 \"Fake Camera\" shares its serial number A with another "
		"camera: name it v4l2:serial=A,port=usb-1-1");
	cr_assert_eq(checkup.findings, 2);
	cr_assert_eq(pst_v4l2_checkup_level(&checkup), PST_V4L2_LEVEL_NOTE);
	examine("v4l2:serial=A", 0);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_AMBIGUOUS);
}

Test(doctor, a_camera_named_by_its_node)
{
	(void)fake_camera_add(machine, "/dev/video0", "A");
	examine("v4l2:/dev/video0", 0);
	says_only("[named-by-node] /dev/video0 is only a number: after the next start another "
		  "camera may have it: name it v4l2:serial=A");
	cr_assert_eq(pst_v4l2_checkup_level(&checkup), PST_V4L2_LEVEL_NOTE);
}

Test(doctor, a_link_slower_than_the_camera)
{
	struct sysfs_camera slow = c270;

	(void)fake_camera_add(machine, "/dev/video0", "A");
	sysfs_tree_plug(root, &slow);
	sysfs_tree_write(root, "devices/pci0000:00/usb1/1-1/version", " 2.00\n");
	examine("v4l2:serial=A", 0);
	nothing();
	sysfs_tree_write(root, "devices/pci0000:00/usb1/1-1/version", " 2.10\n");
	examine("v4l2:serial=A", 0);
	says_only("[slow-link] /dev/video0 \"Fake Camera\" is linked at 480 Mbit/s, though it "
		  "speaks USB 3: a USB 3 port (blue), a USB 3 cable, and no USB 2 hub in between");
	slow.speed = 12;
	sysfs_tree_plug(root, &slow);
	examine("v4l2:serial=A", 0);
	says_only("[slow-link] /dev/video0 \"Fake Camera\" is linked at 12 Mbit/s, too slow for "
		  "most modes: another port, cable or hub");
}

Test(doctor, a_format_slower_than_another)
{
	(void)fake_camera_add(machine, "/dev/video0", "A");
	examine("v4l2:serial=A?format=YUYV&size=1280x720", 0);
	says_only("[slow-format] /dev/video0 \"Fake Camera\": yuyv 1280x720 gives 9 frames per "
		  "second at most; MJPG gives 30: format=MJPG, or leave the format to postern");
	examine("v4l2:serial=A?format=YUYV&size=640x480", 0);
	nothing();
}

Test(doctor, a_mode_that_is_not_offered)
{
	(void)fake_camera_add(machine, "/dev/video0", "A");
	examine("v4l2:serial=A?size=641x480", 0);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_NO_MODE);
	cr_assert(strstr(checkup.finding[0].text, "not offered by"), "%s", checkup.finding[0].text);
	cr_assert_str_eq(checkup.finding[0].fix, "'postern devices --all' lists what it offers");
}

Test(doctor, a_wrong_uri_is_refused)
{
	cr_assert_eq(
		pst_v4l2_doctor_on(&machine->backend, &place, "v4l2:video0", 1, &checkup, &error),
		PST_E_CONFIG);
	error = (struct pst_error){0};
	cr_assert_eq(pst_v4l2_doctor_on(&machine->backend, &place, "v4l2:/dev/video0?fps=0", 1,
			     &checkup, &error),
		PST_E_CONFIG);
	cr_assert(strstr(error.text, "fps=0"), "%s", error.text);
}

/* A camera that makes a frame whenever none is left, each a step of the clock later. */
static int64_t step_ns;
static uint32_t frames;
static struct fake_frame (*make)(uint32_t number);

static int keep_coming(
	struct fake_camera *camera, unsigned long request, void *argument, int status)
{
	if (request == VIDIOC_DQBUF && status == -EAGAIN) {
		camera->fake->now_ns += step_ns;
		if (make) {
			struct fake_frame frame = make(frames++);

			(void)fake_push(camera, &frame);
		}
	}
	return status;
}

static struct fake_frame good(uint32_t number)
{
	return (struct fake_frame){.size = 9000};
}

static struct fake_camera *streaming(struct fake_frame (*maker)(uint32_t number), int64_t step)
{
	struct fake_camera *camera = fake_camera_add(machine, "/dev/video0", "A");

	make = maker;
	step_ns = step;
	machine->now_ns = PST_NS_PER_S;
	camera->after = keep_coming;
	return camera;
}

Test(doctor, a_stream_in_order)
{
	(void)streaming(good, PST_NS_PER_S / 30);
	examine("v4l2:serial=A", 3);
	nothing();
	const struct pst_v4l2_trial *trial = &checkup.trial;

	cr_assert_float_eq(trial->seconds, 3, 0.2);
	cr_assert_float_eq(trial->seen_fps, 30, 0.1, "%f", trial->seen_fps);
	cr_assert_float_eq(trial->asked_fps, 30, 0.01);
	cr_assert_geq(trial->counts.good, 85);
	cr_assert_eq(trial->width, 1280);
	cr_assert_eq(trial->exposure_ns, 25 * PST_NS_PER_MS);
}

Test(doctor, low_light_is_told_by_the_exposure)
{
	struct fake_camera *camera = streaming(good, PST_NS_PER_S / 15);

	fake_control_of(camera, V4L2_CID_EXPOSURE_ABSOLUTE)->value = 660;
	examine("v4l2:serial=A", 3);
	says_only("[low-light] /dev/video0 \"Fake Camera\" gives 15.0 of 30 frames per second, "
		  "since it exposes for 66 ms, longer than a frame (33 ms): give it more light, or "
		  "set controls=exposure_dynamic_framerate:0 for darker pictures at the full rate");
	cr_assert_eq(pst_v4l2_checkup_level(&checkup), PST_V4L2_LEVEL_WARNING);
}

Test(doctor, low_light_is_likely_where_the_automatic_may_lower_the_rate)
{
	struct fake_camera *camera = streaming(good, PST_NS_PER_S / 15);

	examine("v4l2:serial=A", 3);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_LOW_RATE);
	cr_assert(!checkup.trial.may_slow);
	fake_control_of(camera, V4L2_CID_EXPOSURE_AUTO_PRIORITY)->value = 1;
	examine("v4l2:serial=A", 3);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_LOW_LIGHT);
	fake_control_of(camera, V4L2_CID_EXPOSURE_AUTO)->value = V4L2_EXPOSURE_MANUAL;
	examine("v4l2:serial=A", 3);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_LOW_RATE, "set by hand");
}

static struct fake_frame lossy(uint32_t number)
{
	return (struct fake_frame){
		.size = number % 20 == 7 ? 0 : 9000,
		.flags = number % 20 == 3 ? V4L2_BUF_FLAG_ERROR : 0,
		.skipped = number % 20 == 13,
	};
}

Test(doctor, loss_is_never_passed_over)
{
	(void)streaming(lossy, PST_NS_PER_S / 30);
	examine("v4l2:serial=A", 3);
	cr_assert_eq(checkup.findings, 2);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_LOST_FRAMES);
	cr_assert_eq(checkup.finding[1].cause, PST_V4L2_CAUSE_DAMAGED_FRAMES);
	cr_assert_gt(checkup.trial.counts.lost, 0);
	cr_assert_gt(checkup.trial.counts.flagged, 0);
	cr_assert_gt(checkup.trial.counts.undersized, 0);
}

Test(doctor, a_stream_without_frames)
{
	(void)streaming(NULL, 200 * PST_NS_PER_MS);
	examine("v4l2:serial=A", 3);
	says_only("[no-frames] /dev/video0 \"Fake Camera\" streams, but no frame came in 3.0 s: "
		  "plug it in again, or: for i in 0 1; do echo $i | sudo tee "
		  "/sys/bus/usb/devices/1-1/authorized; done");
}

static struct fake_frame thirty(uint32_t number)
{
	if (number == 29) {
		step_ns = 200 * PST_NS_PER_MS;
		make = NULL;
	}
	return good(number);
}

Test(doctor, a_stream_that_stops)
{
	(void)streaming(thirty, PST_NS_PER_S / 30);
	examine("v4l2:serial=A", 6);
	says_only("[no-frames] /dev/video0 \"Fake Camera\" streams, but after 30 frames none came: "
		  "plug it in again, or: for i in 0 1; do echo $i | sudo tee "
		  "/sys/bus/usb/devices/1-1/authorized; done");
}

static struct fake_frame wedging(uint32_t number)
{
	if (number == 29) {
		(void)fake_fail(&machine->camera[0], VIDIOC_S_FMT, -EIO);
	}
	return thirty(number);
}

Test(doctor, a_stream_that_stops_for_good)
{
	(void)streaming(wedging, PST_NS_PER_S / 30);
	examine("v4l2:serial=A", 6);
	says_only("[wedged] /dev/video0 \"Fake Camera\" is there but answers nothing: no frame "
		  "comes, and Input/output error: plug it in again, or: for i in 0 1; do echo $i | "
		  "sudo "
		  "tee /sys/bus/usb/devices/1-1/authorized; done");
}

static struct fake_frame pulled(uint32_t number)
{
	if (number == 30) {
		fake_unplug(&machine->camera[0]);
	}
	return good(number);
}

Test(doctor, a_camera_that_goes_away)
{
	(void)streaming(pulled, PST_NS_PER_S / 30);
	examine("v4l2:serial=A", 3);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_UNPLUGGED);
	cr_assert_str_eq(checkup.finding[0].fix,
		"if nobody pulled it: cable, hub, or too little power at the port");
	cr_assert_eq(pst_v4l2_checkup_level(&checkup), PST_V4L2_LEVEL_FATAL);
}

Test(doctor, a_bus_without_room)
{
	(void)fake_fail(streaming(good, PST_NS_PER_S / 30), VIDIOC_STREAMON, -ENOSPC);
	examine("v4l2:serial=A?format=YUYV&size=640x480&fps=30", 3);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_NO_BANDWIDTH);
	cr_assert_str_eq(checkup.finding[0].fix,
		"choose a smaller size or rate, MJPG instead of a raw format, or plug it into a "
		"port of another USB bus");
}

Test(doctor, a_bus_that_another_camera_fills)
{
	struct pst_device *other = NULL;

	(void)fake_camera_add(machine, "/dev/video0", "A");
	(void)fake_camera_add(machine, "/dev/video2", "B");
	machine->camera[0].bus = machine->camera[1].bus = 1;
	machine->usb_told = true;
	cr_assert_eq(pst_v4l2_open_on(&other, &machine->backend,
			     "v4l2:serial=B?size=640x480&fps=30&format=YUYV", &error),
		0);
	cr_assert_eq(pst_device_start(other, &error), 0, "%s", error.text);
	examine("v4l2:serial=A?size=640x480&fps=30&format=YUYV", 0);
	says_only(
		"[bandwidth] /dev/video0 \"Fake Camera\": YUYV 640x480 at 30 needs 3174 bytes per "
		"microframe of USB bus 1, where of 6000 others have 3174: usb-1-2 \"Fake "
		"Camera\" 3174: choose a smaller size or rate, MJPG instead of a raw format, or "
		"plug it into a port of another USB bus");
	examine("v4l2:serial=A?size=640x480&fps=30&format=YUYV", 3);
	cr_assert_eq(checkup.findings, 1);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_NO_BANDWIDTH);
	cr_assert(strstr(checkup.finding[0].text, "usb-1-2 \"Fake Camera\" 3174"), "%s",
		checkup.finding[0].text);
	pst_device_close(&other);
}

Test(doctor, a_mode_given_up_for_the_bus)
{
	fake_fail(streaming(good, PST_NS_PER_S / 30), VIDIOC_STREAMON, -ENOSPC)->times = 1;
	examine("v4l2:serial=A?format=YUYV&size=640x480", 3);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_BANDWIDTH);
	cr_assert_str_eq(checkup.finding[0].text,
		"/dev/video0 \"Fake Camera\": the USB bus had no room for YUYV 640x480 at 30, so "
		"yuyv 640x480 at 15 was taken");
	cr_assert_eq(pst_v4l2_checkup_level(&checkup), PST_V4L2_LEVEL_WARNING);
}

Test(doctor, a_camera_that_answers_nothing_when_it_shall_stream)
{
	(void)fake_fail(streaming(good, PST_NS_PER_S / 30), VIDIOC_STREAMON, -EPROTO);
	examine("v4l2:serial=A", 3);
	cr_assert_eq(checkup.finding[0].cause, PST_V4L2_CAUSE_WEDGED);
	cr_assert(strstr(checkup.finding[0].text, "is there but answers nothing: "));
}

static void judged(const struct pst_v4l2_trial *trial, const char *sentence)
{
	checkup = (struct pst_v4l2_checkup){0};
	pst_v4l2_trial_judge(trial, "/dev/video0", "/dev/video0 \"C270\"", "platform:x", &checkup);
	says_only(sentence);
}

Test(doctor, the_facts_of_a_trial_are_judged)
{
	struct pst_v4l2_trial trial = {
		.seconds = 3, .asked_fps = 30, .seen_fps = 15, .counts = {.good = 45}};

	judged(&trial, "[low-rate] /dev/video0 \"C270\" gives 15.0 of 30 frames per second, though "
		       "its driver agreed: try another size or format, and the camera alone on its "
		       "USB bus");
	trial.may_slow = true;
	/* Under an automatic, few cameras say how long they expose. */
	trial.exposure_ns = 20 * PST_NS_PER_MS;
	judged(&trial,
		"[low-light] /dev/video0 \"C270\" gives 15.0 of 30 frames per second, most "
		"likely for low light, in which its automatic exposure may lower the rate: "
		"give it more light, or set controls=exposure_dynamic_framerate:0 for darker "
		"pictures at the full rate");
	trial.seen_fps = 26;
	trial.counts.lost = 3;
	judged(&trial, "[lost-frames] /dev/video0 \"C270\": 3 of 48 frames were lost on the way: a "
		       "shorter cable, a port without a hub, a smaller mode, or fewer cameras on "
		       "its USB bus; a busy machine loses some too");
	trial.counts.lost = 0;
	trial.counts.flagged = 4;
	trial.counts.undersized = 1;
	judged(&trial, "[damaged-frames] /dev/video0 \"C270\": 5 of 50 frames came damaged (4 "
		       "flagged by the driver, 1 too short): try another cable, another port, no "
		       "hub in between");
	trial.counts = (struct pst_device_counts){.good = 45, .restamped = 2};
	judged(&trial, "[bad-stamps] /dev/video0 \"C270\": the driver's time of 2 of 45 frames was "
		       "of no use: nothing to do: the time of arrival is used instead");
	trial.counts = (struct pst_device_counts){0};
	judged(&trial, "[no-frames] /dev/video0 \"C270\" streams, but no frame came in 3.0 s: plug "
		       "it in again, or load its driver again");
}

Test(doctor, an_end_is_judged_by_its_cause)
{
	struct pst_v4l2_trial trial = {
		.seconds = 1.24, .error = "it failed", .counts = {.good = 9}};

	trial.away = PST_DEVICE_AWAY_UNPLUGGED;
	judged(&trial, "[unplugged] /dev/video0 \"C270\" went away after 1.2 s: if nobody pulled "
		       "it: cable, hub, or too little power at the port");
	trial.away = PST_DEVICE_AWAY_FAILED;
	judged(&trial, "[failed] it failed: 'sudo dmesg' tells what the driver says of it");
}

Test(doctor, findings_beyond_the_room_are_left_out)
{
	checkup = (struct pst_v4l2_checkup){0};
	for (int i = 0; i < PST_V4L2_FINDINGS_MAX + 3; i++) {
		struct pst_v4l2_finding *finding =
			pst_v4l2_finding_add(&checkup, PST_V4L2_CAUSE_BUSY, "");

		cr_assert_eq(finding == NULL, i >= PST_V4L2_FINDINGS_MAX);
		pst_v4l2_finding_text(finding, "%d", i);
		pst_v4l2_finding_fix(finding, "%d", i);
	}
	cr_assert_eq(checkup.findings, PST_V4L2_FINDINGS_MAX);
}

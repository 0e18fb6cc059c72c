/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/doctor.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/v4l2/access.h"
#include "devices/v4l2/sysfs.h"
#include "devices/v4l2/trial.h"

#define WHO_SIZE (2 * PST_DEVICE_TEXT_SIZE + 4)
#define USB_CAMERAS_MAX 32
#define USB_HAS_MORE 0x0210 /* what a USB 3 device says on a USB 2 port */
#define FASTER 1.2	    /* worth a word */

static const char just_now[] = "the camera was plugged in just now: try again";

/* The machine as it is found, and what is said of it. */
struct doctor {
	const struct v4l2_backend *backend;
	const struct pst_v4l2_place *place;
	struct pst_v4l2_camera *camera; /* owned */
	int cameras;
	struct v4l2_usb_camera usb[USB_CAMERAS_MAX];
	size_t usbs;
	struct pst_v4l2_checkup *checkup;
};

static void call(const struct pst_v4l2_camera *camera, char who[WHO_SIZE])
{
	(void)snprintf(who, WHO_SIZE, "%s \"%s\"", camera->node, camera->name);
}

/* What is on USB but has no node. */
static void check_usb(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->usbs; i++) {
		const struct v4l2_usb_camera *usb = &doctor->usb[i];
		bool taken = strcmp(usb->driver, "usbfs") == 0;
		struct pst_v4l2_finding *finding;

		if (usb->has_node) {
			continue;
		}
		if (taken) {
			finding = pst_v4l2_finding_add(doctor->checkup, PST_V4L2_CAUSE_BUSY, "");
		} else {
			finding = pst_v4l2_finding_add(doctor->checkup,
				usb->driver[0] ? PST_V4L2_CAUSE_NO_NODE : PST_V4L2_CAUSE_NO_DRIVER,
				"");
		}
		pst_v4l2_finding_text(finding, "\"%s\" (%04x:%04x) at %s: %s%s%s", usb->name,
			usb->vendor, usb->product, usb->port,
			taken		 ? "a program uses it past the kernel's driver"
			: usb->driver[0] ? "the driver "
					 : "no driver has taken it",
			taken ? "" : usb->driver, !taken && usb->driver[0] ? " made no node" : "");
		pst_v4l2_finding_fix(finding, "%s",
			taken		 ? "stop what uses it through libusb, or a virtual machine"
			: usb->driver[0] ? "plug it in again; 'sudo dmesg' tells what went wrong"
					 : "sudo modprobe uvcvideo");
	}
}

static void check_any(struct doctor *doctor)
{
	if (doctor->cameras == 0 && doctor->checkup->findings == 0) {
		struct pst_v4l2_finding *finding =
			pst_v4l2_finding_add(doctor->checkup, PST_V4L2_CAUSE_NO_CAMERA, "");

		pst_v4l2_finding_text(finding,
			"no camera: there is no V4L2 node, and no USB device says that it is one");
		pst_v4l2_finding_fix(finding,
			"plug one in; hand it to the virtual machine, or to the container with "
			"--device /dev/video0");
	}
}

static enum pst_v4l2_cause cause_of(const struct pst_v4l2_camera *camera)
{
	struct v4l2_access access;

	switch (camera->state) {
	case PST_V4L2_STATE_BUSY:
		return PST_V4L2_CAUSE_BUSY;
	case PST_V4L2_STATE_FORBIDDEN:
		pst_v4l2_access_read(camera->node, camera->status, &access);
		return pst_v4l2_access_lacks_rule(&access) ? PST_V4L2_CAUSE_NO_UDEV_RULE
							   : PST_V4L2_CAUSE_NO_PERMISSION;
	case PST_V4L2_STATE_ABSENT:
		return PST_V4L2_CAUSE_NO_NODE;
	case PST_V4L2_STATE_WEDGED:
		return PST_V4L2_CAUSE_WEDGED;
	case PST_V4L2_STATE_FAILED:
		return PST_V4L2_CAUSE_FAILED;
	case PST_V4L2_STATE_FREE:
	case PST_V4L2_STATE_UNSET:
		break;
	}
	return PST_V4L2_CAUSE_UNSET;
}

static void check_state(struct doctor *doctor, const struct pst_v4l2_camera *camera)
{
	enum pst_v4l2_cause cause = cause_of(camera);
	char who[WHO_SIZE];

	if (cause == PST_V4L2_CAUSE_UNSET) {
		doctor->checkup->usable++;
		return;
	}
	struct pst_v4l2_finding *finding =
		pst_v4l2_finding_add(doctor->checkup, cause, camera->node);

	call(camera, who);
	switch (cause) {
	case PST_V4L2_CAUSE_BUSY:
		pst_v4l2_finding_text(finding, "%s: %s", who, camera->advice);
		pst_v4l2_finding_fix(finding, "stop that program, or use another camera");
		break;
	case PST_V4L2_CAUSE_NO_NODE:
		pst_v4l2_finding_text(
			finding, "%s: the kernel has the camera, but the node is not there", who);
		pst_v4l2_finding_fix(finding, "%s", camera->advice);
		break;
	case PST_V4L2_CAUSE_WEDGED:
	case PST_V4L2_CAUSE_FAILED:
		pst_v4l2_finding_text(finding, "%s is there but answers nothing: %s", who,
			pst_status_text(camera->status));
		pst_v4l2_trial_advise_reset(finding, camera->port);
		break;
	default:
		pst_v4l2_finding_text(finding, "%s: no permission to open it", who);
		pst_v4l2_finding_fix(finding, "%s", camera->advice);
		break;
	}
}

static void check_link(struct doctor *doctor, const struct pst_v4l2_camera *camera)
{
	const struct v4l2_usb_camera *usb = NULL;
	char who[WHO_SIZE];

	for (size_t i = 0; i < doctor->usbs; i++) {
		usb = strcmp(doctor->usb[i].port, camera->port) == 0 ? &doctor->usb[i] : usb;
	}
	bool full = usb && usb->mbit > 0 && usb->mbit < 480;

	if (!usb || (!full && (usb->usb < USB_HAS_MORE || usb->mbit != 480))) {
		return;
	}
	struct pst_v4l2_finding *finding =
		pst_v4l2_finding_add(doctor->checkup, PST_V4L2_CAUSE_SLOW_LINK, camera->node);

	call(camera, who);
	pst_v4l2_finding_text(finding, "%s is linked at %u Mbit/s%s", who, usb->mbit,
		full ? ", too slow for most modes" : ", though it speaks USB 3");
	pst_v4l2_finding_fix(finding, "%s",
		full ? "another port, cable or hub"
		     : "a USB 3 port (blue), a USB 3 cable, and no USB 2 hub in between");
}

static void check_twins(struct doctor *doctor, const struct pst_v4l2_camera *camera)
{
	char who[WHO_SIZE];

	if (camera->serial_shared) {
		struct pst_v4l2_finding *finding =
			pst_v4l2_finding_add(doctor->checkup, PST_V4L2_CAUSE_TWINS, camera->node);

		call(camera, who);
		pst_v4l2_finding_text(finding, "%s shares its serial number %s with another camera",
			who, camera->serial);
		pst_v4l2_finding_fix(finding, "name it %s", camera->best_uri);
	}
}

static void check_camera(struct doctor *doctor, const struct pst_v4l2_camera *camera)
{
	doctor->checkup->cameras++;
	check_state(doctor, camera);
	check_link(doctor, camera);
	check_twins(doctor, camera);
}

static void say_not_found(struct doctor *doctor, const struct v4l2_address *address,
	enum pst_v4l2_cause cause, const char *text)
{
	struct pst_v4l2_finding *finding =
		pst_v4l2_finding_add(doctor->checkup, cause, address->path);
	char known[300] = "";
	size_t used = 0;

	pst_v4l2_finding_text(finding, "%s", text);
	for (int i = 0; i < doctor->cameras && used < sizeof(known); i++) {
		int length = snprintf(known + used, sizeof(known) - used, "%s%s (%s)",
			used ? ", " : "", doctor->camera[i].best_uri, doctor->camera[i].node);

		used += length > 0 ? (size_t)length : 0;
	}
	pst_v4l2_finding_fix(finding, "%s%s",
		used						       ? "here are "
		: address->path[0] && access(address->path, F_OK) == 0 ? "name a camera"
								       : "plug it in",
		known);
}

static void say_metadata(
	struct doctor *doctor, const struct pst_v4l2_camera *camera, const char *node)
{
	struct pst_v4l2_finding *finding =
		pst_v4l2_finding_add(doctor->checkup, PST_V4L2_CAUSE_METADATA_NODE, node);

	pst_v4l2_finding_text(finding, "%s: the metadata node of \"%s\", which gives no pictures",
		node, camera->name);
	pst_v4l2_finding_fix(finding, "use v4l2:%s, or better %s", camera->node, camera->best_uri);
}

static struct pst_v4l2_camera *camera_at(const struct doctor *doctor, const char *node)
{
	for (int i = 0; i < doctor->cameras; i++) {
		if (strcmp(doctor->camera[i].node, node) == 0) {
			return &doctor->camera[i];
		}
	}
	return NULL;
}

/* The camera whose node stands in a URI, perhaps by a link to it as udev makes them. */
static struct pst_v4l2_camera *pick_by_path(
	struct doctor *doctor, const struct v4l2_address *address)
{
	char target[PATH_MAX];
	const char *node = realpath(address->path, target) ? target : address->path;
	struct pst_v4l2_camera *camera = camera_at(doctor, node);
	struct pst_error error = {0};
	struct v4l2_node opened;

	for (int i = 0; i < doctor->cameras; i++) {
		for (size_t k = 0; k < doctor->camera[i].metadatas; k++) {
			if (strcmp(doctor->camera[i].metadata[k], node) == 0) {
				say_metadata(doctor, &doctor->camera[i], node);
				return NULL;
			}
		}
	}
	if (!camera) {
		int status = pst_v4l2_node_open(&opened, doctor->backend, address->path, &error);

		pst_v4l2_node_close(&opened);
		say_not_found(doctor, address, PST_V4L2_CAUSE_NOT_FOUND,
			status < 0 ? error.text : just_now);
	}
	return camera;
}

static struct pst_v4l2_camera *pick(struct doctor *doctor, const struct v4l2_address *address)
{
	char node[PST_DEVICE_TEXT_SIZE] = "";
	struct pst_error error = {0};
	int fitting = 0;

	if (address->path[0]) {
		return pick_by_path(doctor, address);
	}
	if (doctor->cameras == 0 && !address->serial[0] && !address->port[0]) {
		return NULL;
	}
	int status = pst_v4l2_find(doctor->backend, address, node, sizeof(node), &error);

	struct pst_v4l2_camera *camera = status == 0 ? camera_at(doctor, node) : NULL;

	if (camera) {
		return camera;
	}
	for (int i = 0; i < doctor->cameras; i++) {
		camera = &doctor->camera[i];
		fitting += (!address->serial[0] || strcmp(camera->serial, address->serial) == 0) &&
			   (!address->port[0] || strcmp(camera->port, address->port) == 0);
	}
	say_not_found(doctor, address,
		status == PST_E_MISMATCH ? PST_V4L2_CAUSE_MISMATCH
		: fitting > 1		 ? PST_V4L2_CAUSE_AMBIGUOUS
					 : PST_V4L2_CAUSE_NOT_FOUND,
		status < 0 ? error.text : just_now);
	return NULL;
}

/* Another format of the same size that is quicker than the one that was agreed on. */
static void check_format(struct doctor *doctor, const struct pst_v4l2_camera *camera,
	const struct pst_device_info *info)
{
	const struct pst_v4l2_mode *better = NULL;
	char who[WHO_SIZE];

	for (size_t i = 0; i < camera->modes; i++) {
		const struct pst_v4l2_mode *mode = &camera->mode[i];

		if (mode->format != PST_FRAME_FORMAT_UNSET && mode->format != info->format &&
			mode->width == info->width && mode->height == info->height &&
			info->fps > 0 && pst_v4l2_mode_fastest(mode) > FASTER * info->fps &&
			(!better || pst_v4l2_mode_fastest(mode) > pst_v4l2_mode_fastest(better))) {
			better = mode;
		}
	}
	if (!better || info->format == PST_FRAME_FORMAT_MJPEG) {
		return;
	}
	struct pst_v4l2_finding *finding =
		pst_v4l2_finding_add(doctor->checkup, PST_V4L2_CAUSE_SLOW_FORMAT, camera->node);

	call(camera, who);
	pst_v4l2_finding_text(finding,
		"%s: %s %ux%u gives %.4g frames per second at most; %s gives %.4g", who,
		pst_frame_format_name(info->format), info->width, info->height, info->fps,
		better->fourcc, pst_v4l2_mode_fastest(better));
	pst_v4l2_finding_fix(finding, "format=%s, or leave the format to postern", better->fourcc);
}

/* What this camera needs of its bus beside what the others there have reserved. */
static void check_bandwidth(struct doctor *doctor, const struct pst_v4l2_camera *camera,
	const struct v4l2_camera *opened)
{
	const struct v4l2_bandwidth *bandwidth = &opened->choices.bandwidth;
	uint32_t need = opened->chosen.need;
	char mode[64];
	char others[160];
	char who[WHO_SIZE];

	if (!bandwidth->budget || (uint64_t)bandwidth->taken + need <= bandwidth->budget) {
		return;
	}
	struct pst_v4l2_finding *finding =
		pst_v4l2_finding_add(doctor->checkup, PST_V4L2_CAUSE_BANDWIDTH, camera->node);

	call(camera, who);
	pst_v4l2_candidate_describe(&opened->chosen, mode, sizeof(mode));
	pst_v4l2_bandwidth_describe(bandwidth, others, sizeof(others));
	pst_v4l2_finding_text(finding,
		"%.80s: %s needs %u bytes per microframe of USB bus %u, where of %u others have "
		"%u: %s",
		who, mode, need, bandwidth->bus, bandwidth->budget, bandwidth->taken, others);
	pst_v4l2_finding_fix(finding, "%s", PST_V4L2_BANDWIDTH_FIX);
}

static void say_refused(
	struct doctor *doctor, const struct pst_v4l2_camera *camera, int status, const char *text)
{
	enum pst_v4l2_cause cause =
		status == PST_E_MISMATCH ? PST_V4L2_CAUSE_MISMATCH : PST_V4L2_CAUSE_NO_MODE;
	struct pst_v4l2_finding *finding =
		pst_v4l2_finding_add(doctor->checkup, cause, camera->node);

	pst_v4l2_finding_text(finding, "%s", text);
	pst_v4l2_finding_fix(finding, "%s",
		status == PST_E_MISMATCH ? "plug in the camera that was named"
					 : "'postern devices --all' lists what it offers");
}

static int try_camera(struct doctor *doctor, const struct pst_v4l2_camera *camera, const char *uri,
	double seconds, struct pst_error *error)
{
	struct pst_device *device = NULL;
	struct pst_error refused = {0};
	char who[WHO_SIZE];
	int status = pst_v4l2_open_on(&device, doctor->backend, uri, &refused);

	if (status == PST_E_CONFIG || status == -ENOMEM) {
		return pst_error_set(error, status, "%s", refused.text);
	}
	if (status < 0) {
		say_refused(doctor, camera, status, refused.text);
		return 0;
	}
	check_format(doctor, camera, pst_device_info(device));
	if (seconds > 0) {
		call(camera, who);
		pst_v4l2_trial_run((struct v4l2_camera *)device, seconds, &doctor->checkup->trial);
		pst_v4l2_trial_judge(
			&doctor->checkup->trial, camera->node, who, camera->port, doctor->checkup);
	} else {
		check_bandwidth(doctor, camera, (const struct v4l2_camera *)device);
	}
	pst_device_close(&device);
	return 0;
}

static int examine_one(
	struct doctor *doctor, const char *uri, double seconds, struct pst_error *error)
{
	struct pst_v4l2_checkup *checkup = doctor->checkup;
	struct v4l2_address address = {0};
	struct v4l2_want want = {0};
	char text[sizeof(((struct pst_device_info *)0)->uri)];
	int status = pst_v4l2_want_parse(uri, text, sizeof(text), &want, error);

	if (status == 0) {
		status = pst_v4l2_address_parse(&address, text, error);
	}
	if (status < 0) {
		return status;
	}
	const struct pst_v4l2_camera *camera = pick(doctor, &address);

	if (!camera) {
		check_usb(doctor);
		check_any(doctor);
		return 0;
	}
	(void)snprintf(checkup->camera, sizeof(checkup->camera), "%s", camera->node);
	(void)snprintf(checkup->name, sizeof(checkup->name), "%s", camera->name);
	check_camera(doctor, camera);
	if (address.path[0] && strcmp(camera->best_uri + strlen("v4l2:"), camera->node) != 0) {
		struct pst_v4l2_finding *finding =
			pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_NAMED_BY_NODE, camera->node);

		pst_v4l2_finding_text(finding,
			"%s is only a number: after the next start another camera may have it",
			camera->node);
		pst_v4l2_finding_fix(finding, "name it %s", camera->best_uri);
	}
	return checkup->usable ? try_camera(doctor, camera, uri, seconds, error) : 0;
}

int pst_v4l2_doctor_on(const struct v4l2_backend *backend, const struct pst_v4l2_place *place,
	const char *uri, double seconds, struct pst_v4l2_checkup *ret_checkup,
	struct pst_error *error)
{
	struct doctor doctor = {.backend = backend, .place = place, .checkup = ret_checkup};
	int status;

	*ret_checkup = (struct pst_v4l2_checkup){0};
	doctor.cameras = pst_v4l2_list_on(backend, place->proc, &doctor.camera, error);
	if (doctor.cameras < 0) {
		return doctor.cameras;
	}
	doctor.usbs = pst_v4l2_sysfs_usb(place->sys, doctor.usb, USB_CAMERAS_MAX);
	if (uri) {
		status = examine_one(&doctor, uri, seconds, error);
	} else {
		status = 0;
		for (int i = 0; i < doctor.cameras; i++) {
			check_camera(&doctor, &doctor.camera[i]);
		}
		check_usb(&doctor);
		check_any(&doctor);
	}
	pst_v4l2_list_free(&doctor.camera, doctor.cameras);
	return status;
}

int pst_v4l2_doctor(const char *uri, double seconds, struct pst_v4l2_checkup *ret_checkup,
	struct pst_error *error)
{
	static const struct pst_v4l2_place place = {.sys = "/sys", .proc = "/proc"};

	return pst_v4l2_doctor_on(pst_v4l2_kernel(), &place, uri, seconds, ret_checkup, error);
}

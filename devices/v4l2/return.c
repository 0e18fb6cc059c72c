/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/return.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "devices/v4l2/camera.h"

#define RETRY_LEAST_MS 5
#define RETRY_MOST_MS 10000
#define SILENT_TRIES 9			   /* 2.5 s, until rules have set permissions */
#define RESET_EVERY_NS (10 * PST_NS_PER_S) /* doubled with each, up to: */
#define RESET_MOST_NS (300 * PST_NS_PER_S)
#define RESET_TAKES_MS 100
#define LEAVING_MOST_NS (500 * PST_NS_PER_MS)
#define WELL_NS (10 * PST_NS_PER_S) /* whoever streamed so long ran well */

static void arm(struct v4l2_return *back, int64_t ms)
{
	const struct itimerspec in = {
		.it_value = {ms / 1000, (ms % 1000) * PST_NS_PER_MS}}; /* 0: never */

	back->armed = ms > 0;
	(void)timerfd_settime(back->timer, 0, &in, NULL);
}

static int add(int epoll, int fd)
{
	struct epoll_event readable = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &readable);
}

void pst_v4l2_return_open(struct v4l2_camera *camera)
{
	const struct v4l2_backend *backend = &camera->backend;
	struct v4l2_return *back = &camera->back;

	*back = (struct v4l2_return){.wait = -1, .timer = -1};
	if (!backend->ops->watch || backend->ops->watch(backend->user, &back->watch) < 0) {
		return;
	}
	back->wait = epoll_create1(EPOLL_CLOEXEC);
	back->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (back->wait < 0 || back->timer < 0 || add(back->wait, back->watch->fd) < 0 ||
		add(back->wait, back->timer) < 0) {
		pst_v4l2_return_close(back);
	}
}

void pst_v4l2_return_close(struct v4l2_return *back)
{
	if (!back->watch) {
		return;
	}
	pst_fd_close(&back->wait);
	pst_fd_close(&back->timer);
	back->watch->destroy(back->watch);
	back->watch = NULL;
}

int pst_v4l2_return_fd(const struct pst_device *device)
{
	return ((const struct v4l2_camera *)device)->back.wait;
}

void pst_v4l2_return_later(struct v4l2_camera *camera)
{
	struct v4l2_return *back = &camera->back;
	uint32_t shift = back->tries < 16 ? back->tries : 16;
	int64_t ms = (int64_t)RETRY_LEAST_MS << shift;

	if (back->watch) {
		back->tries++;
		arm(back, ms < RETRY_MOST_MS ? ms : RETRY_MOST_MS);
	}
}

bool pst_v4l2_return_is_leaving(struct v4l2_camera *camera)
{
	const struct v4l2_ops *ops = camera->backend.ops;
	struct v4l2_return *back = &camera->back;
	int64_t now_ns = pst_clock_mono_ns();
	uint8_t first[8];

	if (camera->device.away != PST_DEVICE_AWAY_UNPLUGGED || camera->node.fd < 0 ||
		!ops->read_usb || !camera->identity.usb_path[0]) {
		return false;
	}
	if (back->leaving_ns == 0) {
		back->leaving_ns = now_ns;
	}
	return now_ns - back->leaving_ns < LEAVING_MOST_NS &&
	       ops->read_usb(camera->backend.user, camera->identity.usb_path, "descriptors", first,
		       sizeof(first)) > 0;
}

/* A held descriptor would keep the number of its node from the camera that comes back. */
static void begin(struct v4l2_camera *camera)
{
	struct v4l2_return *back = &camera->back;
	enum pst_device_away away = camera->device.away;

	pst_v4l2_node_close(&camera->node);
	camera->device.seen_ns = 0;
	back->begun = true;
	back->leaving_ns = 0;
	if (camera->heard) {
		back->tries = 0;
	}
	if (away == PST_DEVICE_AWAY_UNPLUGGED ||
		(camera->heard && camera->heard_ns - camera->stamp.started_ns >= WELL_NS)) {
		back->failures = back->resets = 0;
		back->reset_from_ns = 0;
	}
	if (away == PST_DEVICE_AWAY_STALLED || away == PST_DEVICE_AWAY_WEDGED) {
		back->failures++;
	}
	camera->heard = false;
}

/* @return 0; PST_E_DEVICE with the error naming what a person can do */
static int reset_port(struct v4l2_camera *camera, struct pst_error *error)
{
	const struct v4l2_backend *backend = &camera->backend;
	const struct v4l2_identity *identity = &camera->identity;
	struct v4l2_return *back = &camera->back;
	int64_t pause_ns = RESET_EVERY_NS << (back->resets < 5 ? back->resets : 5);
	int status = backend->ops->reset ? backend->ops->reset(backend->user, identity) : -ENOENT;

	back->resets++;
	back->reset_from_ns =
		pst_clock_mono_ns() + (pause_ns < RESET_MOST_NS ? pause_ns : RESET_MOST_NS);
	if (status == 0) {
		arm(back, RESET_TAKES_MS);
		return 0;
	}
	if (status == -ENOENT || strncmp(identity->port, "usb-", 4) != 0) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: \"%s\" does not answer; switch it off and on again", camera->node.path,
			camera->node.name);
	}
	const char *port = identity->port + strlen("usb-");

	return pst_error_set(error, PST_E_DEVICE,
		"%s: \"%s\" does not answer; unplug it at port %s and plug it in again, or let "
		"root say: echo 0 >/sys/bus/usb/devices/%s/authorized; "
		"echo 1 >/sys/bus/usb/devices/%s/authorized",
		camera->node.path, camera->node.name, identity->port, port, port);
}

/* A driver that can't even say what it would do with the format gets no answer from the camera. */
static bool is_wedged(const struct v4l2_camera *camera)
{
	struct v4l2_format format = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .fmt.pix = camera->agreed};

	switch (pst_v4l2_node_ask(&camera->node, VIDIOC_TRY_FMT, &format)) {
	case -EIO:
	case -EPROTO:
	case -EPIPE:
	case -EILSEQ:
	case -ETIMEDOUT:
		return true;
	default:
		return false;
	}
}

/* @return 0 open, as it was; else closed, and away is what is known now
 * @param ret_opened  whether the node could be opened at all */
static int open_again(
	struct v4l2_camera *camera, const char *path, bool *ret_opened, struct pst_error *error)
{
	struct v4l2_identity found;
	int status = pst_v4l2_node_open(&camera->node, &camera->backend, path, error);

	*ret_opened = status == 0;
	if (status < 0) {
		return status;
	}
	status = pst_v4l2_identify(&camera->node, &found, error);
	if (status == 0) {
		status =
			pst_v4l2_identity_check(&camera->address, &camera->identity, &found, error);
	}
	if (status == 0) {
		status = pst_v4l2_negotiate_again(camera, error);
		if (status < 0 && is_wedged(camera)) {
			camera->device.away = PST_DEVICE_AWAY_WEDGED;
			camera->back.failures++;
		}
	}
	if (status < 0) {
		pst_v4l2_node_close(&camera->node);
		return status;
	}
	camera->identity = found;
	return 0;
}

static int tell_stranger(
	struct v4l2_camera *camera, const struct pst_error *stranger, struct pst_error *error)
{
	struct v4l2_return *back = &camera->back;

	if (strcmp(back->stranger, stranger->text) == 0) {
		return 0;
	}
	(void)!pst_text_copy(back->stranger, sizeof(back->stranger), stranger->text);
	return pst_error_set(error, PST_E_MISMATCH, "%s", stranger->text);
}

/* It is not there: only an event can change that. */
static int wait_for_it(struct v4l2_camera *camera, struct pst_error *error)
{
	struct pst_device *device = &camera->device;

	arm(&camera->back, 0);
	device->seen_ns = 0;
	camera->back.failures = 0;
	if (device->away != PST_DEVICE_AWAY_UNPLUGGED) {
		device->away = PST_DEVICE_AWAY_UNPLUGGED;
		(void)pst_error_set(error, PST_E_DEVICE, "%s: \"%s\" is gone (unplugged?)",
			camera->node.path, camera->node.name);
	}
	return 0;
}

/* Its node is there. @return as pst_device_return */
static int try_node(struct v4l2_camera *camera, const char *path, struct pst_error *error)
{
	struct v4l2_return *back = &camera->back;
	struct pst_error why = {0}, step = {0};
	bool opened;

	if (camera->device.seen_ns == 0) {
		camera->device.seen_ns = pst_clock_mono_ns();
	}
	if (back->failures >= 2 && pst_clock_mono_ns() >= back->reset_from_ns) {
		back->failures = 1;
		if (reset_port(camera, &step) == 0) {
			return 0;
		}
	}
	int status = open_again(camera, path, &opened, &why);

	if (status == 0) {
		back->begun = false;
		back->stranger[0] = 0;
		arm(back, 0);
		return 1;
	}
	if (status == PST_E_MISMATCH) {
		return tell_stranger(camera, &why, error);
	}
	/* What can't be opened yet may only wait for its permissions. */
	bool told = opened || back->tries >= SILENT_TRIES;

	pst_v4l2_return_later(camera);
	if (step.status) {
		*error = step;
		return PST_E_DEVICE;
	}
	return told ? pst_error_set(error, PST_E_DEVICE, "%s", why.text) : 0;
}

/* A stopped camera: is it still there? */
static int look(struct v4l2_camera *camera, struct pst_error *error)
{
	struct v4l2_capability cap;
	int status = pst_v4l2_node_ask(&camera->node, VIDIOC_QUERYCAP, &cap);

	if (status == 0) {
		return 1;
	}
	(void)pst_v4l2_failed(camera, status);
	(void)pst_v4l2_node_fail(&camera->node, status, "answer", error);
	return 0;
}

int pst_v4l2_return_try(struct pst_device *device, struct pst_error *error)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	struct v4l2_return *back = &camera->back;
	char path[PST_DEVICE_TEXT_SIZE];
	struct pst_error why = {0};
	uint64_t expirations;

	if (!back->watch) {
		return pst_error_set(
			error, PST_E_DEVICE, "%s: does not come back", camera->node.path);
	}
	bool happened = back->watch->take(back->watch);
	bool due = read(back->timer, &expirations, sizeof(expirations)) > 0;

	if (device->away == PST_DEVICE_AWAY_UNSET) {
		return look(camera, error);
	}
	bool first = !back->begun;

	if (first && pst_v4l2_return_is_leaving(camera)) {
		arm(back, V4L2_LEAVING_MS);
		return 0;
	}
	if (first) {
		begin(camera);
	}
	if (due) {
		back->armed = false;
	}
	if (!happened && !due && (!first || back->armed)) {
		return 0;
	}
	if (happened) {
		back->tries = 0;
	}
	int status = pst_v4l2_find_again(
		&camera->backend, &camera->address, &camera->identity, path, sizeof(path), &why);

	if (status == 1) {
		return try_node(camera, path, error);
	}
	if (status == 0) {
		return wait_for_it(camera, error);
	}
	arm(back, 0);
	return status == PST_E_MISMATCH ? tell_stranger(camera, &why, error)
					: pst_error_set(error, PST_E_DEVICE, "%s", why.text);
}

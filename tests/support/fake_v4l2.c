/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fake_v4l2.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "devices/v4l2/identity.h"
#include "support/fake_usb.h"
#include "support/fake_v4l2_answer.h"

#define NUMBER_OF(request) _IOC_NR(request)

static int slot_of(const struct fake_v4l2 *fake, int fd)
{
	for (int i = 0; i < FAKE_OPEN_MAX; i++) {
		if (fake->open[i].peer && fake->open[i].fd == fd) {
			return i;
		}
	}
	return -1;
}

static struct fake_camera *camera_at(struct fake_v4l2 *fake, const char *path)
{
	for (size_t i = 0; i < fake->cameras; i++) {
		if (fake->camera[i].plugged && strcmp(fake->camera[i].node, path) == 0) {
			return &fake->camera[i];
		}
	}
	return NULL;
}

static int fake_open(void *user, const char *path)
{
	struct fake_v4l2 *fake = user;
	struct fake_camera *camera = camera_at(fake, path);
	int ends[2];
	int slot = 0;

	if (!camera) {
		return -ENOENT;
	}
	if (camera->open_status < 0) {
		return camera->open_status;
	}
	while (slot < FAKE_OPEN_MAX && fake->open[slot].peer) {
		slot++;
	}
	if (slot == FAKE_OPEN_MAX || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		return -EMFILE;
	}
	fake->open[slot].fd = ends[0];
	fake->open[slot].peer = ends[1];
	fake->open[slot].camera = camera;
	camera->opens++;
	return ends[0];
}

static void fake_close(void *user, int fd)
{
	struct fake_v4l2 *fake = user;
	int slot = slot_of(fake, fd);

	assert(slot >= 0);
	if (fake->open[slot].camera && fake->open[slot].camera->owner == fd) {
		fake_camera_drop_buffers(fake->open[slot].camera);
	}
	if (fake->open[slot].peer > 0) {
		(void)close(fake->open[slot].peer);
	}
	(void)close(fd);
	fake->open[slot].peer = 0;
	fake->open[slot].camera = NULL;
}

static int scripted(struct fake_camera *camera, unsigned long request)
{
	for (size_t i = 0; i < camera->faults; i++) {
		struct fake_fault *fault = &camera->fault[i];

		if (fault->request ? fault->request != request : request == VIDIOC_QUERYCAP) {
			continue;
		}
		if (fault->status == 0) {
			continue;
		}
		if (fault->after > 0) {
			fault->after--;
			continue;
		}
		int status = fault->status;

		if (fault->times > 0 && --fault->times == 0) {
			fault->status = 0;
		}
		return status;
	}
	return 0;
}

static int fake_ioctl(void *user, int fd, unsigned long request, void *argument)
{
	struct fake_v4l2 *fake = user;
	int slot = slot_of(fake, fd);

	if (slot < 0) {
		return -EBADF;
	}
	struct fake_camera *camera = fake->open[slot].camera;

	if (!camera) {
		return -ENODEV;
	}
	int status = scripted(camera, request);

	if (status == 0) {
		status = fake_camera_answer(camera, fd, request, argument);
	}
	if (camera->after) {
		status = camera->after(camera, request, argument, status);
	}
	camera->calls[NUMBER_OF(request)]++;
	camera->failed[NUMBER_OF(request)] += status < 0;
	return status;
}

static int fake_mmap(void *user, int fd, size_t size, uint32_t offset, uint8_t **ret_data)
{
	struct fake_v4l2 *fake = user;
	int slot = slot_of(fake, fd);

	if (slot < 0 || !fake->open[slot].camera) {
		return -ENODEV;
	}
	const struct fake_camera *camera = fake->open[slot].camera;

	if (size > camera->buffer_room || offset % camera->buffer_room ||
		offset / camera->buffer_room >= camera->buffers) {
		return -EINVAL;
	}
	if (fake->mmaps_left == 0) {
		return -ENOMEM;
	}
	uint8_t *data = mmap(NULL, size, PROT_READ, MAP_SHARED, camera->memory, (off_t)offset);

	if (data == MAP_FAILED) {
		return -errno;
	}
	if (fake->mmaps_left != UINT32_MAX) {
		fake->mmaps_left--;
	}
	fake->maps++;
	*ret_data = data;
	return 0;
}

static void fake_munmap(void *user, uint8_t *data, size_t size)
{
	struct fake_v4l2 *fake = user;

	assert(fake->maps > 0);
	fake->maps--;
	(void)munmap(data, size);
}

static int fake_poll(void *user, int fd, int timeout_ms)
{
	struct fake_v4l2 *fake = user;
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	int slot = slot_of(fake, fd);

	if (slot < 0 || !fake->open[slot].camera) {
		return POLLERR | POLLHUP;
	}
	return poll(&poller, 1, timeout_ms) < 0 ? -errno : poller.revents;
}

static int64_t fake_now(void *user)
{
	const struct fake_v4l2 *fake = user;

	return fake->now_ns ? fake->now_ns : pst_clock_mono_ns();
}

static void tell(const struct fake_camera *camera, struct v4l2_identity *identity)
{
	*identity = (struct v4l2_identity){.index = camera->index,
		.major = 81,
		.minor = (uint32_t)(camera - camera->fake->camera)};
	(void)snprintf(identity->node, sizeof(identity->node), "%s", camera->node);
	(void)snprintf(identity->name, sizeof(identity->name), "%s", camera->name);
	if (camera->port[0]) {
		identity->vendor = camera->vendor;
		identity->product = camera->product;
		identity->bus = camera->bus;
		identity->mbit = 480;
		(void)snprintf(identity->function, sizeof(identity->function), "1.0");
		(void)snprintf(identity->serial, sizeof(identity->serial), "%s", camera->serial);
		(void)snprintf(identity->port, sizeof(identity->port), "%s", camera->port);
	}
	if (camera->port[0] && camera->fake->usb_told) {
		(void)snprintf(identity->usb_path, sizeof(identity->usb_path), "/fake/%s",
			camera->port + 4);
	}
}

static int fake_read_usb(
	void *user, const char *usb_path, const char *file, uint8_t *bytes, size_t room)
{
	struct fake_v4l2 *fake = user;

	for (size_t i = 0; i < fake->cameras; i++) {
		const struct fake_camera *camera = &fake->camera[i];
		uint32_t setting = camera->streaming ? fake_usb_setting(fake_load(camera)) : 0;

		if ((!camera->plugged && !camera->leaving) ||
			strcmp(camera->port + 4, usb_path + 6) != 0) {
			continue;
		}
		if (strcmp(file, "descriptors") == 0) {
			return (int)fake_usb_descriptors(camera, bytes, room);
		}
		if (strcmp(file, "bConfigurationValue") == 0) {
			return snprintf((char *)bytes, room, "1\n");
		}
		if (strstr(file, ":1.1/bAlternateSetting")) {
			return snprintf((char *)bytes, room, "%2u\n", setting);
		}
	}
	return -ENOENT;
}

static int fake_list(void *user, struct v4l2_identity **ret_list)
{
	struct fake_v4l2 *fake = user;
	struct v4l2_identity *list = calloc(FAKE_CAMERAS_MAX, sizeof(*list));
	int count = 0;

	assert(list);
	fake->lists++;
	for (size_t i = 0; i < fake->cameras; i++) {
		if (fake->camera[i].plugged) {
			tell(&fake->camera[i], &list[count++]);
		}
	}
	*ret_list = list;
	return count;
}

static int fake_identify(void *user, int fd, struct v4l2_identity *ret_identity)
{
	struct fake_v4l2 *fake = user;
	int slot = slot_of(fake, fd);

	if (slot < 0 || !fake->open[slot].camera) {
		return -ENODEV;
	}
	tell(fake->open[slot].camera, ret_identity);
	return 0;
}

struct watch {
	struct v4l2_watch watch;
	struct fake_v4l2 *fake;
};

static bool watch_take(struct v4l2_watch *watch)
{
	uint64_t events;

	return read(watch->fd, &events, sizeof(events)) > 0;
}

static void watch_destroy(struct v4l2_watch *watch)
{
	struct fake_v4l2 *fake = ((struct watch *)watch)->fake;

	for (int i = 0; i < FAKE_OPEN_MAX; i++) {
		if (fake->watch[i] == watch) {
			fake->watch[i] = NULL;
		}
	}
	(void)close(watch->fd);
	free(watch);
}

static int fake_watch(void *user, struct v4l2_watch **ret_watch)
{
	struct fake_v4l2 *fake = user;
	struct watch *watch = calloc(1, sizeof(*watch));
	int slot = 0;

	while (fake->watch[slot]) {
		slot++;
		assert(slot < FAKE_OPEN_MAX);
	}
	assert(watch);
	watch->fake = fake;
	watch->watch = (struct v4l2_watch){
		eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), watch_take, watch_destroy};
	assert(watch->watch.fd >= 0);
	*ret_watch = fake->watch[slot] = &watch->watch;
	return 0;
}

static int fake_reset(void *user, const struct v4l2_identity *identity)
{
	struct fake_v4l2 *fake = user;

	fake->resets++;
	return fake->reset_status;
}

void fake_tell(struct fake_v4l2 *fake)
{
	uint64_t one = 1;

	for (int i = 0; i < FAKE_OPEN_MAX; i++) {
		if (fake->watch[i]) {
			ssize_t written = write(fake->watch[i]->fd, &one, sizeof(one));

			assert(written == sizeof(one));
		}
	}
}

static const struct v4l2_ops fake_ops = {
	.open = fake_open,
	.ioctl = fake_ioctl,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
	.poll = fake_poll,
	.close = fake_close,
	.now_ns = fake_now,
	.list = fake_list,
	.identify = fake_identify,
	.read_usb = fake_read_usb,
	.watch = fake_watch,
	.reset = fake_reset,
};

struct fake_v4l2 *fake_v4l2_create(void)
{
	struct fake_v4l2 *fake = calloc(1, sizeof(*fake));

	assert(fake);
	fake->backend = (struct v4l2_backend){.ops = &fake_ops, .user = fake};
	fake->mmaps_left = UINT32_MAX;
	return fake;
}

void fake_v4l2_destroy(struct fake_v4l2 **fake)
{
	if (!*fake) {
		return;
	}
	assert((*fake)->maps == 0);
	for (int i = 0; i < FAKE_OPEN_MAX; i++) {
		assert(!(*fake)->open[i].peer);
		assert(!(*fake)->watch[i]);
	}
	free(*fake);
	*fake = NULL;
}

static const char *const exposures[] = {NULL, "Manual Mode", NULL, "Aperture Priority Mode"};
static const char *const mains[] = {"Disabled", "50 Hz", "60 Hz"};

static const struct fake_mode usual_modes[] = {
	{V4L2_PIX_FMT_MJPEG, 640, 480, {30, 15}},
	{V4L2_PIX_FMT_MJPEG, 1280, 720, {30, 15}},
	{V4L2_PIX_FMT_YUYV, 640, 480, {30, 15}},
	{V4L2_PIX_FMT_YUYV, 1280, 720, {9}},
};

static const struct fake_control usual_controls[] = {
	{V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, "Brightness", -64, 64, 1, 0},
	{V4L2_CID_CONTRAST, V4L2_CTRL_TYPE_INTEGER, "Contrast", 0, 64, 1, 32},
	{V4L2_CID_AUTO_WHITE_BALANCE, V4L2_CTRL_TYPE_BOOLEAN, "White Balance, Automatic", 0, 1, 1,
		1},
	{V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CTRL_TYPE_MENU, "Power Line Frequency", 0, 2, 1, 1, 0,
		mains},
	{V4L2_CID_WHITE_BALANCE_TEMPERATURE, V4L2_CTRL_TYPE_INTEGER, "White Balance Temperature",
		2800, 6500, 1, 4600, .master = V4L2_CID_AUTO_WHITE_BALANCE, .master_value = 1},
	{V4L2_CID_EXPOSURE_AUTO, V4L2_CTRL_TYPE_MENU, "Auto Exposure", 0, 3, 1, 3, 0, exposures},
	{V4L2_CID_EXPOSURE_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, "Exposure Time, Absolute", 3, 2047, 1,
		250, .master = V4L2_CID_EXPOSURE_AUTO, .master_value = 3},
	{V4L2_CID_EXPOSURE_AUTO_PRIORITY, V4L2_CTRL_TYPE_BOOLEAN, "Exposure, Dynamic Framerate", 0,
		1, 1, 0},
	{V4L2_CID_FOCUS_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, "Focus, Absolute", 0, 250, 5, 0,
		.master = V4L2_CID_FOCUS_AUTO, .master_value = 1},
	{V4L2_CID_FOCUS_AUTO, V4L2_CTRL_TYPE_BOOLEAN, "Focus, Automatic Continuous", 0, 1, 1, 1},
};

static void power_on(struct fake_camera *camera)
{
	camera->plugged = true;
	camera->owner = -1;
	camera->memory = -1;
	camera->sequence = 0;
	camera->queued_least = UINT32_MAX;
	for (size_t i = 0; i < camera->controls; i++) {
		camera->control[i].value = camera->control[i].initial;
	}
	if (camera->modes > 0) {
		fake_camera_set_mode(camera, &camera->mode[0]);
	}
}

static struct fake_camera *add(struct fake_v4l2 *fake, const char *node)
{
	assert(fake->cameras < FAKE_CAMERAS_MAX);
	struct fake_camera *camera = &fake->camera[fake->cameras++];

	camera->fake = fake;
	(void)snprintf(camera->node, sizeof(camera->node), "%s", node);
	(void)snprintf(camera->name, sizeof(camera->name), "Fake Camera");
	(void)snprintf(camera->driver, sizeof(camera->driver), "uvcvideo");
	(void)snprintf(camera->port, sizeof(camera->port), "usb-1-%zu", fake->cameras);
	(void)snprintf(camera->bus_info, sizeof(camera->bus_info), "usb-fake.0-%zu", fake->cameras);
	camera->vendor = 0x1d6b;
	camera->product = 0x0102;
	camera->buffers_least = 2;
	camera->buffers_most = FAKE_BUFFERS_MAX;
	return camera;
}

struct fake_camera *fake_camera_add(struct fake_v4l2 *fake, const char *node, const char *serial)
{
	struct fake_camera *camera = add(fake, node);

	(void)snprintf(camera->serial, sizeof(camera->serial), "%s", serial);
	camera->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_EXT_PIX_FORMAT;
	camera->capabilities = camera->device_caps | V4L2_CAP_META_CAPTURE | V4L2_CAP_DEVICE_CAPS;
	memcpy(camera->mode, usual_modes, sizeof(usual_modes));
	camera->modes = sizeof(usual_modes) / sizeof(usual_modes[0]);
	memcpy(camera->control, usual_controls, sizeof(usual_controls));
	camera->controls = sizeof(usual_controls) / sizeof(usual_controls[0]);
	power_on(camera);
	return camera;
}

struct fake_camera *fake_metadata_add(struct fake_v4l2 *fake, const char *node)
{
	assert(fake->cameras > 0);
	const struct fake_camera *video = &fake->camera[fake->cameras - 1];
	struct fake_camera *camera = add(fake, node);

	(void)snprintf(camera->serial, sizeof(camera->serial), "%s", video->serial);
	(void)snprintf(camera->port, sizeof(camera->port), "%s", video->port);
	camera->index = video->index + 1;
	camera->device_caps = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_EXT_PIX_FORMAT;
	camera->capabilities = camera->device_caps | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_DEVICE_CAPS;
	power_on(camera);
	return camera;
}

void fake_unplug(struct fake_camera *camera)
{
	struct fake_v4l2 *fake = camera->fake;

	fake_camera_drop_buffers(camera);
	camera->plugged = false;
	for (int i = 0; i < FAKE_OPEN_MAX; i++) {
		if (fake->open[i].peer > 0 && fake->open[i].camera == camera) {
			(void)close(fake->open[i].peer);
			fake->open[i].peer = -1;
			fake->open[i].camera = NULL;
		}
	}
	fake_tell(fake);
}

void fake_replug(struct fake_camera *camera, const char *node)
{
	assert(!camera->plugged);
	(void)snprintf(camera->node, sizeof(camera->node), "%s", node);
	power_on(camera);
	fake_tell(camera->fake);
}

/* @return the buffer queued longest, or -1 */
static int next_queued(const struct fake_camera *camera, uint32_t *ret_queued)
{
	int next = -1;

	*ret_queued = 0;
	for (uint32_t i = 0; i < camera->buffers; i++) {
		if (!camera->buffer[i].queued || camera->buffer[i].filled) {
			continue;
		}
		(*ret_queued)++;
		if (next < 0 || camera->buffer[i].turn < camera->buffer[next].turn) {
			next = (int)i;
		}
	}
	return next;
}

static void write_bytes(
	const struct fake_camera *camera, uint32_t index, const struct fake_frame *frame)
{
	size_t size = frame->size < camera->buffer_room ? frame->size : camera->buffer_room;
	off_t at = (off_t)index * camera->buffer_room;

	if (frame->bytes && size > 0) {
		ssize_t written = pwrite(camera->memory, frame->bytes, size, at);

		assert(written == (ssize_t)size);
	}
}

int fake_push(struct fake_camera *camera, const struct fake_frame *frame)
{
	uint32_t queued;
	int index = next_queued(camera, &queued);

	if (!camera->streaming) {
		return -2;
	}
	camera->pushed += 1 + frame->skipped;
	camera->sequence += 1 + frame->skipped;
	camera->queued_least = queued < camera->queued_least ? queued : camera->queued_least;
	if (index < 0) {
		camera->overrun++;
		return -1;
	}
	struct fake_buffer *buffer = &camera->buffer[index];

	write_bytes(camera, (uint32_t)index, frame);
	buffer->filled = true;
	buffer->turn = ++camera->turn;
	buffer->bytesused = (uint32_t)frame->size;
	buffer->flags = frame->flags;
	if (!frame->clock_unknown) {
		buffer->flags |= V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
	}
	buffer->sequence = camera->sequence - 1;
	buffer->named = frame->misplaced ? frame->index : (uint32_t)index;
	buffer->at_ns = frame->stamped ? frame->captured_ns : fake_now(camera->fake);
	if (!camera->mute) {
		int slot = slot_of(camera->fake, camera->owner);
		ssize_t written = write(camera->fake->open[slot].peer, "f", 1);

		assert(written == 1);
	}
	return index;
}

struct fake_fault *fake_fail(struct fake_camera *camera, unsigned long request, int status)
{
	assert(camera->faults < FAKE_FAULTS_MAX);
	struct fake_fault *fault = &camera->fault[camera->faults++];

	*fault = (struct fake_fault){.request = request, .status = status};
	return fault;
}

uint32_t fake_calls(const struct fake_camera *camera, unsigned long request)
{
	return camera->calls[NUMBER_OF(request)];
}

uint32_t fake_failed(const struct fake_camera *camera, unsigned long request)
{
	return camera->failed[NUMBER_OF(request)];
}

struct fake_control *fake_control_of(struct fake_camera *camera, uint32_t id)
{
	for (size_t i = 0; i < camera->controls; i++) {
		if (camera->control[i].id == id) {
			return &camera->control[i];
		}
	}
	return NULL;
}

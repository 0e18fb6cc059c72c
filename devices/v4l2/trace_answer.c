/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>

#include "base/fd.h"
#include "devices/v4l2/trace_impl.h"

static uint16_t handle_of(const struct trace_playback *playback, int fd)
{
	for (int i = 0; i < TRACE_OPEN_MAX; i++) {
		if (playback->open[i].fd == fd) {
			return playback->open[i].handle;
		}
	}
	return TRACE_NO_HANDLE;
}

static int play_open(void *user, const char *path)
{
	struct trace_playback *playback = user;
	struct trace_record record = {0};
	char asked[160];
	int free_slot = 0;

	(void)snprintf(asked, sizeof(asked), "open %.128s", path);
	const struct trace_record *next = pst_trace_next_step(playback);
	uint16_t handle = next ? next->handle : 0;
	int status = pst_trace_step(playback, TRACE_KIND_OPEN, handle, asked, &record);

	if (status < 0) {
		return status;
	}
	bool same = record.size == strlen(path) &&
		    memcmp(record.payload ? record.payload : (const uint8_t *)"", path,
			    record.size) == 0;

	if (!same) {
		status = pst_trace_diverge(playback, &record, asked);
	} else {
		status = record.status;
	}
	free(record.payload);
	while (free_slot < TRACE_OPEN_MAX && playback->open[free_slot].fd >= 0) {
		free_slot++;
	}
	if (status < 0) {
		return status;
	}
	if (free_slot == TRACE_OPEN_MAX || status > 0) {
		return -EMFILE;
	}
	/* What is asked of a descriptor goes through this table: any will do that is open. */
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd >= 0) {
		playback->open[free_slot].fd = fd;
		playback->open[free_slot].handle = handle;
	}
	return fd < 0 ? -errno : fd;
}

static void play_close(void *user, int fd)
{
	struct trace_playback *playback = user;

	for (int i = 0; i < TRACE_OPEN_MAX; i++) {
		if (playback->open[i].fd == fd) {
			playback->open[i].fd = -1;
		}
	}
	pst_fd_close(&fd);
}

/* @return whether what is asked is what was asked */
static bool is_same(const struct trace_ioctl *call, unsigned long request, const void *argument)
{
	size_t array_size = pst_trace_array_size(request, argument);

	if (call->request != (uint32_t)request || call->array_size != array_size) {
		return false;
	}
	if (array_size == 0) {
		return memcmp(call->before, argument, call->size) == 0;
	}
	const struct v4l2_ext_controls *asked = argument;
	struct v4l2_ext_controls held;

	memcpy(&held, call->before, sizeof(held));
	return held.which == asked->which && held.count == asked->count &&
	       memcmp(call->array_before, asked->controls, array_size) == 0;
}

static void answer(const struct trace_ioctl *call, void *argument)
{
	if (call->array_size == 0) {
		memcpy(argument, call->after, call->size);
		return;
	}
	struct v4l2_ext_controls *controls = argument;
	struct v4l2_ext_control *array = controls->controls;
	uint32_t count = controls->count;

	memcpy(controls, call->after, call->size);
	controls->controls = array;
	controls->count = count;
	memcpy(array, call->array_after, call->array_size);
}

static int play_ioctl(void *user, int fd, unsigned long request, void *argument)
{
	struct trace_playback *playback = user;
	struct trace_record record = {0};
	struct trace_ioctl call;
	char number[32];
	const char *name = pst_trace_request_name(request, number);

	if (request == VIDIOC_DQBUF) {
		return pst_trace_deliver(playback, argument);
	}
	if (request == VIDIOC_QBUF) {
		return pst_trace_take_back(playback, argument);
	}
	int status =
		pst_trace_step(playback, TRACE_KIND_IOCTL, handle_of(playback, fd), name, &record);

	if (status < 0) {
		return status;
	}
	if (pst_trace_get_ioctl(&record, &call) < 0 || !is_same(&call, request, argument)) {
		char asked[64];

		(void)snprintf(asked, sizeof(asked), "%s%s", name,
			call.request == (uint32_t)request ? " with other values" : "");
		status = pst_trace_diverge(playback, &record, asked);
	} else {
		if (request == VIDIOC_REQBUFS && !playback->begun) {
			playback->begun = true;
			playback->begun_ns = record.at_ns;
		}
		answer(&call, argument);
		status = record.status > 0 ? 0 : record.status;
	}
	free(record.payload);
	return status;
}

static int play_mmap(void *user, int fd, size_t size, uint32_t offset, uint8_t **ret_data)
{
	struct trace_playback *playback = user;
	struct trace_record record = {0};
	int slot = 0;
	int status =
		pst_trace_step(playback, TRACE_KIND_MMAP, handle_of(playback, fd), "mmap", &record);

	if (status < 0) {
		return status;
	}
	if (record.size < 16 || pst_bytes_get64(record.payload) != size ||
		pst_bytes_get64(record.payload + 8) != offset) {
		status = pst_trace_diverge(playback, &record, "mmap of another part");
	} else {
		status = record.status > 0 ? 0 : record.status;
	}
	free(record.payload);
	while (slot < TRACE_MAPS_MAX && playback->map[slot].data) {
		slot++;
	}
	if (status < 0) {
		return status;
	}
	if (slot == TRACE_MAPS_MAX || size == 0 || size > TRACE_PAYLOAD_MAX) {
		return -ENOMEM;
	}
	uint8_t *data =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (data == MAP_FAILED) {
		return -errno;
	}
	playback->map[slot].data = data;
	playback->map[slot].size = size;
	*ret_data = data;
	return 0;
}

static void play_munmap(void *user, uint8_t *data, size_t size)
{
	struct trace_playback *playback = user;

	for (int i = 0; i < TRACE_MAPS_MAX; i++) {
		if (playback->map[i].data == data) {
			playback->map[i].data = NULL;
		}
	}
	(void)munmap(data, size);
}

static int play_look(void *user, int fd, uint32_t index, uint8_t *data, size_t size)
{
	return pst_trace_show(user, index, data, size);
}

static int play_poll(void *user, int fd, int timeout_ms)
{
	struct trace_playback *playback = user;

	return pst_trace_has_delivery(playback) ? POLLIN : playback->poll_status;
}

static int play_list(void *user, struct v4l2_identity **ret_list)
{
	struct trace_playback *playback = user;
	struct trace_record record = {0};
	struct v4l2_identity *list = NULL;
	size_t from = 0;
	int status = pst_trace_step(
		playback, TRACE_KIND_LIST, TRACE_NO_HANDLE, "a list of cameras", &record);

	*ret_list = NULL;
	if (status < 0) {
		return status;
	}
	status = record.status;
	/* No identity takes less than six sizes and seven numbers. */
	if (status > 0 && (size_t)status <= record.size / 40) {
		list = calloc((size_t)status, sizeof(*list));
	}
	for (int i = 0; list && i < record.status; i++) {
		if (pst_trace_get_identity(&record, &from, &list[i]) < 0) {
			free(list);
			list = NULL;
		}
	}
	if (status > 0 && !list) {
		status = pst_trace_fail(playback, "damaged");
	}
	free(record.payload);
	*ret_list = list;
	return status;
}

static int play_identify(void *user, int fd, struct v4l2_identity *ret_identity)
{
	struct trace_playback *playback = user;
	struct trace_record record = {0};
	size_t from = 0;
	int status = pst_trace_step(playback, TRACE_KIND_IDENTIFY, handle_of(playback, fd),
		"the camera's identity", &record);

	if (status < 0) {
		return status;
	}
	status = record.status > 0 ? 0 : record.status;
	if (status == 0 && pst_trace_get_identity(&record, &from, ret_identity) < 0) {
		status = pst_trace_fail(playback, "damaged");
	}
	free(record.payload);
	return status;
}

static int play_read_usb(
	void *user, const char *usb_path, const char *file, uint8_t *bytes, size_t room)
{
	struct trace_playback *playback = user;
	struct trace_record record = {0};
	char held_path[512];
	char held_file[128];
	size_t from = 0;
	int status = pst_trace_step(playback, TRACE_KIND_READ_USB, TRACE_NO_HANDLE, file, &record);

	if (status < 0) {
		return status;
	}
	status = record.status;
	if (pst_trace_get_text(&record, &from, held_path, sizeof(held_path)) < 0 ||
		pst_trace_get_text(&record, &from, held_file, sizeof(held_file)) < 0 ||
		(status > 0 && record.size - from != (size_t)status)) {
		status = pst_trace_fail(playback, "damaged");
	} else if (strcmp(held_path, usb_path) != 0 || strcmp(held_file, file) != 0 ||
		   (status > 0 && (size_t)status > room)) {
		status = pst_trace_diverge(playback, &record, file);
	} else if (status > 0) {
		memcpy(bytes, record.payload + from, (size_t)status);
	}
	free(record.payload);
	return status;
}

/* As recorded: time stands still from one recorded call to the next. */
static int64_t play_now(void *user)
{
	const struct trace_playback *playback = user;

	return playback->header.base_ns + playback->now_ns;
}

struct v4l2_ops pst_trace_play_ops(uint32_t has)
{
	return (struct v4l2_ops){
		.open = play_open,
		.ioctl = play_ioctl,
		.mmap = play_mmap,
		.munmap = play_munmap,
		.look = play_look,
		.poll = play_poll,
		.close = play_close,
		.list = has & TRACE_HAS_LIST ? play_list : NULL,
		.identify = has & TRACE_HAS_IDENTIFY ? play_identify : NULL,
		.read_usb = has & TRACE_HAS_READ_USB ? play_read_usb : NULL,
		.now_ns = play_now,
	};
}

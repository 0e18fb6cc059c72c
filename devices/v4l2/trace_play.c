/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "devices/v4l2/trace_impl.h"

/*
 * A frame that waited too long is withheld under its permit, and one that arrives when its permit
 * has just ended is too, though it was captured before: such a frame among those that were looked
 * at, or right behind them, was simply passed over.
 */
#define EDGE_NS (PST_NS_PER_S / 2)

int pst_trace_fail(struct trace_playback *playback, const char *what)
{
	return pst_error_set(&playback->trouble, PST_E_DEVICE, "%s: record %llu: %s", playback->uri,
		(unsigned long long)playback->records, what);
}

static void drop(struct trace_playback *playback, size_t index)
{
	free(playback->ahead[index].payload);
	playback->aheads--;
	memmove(&playback->ahead[index], &playback->ahead[index + 1],
		(playback->aheads - index) * sizeof(playback->ahead[0]));
}

/* Reads one more record. @return whether there is one */
static bool read_ahead(struct trace_playback *playback)
{
	struct pst_error error = {0};
	struct trace_record *record = &playback->ahead[playback->aheads];

	if (playback->over || playback->trouble.status) {
		return false;
	}
	if (playback->aheads == TRACE_AHEAD_MAX) {
		(void)pst_trace_fail(playback, "damaged: buffers are never given back");
		return false;
	}
	int status = pst_trace_get_record(&playback->input, record, &error);

	playback->over = status != 1 || record->kind == TRACE_KIND_END;
	if (!playback->over) {
		playback->records++;
		playback->aheads++;
		return true;
	}
	if (status == 1) {
		free(record->payload);
	} else {
		(void)pst_error_set(&playback->cut, PST_E_DEVICE, "%s",
			status < 0 ? error.text : "cut short: its end is missing");
	}
	return false;
}

/* What is left was needed, and isn't there. */
static void run_out(struct trace_playback *playback)
{
	if (playback->over && playback->cut.status) {
		(void)pst_trace_fail(playback, playback->cut.text);
	}
}

static bool at(struct trace_playback *playback, size_t index)
{
	while (index >= playback->aheads) {
		if (!read_ahead(playback)) {
			return false;
		}
	}
	return true;
}

static unsigned long request_of(const struct trace_record *record)
{
	struct trace_ioctl call;

	return pst_trace_get_ioctl(record, &call) == 0 ? call.request : 0;
}

static bool is_frames(const struct trace_record *record)
{
	unsigned long request = request_of(record);

	return request == VIDIOC_DQBUF || request == VIDIOC_QBUF ||
	       record->kind == TRACE_KIND_FRAME;
}

/* What is neither matched nor needed: when it was asked depends on the moment. */
static bool is_idle(const struct trace_record *record)
{
	return record->kind == TRACE_KIND_POLL || record->kind == TRACE_KIND_MUNMAP ||
	       record->kind == TRACE_KIND_CLOSE ||
	       (request_of(record) == VIDIOC_DQBUF && record->status == -EAGAIN);
}

static bool is_step(const struct trace_record *record)
{
	return !is_frames(record) && !is_idle(record);
}

/* The buffer that a DQBUF gave, a QBUF took, or a frame lay in; -1: none. */
static int64_t buffer_of(const struct trace_record *record)
{
	struct trace_ioctl call;
	struct v4l2_buffer buffer;

	if (record->kind == TRACE_KIND_FRAME) {
		return record->size >= 8 ? (int64_t)pst_bytes_get32(record->payload) : -1;
	}
	if (pst_trace_get_ioctl(record, &call) < 0 || call.size != sizeof(buffer)) {
		return -1;
	}
	memcpy(&buffer, call.request == VIDIOC_QBUF ? call.before : call.after, sizeof(buffer));
	return buffer.index;
}

static void pass_time(struct trace_playback *playback, const struct trace_record *record)
{
	int64_t end_ns = record->at_ns + record->took_ns;

	playback->now_ns = end_ns > playback->now_ns ? end_ns : playback->now_ns;
}

int pst_trace_diverge(
	struct trace_playback *playback, const struct trace_record *record, const char *asked)
{
	char held[160] = "its end";

	if (record) {
		pst_trace_describe(record, held, sizeof(held));
	}
	(void)pst_error_set(&playback->trouble, PST_E_DEVICE,
		"%s: at %.3f s the program asks for %s where the trace goes on with %s: it was "
		"recorded by another version of postern, or with other settings",
		playback->uri, (double)playback->now_ns / PST_NS_PER_S, asked, held);
	return -EIO;
}

const struct trace_record *pst_trace_next_step(struct trace_playback *playback)
{
	while (at(playback, 0) && !is_step(&playback->ahead[0])) {
		drop(playback, 0);
	}
	if (playback->aheads == 0) {
		run_out(playback);
	}
	return playback->aheads ? &playback->ahead[0] : NULL;
}

int pst_trace_step(struct trace_playback *playback, enum trace_kind kind, uint16_t handle,
	const char *asked, struct trace_record *ret_record)
{
	const struct trace_record *next = pst_trace_next_step(playback);

	if (playback->trouble.status) {
		return -EIO;
	}

	if (!next || next->kind != kind || next->handle != handle) {
		return pst_trace_diverge(playback, next, asked);
	}
	*ret_record = *next;
	playback->ahead[0].payload = NULL;
	drop(playback, 0);
	pass_time(playback, ret_record);
	return 0;
}

static int64_t due_ns(const struct trace_playback *playback, const struct trace_record *record)
{
	return playback->start_ns + record->at_ns + record->took_ns - playback->begun_ns;
}

/* Where the next delivery stands. @return its index; -1 there is none before the next step */
static int next_delivery(struct trace_playback *playback)
{
	for (size_t i = 0; at(playback, i); i++) {
		const struct trace_record *record = &playback->ahead[i];

		if (is_step(record)) {
			return -1;
		}
		if (request_of(record) == VIDIOC_DQBUF && record->status != -EAGAIN) {
			return (int)i;
		}
	}
	return -1;
}

bool pst_trace_has_delivery(struct trace_playback *playback)
{
	return next_delivery(playback) >= 0;
}

int pst_trace_playback_await(struct trace_playback *playback)
{
	struct itimerspec due = {.it_value.tv_nsec = 1};
	int index = playback->trouble.status ? -1 : next_delivery(playback);
	int status = 1;

	if (index < 0) {
		if (playback->aheads == 0) {
			run_out(playback);
		}
		status = playback->trouble.status ? PST_E_DEVICE : PST_E_END;
	} else if (playback->paced) {
		int64_t due_at = due_ns(playback, &playback->ahead[index]);

		due.it_value.tv_sec = due_at / PST_NS_PER_S;
		due.it_value.tv_nsec = due_at % PST_NS_PER_S;
		status = pst_clock_mono_ns() >= due_at;
	}
	if (playback->paced) {
		(void)timerfd_settime(playback->timer, TFD_TIMER_ABSTIME, &due, NULL);
	}
	return status;
}

bool pst_trace_playback_stalled(struct trace_playback *playback)
{
	bool stalled = false;

	for (size_t i = 0; at(playback, i) && !is_step(&playback->ahead[i]); i++) {
		const struct trace_record *record = &playback->ahead[i];

		/* Whether frames wait is asked when there has been none for too long. */
		if (record->kind == TRACE_KIND_POLL) {
			pass_time(playback, record);
			playback->poll_status = record->status;
			stalled = true;
		}
	}
	return stalled;
}

/* What was said of a buffer that lies behind, once it is delivered again. */
static void forget_buffer(struct trace_playback *playback, size_t before, int64_t buffer)
{
	for (size_t i = 0; i < before;) {
		if (buffer_of(&playback->ahead[i]) == buffer && is_frames(&playback->ahead[i])) {
			drop(playback, i);
			before--;
		} else {
			i++;
		}
	}
}

int pst_trace_deliver(struct trace_playback *playback, void *argument)
{
	int index = next_delivery(playback);
	struct trace_ioctl call;

	if (index < 0) {
		return playback->trouble.status ? -EIO : -EAGAIN;
	}
	struct trace_record record = playback->ahead[index];

	if (playback->paced && pst_clock_mono_ns() < due_ns(playback, &record)) {
		return -EAGAIN;
	}
	if (pst_trace_get_ioctl(&record, &call) < 0 || call.size != sizeof(struct v4l2_buffer)) {
		return pst_trace_fail(playback, "damaged");
	}
	memcpy(argument, call.after, call.size);
	pass_time(playback, &record);
	int status = record.status;
	int64_t buffer = buffer_of(&record);

	drop(playback, (size_t)index);
	forget_buffer(playback, (size_t)index, buffer);
	return status > 0 ? 0 : status;
}

/*
 * The place of what was said of a buffer since it was delivered: of its return, or its bytes.
 *
 * @return index; -1 it is not in the trace
 */
static int find_of_buffer(struct trace_playback *playback, bool bytes, uint32_t buffer)
{
	for (size_t i = 0; at(playback, i); i++) {
		const struct trace_record *record = &playback->ahead[i];
		bool its = !is_idle(record) && is_frames(record) && buffer_of(record) == buffer;
		bool is_bytes = record->kind == TRACE_KIND_FRAME;

		if (its && is_bytes == bytes && request_of(record) != VIDIOC_DQBUF) {
			return (int)i;
		}
		if (is_step(record) || (its && !is_bytes)) {
			return -1;
		}
	}
	return -1;
}

int pst_trace_take_back(struct trace_playback *playback, void *argument)
{
	const struct v4l2_buffer *buffer = argument;
	int index = find_of_buffer(playback, /* bytes= */ false, buffer->index);
	struct trace_ioctl call;

	if (playback->trouble.status) {
		return -EIO;
	}
	if (index < 0) {
		return 0; /* then it was held until the camera was stopped */
	}
	struct trace_record record = playback->ahead[index];

	if (pst_trace_get_ioctl(&record, &call) < 0 || call.size != sizeof(*buffer)) {
		return pst_trace_fail(playback, "damaged");
	}
	memcpy(argument, call.after, call.size);
	int status = record.status;

	drop(playback, (size_t)index);
	forget_buffer(playback, (size_t)index, buffer->index);
	return status > 0 ? 0 : status;
}

/* @return whether bytes of a frame come soon, before the next step */
static bool comes_frame(struct trace_playback *playback)
{
	for (size_t i = 0; i < TRACE_AHEAD_MAX / 2 && at(playback, i); i++) {
		if (playback->ahead[i].kind == TRACE_KIND_FRAME) {
			return true;
		}
		if (is_step(&playback->ahead[i])) {
			break;
		}
	}
	return false;
}

int pst_trace_show(struct trace_playback *playback, uint32_t index, uint8_t *data, size_t size)
{
	int found = find_of_buffer(playback, /* bytes= */ true, index);

	bool near = playback->shown &&
		    (playback->now_ns - playback->shown_ns <= EDGE_NS || comes_frame(playback));

	if (found < 0 && near) {
		return -EAGAIN;
	}
	if (found < 0) {
		return pst_error_set(&playback->trouble, -ENODATA,
			"%s: at %.3f s: a frame is to be read that was not recorded: no permit; "
			"play the trace with the scenario and the policy it was recorded with",
			playback->uri, (double)playback->now_ns / PST_NS_PER_S);
	}
	const struct trace_record *record = &playback->ahead[found];

	for (int i = 0; i < TRACE_MAPS_MAX; i++) {
		if (playback->map[i].data == data && size <= playback->map[i].size &&
			record->size - 8 == size) {
			memcpy(data, record->payload + 8, size);
			drop(playback, (size_t)found);
			playback->shown = true;
			playback->shown_ns = playback->now_ns;
			return 0;
		}
	}
	return pst_trace_fail(playback, "damaged: a frame of another size");
}

int pst_trace_playback_create(struct trace_playback **ret, const char *uri,
	const struct pst_input *input, bool paced, struct pst_error *error)
{
	struct trace_playback *playback = calloc(1, sizeof(*playback));
	struct pst_error why = {0};

	if (!playback) {
		input->close(input->user);
		return pst_error_set(error, -ENOMEM, "%s: out of memory", uri);
	}
	(void)snprintf(playback->uri, sizeof(playback->uri), "%s", uri);
	playback->input = *input;
	playback->paced = paced;
	playback->timer = -1;
	for (int i = 0; i < TRACE_OPEN_MAX; i++) {
		playback->open[i].fd = -1;
	}
	int status = pst_trace_get_header(input, &playback->header, &why);

	playback->ops = pst_trace_play_ops(playback->header.has);
	if (status < 0) {
		status = pst_error_set(
			error, status == -ENOMEM ? status : PST_E_DEVICE, "%s: %s", uri, why.text);
	}
	if (status == 0 && paced) {
		playback->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		if (playback->timer < 0) {
			status = pst_error_set(error, -errno, "timer: %s", strerror(errno));
		}
	}
	if (status < 0) {
		pst_trace_playback_destroy(&playback);
		return status;
	}
	*ret = playback;
	return 0;
}

void pst_trace_playback_destroy(struct trace_playback **playback)
{
	struct trace_playback *gone = *playback;

	if (!gone) {
		return;
	}
	while (gone->aheads > 0) {
		drop(gone, gone->aheads - 1);
	}
	gone->input.close(gone->input.user);
	pst_fd_close(&gone->timer);
	free(gone);
	*playback = NULL;
}

struct v4l2_backend pst_trace_playback_backend(struct trace_playback *playback)
{
	return (struct v4l2_backend){.ops = &playback->ops, .user = playback};
}

const char *pst_trace_playback_uri(const struct trace_playback *playback)
{
	return playback->header.uri;
}

void pst_trace_playback_start(struct trace_playback *playback)
{
	playback->start_ns = pst_clock_mono_ns();
}

int64_t pst_trace_playback_shift_ns(const struct trace_playback *playback)
{
	int64_t begun_ns = playback->header.base_ns + playback->begun_ns;

	return playback->paced ? playback->start_ns - begun_ns : -begun_ns;
}

int pst_trace_playback_fd(const struct trace_playback *playback)
{
	return playback->timer;
}

const struct pst_error *pst_trace_playback_trouble(const struct trace_playback *playback)
{
	return &playback->trouble;
}

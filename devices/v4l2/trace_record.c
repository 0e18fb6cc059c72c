/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "devices/v4l2/camera.h"
#include "devices/v4l2/trace.h"
#include "devices/v4l2/trace_format.h"

#define OPEN_MAX 32

/* A backend that asks another one and writes down what was said. */
struct recorder {
	struct v4l2_backend inner;
	struct v4l2_ops ops; /* its own, without what the inner one hasn't */
	struct pst_output output;
	struct pst_error trouble; /* of the output; nothing is asked any more */
	struct pst_bytes bytes;	  /* of the record being made */
	struct pst_bytes part;	  /* of its payload */
	int64_t base_ns;
	int64_t last_ns; /* when the last recorded call was over, since time 0 */
	bool told;	 /* now_ns has told it */
	uint16_t opens;
	struct {
		int fd; /* -1: free */
		uint16_t handle;
	} open[OPEN_MAX];
};

static int64_t clock_ns(const struct recorder *recorder)
{
	int64_t now_ns = recorder->inner.ops->now_ns
				 ? recorder->inner.ops->now_ns(recorder->inner.user)
				 : pst_clock_mono_ns();

	return now_ns - recorder->base_ns;
}

static uint16_t handle_of(const struct recorder *recorder, int fd)
{
	for (int i = 0; i < OPEN_MAX; i++) {
		if (recorder->open[i].fd == fd) {
			return recorder->open[i].handle;
		}
	}
	return TRACE_NO_HANDLE;
}

static void send(struct recorder *recorder)
{
	if (recorder->trouble.status == 0) {
		(void)!recorder->output.write(recorder->output.user, recorder->bytes.data,
			recorder->bytes.size, &recorder->trouble);
	}
	recorder->bytes.size = 0;
	recorder->part.size = 0;
}

/* Writes one record: recorder->part is its payload, then more. */
static void keep(
	struct recorder *recorder, struct trace_record *record, const void *more, size_t more_size)
{
	int64_t now_ns = clock_ns(recorder);
	int64_t took_ns = now_ns - record->at_ns;

	record->took_ns = took_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)(took_ns > 0 ? took_ns : 0);
	record->payload = recorder->part.data;
	record->size = recorder->part.size;
	recorder->last_ns = record->at_ns + record->took_ns;
	recorder->told = false;
	if (pst_trace_put_record(&recorder->bytes, record, more, more_size) < 0) {
		(void)pst_error_set(&recorder->trouble, -ENOMEM, "trace: out of memory");
	}
	send(recorder);
}

static void part(struct recorder *recorder, const void *data, size_t size)
{
	if (size > 0 && pst_bytes_append(&recorder->part, data, size) < 0) {
		(void)pst_error_set(&recorder->trouble, -ENOMEM, "trace: out of memory");
	}
}

static void part_number(struct recorder *recorder, uint64_t value)
{
	uint8_t bytes[8];

	pst_bytes_put64(bytes, value);
	part(recorder, bytes, sizeof(bytes));
}

static struct trace_record begin(
	const struct recorder *recorder, enum trace_kind kind, uint16_t handle)
{
	return (struct trace_record){.kind = kind, .handle = handle, .at_ns = clock_ns(recorder)};
}

static int record_open(void *user, const char *path)
{
	struct recorder *recorder = user;
	struct trace_record record = begin(recorder, TRACE_KIND_OPEN, recorder->opens);
	int fd = recorder->trouble.status ? -EIO
					  : recorder->inner.ops->open(recorder->inner.user, path);

	for (int i = 0; fd >= 0 && i < OPEN_MAX; i++) {
		if (recorder->open[i].fd < 0) {
			recorder->open[i].fd = fd;
			recorder->open[i].handle = recorder->opens;
			break;
		}
	}
	recorder->opens++;
	record.status = fd < 0 ? fd : 0;
	part(recorder, path, strlen(path));
	keep(recorder, &record, NULL, 0);
	return fd;
}

static void record_close(void *user, int fd)
{
	struct recorder *recorder = user;
	struct trace_record record = begin(recorder, TRACE_KIND_CLOSE, handle_of(recorder, fd));

	recorder->inner.ops->close(recorder->inner.user, fd);
	for (int i = 0; i < OPEN_MAX; i++) {
		if (recorder->open[i].fd == fd) {
			recorder->open[i].fd = -1;
		}
	}
	keep(recorder, &record, NULL, 0);
}

/* Addresses of this process are of no use to anybody else. */
static void part_argument(struct recorder *recorder, unsigned long request, const void *argument)
{
	size_t at = recorder->part.size;

	part(recorder, argument, _IOC_SIZE(request));
	if (pst_trace_array_size(request, argument) > 0 && recorder->part.size > at) {
		struct v4l2_ext_controls plain = *(const struct v4l2_ext_controls *)argument;

		plain.controls = NULL;
		memcpy(recorder->part.data + at, &plain, sizeof(plain));
	}
}

static int record_ioctl(void *user, int fd, unsigned long request, void *argument)
{
	struct recorder *recorder = user;
	struct trace_record record = begin(recorder, TRACE_KIND_IOCTL, handle_of(recorder, fd));
	size_t array_size = pst_trace_array_size(request, argument);
	uint8_t before[TRACE_EXT_CONTROLS_MAX * sizeof(struct v4l2_ext_control)];
	void *array = array_size ? ((struct v4l2_ext_controls *)argument)->controls : NULL;

	if (recorder->trouble.status) {
		return -EIO;
	}
	part_number(recorder, (uint32_t)request);
	part_argument(recorder, request, argument);
	if (array) {
		memcpy(before, array, array_size);
	}
	record.status = recorder->inner.ops->ioctl(recorder->inner.user, fd, request, argument);
	part_argument(recorder, request, argument);
	if (array) {
		part(recorder, before, array_size);
		part(recorder, array, array_size);
	}
	keep(recorder, &record, NULL, 0);
	return recorder->trouble.status ? -EIO : record.status;
}

static int record_mmap(void *user, int fd, size_t size, uint32_t offset, uint8_t **ret_data)
{
	struct recorder *recorder = user;
	struct trace_record record = begin(recorder, TRACE_KIND_MMAP, handle_of(recorder, fd));

	record.status = recorder->inner.ops->mmap(recorder->inner.user, fd, size, offset, ret_data);
	part_number(recorder, size);
	part_number(recorder, offset);
	keep(recorder, &record, NULL, 0);
	return record.status;
}

static void record_munmap(void *user, uint8_t *data, size_t size)
{
	struct recorder *recorder = user;
	struct trace_record record = begin(recorder, TRACE_KIND_MUNMAP, TRACE_NO_HANDLE);

	recorder->inner.ops->munmap(recorder->inner.user, data, size);
	keep(recorder, &record, NULL, 0);
}

static int record_poll(void *user, int fd, int timeout_ms)
{
	struct recorder *recorder = user;
	struct trace_record record = begin(recorder, TRACE_KIND_POLL, handle_of(recorder, fd));

	record.status = recorder->inner.ops->poll(recorder->inner.user, fd, timeout_ms);
	keep(recorder, &record, NULL, 0);
	return record.status;
}

static int record_look(void *user, int fd, uint32_t index, uint8_t *data, size_t size)
{
	struct recorder *recorder = user;
	struct trace_record record = begin(recorder, TRACE_KIND_FRAME, handle_of(recorder, fd));

	if (size <= TRACE_PAYLOAD_MAX - 8) {
		part_number(recorder, index);
		keep(recorder, &record, data, size);
	}
	return recorder->trouble.status ? -EIO : 0;
}

static int record_list(void *user, struct v4l2_identity **ret_list)
{
	struct recorder *recorder = user;
	struct trace_record record = begin(recorder, TRACE_KIND_LIST, TRACE_NO_HANDLE);

	record.status = recorder->inner.ops->list(recorder->inner.user, ret_list);
	for (int i = 0; i < record.status; i++) {
		if (pst_trace_put_identity(&recorder->part, &(*ret_list)[i]) < 0) {
			(void)pst_error_set(&recorder->trouble, -ENOMEM, "trace: out of memory");
		}
	}
	keep(recorder, &record, NULL, 0);
	return record.status;
}

static int record_identify(void *user, int fd, struct v4l2_identity *ret_identity)
{
	struct recorder *recorder = user;
	struct trace_record record = begin(recorder, TRACE_KIND_IDENTIFY, handle_of(recorder, fd));

	record.status = recorder->inner.ops->identify(recorder->inner.user, fd, ret_identity);
	if (record.status == 0 && pst_trace_put_identity(&recorder->part, ret_identity) < 0) {
		(void)pst_error_set(&recorder->trouble, -ENOMEM, "trace: out of memory");
	}
	keep(recorder, &record, NULL, 0);
	return record.status;
}

static int record_watch(void *user, struct v4l2_watch **ret_watch)
{
	struct recorder *recorder = user;

	return recorder->inner.ops->watch(recorder->inner.user, ret_watch);
}

static int record_reset(void *user, const struct v4l2_identity *identity)
{
	struct recorder *recorder = user;

	return recorder->inner.ops->reset(recorder->inner.user, identity);
}

static int record_read_usb(
	void *user, const char *usb_path, const char *file, uint8_t *bytes, size_t room)
{
	struct recorder *recorder = user;
	struct trace_record record = begin(recorder, TRACE_KIND_READ_USB, TRACE_NO_HANDLE);

	record.status =
		recorder->inner.ops->read_usb(recorder->inner.user, usb_path, file, bytes, room);
	if (pst_trace_put_text(&recorder->part, usb_path) < 0 ||
		pst_trace_put_text(&recorder->part, file) < 0) {
		(void)pst_error_set(&recorder->trouble, -ENOMEM, "trace: out of memory");
	}
	keep(recorder, &record, bytes, record.status > 0 ? (size_t)record.status : 0);
	return record.status;
}

/*
 * After a recorded call the time is, once, that at which the call was over: so that what is
 * derived from it can be derived from the trace again.
 */
static int64_t record_now(void *user)
{
	struct recorder *recorder = user;
	int64_t now_ns = recorder->told ? clock_ns(recorder) : recorder->last_ns;

	recorder->told = true;
	return recorder->base_ns + now_ns;
}

static void record_destroy(void *user)
{
	struct recorder *recorder = user;
	struct trace_record record = begin(recorder, TRACE_KIND_END, TRACE_NO_HANDLE);

	keep(recorder, &record, NULL, 0);
	pst_bytes_finish(&recorder->bytes);
	pst_bytes_finish(&recorder->part);
	free(recorder);
}

/* Offers what the inner backend does. */
static void set_ops(struct recorder *recorder)
{
	const struct v4l2_ops *inner = recorder->inner.ops;

	recorder->ops = (struct v4l2_ops){
		.open = record_open,
		.ioctl = record_ioctl,
		.mmap = record_mmap,
		.munmap = record_munmap,
		.look = record_look,
		.poll = record_poll,
		.close = record_close,
		.list = inner->list ? record_list : NULL,
		.identify = inner->identify ? record_identify : NULL,
		.watch = inner->watch ? record_watch : NULL,
		.reset = inner->reset ? record_reset : NULL,
		.read_usb = inner->read_usb ? record_read_usb : NULL,
		.now_ns = record_now,
		.destroy = record_destroy,
	};
}

int pst_trace_record(struct pst_device **ret, const struct v4l2_backend *backend, const char *uri,
	const struct pst_output *output, struct pst_error *error)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	struct trace_header header = {0};

	if (!recorder) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", uri);
	}
	if (strlen(uri) > TRACE_URI_MAX) {
		free(recorder);
		return pst_error_set(error, PST_E_CONFIG, "%.64s...: too long", uri);
	}
	recorder->inner = backend ? *backend : *pst_v4l2_kernel();
	recorder->output = *output;
	for (int i = 0; i < OPEN_MAX; i++) {
		recorder->open[i].fd = -1;
	}
	set_ops(recorder);
	header.has = (recorder->ops.list ? TRACE_HAS_LIST : 0) |
		     (recorder->ops.identify ? TRACE_HAS_IDENTIFY : 0) |
		     (recorder->ops.read_usb ? TRACE_HAS_READ_USB : 0);
	recorder->base_ns = header.base_ns = clock_ns(recorder);
	memcpy(header.uri, uri, strlen(uri));
	if (pst_trace_put_header(&recorder->bytes, &header) < 0) {
		(void)pst_error_set(&recorder->trouble, -ENOMEM, "trace: out of memory");
	}
	send(recorder);

	const struct v4l2_backend recording = {.ops = &recorder->ops, .user = recorder};
	struct pst_error why = {0};
	int status = pst_v4l2_open_on(ret, &recording, uri, &why);

	if (status < 0 && recorder->trouble.status) {
		why = recorder->trouble;
	}
	if (status < 0) {
		record_destroy(recorder);
		return pst_error_set(error, why.status, "%s", why.text);
	}
	return 0;
}

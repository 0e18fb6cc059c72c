/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/trace_format.h"

#include <errno.h>
#include <limits.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/v4l2/trace.h"

static const char magic[TRACE_MAGIC_SIZE] = {'P', 'S', 'T', 'N', 'T', 'R', 'C', 'E'};

#define MACHINE ((uint32_t)sizeof(long) | (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0x100u : 0u))

bool pst_trace_is(const uint8_t *data, size_t size)
{
	return size >= sizeof(magic) && memcmp(data, magic, sizeof(magic)) == 0;
}

int pst_trace_holds_frame(const void *record, size_t size)
{
	const uint8_t *bytes = record;

	if (size < TRACE_RECORD_SIZE + 4 || pst_trace_is(bytes, size) ||
		pst_bytes_get16(bytes + 4) != TRACE_KIND_FRAME) {
		return -1;
	}
	return (int)(pst_bytes_get32(bytes + TRACE_RECORD_SIZE) & INT_MAX);
}

int pst_trace_put_header(struct pst_bytes *to, const struct trace_header *header)
{
	uint8_t bytes[TRACE_HEADER_SIZE] = {0};
	size_t size = strlen(header->uri);

	memcpy(bytes, magic, sizeof(magic));
	pst_bytes_put32(bytes + 8, TRACE_VERSION);
	pst_bytes_put32(bytes + 12, MACHINE);
	pst_bytes_put64(bytes + 16, (uint64_t)header->base_ns);
	pst_bytes_put32(bytes + 24, (uint32_t)size);
	pst_bytes_put32(bytes + 28, header->has);
	int status = pst_bytes_append(to, bytes, sizeof(bytes));

	return status < 0 ? status : pst_bytes_append(to, header->uri, size);
}

int pst_trace_put_record(
	struct pst_bytes *to, const struct trace_record *record, const void *more, size_t more_size)
{
	uint8_t bytes[TRACE_RECORD_SIZE];

	pst_bytes_put32(bytes, (uint32_t)(record->size + more_size));
	pst_bytes_put16(bytes + 4, (uint16_t)record->kind);
	pst_bytes_put16(bytes + 6, record->handle);
	pst_bytes_put64(bytes + 8, (uint64_t)record->at_ns);
	pst_bytes_put32(bytes + 16, record->took_ns);
	pst_bytes_put32(bytes + 20, (uint32_t)record->status);
	int status = pst_bytes_append(to, bytes, sizeof(bytes));

	if (status == 0 && record->size > 0) {
		status = pst_bytes_append(to, record->payload, record->size);
	}
	if (status == 0 && more_size > 0) {
		status = pst_bytes_append(to, more, more_size);
	}
	return status;
}

int pst_trace_put_text(struct pst_bytes *to, const char *text)
{
	size_t size = strnlen(text, UINT16_MAX);
	uint8_t bytes[2];

	pst_bytes_put16(bytes, (uint16_t)size);
	int status = pst_bytes_append(to, bytes, sizeof(bytes));

	return status < 0 || size == 0 ? status : pst_bytes_append(to, text, size);
}

int pst_trace_put_identity(struct pst_bytes *to, const struct v4l2_identity *identity)
{
	const char *const texts[] = {identity->node, identity->name, identity->serial,
		identity->port, identity->function, identity->usb_path};
	const uint32_t numbers[] = {identity->vendor, identity->product, identity->bus,
		identity->mbit, identity->index, identity->major, identity->minor};
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(texts) / sizeof(texts[0]); i++) {
		status = pst_trace_put_text(to, texts[i]);
	}
	for (size_t i = 0; status == 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint8_t bytes[4];

		pst_bytes_put32(bytes, numbers[i]);
		status = pst_bytes_append(to, bytes, sizeof(bytes));
	}
	return status;
}

/* @return 1 all of it was read; 0 the input had ended; PST_E_CORRUPT, or what the input said */
static int get(const struct pst_input *input, void *data, size_t size, struct pst_error *error)
{
	ssize_t n = input->read(input->user, data, size, error);

	if (n > 0 && (size_t)n < size) {
		return pst_error_set(error, PST_E_CORRUPT, "cut short, in the middle of a record");
	}
	return n > 0 ? 1 : (int)n;
}

int pst_trace_get_header(
	const struct pst_input *input, struct trace_header *ret_header, struct pst_error *error)
{
	uint8_t bytes[TRACE_HEADER_SIZE];
	int status = get(input, bytes, sizeof(bytes), error);

	if (status < 0) {
		return status;
	}
	if (status == 0 || !pst_trace_is(bytes, sizeof(bytes))) {
		return pst_error_set(error, PST_E_CORRUPT, "not a trace");
	}
	if (pst_bytes_get32(bytes + 8) != TRACE_VERSION) {
		return pst_error_set(error, PST_E_CORRUPT,
			"a trace of version %u; this program knows %u", pst_bytes_get32(bytes + 8),
			TRACE_VERSION);
	}
	if (pst_bytes_get32(bytes + 12) != MACHINE) {
		return pst_error_set(error, PST_E_CORRUPT, "a trace from another kind of machine");
	}
	uint32_t size = pst_bytes_get32(bytes + 24);

	*ret_header = (struct trace_header){.base_ns = (int64_t)pst_bytes_get64(bytes + 16),
		.has = pst_bytes_get32(bytes + 28)};
	if (size == 0 || size > TRACE_URI_MAX || ret_header->base_ns < 0 ||
		ret_header->base_ns > INT64_MAX / 2) {
		return pst_error_set(error, PST_E_CORRUPT, "damaged header");
	}
	status = get(input, ret_header->uri, size, error);
	if (status == 1 && strlen(ret_header->uri) != size) {
		status = 0;
	}
	return status == 0 ? pst_error_set(error, PST_E_CORRUPT, "damaged header")
			   : (status < 0 ? status : 0);
}

int pst_trace_get_record(
	const struct pst_input *input, struct trace_record *ret_record, struct pst_error *error)
{
	uint8_t bytes[TRACE_RECORD_SIZE];
	int status = get(input, bytes, sizeof(bytes), error);

	if (status != 1) {
		return status;
	}
	uint32_t size = pst_bytes_get32(bytes);
	uint16_t kind = pst_bytes_get16(bytes + 4);
	uint64_t at_ns = pst_bytes_get64(bytes + 8);

	if (size > TRACE_PAYLOAD_MAX || kind == 0 || kind >= TRACE_KIND_COUNT ||
		at_ns > INT64_MAX / 2) {
		return pst_error_set(error, PST_E_CORRUPT, "damaged record");
	}
	*ret_record = (struct trace_record){.kind = (enum trace_kind)kind,
		.handle = pst_bytes_get16(bytes + 6),
		.at_ns = (int64_t)at_ns,
		.took_ns = pst_bytes_get32(bytes + 16),
		.status = (int32_t)pst_bytes_get32(bytes + 20),
		.size = size};
	if (size == 0) {
		return 1;
	}
	ret_record->payload = malloc(size);
	if (!ret_record->payload) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	status = get(input, ret_record->payload, size, error);
	if (status == 0) {
		status =
			pst_error_set(error, PST_E_CORRUPT, "cut short, in the middle of a record");
	}
	if (status < 0) {
		free(ret_record->payload);
		*ret_record = (struct trace_record){0};
	}
	return status;
}

size_t pst_trace_array_size(unsigned long request, const void *argument)
{
	const struct v4l2_ext_controls *controls = argument;

	if (request != VIDIOC_G_EXT_CTRLS && request != VIDIOC_S_EXT_CTRLS &&
		request != VIDIOC_TRY_EXT_CTRLS) {
		return 0;
	}
	return controls->count > TRACE_EXT_CONTROLS_MAX
		       ? 0
		       : controls->count * sizeof(struct v4l2_ext_control);
}

int pst_trace_get_ioctl(const struct trace_record *record, struct trace_ioctl *ret_ioctl)
{
	if (record->kind != TRACE_KIND_IOCTL || record->size < 8) {
		return PST_E_CORRUPT;
	}
	uint32_t request = pst_bytes_get32(record->payload);
	size_t size = _IOC_SIZE(request);
	size_t rest = record->size - 8;

	if (rest < 2 * size) {
		return PST_E_CORRUPT;
	}
	*ret_ioctl = (struct trace_ioctl){.request = request,
		.before = record->payload + 8,
		.after = record->payload + 8 + size,
		.size = size};
	rest -= 2 * size;
	if (rest % 2 != 0 || rest / 2 > TRACE_EXT_CONTROLS_MAX * sizeof(struct v4l2_ext_control)) {
		return PST_E_CORRUPT;
	}
	if (rest > 0) {
		ret_ioctl->array_size = rest / 2;
		ret_ioctl->array_before = ret_ioctl->after + size;
		ret_ioctl->array_after = ret_ioctl->array_before + rest / 2;
	}
	return 0;
}

int pst_trace_get_text(const struct trace_record *record, size_t *at, char *text, size_t size)
{
	if (*at > record->size || record->size - *at < 2) {
		return PST_E_CORRUPT;
	}
	size_t length = pst_bytes_get16(record->payload + *at);

	*at += 2;
	if (length >= size || record->size - *at < length ||
		memchr(record->payload + *at, 0, length)) {
		return PST_E_CORRUPT;
	}
	memcpy(text, record->payload + *at, length);
	text[length] = 0;
	*at += length;
	return 0;
}

int pst_trace_get_identity(
	const struct trace_record *record, size_t *at, struct v4l2_identity *ret_identity)
{
	struct v4l2_identity identity = {0};
	const struct {
		char *text;
		size_t size;
	} texts[] = {
		{identity.node, sizeof(identity.node)},
		{identity.name, sizeof(identity.name)},
		{identity.serial, sizeof(identity.serial)},
		{identity.port, sizeof(identity.port)},
		{identity.function, sizeof(identity.function)},
		{identity.usb_path, sizeof(identity.usb_path)},
	};
	uint32_t number[7];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (pst_trace_get_text(record, at, texts[i].text, texts[i].size) < 0) {
			return PST_E_CORRUPT;
		}
	}
	if (record->size - *at < sizeof(number)) {
		return PST_E_CORRUPT;
	}
	for (size_t i = 0; i < 7; i++) {
		number[i] = pst_bytes_get32(record->payload + *at + 4 * i);
	}
	*at += sizeof(number);
	identity.vendor = (uint16_t)number[0];
	identity.product = (uint16_t)number[1];
	identity.bus = number[2];
	identity.mbit = number[3];
	identity.index = number[4];
	identity.major = number[5];
	identity.minor = number[6];
	*ret_identity = identity;
	return 0;
}

const char *pst_trace_request_name(unsigned long request, char text[32])
{
#define NAME(word)                                                                                 \
	{                                                                                          \
		VIDIOC_##word, "VIDIOC_" #word                                                     \
	}
	static const struct {
		unsigned long request;
		const char *name;
	} names[] = {NAME(QUERYCAP), NAME(ENUM_FMT), NAME(G_FMT), NAME(S_FMT), NAME(TRY_FMT),
		NAME(REQBUFS), NAME(QUERYBUF), NAME(QBUF), NAME(DQBUF), NAME(STREAMON),
		NAME(STREAMOFF), NAME(G_PARM), NAME(S_PARM), NAME(G_CTRL), NAME(S_CTRL),
		NAME(G_EXT_CTRLS), NAME(S_EXT_CTRLS), NAME(TRY_EXT_CTRLS), NAME(QUERYCTRL),
		NAME(QUERY_EXT_CTRL), NAME(QUERYMENU), NAME(G_INPUT), NAME(S_INPUT),
		NAME(ENUM_FRAMESIZES), NAME(ENUM_FRAMEINTERVALS), NAME(G_PRIORITY),
		NAME(S_PRIORITY)};
#undef NAME

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].request == request) {
			return names[i].name;
		}
	}
	(void)snprintf(text, 32, "ioctl 0x%08lx", request);
	return text;
}

void pst_trace_describe(const struct trace_record *record, char *text, size_t size)
{
	static const char *const names[TRACE_KIND_COUNT] = {"", "open", "close", "ioctl", "mmap",
		"munmap", "poll", "frame", "list", "identify", "read_usb", "end"};
	struct trace_ioctl call;
	char number[32];

	if (record->kind == TRACE_KIND_IOCTL && pst_trace_get_ioctl(record, &call) == 0) {
		(void)snprintf(text, size, "%s", pst_trace_request_name(call.request, number));
	} else if (record->kind == TRACE_KIND_OPEN) {
		(void)snprintf(text, size, "open %.*s",
			(int)(record->size < 128 ? record->size : 128),
			record->payload ? (const char *)record->payload : "");
	} else {
		(void)snprintf(text, size, "%s", names[record->kind]);
	}
}

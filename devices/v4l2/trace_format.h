/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_TRACE_FORMAT_H
#define PST_DEVICES_V4L2_TRACE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "devices/bytes.h"
#include "devices/v4l2/identity.h"

/*
 * A trace file, little endian:
 *
 *   0   magic 8, version 4, machine 4, CLOCK_MONOTONIC of time 0 in ns 8, size of the URI 4,
 *   28  which of list, identify and read_usb there was to ask: bits 0, 1 and 2 of 4 bytes
 *   32  the URI that the camera was opened by
 *
 * then records, each
 *
 *   0   size of the payload 4, kind 2, which opening of a node it is about 2 (from 0; 65535: none),
 *   8   time of the call in ns since time 0: 8, how long it took in ns 4, result 4 (as v4l2_ops)
 *   24  payload
 *
 *   OPEN      path                              CLOSE, MUNMAP, POLL  nothing
 *   IOCTL     request 4, zero 4, argument before the call, argument after it, and for the
 *             requests of extended controls the array before and after it, pointers zeroed
 *   MMAP      size 8, offset 4, zero 4
 *   FRAME     index of the buffer 4, zero 4, its bytes: it was looked at, under a permit
 *   LIST      identities                        IDENTIFY  one identity
 *   READ_USB  folder, file, bytes
 *   END       nothing; a trace without it was cut short
 *
 * Arguments lie there as the kernel's headers lay them out on the machine; another kind of machine
 * (size of long, byte order) refuses the trace. A text is its size in 2 bytes and its bytes. An
 * identity is six texts (node, name, serial, port, function, usb_path) and seven numbers of 4
 * bytes (vendor, product, bus, mbit, index, major, minor).
 */

#define TRACE_MAGIC_SIZE 8
#define TRACE_VERSION 1u
#define TRACE_HEADER_SIZE 32
#define TRACE_RECORD_SIZE 24
#define TRACE_URI_MAX 511
#define TRACE_PAYLOAD_MAX (64u << 20) /* bytes */
#define TRACE_NO_HANDLE 0xffffu
#define TRACE_EXT_CONTROLS_MAX 64u

enum trace_kind {
	TRACE_KIND_UNSET = 0,
	TRACE_KIND_OPEN = 1,
	TRACE_KIND_CLOSE = 2,
	TRACE_KIND_IOCTL = 3,
	TRACE_KIND_MMAP = 4,
	TRACE_KIND_MUNMAP = 5,
	TRACE_KIND_POLL = 6,
	TRACE_KIND_FRAME = 7,
	TRACE_KIND_LIST = 8,
	TRACE_KIND_IDENTIFY = 9,
	TRACE_KIND_READ_USB = 10,
	TRACE_KIND_END = 11,
	TRACE_KIND_COUNT
};

#define TRACE_HAS_LIST 1u
#define TRACE_HAS_IDENTIFY 2u
#define TRACE_HAS_READ_USB 4u

struct trace_header {
	int64_t base_ns; /* CLOCK_MONOTONIC of time 0 */
	uint32_t has;	 /* any of TRACE_HAS_* */
	char uri[TRACE_URI_MAX + 1];
};

struct trace_record {
	enum trace_kind kind;
	uint16_t handle;
	int64_t at_ns; /* since time 0 */
	uint32_t took_ns;
	int32_t status;
	uint8_t *payload; /* owned once read; NULL when empty */
	size_t size;
};

/** What an ioctl's record holds. Borrowed from the payload. */
struct trace_ioctl {
	unsigned long request;
	const uint8_t *before; /* argument bytes */
	const uint8_t *after;
	size_t size;		     /* of each */
	const uint8_t *array_before; /* of extended controls; NULL if none */
	const uint8_t *array_after;
	size_t array_size; /* bytes of each */
};

/** Appends the header. @return 0 or -ENOMEM */
int pst_trace_put_header(struct pst_bytes *to, const struct trace_header *header) PST_MUST_CHECK;

/** Appends a record whose payload comes in two parts. @return 0 or -ENOMEM */
int pst_trace_put_record(struct pst_bytes *to, const struct trace_record *record, const void *more,
	size_t more_size) PST_MUST_CHECK;

/** Appends an identity. @return 0 or -ENOMEM */
int pst_trace_put_identity(
	struct pst_bytes *to, const struct v4l2_identity *identity) PST_MUST_CHECK;

/** Appends a text, cut at 65535 bytes. @return 0 or -ENOMEM */
int pst_trace_put_text(struct pst_bytes *to, const char *text) PST_MUST_CHECK;

/** Reads the header. @return 0; PST_E_CORRUPT, or what the input said; error filled */
int pst_trace_get_header(const struct pst_input *input, struct trace_header *ret_header,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Reads the next record.
 *
 * @param ret_record  its payload is the caller's to free
 * @return 1; 0 there is nothing more; PST_E_CORRUPT, -ENOMEM or what the input said; error filled
 */
int pst_trace_get_record(const struct pst_input *input, struct trace_record *ret_record,
	struct pst_error *error) PST_MUST_CHECK;

/** Takes an ioctl's payload apart. @return 0 or PST_E_CORRUPT */
int pst_trace_get_ioctl(
	const struct trace_record *record, struct trace_ioctl *ret_ioctl) PST_MUST_CHECK;

/** Reads identities from a payload. @param at  moves. @return 0 or PST_E_CORRUPT */
int pst_trace_get_identity(const struct trace_record *record, size_t *at,
	struct v4l2_identity *ret_identity) PST_MUST_CHECK;

/** Reads a text from a payload. @param at  moves. @return 0 or PST_E_CORRUPT */
int pst_trace_get_text(
	const struct trace_record *record, size_t *at, char *text, size_t size) PST_MUST_CHECK;

/** @return bytes of the array of extended controls that an argument points to; 0 for others */
size_t pst_trace_array_size(unsigned long request, const void *argument);

/** Writes what a record asks, for messages: "VIDIOC_S_FMT", "open /dev/video0". */
void pst_trace_describe(const struct trace_record *record, char *text, size_t size);

/** @return "VIDIOC_S_FMT", or "ioctl 0x..." in a static place of the caller */
const char *pst_trace_request_name(unsigned long request, char text[32]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "descriptors.h"

/* Bits of a payload header (UVC 2.4.3.3). */
enum {
	BIT_END = 0x02,
	BIT_TIME = 0x04,
	BIT_CLOCK = 0x08,
	BIT_ERROR = 0x40,
	BIT_HEADER_END = 0x80,
};

#define LENGTH_MAX (4U << 20)
#define BATCH (512U << 10) /* bytes that answers are gathered up to */
#define FRAMES_PER_S 1000  /* of the bus */
#define BUS_FRAME_MASK 0x7ff

void stream_reset(struct stream *stream)
{
	stream->urb_count = 0;
	stream->frame = (struct outgoing){0};
	stream->frame_id = 0;
}

void stream_finish(struct stream *stream)
{
	free(stream->buffer);
	stream->buffer = NULL;
	stream->room = 0;
}

static size_t answer_room(uint32_t length, uint32_t packets)
{
	return USBIP_HEADER + length + (size_t)packets * USBIP_PACKET;
}

int stream_submit(struct stream *stream, const struct usbip_command *command)
{
	size_t need = answer_room(command->length, command->packets) + BATCH;

	if (stream->urb_count == URBS_MAX || command->length > LENGTH_MAX) {
		return -ENOSPC;
	}
	if (need > stream->room) {
		uint8_t *buffer = realloc(stream->buffer, need);

		if (!buffer) {
			return -ENOSPC;
		}
		stream->buffer = buffer;
		stream->room = need;
	}
	struct urb *urb = &stream->urbs[stream->urb_count++];

	urb->seqnum = command->seqnum;
	urb->length = command->length;
	urb->packets = command->packets;
	memcpy(urb->descriptors, command->descriptors, (size_t)command->packets * USBIP_PACKET);
	return 0;
}

static void drop_urb(struct stream *stream, unsigned index)
{
	memmove(stream->urbs + index, stream->urbs + index + 1,
		(--stream->urb_count - index) * sizeof(struct urb));
}

bool stream_unlink(struct stream *stream, uint32_t seqnum)
{
	for (unsigned i = 0; i < stream->urb_count; i++) {
		if (stream->urbs[i].seqnum == seqnum) {
			drop_urb(stream, i);
			return true;
		}
	}
	return false;
}

static uint32_t clock_now(int64_t ns)
{
	return (uint32_t)(ns / 1000 * (CLOCK_HZ / 1000000));
}

void stream_begin(
	struct stream *stream, const uint8_t *data, size_t size, enum fault_kind fault, size_t cut)
{
	stream->frame = (struct outgoing){.data = data,
		.size = size,
		.cut = fault == FAULT_UNPLUG ? cut : SIZE_MAX,
		.fault = fault,
		.active = true};
	stream->frame_id ^= 1;
	stream->time = clock_now(pst_clock_mono_ns());
}

static size_t header_size(const struct stream *stream)
{
	return stream->clock ? PAYLOAD_HEADER_CLOCK : PAYLOAD_HEADER;
}

static void put_header(const struct stream *stream, uint8_t *to, bool end)
{
	uint8_t error = stream->frame.fault == FAULT_ERROR ? BIT_ERROR : 0;

	to[0] = (uint8_t)header_size(stream);
	to[1] = (uint8_t)(BIT_HEADER_END | BIT_TIME | stream->frame_id | error |
			  (end ? BIT_END : 0));
	pst_bytes_put32(to + 2, stream->time);
	if (!stream->clock) {
		return;
	}
	int64_t now = pst_clock_mono_ns();

	to[1] |= BIT_CLOCK;
	pst_bytes_put32(to + 6, clock_now(now));
	pst_bytes_put16(to + 10, (uint16_t)(now / (PST_NS_PER_S / FRAMES_PER_S) & BUS_FRAME_MASK));
}

/*
 * Writes the next payload of the frame.
 *
 * @param ret_middle  whether it is the one that a fault in the middle hits
 * @return its bytes; 0: it is left out
 */
static size_t put_payload(struct stream *stream, uint8_t *to, size_t room, bool *ret_middle)
{
	struct outgoing *frame = &stream->frame;
	size_t left = frame->size - frame->passed;
	size_t most =
		(room < stream->payload_max ? room : stream->payload_max) - header_size(stream);
	size_t take = left < most ? left : most;
	bool end = take == left;

	*ret_middle = !frame->harmed && (end || frame->passed + take > frame->size / 2);
	if (*ret_middle) {
		frame->harmed = true;
	}
	frame->active = !end;
	if (*ret_middle && frame->fault == FAULT_HOLE && !end) {
		frame->passed += take;
		return 0;
	}
	put_header(stream, to, end);
	memcpy(to + header_size(stream), frame->data + frame->passed, take);
	frame->passed += take;
	frame->sent += take;
	return take + header_size(stream);
}

/* Answers are written behind each other at stream->buffer + stream->used. */

static void fill_packets(struct stream *stream, struct urb *urb)
{
	uint8_t *header = stream->buffer + stream->used, *data = header + USBIP_HEADER;
	size_t size = 0;
	uint32_t errors = 0;

	for (uint32_t i = 0; i < urb->packets; i++) {
		uint8_t *descriptor = urb->descriptors + (size_t)i * USBIP_PACKET;
		uint32_t room = usbip_packet_length(descriptor);
		size_t actual = 0;
		bool middle = false;
		int status = 0;

		if (stream->frame.active && stream->frame.passed < stream->frame.cut &&
			room > header_size(stream) && size + room <= urb->length) {
			actual = put_payload(stream, data + size, room, &middle);
		}
		if (middle && stream->frame.fault == FAULT_PACKET) {
			status = -EPROTO;
			errors++;
		}
		usbip_put_packet(descriptor, (uint32_t)actual, status);
		size += actual;
	}
	usbip_put_answer(header, urb->seqnum, 0, (uint32_t)size, urb->packets, errors);
	memcpy(data + size, urb->descriptors, (size_t)urb->packets * USBIP_PACKET);
	stream->used += answer_room((uint32_t)size, urb->packets);
}

static void fill_bulk(struct stream *stream, const struct urb *urb)
{
	uint8_t *header = stream->buffer + stream->used;
	bool middle = false;
	int status = 0;
	size_t size = 0;

	while (size == 0) {
		size = put_payload(stream, header + USBIP_HEADER, urb->length, &middle);
	}
	if (middle && stream->frame.fault == FAULT_PACKET) {
		status = -EPROTO;
		size = 0;
	}
	usbip_put_answer(header, urb->seqnum, status, (uint32_t)size, 0, 0);
	stream->used += answer_room((uint32_t)size, 0);
}

/* Fewer and larger writes: each wakes the kernel's end up. */
static int flush(struct stream *stream, struct usbip_link *link)
{
	size_t used = stream->used;

	stream->used = 0;
	return used > 0 ? usbip_send(link, stream->buffer, used) : 0;
}

int stream_pump(struct stream *stream, struct usbip_link *link)
{
	struct outgoing *frame = &stream->frame;
	int status = 0;

	if (!frame->active) {
		return PUMP_WAITS;
	}
	while (status == 0 && frame->active && frame->passed < frame->cut &&
		stream->urb_count > 0) {
		struct urb *urb = &stream->urbs[0];

		if (urb->packets > 0) {
			fill_packets(stream, urb);
		} else if (urb->length > header_size(stream)) {
			fill_bulk(stream, urb);
		} else {
			status = -EPROTO;
		}
		drop_urb(stream, 0);
		if (stream->used > BATCH) {
			status = flush(stream, link);
		}
	}
	int flushed = flush(stream, link);

	if (status < 0 || flushed < 0) {
		return status < 0 ? status : flushed;
	}
	if (frame->passed >= frame->cut) {
		return PUMP_CUT;
	}
	return frame->active ? PUMP_WAITS : PUMP_DONE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "descriptors.h"
#include "stream.h"

#define PACKET 1024
#define PACKETS 8
#define FRAME 20000
#define BULK_BYTES 16384

/* What a driver makes of the answers: payloads put together again. */
struct host {
	int fd;
	uint8_t data[FRAME];
	size_t size;
	unsigned answers, payloads, failed, empty, ended, flagged;
	uint8_t frame_id;
	uint32_t seqnum; /* of the last transfer submitted */
	int status;	 /* of the last answer */
};

static struct stream stream;
static struct usbip_link camera_end;
static struct host host;
static uint8_t picture[FRAME];
static size_t header_size;

static void setup(void)
{
	int pair[2], room = 1 << 20;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	camera_end.fd = pair[0];
	memset(&host, 0, sizeof(host));
	host.fd = pair[1];
	for (size_t i = 0; i < sizeof(picture); i++) {
		picture[i] = (uint8_t)(i * 7 + i / 256);
	}
	stream_reset(&stream);
	stream.payload_max = PACKET;
	stream.clock = false;
	header_size = PAYLOAD_HEADER;
}

static void submit(uint32_t packets, uint32_t length)
{
	static uint8_t descriptors[PACKETS * USBIP_PACKET];
	struct usbip_command command = {.kind = USBIP_SUBMIT,
		.seqnum = ++host.seqnum,
		.in = true,
		.endpoint = 1,
		.length = length,
		.packets = packets,
		.descriptors = descriptors};

	for (uint32_t i = 0; i < packets; i++) {
		descriptors[i * USBIP_PACKET + 6] = PACKET >> 8;
	}
	cr_assert_eq(stream_submit(&stream, &command), 0);
}

static uint32_t big(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void take_payload(const uint8_t *at, size_t size)
{
	if (size == 0) {
		host.empty++;
		return;
	}
	cr_assert_eq(at[0], header_size);
	cr_assert_eq(at[1] & 0x8c, stream.clock ? 0x8c : 0x84);
	cr_assert_leq(size, stream.payload_max);
	host.payloads++;
	host.frame_id = at[1] & 1;
	host.ended += at[1] >> 1 & 1;
	host.flagged += at[1] >> 6 & 1;
	memcpy(host.data + host.size, at + header_size, size - header_size);
	host.size += size - header_size;
}

/* Reads one answer as the kernel would. */
static void take_answer(void)
{
	uint8_t header[USBIP_HEADER], data[FRAME + 4096], packets[PACKETS * USBIP_PACKET];
	size_t used = 0;

	cr_assert_eq(recv(host.fd, header, sizeof(header), MSG_WAITALL), sizeof(header));
	size_t size = big(header + 24), count = big(header + 32);

	host.answers++;
	host.status = (int)big(header + 20);
	cr_assert_leq(size, sizeof(data));
	cr_assert(size == 0 || recv(host.fd, data, size, MSG_WAITALL) == (ssize_t)size);
	if (count == 0 && host.status == 0) {
		take_payload(data, size);
		return;
	}
	cr_assert(count == 0 || recv(host.fd, packets, count * USBIP_PACKET, MSG_WAITALL) ==
					(ssize_t)(count * USBIP_PACKET));
	for (size_t i = 0; i < count; i++) {
		uint32_t actual = big(packets + i * USBIP_PACKET + 8);

		host.failed += big(packets + i * USBIP_PACKET + 12) != 0;
		take_payload(data + used, actual);
		used += actual;
	}
	cr_assert(count == 0 || used == size, "what the packets hold is what was sent");
}

/* Sends a frame through as many transfers as it takes. */
static int send_frame(size_t size, enum fault_kind fault, size_t cut, uint32_t packets)
{
	int result = PUMP_WAITS;

	host.size = host.payloads = host.failed = host.empty = host.ended = host.flagged = 0;
	stream_begin(&stream, picture, size, fault, cut);
	while (result == PUMP_WAITS) {
		submit(packets, packets ? packets * PACKET : BULK_BYTES);
		result = stream_pump(&stream, &camera_end);
		take_answer();
	}
	return result;
}

TestSuite(stream, .init = setup);

Test(stream, a_frame_arrives_whole_in_isochronous_packets)
{
	cr_assert_eq(send_frame(FRAME, FAULT_NONE, 0, PACKETS), PUMP_DONE);
	cr_assert_eq(host.size, FRAME);
	cr_assert_arr_eq(host.data, picture, FRAME);
	cr_assert_eq(host.ended, 1);
	cr_assert_eq(host.flagged, 0);
	cr_assert_eq(host.answers, 3, "20000 bytes in packets of 1018, 8 to a transfer");
	uint8_t before = host.frame_id;

	cr_assert_eq(send_frame(500, FAULT_NONE, 0, PACKETS), PUMP_DONE);
	cr_assert_eq(host.frame_id, before ^ 1, "the next frame has the other id");
	cr_assert_eq(host.size, 500);
}

Test(stream, a_frame_arrives_whole_in_bulk)
{
	stream.payload_max = BULK_BYTES;
	cr_assert_eq(send_frame(FRAME, FAULT_NONE, 0, 0), PUMP_DONE);
	cr_assert_eq(host.answers, 2);
	cr_assert_arr_eq(host.data, picture, FRAME);
	cr_assert_eq(host.ended, 1);
}

Test(stream, answers_go_out_together)
{
	for (int i = 0; i < 3; i++) {
		submit(PACKETS, PACKETS * PACKET);
	}
	stream_begin(&stream, picture, FRAME, FAULT_NONE, 0);
	cr_assert_eq(stream_pump(&stream, &camera_end), PUMP_DONE);
	for (int i = 0; i < 3; i++) {
		take_answer();
	}
	cr_assert_arr_eq(host.data, picture, FRAME);
	cr_assert_eq(recv(host.fd, &(char){0}, 1, MSG_DONTWAIT), -1, "and nothing else");
}

Test(stream, headers_may_tell_the_clock)
{
	header_size = PAYLOAD_HEADER_CLOCK;
	stream.clock = true;
	cr_assert_eq(send_frame(FRAME, FAULT_NONE, 0, PACKETS), PUMP_DONE);
	cr_assert_arr_eq(host.data, picture, FRAME);
}

Test(stream, waits_for_transfers)
{
	stream_begin(&stream, picture, FRAME, FAULT_NONE, 0);
	cr_assert_eq(stream_pump(&stream, &camera_end), PUMP_WAITS);
	cr_assert(stream.frame.active);
	submit(PACKETS, PACKETS * PACKET);
	cr_assert_eq(stream_pump(&stream, &camera_end), PUMP_WAITS);
	cr_assert_eq(stream.urb_count, 0);
}

Test(stream, an_unlinked_transfer_is_gone)
{
	submit(PACKETS, PACKETS * PACKET);
	submit(PACKETS, PACKETS * PACKET);
	cr_assert(stream_unlink(&stream, 1));
	cr_assert_not(stream_unlink(&stream, 1));
	cr_assert_eq(stream.urb_count, 1);
	cr_assert_eq(stream.urbs[0].seqnum, 2);
}

Test(stream, the_error_bit_is_in_every_payload)
{
	cr_assert_eq(send_frame(FRAME, FAULT_ERROR, 0, PACKETS), PUMP_DONE);
	cr_assert_eq(host.flagged, host.payloads);
	cr_assert_arr_eq(host.data, picture, FRAME);
}

Test(stream, one_packet_fails)
{
	cr_assert_eq(send_frame(FRAME, FAULT_PACKET, 0, PACKETS), PUMP_DONE);
	cr_assert_eq(host.failed, 1);
	cr_assert_eq(host.ended, 1);
	cr_assert_eq(send_frame(100, FAULT_PACKET, 0, PACKETS), PUMP_DONE);
	cr_assert_eq(host.failed, 1, "a frame of one packet has no other to lose");
}

Test(stream, a_bulk_transfer_fails)
{
	stream.payload_max = BULK_BYTES;
	(void)send_frame(9000, FAULT_PACKET, 0, 0);
	cr_assert_eq(host.status, -EPROTO);
}

Test(stream, a_hole_is_left_unnoticed)
{
	cr_assert_eq(send_frame(FRAME, FAULT_HOLE, 0, PACKETS), PUMP_DONE);
	cr_assert_eq(host.size, FRAME - (PACKET - PAYLOAD_HEADER));
	cr_assert_eq(host.failed, 0);
	cr_assert_eq(host.ended, 1);
	cr_assert_arr_eq(host.data, picture, 9000);
	cr_assert_arr_eq(host.data + host.size - 9000, picture + FRAME - 9000, 9000);
}

Test(stream, an_empty_frame_is_an_end_and_nothing_else)
{
	cr_assert_eq(send_frame(0, FAULT_ZERO, 0, PACKETS), PUMP_DONE);
	cr_assert_eq(host.payloads, 1);
	cr_assert_eq(host.ended, 1);
	cr_assert_eq(host.size, 0);
}

Test(stream, an_unplug_cuts_the_frame)
{
	cr_assert_eq(send_frame(FRAME, FAULT_UNPLUG, 5000, PACKETS), PUMP_CUT);
	cr_assert(host.size >= 5000 && host.size < 5000 + PACKET, "%zu", host.size);
	cr_assert_eq(host.ended, 0);
}

Test(stream, there_is_an_end_to_what_it_keeps)
{
	struct usbip_command huge = {.kind = USBIP_SUBMIT, .in = true, .length = 1U << 30};

	cr_assert_eq(stream_submit(&stream, &huge), -ENOSPC);
	for (unsigned i = 0; i < URBS_MAX; i++) {
		submit(0, 512);
	}
	huge.length = 512;
	cr_assert_eq(stream_submit(&stream, &huge), -ENOSPC);
}

Test(stream, the_other_end_may_be_gone)
{
	cr_assert_eq(close(host.fd), 0);
	submit(PACKETS, PACKETS * PACKET);
	stream_begin(&stream, picture, FRAME, FAULT_NONE, 0);
	cr_assert_eq(stream_pump(&stream, &camera_end), -EPIPE);
}

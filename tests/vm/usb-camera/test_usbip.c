/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "usbip.h"

/* A control OUT with two bytes of data, as the kernel sends it. */
static const uint8_t out[USBIP_HEADER + 2] = {[3] = 1,
	[7] = 0x2a,
	[11] = 3,
	[27] = 2,
	[32] = 0xff,
	[33] = 0xff,
	[34] = 0xff,
	[35] = 0xff,
	[40] = 0x21,
	[41] = 1,
	[46] = 2,
	[48] = 0x11,
	[49] = 0x22};

static void make_packets(uint8_t *message, uint32_t packets)
{
	memset(message, 0, USBIP_HEADER + packets * USBIP_PACKET);
	message[3] = 1;
	message[7] = 1;
	message[15] = 1;
	message[19] = 1;
	message[25] = (uint8_t)(packets * 3072 >> 16);
	message[26] = (uint8_t)(packets * 3072 >> 8);
	message[34] = (uint8_t)(packets >> 8);
	message[35] = (uint8_t)packets;
	for (uint32_t i = 0; i < packets; i++) {
		message[USBIP_HEADER + i * USBIP_PACKET + 6] = 0x0c;
	}
}

Test(usbip, a_command_is_read_when_it_is_complete)
{
	struct usbip_command command = {0};

	for (size_t size = 0; size < sizeof(out); size++) {
		cr_assert_eq(usbip_parse(out, size, &command), 0, "%zu", size);
	}
	cr_assert_eq(usbip_parse(out, sizeof(out), &command), sizeof(out));
	cr_assert_eq(command.kind, USBIP_SUBMIT);
	cr_assert_eq(command.seqnum, 0x2a);
	cr_assert_not(command.in);
	cr_assert_eq(command.packets, 0);
	cr_assert_eq(command.length, 2);
	cr_assert_arr_eq(command.out, out + USBIP_HEADER, 2);
	cr_assert_eq(command.setup[0], 0x21);
}

Test(usbip, isochronous_packets_come_with_their_lengths)
{
	uint8_t message[USBIP_HEADER + 32 * USBIP_PACKET];
	struct usbip_command command = {0};

	make_packets(message, 32);
	cr_assert_eq(usbip_parse(message, sizeof(message) - 1, &command), 0);
	cr_assert_eq(usbip_parse(message, sizeof(message), &command), sizeof(message));
	cr_assert(command.in);
	cr_assert_eq(command.packets, 32);
	cr_assert_eq(usbip_packet_length(command.descriptors + 31 * USBIP_PACKET), 3072);
}

Test(usbip, what_cannot_be_is_refused)
{
	uint8_t message[USBIP_HEADER + 200 * USBIP_PACKET] = {0};
	struct usbip_command command = {0};

	cr_assert_eq(usbip_parse(message, sizeof(message), &command), -EPROTO, "no command");
	message[3] = 9;
	cr_assert_eq(usbip_parse(message, sizeof(message), &command), -EPROTO, "unknown command");
	make_packets(message, 200);
	cr_assert_eq(usbip_parse(message, sizeof(message), &command), -EPROTO, "packets");
	memcpy(message, out, sizeof(out));
	message[25] = 1;
	cr_assert_eq(usbip_parse(message, sizeof(message), &command), -EPROTO, "data");
}

Test(usbip, an_unlink_names_its_target)
{
	uint8_t message[USBIP_HEADER] = {[3] = 2, [7] = 5, [23] = 4};
	struct usbip_command command = {0};

	cr_assert_eq(usbip_parse(message, sizeof(message), &command), USBIP_HEADER);
	cr_assert_eq(command.kind, USBIP_UNLINK);
	cr_assert_eq(command.seqnum, 5);
	cr_assert_eq(command.target, 4);
}

Test(usbip, answers_are_as_the_kernel_reads_them)
{
	static struct usbip_link link;
	uint8_t got[USBIP_HEADER + 3];
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	link.fd = pair[0];
	cr_assert_eq(usbip_answer(&link, 7, 0, (const uint8_t *)"abc", 3), 0);
	cr_assert_eq(read(pair[1], got, sizeof(got)), sizeof(got));
	cr_assert_eq(got[3], 3);
	cr_assert_eq(got[7], 7);
	cr_assert_eq(got[27], 3);
	cr_assert_arr_eq(got + USBIP_HEADER, "abc", 3);

	cr_assert_eq(usbip_answer(&link, 8, -EPIPE, NULL, 0), 0);
	cr_assert_eq(read(pair[1], got, USBIP_HEADER), USBIP_HEADER);
	cr_assert_arr_eq(got + 20, "\xff\xff\xff\xe0", 4);

	cr_assert_eq(usbip_answer_unlink(&link, 9, true), 0);
	cr_assert_eq(read(pair[1], got, USBIP_HEADER), USBIP_HEADER);
	cr_assert_eq(got[3], 4);
	cr_assert_arr_eq(got + 20, "\xff\xff\xff\x98", 4);

	cr_assert_eq(usbip_receive(&link), 0, "nothing has come");
	cr_assert_eq(write(pair[1], out, 20), 20);
	cr_assert_eq(usbip_receive(&link), 0);
	struct usbip_command command;

	cr_assert_eq(usbip_next(&link, &command), 0, "half a command");
	cr_assert_eq(write(pair[1], out + 20, sizeof(out) - 20), sizeof(out) - 20);
	cr_assert_eq(usbip_receive(&link), 0);
	cr_assert_eq(usbip_next(&link, &command), 1);
	cr_assert_eq(usbip_next(&link, &command), 0);
	cr_assert_eq(close(pair[1]), 0);
	cr_assert_eq(usbip_receive(&link), -EPIPE);
	usbip_detach(&link);
	cr_assert_eq(link.fd, -1);
}

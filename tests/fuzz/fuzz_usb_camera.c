/* SPDX-License-Identifier: Apache-2.0 */
/* The USB camera's parsers: the first byte chooses commands, recordings or fault scripts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "jpegs.h"
#include "usbip.h"

#define FRAMES 50

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_commands(const uint8_t *data, size_t size)
{
	struct usbip_command command;
	ssize_t used;

	while ((used = usbip_parse(data, size, &command)) > 0) {
		if ((size_t)used > size || (!command.in && command.out &&
						   command.out + command.length > data + size)) {
			abort();
		}
		for (uint32_t i = 0; i < command.packets; i++) {
			(void)usbip_packet_length(command.descriptors + (size_t)i * USBIP_PACKET);
		}
		data += used;
		size -= (size_t)used;
	}
	if (used < 0 && used != -EPROTO) {
		abort();
	}
}

static void read_recording(const uint8_t *data, size_t size)
{
	const uint8_t *jpeg, *last = data;
	struct jpegs jpegs;
	size_t bytes;

	jpegs_init(&jpegs, data, size);
	while (jpegs_next(&jpegs, &jpeg, &bytes)) {
		if (bytes == 0 || jpeg < last || jpeg + bytes > data + size) {
			abort();
		}
		last = jpeg + bytes;
	}
}

static void read_script(const uint8_t *data, size_t size)
{
	struct fault_script script = {0};
	struct pst_error error = {0};
	char text[600] = {0};

	memcpy(text, data, size < sizeof(text) - 1 ? size : sizeof(text) - 1);
	int status = fault_script_add(&script, text, &error);

	if (status == 0 ? script.count == 0 : status != PST_E_CONFIG || !error.text[0]) {
		abort();
	}
	fault_script_start(&script, 1);
	for (uint64_t i = 1; i <= FRAMES; i++) {
		if (fault_script_frame(&script, i, (int64_t)i * 33000000) >= FAULT_KINDS) {
			abort();
		}
		(void)fault_script_next_ns(&script);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const uint8_t *, size_t) = {
		read_commands, read_recording, read_script};

	if (size > 0) {
		/* a copy of its own, so that one byte too far is seen */
		uint8_t *copy = malloc(size);

		if (copy) {
			memcpy(copy, data, size);
			readers[copy[0] % 3](copy + 1, size - 1);
			free(copy);
		}
	}
	return 0;
}

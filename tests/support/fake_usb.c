/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fake_usb.h"

#include <string.h>

/* Payload and transactions per microframe of each setting. */
static const struct {
	uint32_t payload;
	uint32_t transactions;
} settings[] = {{128, 1}, {512, 1}, {1024, 1}, {1536, 2}, {2048, 2}, {3060, 3}};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

struct writer {
	uint8_t *bytes;
	size_t room;
	size_t used;
};

static void put(struct writer *to, const uint8_t *bytes, size_t size)
{
	if (to->used + size <= to->room) {
		memcpy(to->bytes + to->used, bytes, size);
		to->used += size;
	}
}

static void put32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++) {
		to[i] = (uint8_t)(value >> 8 * i);
	}
}

static void put_interface(
	struct writer *to, uint8_t number, uint8_t setting, uint8_t endpoints, uint8_t subclass)
{
	const uint8_t bytes[] = {9, 4, number, setting, endpoints, 0x0e, subclass, 0, 0};

	put(to, bytes, sizeof(bytes));
}

static void put_size(struct writer *to, const struct fake_mode *mode, uint8_t index)
{
	bool mjpeg = mode->fourcc == V4L2_PIX_FMT_MJPEG;
	uint8_t bytes[26] = {26, 0x24, mjpeg ? 7 : 5, index};

	put32(bytes + 5, mode->width | mode->height << 16);
	put32(bytes + 13, (uint32_t)(mode->width * mode->height * 16 * mode->fps[0]));
	put32(bytes + 17, mode->width * mode->height * 2);
	put(to, bytes, sizeof(bytes));
}

size_t fake_usb_descriptors(const struct fake_camera *camera, uint8_t *bytes, size_t room)
{
	static const uint8_t device[18] = {18, 1, 0, 2, 0xef, 2, 1, 64};
	static const uint8_t configuration[9] = {9, 2, 0, 0, 2, 1, 0, 0x80, 250};
	static const uint8_t association[8] = {8, 11, 0, 2, 0x0e, 3, 0, 0};
	struct writer to = {.bytes = bytes, .room = room};

	put(&to, device, sizeof(device));
	put(&to, configuration, sizeof(configuration));
	put(&to, association, sizeof(association));
	put_interface(&to, 0, 0, 0, 1);
	put_interface(&to, 1, 0, 0, 2);
	for (size_t i = 0; i < camera->modes; i++) {
		put_size(&to, &camera->mode[i], (uint8_t)(i + 1));
	}
	for (size_t i = 0; i < SETTINGS; i++) {
		uint32_t packet = settings[i].payload / settings[i].transactions |
				  (settings[i].transactions - 1) << 11;
		const uint8_t endpoint[7] = {
			7, 5, 0x81, 5, (uint8_t)packet, (uint8_t)(packet >> 8), 1};

		put_interface(&to, 1, (uint8_t)(i + 1), 1, 2);
		put(&to, endpoint, sizeof(endpoint));
	}
	return to.used;
}

uint32_t fake_usb_setting(uint64_t load)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		if (settings[i].payload >= load / 8000 + 12) {
			return (uint32_t)i + 1;
		}
	}
	return 0;
}

uint32_t fake_usb_cost(uint32_t setting)
{
	return setting ? settings[setting - 1].payload + settings[setting - 1].transactions * 38
		       : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * USB 2.0 chapter 9, USB 3.2 9.6, and "USB Device Class Definition for Video Devices" 1.0 (cited as
 * UVC) for the tables below.
 */
#include "descriptors.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

enum {
	DT_DEVICE = 1,
	DT_CONFIG = 2,
	DT_STRING = 3,
	DT_INTERFACE = 4,
	DT_ENDPOINT = 5,
	DT_ASSOCIATION = 11,
	DT_BOS = 15,
	DT_CAPABILITY = 16,
	DT_COMPANION = 48,
	CS_INTERFACE = 0x24,
	CLASS_VIDEO = 14,
	SUBCLASS_CONTROL = 1,
	SUBCLASS_STREAMING = 2,
	SUBCLASS_COLLECTION = 3,
	VC_HEADER = 1,
	VC_INPUT = 2,
	VC_OUTPUT = 3,
	VC_PROCESSING = 5,
	VS_INPUT_HEADER = 1,
	VS_FORMAT_RAW = 4,
	VS_FRAME_RAW = 5,
	VS_FORMAT_MJPEG = 6,
	VS_FRAME_MJPEG = 7,
	VS_COLOR = 0x0d,
	TERMINAL_CAMERA = 0x0201,
	TERMINAL_STREAMING = 0x0101,
	ATTRIBUTE_ISO_ASYNC = 5,
	ATTRIBUTE_BULK = 2,
};

/* Bits of bmControls (UVC 3.7.2.3 and 3.7.2.5); controls.c answers for each. */
#define CAMERA_CONTROLS (1U << 1 | 1U << 2 | 1U << 3 | 1U << 5 | 1U << 17)
#define PROCESSING_CONTROLS (1U << 0 | 1U << 1 | 1U << 9 | 1U << 10)

/* Packet size and transactions beyond the first (high speed), or burst and mult (SuperSpeed). */
static const struct alt {
	uint16_t packet;
	uint8_t burst, mult;
} high_alts[ALTS_MAX] = {{512, 0, 0}, {1024, 0, 0}, {1024, 1, 0}, {1024, 2, 0}},
  super_alts[ALTS_MAX] = {{1024, 0, 0}, {1024, 2, 0}, {1024, 11, 0}, {1024, 7, 2}};

struct writer {
	uint8_t *data;
	size_t size, room;
};

static uint8_t *take(struct writer *writer, size_t size)
{
	uint8_t *at = writer->data + writer->size;

	assert(writer->size + size <= writer->room);
	writer->size += size;
	memset(at, 0, size);
	at[0] = (uint8_t)size;
	return at;
}

static void add(struct writer *writer, const uint8_t *bytes, size_t size)
{
	memcpy(take(writer, size), bytes, size);
}

#define ADD(writer, ...)                                                                           \
	add(writer, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void put24(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
	to[2] = (uint8_t)(value >> 16);
}

/* UVC 3.7: one camera, one processing unit, one way out. */
static void add_control_interface(struct writer *writer)
{
	ADD(writer, 9, DT_INTERFACE, 0, 0, 0, CLASS_VIDEO, SUBCLASS_CONTROL, 0, 0);
	size_t begin = writer->size;
	uint8_t *at = take(writer, 13);

	at[1] = CS_INTERFACE;
	at[2] = VC_HEADER;
	pst_bytes_put16(at + 3, 0x0100);
	pst_bytes_put32(at + 7, CLOCK_HZ);
	at[11] = 1;
	at[12] = 1;
	at = take(writer, 18);
	at[1] = CS_INTERFACE;
	at[2] = VC_INPUT;
	at[3] = UNIT_CAMERA;
	pst_bytes_put16(at + 4, TERMINAL_CAMERA);
	at[14] = 3;
	put24(at + 15, CAMERA_CONTROLS);
	at = take(writer, 11);
	at[1] = CS_INTERFACE;
	at[2] = VC_PROCESSING;
	at[3] = UNIT_PROCESSING;
	at[4] = UNIT_CAMERA;
	at[7] = 2;
	pst_bytes_put16(at + 8, PROCESSING_CONTROLS);
	at = take(writer, 9);
	at[1] = CS_INTERFACE;
	at[2] = VC_OUTPUT;
	at[3] = UNIT_OUTPUT;
	pst_bytes_put16(at + 4, TERMINAL_STREAMING);
	at[7] = UNIT_PROCESSING;
	pst_bytes_put16(writer->data + begin + 5, (uint16_t)(writer->size - begin));
}

/* UVC 3.9.2.3 and the payload specifications: frames of raw and of MJPEG look alike. */
static void add_frame(
	struct writer *writer, const struct modes *modes, enum format format, unsigned index)
{
	struct size size = modes->sizes[index];
	uint32_t intervals[INTERVALS_MAX];
	unsigned count = modes_intervals(modes, format, size, intervals);
	uint64_t bits = (uint64_t)format_bytes(format, size) * 8 * 10000000;
	uint64_t least = bits / intervals[count - 1], most = bits / intervals[0];
	uint8_t *at = take(writer, 26 + 4 * (size_t)count);

	at[1] = CS_INTERFACE;
	at[2] = format == FORMAT_MJPEG ? VS_FRAME_MJPEG : VS_FRAME_RAW;
	at[3] = (uint8_t)(index + 1);
	pst_bytes_put16(at + 5, size.width);
	pst_bytes_put16(at + 7, size.height);
	pst_bytes_put32(at + 9, least > UINT32_MAX ? UINT32_MAX : (uint32_t)least);
	pst_bytes_put32(at + 13, most > UINT32_MAX ? UINT32_MAX : (uint32_t)most);
	pst_bytes_put32(at + 17, format_bytes(format, size));
	pst_bytes_put32(at + 21, intervals[0]);
	at[25] = (uint8_t)count;
	for (unsigned i = 0; i < count; i++) {
		pst_bytes_put32(at + 26 + 4 * (size_t)i, intervals[i]);
	}
}

static void add_format(struct writer *writer, const struct modes *modes, unsigned index)
{
	enum format format = modes->formats[index];
	uint8_t *at;

	if (format == FORMAT_MJPEG) {
		at = take(writer, 11);
		at[2] = VS_FORMAT_MJPEG;
		at[6] = 1;
	} else {
		at = take(writer, 27);
		at[2] = VS_FORMAT_RAW;
		format_guid(format, at + 5);
		at[21] = (uint8_t)format_bits(format);
		at[22] = 1;
	}
	at[1] = CS_INTERFACE;
	at[3] = (uint8_t)(index + 1);
	at[4] = (uint8_t)modes->size_count;
	for (unsigned i = 0; i < modes->size_count; i++) {
		add_frame(writer, modes, format, i);
	}
	ADD(writer, 6, CS_INTERFACE, VS_COLOR, 1, 1, 4);
}

static uint16_t bulk_packet(const struct wiring *wiring)
{
	return wiring->super ? 1024 : 512;
}

static void add_endpoint(struct writer *writer, const struct wiring *wiring, const struct alt *alt)
{
	uint8_t *at = take(writer, 7);

	at[1] = DT_ENDPOINT;
	at[2] = IN_ENDPOINT;
	at[3] = alt ? ATTRIBUTE_ISO_ASYNC : ATTRIBUTE_BULK;
	at[6] = alt ? 1 : 0;
	if (!alt) {
		pst_bytes_put16(at + 4, bulk_packet(wiring));
	} else {
		pst_bytes_put16(at + 4,
			(uint16_t)(wiring->super ? alt->packet : alt->packet | alt->burst << 11));
	}
	if (wiring->super) {
		at = take(writer, 6);
		at[1] = DT_COMPANION;
		at[2] = alt ? alt->burst : 15;
		at[3] = alt ? alt->mult : 0;
		pst_bytes_put16(at + 4,
			(uint16_t)(alt ? alt->packet * (alt->burst + 1) * (alt->mult + 1) : 0));
	}
}

static void add_streaming_interface(
	struct writer *writer, struct descriptors *descriptors, const struct modes *modes)
{
	const struct wiring *wiring = &descriptors->wiring;
	const struct alt *alts = wiring->super ? super_alts : high_alts;
	uint8_t endpoints = wiring->bulk ? 1 : 0;

	ADD(writer, 9, DT_INTERFACE, 1, 0, endpoints, CLASS_VIDEO, SUBCLASS_STREAMING, 0, 0);
	size_t begin = writer->size;
	uint8_t *at = take(writer, 13 + modes->format_count);

	at[1] = CS_INTERFACE;
	at[2] = VS_INPUT_HEADER;
	at[3] = (uint8_t)modes->format_count;
	at[6] = IN_ENDPOINT;
	at[8] = UNIT_OUTPUT;
	at[12] = 1;
	for (unsigned i = 0; i < modes->format_count; i++) {
		add_format(writer, modes, i);
	}
	pst_bytes_put16(writer->data + begin + 4, (uint16_t)(writer->size - begin));
	if (wiring->bulk) {
		add_endpoint(writer, wiring, NULL);
		return;
	}
	descriptors->alt_count = ALTS_MAX;
	for (uint8_t i = 0; i < ALTS_MAX; i++) {
		ADD(writer, 9, DT_INTERFACE, 1, i + 1, 1, CLASS_VIDEO, SUBCLASS_STREAMING, 0, 0);
		add_endpoint(writer, wiring, &alts[i]);
		descriptors->alt_payload[i + 1] =
			(uint32_t)alts[i].packet * (alts[i].burst + 1U) * (alts[i].mult + 1U);
	}
}

static void build_device(struct descriptors *descriptors, const struct identity *identity)
{
	uint8_t *at = descriptors->device;
	bool super = descriptors->wiring.super;

	at[0] = sizeof(descriptors->device);
	at[1] = DT_DEVICE;
	pst_bytes_put16(at + 2, super ? 0x0300 : 0x0200);
	at[4] = 0xef; /* miscellaneous: interfaces are associated */
	at[5] = 2;
	at[6] = 1;
	at[7] = super ? 9 : 64; /* SuperSpeed counts in powers of two */
	pst_bytes_put16(at + 8, identity->vendor);
	pst_bytes_put16(at + 10, identity->product);
	pst_bytes_put16(at + 12, 0x0100);
	at[14] = 1;
	at[15] = 2;
	at[16] = identity->serial[0] ? 3 : 0;
	at[17] = 1;
}

/* USB 3.2 9.6.2: the two capabilities that every SuperSpeed device must show. */
static void build_bos(struct descriptors *descriptors)
{
	static const uint8_t bos[] = {5, DT_BOS, 22, 0, 2, 7, DT_CAPABILITY, 2, 2, 0, 0, 0, 10,
		DT_CAPABILITY, 3, 0, 0x0e, 0, 1, 10, 0xff, 0x07};

	_Static_assert(sizeof(bos) == sizeof(descriptors->bos), "size");
	memcpy(descriptors->bos, bos, sizeof(bos));
}

void descriptors_build(struct descriptors *descriptors, const struct identity *identity,
	const struct modes *modes, const struct wiring *wiring)
{
	struct writer writer = {.data = descriptors->config, .room = CONFIG_MAX};

	memset(descriptors, 0, sizeof(*descriptors));
	descriptors->wiring = *wiring;
	build_device(descriptors, identity);
	build_bos(descriptors);
	/* Bus powered; 500 mA, in units of 2 mA or (SuperSpeed) 8 mA. */
	ADD(&writer, 9, DT_CONFIG, 0, 0, 2, 1, 0, 0x80, wiring->super ? 62 : 250);
	ADD(&writer, 8, DT_ASSOCIATION, 0, 2, CLASS_VIDEO, SUBCLASS_COLLECTION, 0, 0);
	add_control_interface(&writer);
	add_streaming_interface(&writer, descriptors, modes);
	descriptors->config_size = writer.size;
	pst_bytes_put16(descriptors->config + 2, (uint16_t)writer.size);
}

size_t descriptors_string(const struct identity *identity, unsigned index, uint8_t to[STRING_MAX])
{
	const char *texts[] = {NULL, "postern", identity->name, identity->serial};

	if (index == 0) {
		memcpy(to, (const uint8_t[]){4, DT_STRING, 0x09, 0x04}, 4);
		return 4;
	}
	if (index >= sizeof(texts) / sizeof(texts[0]) || !texts[index][0]) {
		return 0;
	}
	size_t size = 2;

	for (const char *from = texts[index]; *from && size + 2 <= STRING_MAX; from++) {
		to[size++] = (uint8_t)*from;
		to[size++] = 0;
	}
	to[0] = (uint8_t)size;
	to[1] = DT_STRING;
	return size;
}

uint32_t descriptors_payload_max(const struct descriptors *descriptors)
{
	if (descriptors->wiring.bulk) {
		return BULK_PACKETS * bulk_packet(&descriptors->wiring);
	}
	return descriptors->alt_payload[descriptors->alt_count];
}

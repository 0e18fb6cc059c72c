/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/usb.h"

/* bDescriptorType, USB 2.0 table 9-5 and USB Video Class 1.5 table A-4. */
#define TYPE_DEVICE 0x01
#define TYPE_INTERFACE 0x04
#define TYPE_ENDPOINT 0x05
#define TYPE_CS_INTERFACE 0x24

#define CLASS_VIDEO 0x0e
#define SUBCLASS_CONTROL 0x01
#define SUBCLASS_STREAMING 0x02

/* bDescriptorSubtype of a VideoStreaming interface, USB Video Class 1.5 table A-6. */
#define FRAME_UNCOMPRESSED 0x05
#define FRAME_MJPEG 0x07
#define FRAME_BASED 0x11

#define TRANSFER_MASK 0x03
#define TRANSFER_ISOCHRONOUS 0x01

struct reader {
	struct v4l2_usb *usb;
	uint8_t interface;
	uint8_t setting;
	uint8_t function; /* the VideoControl interface seen last */
	bool streaming;	  /* within a VideoStreaming interface */
};

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t get32(const uint8_t *at)
{
	return get16(at) | get16(at + 2) << 16;
}

static void read_interface(struct reader *reader, const uint8_t *at, size_t length)
{
	if (length < 9) {
		reader->streaming = false;
		return;
	}
	reader->interface = at[2];
	reader->setting = at[3];
	reader->streaming = at[5] == CLASS_VIDEO && at[6] == SUBCLASS_STREAMING;
	if (at[5] == CLASS_VIDEO && at[6] == SUBCLASS_CONTROL) {
		reader->function = at[2];
	}
}

/* wMaxPacketSize: bits 0..10 bytes, 11..12 further transactions per microframe (USB 2.0, 9.6.6) */
static void read_endpoint(struct reader *reader, const uint8_t *at, size_t length)
{
	struct v4l2_usb *usb = reader->usb;

	if (length < 7 || (at[3] & TRANSFER_MASK) != TRANSFER_ISOCHRONOUS ||
		usb->settings == V4L2_USB_SETTINGS_MAX) {
		return;
	}
	uint32_t packet = get16(at + 4);
	uint32_t transactions = 1 + (packet >> 11 & 3);

	transactions = transactions > 3 ? 3 : transactions;
	usb->setting[usb->settings++] = (struct v4l2_usb_setting){
		.interface = reader->interface,
		.setting = reader->setting,
		.function = reader->function,
		.video = reader->streaming,
		.payload = (packet & 0x7ff) * transactions,
		.transactions = transactions,
	};
}

static void read_frame(struct reader *reader, const uint8_t *at, size_t length)
{
	struct v4l2_usb *usb = reader->usb;
	bool based = at[2] == FRAME_BASED;

	if (!reader->streaming || length < 26 || usb->sizes == V4L2_USB_SIZES_MAX ||
		(at[2] != FRAME_UNCOMPRESSED && at[2] != FRAME_MJPEG && !based)) {
		return;
	}
	usb->size[usb->sizes++] = (struct v4l2_usb_size){
		.function = reader->function,
		.compressed = at[2] != FRAME_UNCOMPRESSED,
		.width = get16(at + 5),
		.height = get16(at + 7),
		.bits_per_s = get32(at + 13),
		.frame_bytes = based ? 0 : get32(at + 17),
	};
}

int pst_v4l2_usb_parse(struct v4l2_usb *usb, const uint8_t *bytes, size_t size)
{
	struct reader reader = {.usb = usb};
	size_t at = 0;

	*usb = (struct v4l2_usb){0};
	if (size < 18 || bytes[0] < 18 || bytes[1] != TYPE_DEVICE) {
		return PST_E_CORRUPT;
	}
	while (size - at >= 3 && bytes[at] >= 3 && bytes[at] <= size - at) {
		const uint8_t *descriptor = bytes + at;
		size_t length = descriptor[0];

		switch (descriptor[1]) {
		case TYPE_INTERFACE:
			read_interface(&reader, descriptor, length);
			break;
		case TYPE_ENDPOINT:
			read_endpoint(&reader, descriptor, length);
			break;
		case TYPE_CS_INTERFACE:
			read_frame(&reader, descriptor, length);
			break;
		default:
			break;
		}
		at += length;
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_USB_H
#define PST_DEVICES_V4L2_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define V4L2_USB_SETTINGS_MAX 96
#define V4L2_USB_SIZES_MAX 128

/** An alternate setting of an interface that has an isochronous endpoint. */
struct v4l2_usb_setting {
	uint8_t interface;
	uint8_t setting;
	uint8_t function;      /* of a VideoStreaming interface: its VideoControl interface */
	bool video;	       /* it is one of a VideoStreaming interface */
	uint32_t payload;      /* bytes per microframe at high speed, per frame at full speed */
	uint32_t transactions; /* that they take, 1..3 */
};

/** One size that a VideoStreaming interface describes. */
struct v4l2_usb_size {
	uint8_t function;
	bool compressed;
	uint32_t width;	      /* px */
	uint32_t height;      /* px */
	uint32_t frame_bytes; /* dwMaxVideoFrameBufferSize; 0 not told */
	uint32_t bits_per_s;  /* dwMaxBitRate; 0 not told */
};

/** What matters of a USB device's descriptors. Zeroed is: nothing known. */
struct v4l2_usb {
	struct v4l2_usb_setting setting[V4L2_USB_SETTINGS_MAX];
	uint32_t settings;
	struct v4l2_usb_size size[V4L2_USB_SIZES_MAX];
	uint32_t sizes;
};

/**
 * Reads the descriptors of a device as sysfs' file `descriptors` gives them: of the device, then
 * of its configuration (USB 2.0, 9.6; USB Video Class 1.5, 3.7 to 3.10). What is unknown is
 * skipped, what is malformed ends the reading, what doesn't fit the arrays is left out.
 *
 * @return 0; PST_E_CORRUPT no descriptors of a USB device
 */
int pst_v4l2_usb_parse(struct v4l2_usb *usb, const uint8_t *bytes, size_t size) PST_MUST_CHECK;

#endif

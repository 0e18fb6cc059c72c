/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_USB_H
#define PST_DEVICES_V4L2_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define V4L2_USB_SETTINGS_MAX 64
#define V4L2_USB_SIZES_MAX 128

/** One alternate setting of an interface, as far as it takes reserved bandwidth. */
struct v4l2_usb_setting {
	uint8_t interface;
	uint8_t setting;
	bool video;	/* of a VideoStreaming interface */
	uint32_t bytes; /* per microframe at high speed, per frame at full speed; 0: none */
};

/** One size that a VideoStreaming interface describes. */
struct v4l2_usb_size {
	uint8_t interface;
	bool compressed;
	uint32_t width;	      /* px */
	uint32_t height;      /* px */
	uint32_t frame_bytes; /* dwMaxVideoFrameBufferSize; 0 not told */
	uint64_t bits_per_s;  /* dwMaxBitRate */
};

/** What matters of a USB device's descriptors. Zeroed is: nothing known. */
struct v4l2_usb {
	struct v4l2_usb_setting setting[V4L2_USB_SETTINGS_MAX]; /* of isochronous endpoints */
	uint32_t settings;
	struct v4l2_usb_size size[V4L2_USB_SIZES_MAX];
	uint32_t sizes;
	bool bulk; /* its video comes over a bulk endpoint, which reserves nothing */
};

/**
 * Reads the descriptors of a device as sysfs' file `descriptors` gives them: of the device, then
 * of its configuration (USB 2.0, 9.6; USB Video Class 1.5, 3.9). What is malformed ends the
 * reading, what is unknown is skipped, what doesn't fit the arrays is left out.
 *
 * @return 0; PST_E_CORRUPT no descriptors of a USB device
 */
int pst_v4l2_usb_parse(struct v4l2_usb *usb, const uint8_t *bytes, size_t size) PST_MUST_CHECK;

#endif

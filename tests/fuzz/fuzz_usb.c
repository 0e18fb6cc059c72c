/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "devices/v4l2/usb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A USB device's descriptors, which the device makes up. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct v4l2_usb usb;
	uint8_t *copy = malloc(size ? size : 1); /* exact, so that a read behind it is seen */

	if (!copy) {
		abort();
	}
	memcpy(copy, data, size);
	if (pst_v4l2_usb_parse(&usb, copy, size) == 0) {
		for (uint32_t i = 0; i < usb.settings; i++) {
			if (usb.setting[i].transactions < 1 || usb.setting[i].transactions > 3 ||
				usb.setting[i].payload > 3 * 2047) {
				abort();
			}
		}
		if (usb.settings > V4L2_USB_SETTINGS_MAX || usb.sizes > V4L2_USB_SIZES_MAX) {
			abort();
		}
	}
	free(copy);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_LIST_H
#define PST_DEVICES_V4L2_LIST_H

#include "devices/v4l2/v4l2.h"

/**
 * Finds the node of a camera by what stands in a URI: "/dev/video0", "serial=ABC123",
 * "port=usb-1-1.2", or "" for the only camera there is.
 *
 * @return 0; PST_E_CONFIG nothing of these; PST_E_DEVICE none or several fit; error filled
 */
int pst_v4l2_find(
	const char *address, char *ret_path, size_t size, struct pst_error *error) PST_MUST_CHECK;

#endif

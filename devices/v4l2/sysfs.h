/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_SYSFS_H
#define PST_DEVICES_V4L2_SYSFS_H

#include "devices/v4l2/identity.h"

/*
 * What sysfs tells of video nodes. Texts that a device made up (its name, its serial) are cut to
 * printable UTF-8, so that they can stand in a message, in JSON and in a terminal.
 */

/**
 * Lists the video nodes by number, without opening one.
 *
 * @param root      where sysfs is mounted, "/sys"
 * @param ret_list  malloc'ed, the caller frees it; NULL when there is none
 * @return count, 0 also without the subsystem; -ENOMEM
 */
int pst_v4l2_sysfs_list(const char *root, struct v4l2_identity **ret_list) PST_MUST_CHECK;

/** Reads the video node with a device number. @return 0; -ENODEV there is none */
int pst_v4l2_sysfs_read(const char *root, uint32_t major, uint32_t minor,
	struct v4l2_identity *ret_identity) PST_MUST_CHECK;

/** A USB device that says in its descriptors that it is a camera. */
struct v4l2_usb_camera {
	char port[PST_DEVICE_TEXT_SIZE]; /* "usb-1-1.2" */
	char name[PST_DEVICE_TEXT_SIZE];
	char driver[32]; /* that has its control interface; "" none */
	bool has_node;	 /* a video node hangs on it */
	uint16_t vendor;
	uint16_t product;
	uint32_t mbit; /* speed of the link, 0 unknown */
	uint32_t usb;  /* version that it speaks, 0x0210: 2.10 */
};

/**
 * Lists the USB cameras (interface class video, subclass control), with node or without.
 *
 * @return count of cap entries that were filled
 */
size_t pst_v4l2_sysfs_usb(const char *root, struct v4l2_usb_camera *cameras, size_t cap);

/** Reads a file of a sysfs folder into a text, cleaned; "" where there is none. */
void pst_v4l2_sysfs_text(const char *folder, const char *name, char *text, size_t size);

/** Copies text up to its end or length bytes: what is not printable UTF-8 becomes '?'. */
void pst_v4l2_text_clean(char *to, size_t size, const char *from, size_t length);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_BANDWIDTH_H
#define PST_DEVICES_V4L2_BANDWIDTH_H

#include "devices/v4l2/identity.h"
#include "devices/v4l2/usb.h"
#include "devices/v4l2/v4l2.h"

/*
 * Isochronous streams reserve bus time when they start. At high speed no more than 80 % of a
 * microframe of 125 us, which are 7500 bytes, may be reserved (USB 2.0, 5.6.4), and a transaction
 * costs 38 bytes beside its payload (5.6.3, table 5-5). All figures are bytes per microframe.
 */
#define V4L2_BANDWIDTH_HIGH_SPEED 6000
#define V4L2_BANDWIDTH_TRANSACTION 38

#define V4L2_BANDWIDTH_OTHERS_MAX 16

/** What a camera has reserved of its bus. */
struct v4l2_bandwidth_share {
	char port[PST_DEVICE_TEXT_SIZE];
	char name[PST_DEVICE_TEXT_SIZE];
	uint32_t bytes; /* 0: it stands still */
};

/** The bus of a camera that is to stream. Zeroed: nothing is known of it. */
struct v4l2_bandwidth {
	uint32_t bus;	     /* its number */
	uint32_t budget;     /* 0: nothing is reserved on it, or it is not known */
	uint32_t taken;	     /* by others */
	uint32_t kept;	     /* so that cameras that stand still can stream too */
	uint8_t function;    /* of the camera, in usb */
	struct v4l2_usb usb; /* of the camera's device */
	uint32_t others;
	struct v4l2_bandwidth_share other[V4L2_BANDWIDTH_OTHERS_MAX];
};

/**
 * Looks at the bus of a camera that does not stream: its descriptors and, from the settings that
 * are in force, what others there have reserved. Only the system is asked, no camera.
 *
 * Of a bus that is not high-speed USB, of a camera that reserves nothing, and where the system
 * doesn't tell, the budget stays 0: then the driver alone decides.
 */
void pst_v4l2_bandwidth_read(struct v4l2_bandwidth *bandwidth, const struct v4l2_backend *backend,
	const struct v4l2_identity *identity);

/**
 * Bytes per second that a mode moves. Raw pictures are exact; of compressed ones it is the camera's
 * own affair, and 2 bits per pixel are assumed, or what its descriptors state, if that is less.
 */
double pst_v4l2_bandwidth_load(
	const struct v4l2_bandwidth *bandwidth, const struct pst_v4l2_mode *mode, double fps);

/**
 * What a load will reserve: the smallest setting of the camera that carries it.
 *
 * @return bytes, 0 without a budget; UINT32_MAX: no setting carries it
 */
uint32_t pst_v4l2_bandwidth_need(const struct v4l2_bandwidth *bandwidth, double load);

/** Writes "usb-1-1.2 \"C270\" 3186, usb-1-1.3 \"C920\" 0", as much as fits. */
void pst_v4l2_bandwidth_describe(const struct v4l2_bandwidth *bandwidth, char *text, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_BANDWIDTH_H
#define PST_DEVICES_V4L2_BANDWIDTH_H

#include "devices/v4l2/identity.h"
#include "devices/v4l2/usb.h"
#include "devices/v4l2/v4l2.h"

/*
 * Isochronous streams reserve bus time when they start. At high speed no more than 80 % of a
 * microframe of 125 us, 7500 bytes, may be reserved (USB 2.0, 5.6.4), and each transaction costs
 * 38 bytes beside its payload (5.6.3, table 5-9). All figures here are bytes per microframe.
 */
#define V4L2_BANDWIDTH_HIGH_SPEED 6000
#define V4L2_BANDWIDTH_TRANSACTION 38

#define V4L2_BANDWIDTH_CAMERAS_MAX 16

/** What one camera takes of its bus, or would take. */
struct v4l2_bandwidth_share {
	char port[PST_DEVICE_TEXT_SIZE];
	char name[PST_DEVICE_TEXT_SIZE];
	uint32_t bytes; /* reserved now; 0: it stands still */
};

/** A bus and who is on it, beside the camera that asks. Zeroed: it has no budget that is known. */
struct v4l2_bandwidth {
	uint32_t bus;	     /* its number */
	uint32_t budget;     /* 0: nothing is reserved on it, or it is not known */
	struct v4l2_usb usb; /* of the camera that asks */
	struct v4l2_bandwidth_share other[V4L2_BANDWIDTH_CAMERAS_MAX];
	uint32_t others;
	uint32_t taken; /* sum of others[].bytes */
};

/**
 * Looks at the bus of a camera: its descriptors and, from the settings in force, what the other
 * cameras there have reserved. Nobody is asked but the system.
 *
 * Of a bus that is not high-speed USB, a bulk camera, or a backend that doesn't tell, the budget
 * stays 0: then the driver alone decides.
 */
void pst_v4l2_bandwidth_read(struct v4l2_bandwidth *bandwidth, const struct v4l2_backend *backend,
	const struct v4l2_identity *identity);

/**
 * What a mode will reserve: the smallest setting of the camera that carries it.
 *
 * Raw pictures are exact. Compressed ones are the camera's own choice, which is not known before
 * it streams; 2 bits per pixel are assumed, which is what most need.
 *
 * @return bytes, 0 without a budget; UINT32_MAX: no setting of the camera carries it
 */
uint32_t pst_v4l2_bandwidth_need(
	const struct v4l2_bandwidth *bandwidth, const struct pst_v4l2_mode *mode, double fps);

/** Writes "usb-1-1.2 \"C270\" 3186, usb-1-1.3 \"C920\" 0", as much as fits. */
void pst_v4l2_bandwidth_describe(const struct v4l2_bandwidth *bandwidth, char *text, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_TRIAL_H
#define PST_DEVICES_V4L2_TRIAL_H

#include "devices/v4l2/camera.h"
#include "devices/v4l2/finding.h"

#define PST_V4L2_BANDWIDTH_FIX                                                                     \
	"choose a smaller size or rate, MJPG instead of a raw format, or plug it into a port of "  \
	"another USB bus"

/**
 * Streams from an open camera for some seconds and lets go of every frame unread.
 *
 * @param ret_trial  filled also when the camera fails: then with away and error
 * [capture]
 */
void pst_v4l2_trial_run(
	struct v4l2_camera *camera, double seconds, struct pst_v4l2_trial *ret_trial);

/**
 * Says what is wrong with what a trial showed.
 *
 * @param who   "/dev/video0 \"C270\"", for the sentences
 * @param port  "usb-1-1.2", for the command that resets it; "" not USB
 */
void pst_v4l2_trial_judge(const struct pst_v4l2_trial *trial, const char *node, const char *who,
	const char *port, struct pst_v4l2_checkup *checkup);

/** Fills in how a camera is brought back without a hand. @param port  as above */
void pst_v4l2_trial_advise_reset(struct pst_v4l2_finding *finding, const char *port);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_FAKE_V4L2_ANSWER_H
#define TEST_SUPPORT_FAKE_V4L2_ANSWER_H

#include "support/fake_v4l2.h"

/* What a fake camera answers; fake_v4l2.c asks it. */

/** An ioctl of a camera that is there. @return 0 or -errno; ENOTTY for what it doesn't know */
int fake_camera_answer(struct fake_camera *camera, int fd, unsigned long request, void *argument);

/** Stops the stream and frees the buffers; what is mapped of them stays. */
void fake_camera_drop_buffers(struct fake_camera *camera);

/** Sets format and rate. */
void fake_camera_set_mode(struct fake_camera *camera, const struct fake_mode *mode);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_DEVICES_RIG_H
#define TEST_DEVICES_RIG_H

#include "base/clock.h"
#include "devices/v4l2/camera.h"
#include "support/fake_v4l2.h"

/* One fake camera and the device that is opened on it, for tests that speak of both. */

#define S PST_NS_PER_S
#define MS PST_NS_PER_MS

extern struct fake_v4l2 *fake;
extern struct fake_camera *camera;
extern struct pst_device *device;
extern struct pst_error error;
extern struct pst_frame frame;

/** The .init and .fini of a suite; the second fails where something is left open or mapped. */
void plug_in(void);
void pull_out(void);

/** Opens, and starts; a test that can't fails. start_it: 640x480, MJPG. */
void open_it(const char *uri);
void start_as(const char *uri);
void start_it(void);

/** pst_device_next into frame, with an empty error. */
int next(void);

/** One frame of so many bytes. @return as fake_push */
int push(size_t size);

/** One good frame, from the camera and back to it. */
void pass_one(void);

/** @return sum of all counts: the frames that the device knows of */
uint64_t made(void);

/** Asserts the counts; and that no frame was torn. */
void expect_counts(uint64_t good, uint64_t lost, uint64_t flagged, uint64_t undersized);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_DEVICES_PLAYER_H
#define TEST_DEVICES_PLAYER_H

#include "clip.h"
#include "devices/replay/replay.h"

/* A folder for recordings, and the device that plays one of them. */

#define PERIOD_NS 40000000LL /* 25 frames per second */

extern char folder[];
extern struct pst_error error;
extern struct pst_device *device;

/** The .init and .fini of a suite. */
void open_folder(void);
void remove_folder(void);

/** @return a path in it, good until three more were asked for */
const char *in_folder(const char *name);

/** Opens and starts it; a test that can't fails. */
const struct pst_device_info *open_at(const char *uri, enum pst_pace pace);

/** Asserts that it can't be opened, by status and a part of the text. */
void refused(const char *uri, int status, const char *why);

/** Asserts that nothing more comes. */
void expect_end(void);

/** The next frame, which must be this one of a clip. */
void next_frame(struct pst_frame *frame, int number);

/** So many frames of JPEG, whole and as they were stored, then the end. */
void expect_undecoded(int frames);

#endif

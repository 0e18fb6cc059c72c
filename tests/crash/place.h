/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_PLACE_H
#define PST_TEST_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "scene.h"

/* A folder of its own for a test on real disks, and what can be mounted in it. */

/** Makes a folder, in memory where there is /dev/shm. @return its path; place_remove() at the end
 */
const char *place_make(void);

/** Unmounts what is mounted and removes the folder with all in it. */
void place_remove(void);

/** @return a path in the folder; valid for as long as the program runs, of few calls */
const char *place_path(const char *name);

/** Removes a folder's files and itself. */
void place_clear(const char *folder);

/** Mounts memory of so many bytes below the folder. @return its path; NULL: not allowed here */
const char *place_mount_memory(size_t size);

/** Makes an ext4 file system in an image and mounts it. @return its path; NULL: not allowed here */
const char *place_mount_ext4(size_t size);

/** Mounts the image again, as after a power failure. @return whether it did */
bool place_mount_again(void);

/** @return whether it did */
bool place_unmount(void);

/** The mounted file system stops where it is: what is in no journal on the disk is lost. */
bool place_power_failure(void);

/** How many steps a child acknowledged. */
struct place_run {
	int before; /* before it was stopped; -1: it could not be */
	int in_all; /* with those that it still told after that */
};

/**
 * Runs a scenario in a child process, which tells each step that is done.
 *
 * @param run     in the child
 * @param acks    how many steps to wait for
 * @param wait_us then, before `stop`
 * @param stop    ends it: kills, or cuts the power
 */
struct place_run place_run_until(const struct scene *scene, void (*run)(struct scene *scene),
	int acks, unsigned wait_us, bool (*stop)(int child));

#endif

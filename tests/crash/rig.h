/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_RIG_H
#define PST_TEST_RIG_H

#include "disk.h"
#include "scene.h"

/* Scenarios on the disk in memory, run from their beginning as often as a test wants. */

#define RIG_DIR DISK_ROOT "/state"

struct rig {
	const struct scenario *scenario;
	struct scene prepared;
	struct scene scene;
	struct disk_state base;
};

/** @return whether the command line asks for all that takes long */
bool rig_is_long(int argc, char **argv);

/** @return whether the command line names the scenario, or none */
bool rig_is_wanted(int argc, char **argv, const char *name);

/** Prepares what the scenario starts from. */
void rig_set_up(struct rig *rig, const struct scenario *scenario);
void rig_tear_down(struct rig *rig);

/** Puts the disk back to the beginning; the caller may arm a fault before rig_run(). */
void rig_rewind(struct rig *rig);

/** Runs the scenario and closes the vault. */
void rig_run(struct rig *rig);

/** Restarts the program on the disk as it stands. @return NULL, or what is wrong */
const char *rig_check(const struct rig *rig, bool probe);

/** The same after a power failure that takes all that was not synced. */
const char *rig_check_after_power_failure(const struct rig *rig);

#endif

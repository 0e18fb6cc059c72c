/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"
#include "tap.h"

/*
 * Each call that a scenario makes to the disk fails, once or from then on: with EIO, for want of
 * room, in the middle of a transfer, interrupted; or a sync fails and what it was for is lost,
 * though the next sync says that all is well. What was acknowledged is there, nothing half, and a
 * vault with something in doubt stays shut until it is opened again.
 */

#define FLOOR 10000

/* Without --long, every other call of a scenario. */
static uint64_t stride = 2;

static unsigned long long points;

static const struct {
	enum disk_fault fault;
	const char *name;
	bool is_hidden; /* nobody may notice it */
} faults[] = {
	{DISK_EIO, "EIO", false},
	{DISK_ENOSPC, "ENOSPC", false},
	{DISK_SHORT, "short", true},
	{DISK_EINTR, "EINTR", true},
	{DISK_EFSYNC, "fsync", false},
};

static const char *strike(struct rig *rig, int which, uint64_t at, bool lasting, uint64_t *ret_met)
{
	rig_rewind(rig);
	disk_arm(faults[which].fault, at, lasting);
	rig_run(rig);
	*ret_met = disk_met();
	disk_arm(DISK_NO_FAULT, 0, false);
	if (rig->scene.broken) {
		return rig->scene.broken;
	}
	if (faults[which].is_hidden && rig->scene.failed) {
		return rig->scene.first_error;
	}
	return faults[which].fault == DISK_EFSYNC || at / stride % 2 == 0
		       ? rig_check_after_power_failure(rig)
		       : rig_check(rig, at % 16 == 1);
}

static void run(const struct scenario *scenario)
{
	static struct rig rig;
	unsigned long long before = points;

	rig_set_up(&rig, scenario);
	for (int which = 0; which < (int)(sizeof(faults) / sizeof(faults[0])); which++) {
		for (int lasting = 0; lasting < 2; lasting++) {
			for (uint64_t at = (uint64_t)lasting % stride;; at += stride, points++) {
				uint64_t met;
				const char *wrong = strike(&rig, which, at, lasting, &met);

				if (wrong) {
					tap_wrong("%s: %s at %llu%s: %s", scenario->name,
						faults[which].name, (unsigned long long)at,
						lasting ? " and after" : "", wrong);
				}
				if (met <= at) {
					break;
				}
			}
		}
	}
	rig_tear_down(&rig);
	tap_case("%s: %llu faults", scenario->name, points - before);
}

int main(int argc, char **argv)
{
	stride = rig_is_long(argc, argv) ? 1 : stride;
	for (int i = 0; i < scenario_count; i++) {
		if (rig_is_wanted(argc, argv, scenarios[i].name)) {
			run(&scenarios[i]);
		}
	}
	tap_count("faults of the disk", points, FLOOR);
	return tap_end();
}

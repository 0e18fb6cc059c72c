/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>

#include "place.h"
#include "random_steps.h"
#include "tap.h"

/*
 * Power failures of a real file system: ext4 in an image is stopped at a random moment while a
 * process works on a vault in it, and what its journal has not brought to the disk is lost.
 */

#define FLOOR 200
#define IMAGE_SIZE (24u << 20)

static bool cut_the_power(int child)
{
	bool cut = place_power_failure();

	return kill(child, SIGKILL) == 0 && cut;
}

/* @return whether the file system went down and came up again */
static bool run(const char *disk, int round)
{
	static struct scene scene, plan;
	char dir[200];
	const int keys[2] = {0, 0};
	uint64_t sets[SCENE_SETS];
	int64_t now_s;

	(void)snprintf(dir, sizeof(dir), "%s/vault-%d", disk, round);
	scene_start(&scene, dir, NULL);
	scene_init(&scene, SCENE_NOW);
	plan = scene;
	plan.count = 0;
	plan.is_plan = true;
	random_seed = (uint64_t)round;
	random_steps(&plan);
	struct place_run done = place_run_until(
		&scene, random_steps, rand() % plan.count, (unsigned)rand() % 700, cut_the_power);
	if (done.before < 0 || !place_unmount() || !place_mount_again()) {
		tap_wrong("round %d: the power does not fail", round);
		return false;
	}
	/* A sync that the end meets half way may return all the same; a real one does not return.
	 */
	int count = random_expect(&plan, done.before, done.in_all, sets, &now_s);
	const char *wrong = scene_check(dir, now_s, keys, sets, count, round % 8 == 0);
	if (wrong) {
		tap_wrong("round %d, %d of %d acknowledged: %s", round, done.before, plan.count,
			wrong);
	}
	place_clear(dir);
	return true;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 && argv[1][0] == '-' ? 1000 : FLOOR;
	const char *disk = place_make() ? place_mount_ext4(IMAGE_SIZE) : NULL;
	int done = 0;

	srand(2);
	while (disk && done < rounds && run(disk, done)) {
		done++;
	}
	place_remove();
	if (!disk) {
		tap_skip("power failures of ext4", "needs root and a loop device");
	} else {
		tap_count("power failures of ext4", (unsigned long long)done, FLOOR);
	}
	return tap_end();
}

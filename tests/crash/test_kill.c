/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>

#include "place.h"
#include "random_steps.h"
#include "tap.h"

/* A process that works on a vault is killed at a random moment, over and over. */

static int rounds = 500; /* also the floor; --long: more */

static bool kill_it(int child)
{
	return kill(child, SIGKILL) == 0;
}

static void run(int round, int *ret_amid)
{
	static struct scene scene, plan;
	const char *dir = place_path("state");
	const int keys[2] = {0, 0};
	uint64_t sets[SCENE_SETS];
	int64_t now_s;

	scene_start(&scene, dir, NULL);
	scene_init(&scene, SCENE_NOW);
	plan = scene;
	plan.count = 0;
	plan.is_plan = true;
	random_seed = (uint64_t)round;
	random_steps(&plan);
	struct place_run done = place_run_until(
		&scene, random_steps, rand() % plan.count, (unsigned)rand() % 700, kill_it);
	if (done.before < 0) {
		tap_wrong("round %d: no child", round);
		return;
	}
	/* What a process has written outlives it. */
	int count = random_expect(&plan, done.in_all, done.in_all, sets, &now_s);
	const char *wrong = scene_check(dir, now_s, keys, sets, count, round % 8 == 0);
	if (wrong) {
		tap_wrong("round %d, %d of %d acknowledged: %s", round, done.in_all, plan.count,
			wrong);
	}
	*ret_amid += done.in_all < plan.count;
	place_clear(dir);
	(void)remove(place_path("state-key-0"));
	(void)remove(place_path("state-key-1"));
}

int main(int argc, char **argv)
{
	int amid = 0;

	if (argc > 1 && argv[1][0] == '-') {
		rounds = 5000;
	}
	if (!place_make()) {
		tap_wrong("no folder for the test");
		rounds = 0;
	}
	srand(1);
	for (int i = 0; i < rounds; i++) {
		run(i, &amid);
	}
	place_remove();
	tap_count("processes killed", (unsigned long long)rounds, 500);
	tap_count("of them, before they had done all", (unsigned long long)amid, 200);
	return tap_end();
}

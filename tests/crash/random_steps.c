/* SPDX-License-Identifier: Apache-2.0 */
#include "random_steps.h"

#include <string.h>

#define STEPS 20
#define SUBJECTS 3
#define NUMBERS 56

uint64_t random_seed;

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

void random_steps(struct scene *scene)
{
	static const char *const subjects[SUBJECTS] = {"A", "B", "C"};
	uint64_t references[SUBJECTS] = {0};
	uint64_t random = random_seed * 77 + 5;
	int64_t now_s = SCENE_NOW;
	int number = 0;

	scene_open(scene, now_s);
	for (int i = 0; i < STEPS && number < NUMBERS; i++) {
		uint64_t what = next(&random) % 10;
		uint64_t who = next(&random) % SUBJECTS;
		size_t size = 1 + next(&random) % 6000;

		if (what < 4) {
			scene_add(scene, number++, next(&random) % 3, size, now_s);
		} else if (what < 6) {
			scene_add_many(scene, number, 3, next(&random) % 3, size, now_s);
			number += 3;
		} else if (what < 8) {
			scene_gallery_add(
				scene, number, references[who], "staff", subjects[who], now_s);
			references[who] = 1ULL << number++;
		} else if (what == 8 && references[who]) {
			scene_gallery_remove(scene, references[who], "staff", subjects[who], now_s);
			references[who] = 0;
		} else {
			now_s += 2 * SCENE_HOUR;
			scene_purge(scene, now_s);
		}
	}
}

int random_expect(
	const struct scene *plan, int first, int last, uint64_t *ret_sets, int64_t *ret_now_s)
{
	int count = 0;

	/* After `first` steps, after each that may have followed, and after one more. */
	for (int done = first; done <= last + 1 && done <= plan->count && count < SCENE_SETS;
		done++) {
		ret_sets[count++] = done > 0 ? plan->steps[done - 1].after : SCENE_THERE;
	}
	*ret_now_s = plan->steps[last < plan->count ? last : plan->count - 1].now_s;
	return count;
}

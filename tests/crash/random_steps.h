/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_RANDOM_STEPS_H
#define PST_TEST_RANDOM_STEPS_H

#include "scene.h"

/** Which steps random_steps() takes: a plan and its execution take the same. */
extern uint64_t random_seed;

/** Opens the vault and adds, replaces, removes and purges. */
void random_steps(struct scene *scene);

/**
 * What may be there of a plan that was cut off.
 *
 * @param first, last  steps that were acknowledged for certain, and at most
 * @param ret_sets     SCENE_SETS places
 * @param ret_now_s    the time of the step that was under way
 * @return count of sets
 */
int random_expect(
	const struct scene *plan, int first, int last, uint64_t *ret_sets, int64_t *ret_now_s);

#endif

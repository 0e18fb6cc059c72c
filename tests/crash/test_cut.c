/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "rig.h"
#include "tap.h"

/*
 * The power fails before every change that a scenario makes on the disk and after the last, in five
 * ways; what is left is opened with the normal code.
 */

/* --long: the same with more seeds. */
static uint64_t seeds = 1;

#define FLOOR 10000
#define FLOOR_AGAIN 2000

/* A cut in opening after a cut: at every so many states. */
#define AGAIN_EVERY 200

static unsigned long long states, states_again;

static bool has_seeds(enum disk_damage damage)
{
	return damage >= DISK_ORDERED;
}

struct expected {
	uint64_t sets[2];
	int keys[2];
	int64_t now_s;
};

/* What may be there when the power fails before change number `at`. */
static struct expected expect(const struct scene *scene, const struct scene *prepared, size_t at)
{
	struct expected expected = {.sets = {prepared->sets[0], prepared->sets[0]},
		.keys = {prepared->key, prepared->key},
		.now_s = SCENE_NOW};

	for (int i = 0; i < scene->count; i++) {
		const struct scene_step *step = &scene->steps[i];

		if (step->began >= at) {
			break;
		}
		bool is_acknowledged = step->ended <= at;

		expected.sets[0] = is_acknowledged ? step->after : step->before;
		expected.sets[1] = step->after;
		expected.keys[0] = step->key_after;
		expected.keys[1] = is_acknowledged ? step->key_after : step->key_before;
		expected.now_s = step->now_s;
	}
	return expected;
}

static const char *check(
	const struct disk_state *state, const struct expected *expected, bool probe)
{
	disk_insert(state);
	const char *wrong =
		scene_check(RIG_DIR, expected->now_s, expected->keys, expected->sets, 2, probe);

	return !wrong && disk_open_count() > 0 ? "a descriptor stays open" : wrong;
}

/* The power fails once more, while the vault opens after the first time. */
static void cut_again(
	const char *name, size_t at, const struct disk_state *state, struct expected *expected)
{
	size_t count;
	struct disk_state after;
	struct disk_op *log = disk_log_take(&count);
	struct disk_image *image = disk_image_new(state);

	/* Where there was no vault, one has been made. */
	expected->sets[1] |= SCENE_THERE;
	for (size_t i = 0; i <= count; i++, states_again++) {
		enum disk_damage damage = DISK_LOST + i % (DISK_DAMAGES - DISK_LOST);

		disk_image_cut(image, damage, at * 1009 + i, &after);
		const char *wrong = check(&after, expected, false);
		if (wrong) {
			tap_wrong("%s: cut at %zu, again at %zu, damage %d: %s", name, at, i,
				(int)damage, wrong);
		}
		disk_free(&after);
		if (i < count) {
			disk_image_apply(image, &log[i]);
		}
	}
	disk_image_free(image);
	disk_log_free(log, count);
}

static void cut_at(const struct scenario *scenario, const struct disk_image *image, size_t at,
	const struct expected *expected)
{
	struct disk_state state;

	for (int damage = 0; damage < DISK_DAMAGES; damage++) {
		uint64_t each = has_seeds(damage) ? seeds : 1;

		for (uint64_t seed = 0; seed < each; seed++) {
			bool again = states % AGAIN_EVERY == 0;

			disk_image_cut(image, damage, seed * 1009 + at, &state);
			const char *wrong = check(&state, expected, !again && states % 4 == 1);
			states++;
			if (wrong) {
				tap_wrong("%s: cut at %zu, damage %d, seed %llu: %s",
					scenario->name, at, damage, (unsigned long long)seed,
					wrong);
			} else if (again) {
				struct expected either = *expected;

				cut_again(scenario->name, at, &state, &either);
			}
			disk_free(&state);
		}
	}
}

static void run(const struct scenario *scenario)
{
	static struct rig rig;
	size_t count;
	unsigned long long before = states;

	rig_set_up(&rig, scenario);
	rig_rewind(&rig);
	rig_run(&rig);
	if (scene_trouble(&rig.prepared) || scene_trouble(&rig.scene)) {
		tap_wrong("%s: %s, %s", scenario->name, scene_trouble(&rig.prepared),
			scene_trouble(&rig.scene));
	}

	struct disk_op *log = disk_log_take(&count);
	struct disk_image *image = disk_image_new(&rig.base);
	for (size_t at = 0; at <= count; at++) {
		struct expected expected = expect(&rig.scene, &rig.prepared, at);

		cut_at(scenario, image, at, &expected);
		if (at < count) {
			disk_image_apply(image, &log[at]);
		}
	}
	disk_image_free(image);
	disk_log_free(log, count);
	rig_tear_down(&rig);
	tap_case("%s: %zu changes, %llu states", scenario->name, count, states - before);
}

int main(int argc, char **argv)
{
	if (rig_is_long(argc, argv)) {
		seeds = 8;
	}
	for (int i = 0; i < scenario_count; i++) {
		if (rig_is_wanted(argc, argv, scenarios[i].name)) {
			run(&scenarios[i]);
		}
	}
	tap_count("states after a power failure", states, FLOOR);
	tap_count("states after a power failure while recovering from one", states_again,
		FLOOR_AGAIN);
	return tap_end();
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <string.h>

bool rig_is_long(int argc, char **argv)
{
	return argc > 1 && strcmp(argv[1], "--long") == 0;
}

bool rig_is_wanted(int argc, char **argv, const char *name)
{
	bool any = false;

	for (int i = 1; i < argc; i++) {
		any = any || argv[i][0] != '-';
		if (strcmp(argv[i], name) == 0) {
			return true;
		}
	}
	return !any;
}

void rig_set_up(struct rig *rig, const struct scenario *scenario)
{
	static struct disk_state empty;

	if (empty.name_count == 0) {
		disk_install();
		disk_copy(disk_current(), &empty);
	}
	disk_insert(&empty);
	rig->scenario = scenario;
	scene_start(&rig->prepared, RIG_DIR, disk_log_count);
	scenario->prepare(&rig->prepared);
	scene_close(&rig->prepared);
	disk_copy(disk_current(), &rig->base);
}

void rig_tear_down(struct rig *rig)
{
	disk_free(&rig->base);
}

void rig_rewind(struct rig *rig)
{
	disk_insert(&rig->base);
	scene_rewind(&rig->scene, &rig->prepared);
}

void rig_run(struct rig *rig)
{
	rig->scenario->run(&rig->scene);
	scene_close(&rig->scene);
}

const char *rig_check(const struct rig *rig, bool probe)
{
	const int keys[2] = {rig->scene.key, rig->scene.key_or};

	if (disk_open_count() > 0) {
		return "a descriptor stays open";
	}
	return scene_check(
		RIG_DIR, rig->scene.now_s, keys, rig->scene.sets, rig->scene.set_count, probe);
}

const char *rig_check_after_power_failure(const struct rig *rig)
{
	struct disk_state state;
	size_t count;
	struct disk_op *log = disk_log_take(&count);
	struct disk_image *image = disk_image_new(&rig->base);

	for (size_t i = 0; i < count; i++) {
		disk_image_apply(image, &log[i]);
	}
	disk_image_cut(image, DISK_LOST, 0, &state);
	disk_image_free(image);
	disk_log_free(log, count);
	disk_insert(&state);
	disk_free(&state);
	return rig_check(rig, false);
}

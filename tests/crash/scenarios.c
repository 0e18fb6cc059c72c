/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#define BIT(number) (1ULL << (number))
#define LATER (SCENE_NOW + 2 * SCENE_HOUR)

static void nothing(struct scene *scene)
{
	(void)scene;
}

static void a_vault(struct scene *scene)
{
	scene_init(scene, SCENE_NOW);
	scene_open(scene, SCENE_NOW);
}

/* Records of each class and two galleries. */
static void a_full_vault(struct scene *scene)
{
	a_vault(scene);
	scene_add(scene, 0, SCENE_HOUR_LONG, 2048, SCENE_NOW);
	scene_add(scene, 1, SCENE_HALF_DAY, 2048, SCENE_NOW);
	scene_add(scene, 2, SCENE_YEARS, 512, SCENE_NOW);
	scene_gallery_add(scene, 3, 0, "staff", "A", SCENE_NOW);
	scene_gallery_add(scene, 4, 0, "staff", "B", SCENE_NOW);
	scene_gallery_add(scene, 5, 0, "crew", "A", SCENE_NOW);
}

static void many_that_expire(struct scene *scene)
{
	a_full_vault(scene);
	scene_add_many(scene, 10, 40, SCENE_HOUR_LONG, 4096, SCENE_NOW);
}

static void init(struct scene *scene)
{
	scene_init(scene, SCENE_NOW);
}

static void first_use(struct scene *scene)
{
	scene_init(scene, SCENE_NOW);
	scene_open(scene, SCENE_NOW);
	scene_add(scene, 0, SCENE_HALF_DAY, 2048, SCENE_NOW);
}

static void add(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_add(scene, 20, SCENE_HALF_DAY, 2048, SCENE_NOW + 1);
	scene_add(scene, 21, SCENE_HOUR_LONG, 700, SCENE_NOW + 2);
	scene_add(scene, 22, SCENE_YEARS, 5000, SCENE_NOW + 2);
}

static void add_large(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_add(scene, 20, SCENE_HALF_DAY, 200u << 10, SCENE_NOW + 1);
	scene_add(scene, 21, SCENE_HALF_DAY, 2048, SCENE_NOW + 2);
}

static void batch(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_add_many(scene, 20, 12, SCENE_YEARS, 1500, SCENE_NOW + 1);
	scene_add_many(scene, 40, 3, SCENE_HOUR_LONG, 1500, SCENE_NOW + 2);
}

static void log_written_back(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	for (int i = 0; i < 9; i++) {
		scene_add(scene, 20 + i, SCENE_HALF_DAY, 16000, SCENE_NOW + i);
	}
}

static void gallery_add(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_gallery_add(scene, 20, 0, "staff", "C", SCENE_NOW + 1);
	scene_gallery_add(scene, 21, 0, "visitors", "C", SCENE_NOW + 2);
}

static void gallery_replace(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_gallery_add(scene, 20, BIT(3), "staff", "A", SCENE_NOW + 1);
	scene_gallery_add(scene, 21, BIT(3) | BIT(20), "staff", "A", SCENE_NOW + 1);
}

static void gallery_remove_one(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_gallery_remove(scene, BIT(3), "staff", "A", SCENE_NOW + 1);
	scene_gallery_add(scene, 20, 0, "staff", "A", SCENE_NOW + 1);
}

static void gallery_remove_all(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_gallery_remove(scene, BIT(3) | BIT(4), "staff", 0, SCENE_NOW + 1);
	scene_gallery_remove(scene, BIT(5), "crew", 0, SCENE_NOW + 1);
}

static void purge_one(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_purge(scene, LATER);
	scene_add(scene, 20, SCENE_HALF_DAY, 2048, LATER);
}

static void purge_many(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_purge(scene, LATER);
	scene_purge(scene, LATER + 12 * SCENE_HOUR);
}

static void open_late(struct scene *scene)
{
	scene_open(scene, LATER);
	scene_open(scene, LATER + 12 * SCENE_HOUR);
}

static void open_and_close(struct scene *scene)
{
	for (int i = 0; i < 3; i++) {
		scene_open(scene, SCENE_NOW + 1);
		scene_add(scene, 20 + i, SCENE_HALF_DAY, 300, SCENE_NOW + 1);
	}
}

static void add_purge_add(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_add(scene, 20, SCENE_HOUR_LONG, 2048, SCENE_NOW + 1);
	scene_purge(scene, LATER);
	scene_add(scene, 21, SCENE_HOUR_LONG, 2048, LATER);
	scene_gallery_add(scene, 22, 0, "staff", "D", LATER);
	scene_purge(scene, LATER + 2 * SCENE_HOUR);
}

static void forget(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_forget(scene, BIT(3) | BIT(5), "A", SCENE_NOW + 1);
	scene_forget(scene, BIT(2), "S2", SCENE_NOW + 2);
}

static void hold(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_hold(scene, "A", SCENE_NOW + 1);
	scene_add(scene, 20, SCENE_HALF_DAY, 2048, SCENE_NOW + 1);
	scene_purge(scene, LATER);
}

static void rotate(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_rotate(scene, SCENE_NOW + 1);
	scene_add(scene, 20, SCENE_HALF_DAY, 2048, SCENE_NOW + 1);
	scene_open(scene, SCENE_NOW + 1);
}

static void change_keys(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_key_add(scene, SCENE_NOW + 1);
	scene_key_remove(scene, SCENE_NOW + 1);
	scene_open(scene, SCENE_NOW + 1);
	scene_add(scene, 20, SCENE_HALF_DAY, 2048, SCENE_NOW + 1);
}

static void back_up(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_backup(scene, SCENE_NOW + 1);
	scene_add(scene, 20, SCENE_HALF_DAY, 2048, SCENE_NOW + 1);
}

static void backed_up(struct scene *scene)
{
	a_full_vault(scene);
	scene_backup(scene, SCENE_NOW);
	scene_add(scene, 6, SCENE_HALF_DAY, 2048, SCENE_NOW);
	scene_forget(scene, BIT(2), "S2", SCENE_NOW);
}

/* What was added since the backup is gone, what was forgotten stays forgotten. */
static void restore(struct scene *scene)
{
	scene_restore(scene, BIT(0) | BIT(1) | BIT(3) | BIT(4) | BIT(5), BIT(2), SCENE_NOW + 1);
	scene_open(scene, SCENE_NOW + 1);
	scene_add(scene, 20, SCENE_HALF_DAY, 2048, SCENE_NOW + 1);
}

static void migrate(struct scene *scene)
{
	scene_open(scene, SCENE_NOW + 1);
	scene_add(scene, 20, SCENE_HALF_DAY, 2048, SCENE_NOW + 1);
}

static void migrate_late(struct scene *scene)
{
	scene_open(scene, LATER);
}

const struct scenario scenarios[] = {
	{"init", nothing, init},
	{"init, open, add", nothing, first_use},
	{"add", a_full_vault, add},
	{"add a large template", a_full_vault, add_large},
	{"batch", a_full_vault, batch},
	{"adds that write the log back", a_full_vault, log_written_back},
	{"gallery: add", a_full_vault, gallery_add},
	{"gallery: replace", a_full_vault, gallery_replace},
	{"gallery: remove a subject", a_full_vault, gallery_remove_one},
	{"gallery: remove it", a_full_vault, gallery_remove_all},
	{"purge", a_full_vault, purge_one},
	{"purge of many", many_that_expire, purge_many},
	{"open after an expiry", many_that_expire, open_late},
	{"open, add, close", a_full_vault, open_and_close},
	{"add, purge, add", a_full_vault, add_purge_add},
	{"forget", a_full_vault, forget},
	{"hold", a_full_vault, hold},
	{"rotate", a_full_vault, rotate},
	{"another key", a_full_vault, change_keys},
	{"back up", a_full_vault, back_up},
	{"restore", backed_up, restore},
	{"migrate", scene_kept, migrate},
	{"migrate after an expiry", scene_kept, migrate_late},
};
const int scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

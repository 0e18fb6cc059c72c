/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "place.h"
#include "tap.h"

/*
 * A disk that is full, at 64 levels: what else is on it leaves so much room. Nothing that was
 * acknowledged is lost, what expires is out of reach and is deleted, and when there is room again
 * the vault goes on by itself.
 */

#define LEVELS 64
#define SIZE (12u << 20)
#define LATER (SCENE_NOW + 2 * SCENE_HOUR)

static const char *disk;
static char dir[200];
static unsigned long long refused_adds, purges;

/* The first levels leave pages, the others more and more. */
static size_t room_at(int level)
{
	return level < 32 ? (size_t)level * 4096 : (size_t)(level - 31) * (96u << 10);
}

static bool fill(size_t room)
{
	static const char page[4096] = {1};
	char path[220];
	struct statvfs fs;

	(void)snprintf(path, sizeof(path), "%s/filler", disk);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		return false;
	}
	while (fstatvfs(fd, &fs) == 0 && (size_t)fs.f_bavail * fs.f_bsize > room &&
		write(fd, page, sizeof(page)) == (ssize_t)sizeof(page)) {
	}
	(void)close(fd);
	return true;
}

static void make_room(void)
{
	char path[220];

	(void)snprintf(path, sizeof(path), "%s/filler", disk);
	(void)unlink(path);
}

static bool has_ballast(const struct scene *scene)
{
	struct pst_vault_status status;

	return pst_vault_status(scene->vault, scene->now_s, &status, NULL) == 0 && status.ballast;
}

static void prepare(struct scene *scene)
{
	scene_start(scene, dir, NULL);
	scene_init(scene, SCENE_NOW);
	scene_open(scene, SCENE_NOW);
	scene_gallery_add(scene, 0, 0, "staff", "A", SCENE_NOW);
	scene_gallery_add(scene, 1, 0, "staff", "B", SCENE_NOW);
	scene_add(scene, 2, SCENE_YEARS, 2048, SCENE_NOW);
	scene_add_many(scene, 10, 20, SCENE_HOUR_LONG, 100u << 10, SCENE_NOW);
}

/* Additions until there is no room. */
static void add_until_full(struct scene *scene)
{
	for (int number = 30; number < 50 && !scene->failed; number++) {
		scene_add(scene, number, SCENE_HALF_DAY, 200u << 10, SCENE_NOW + 1);
	}
	refused_adds += scene->failed > 0;
	if (scene->failed && (scene->poisoned || !strstr(scene->first_error, "disk full"))) {
		scene->broken = scene->first_error;
	}
	scene->failed = 0;
}

static const char *run(int level)
{
	static struct scene scene;
	const int keys[2] = {0, 0};

	prepare(&scene);
	if (scene_trouble(&scene)) {
		return scene_trouble(&scene);
	}
	if (!has_ballast(&scene)) {
		return "no ballast on an empty disk";
	}
	if (!fill(room_at(level))) {
		return "the disk cannot be filled";
	}
	add_until_full(&scene);
	const char *wrong = scene_look(&scene);
	if (!wrong) {
		scene_purge(&scene, LATER);
		purges += !scene.failed;
		wrong = scene_trouble(&scene) ? scene_trouble(&scene) : scene_look(&scene);
	}
	if (!wrong) {
		scene_gallery_remove(&scene, 1, "staff", "A", LATER);
		wrong = scene_trouble(&scene) ? scene_trouble(&scene) : scene_look(&scene);
	}
	scene_close(&scene);
	wrong = wrong ? wrong : scene_check(dir, LATER, keys, scene.sets, scene.set_count, false);
	if (wrong) {
		return wrong;
	}
	scene_open(&scene, LATER);
	make_room();
	scene_purge(&scene, LATER);
	scene_add(&scene, 60, SCENE_YEARS, 2048, LATER);
	wrong = scene_trouble(&scene);
	if (!wrong && !has_ballast(&scene)) {
		wrong = "there is room again, but no ballast";
	}
	scene_close(&scene);
	return wrong ? wrong : scene_check(dir, LATER, keys, scene.sets, scene.set_count, true);
}

static unsigned long long run_all(const char *kind)
{
	unsigned long long done = 0;

	(void)snprintf(dir, sizeof(dir), "%s/state", disk);
	for (int level = 0; level < LEVELS; level++, done++) {
		const char *wrong = run(level);
		char key[220];

		if (wrong) {
			tap_wrong("%s, level %d: %s", kind, level, wrong);
		}
		make_room();
		place_clear(dir);
		for (int i = 0; i < 2; i++) {
			(void)snprintf(key, sizeof(key), "%s-key-%d", dir, i);
			(void)unlink(key);
		}
	}
	return done;
}

int main(int argc, char **argv)
{
	unsigned long long levels;

	disk = place_make() ? place_mount_memory(SIZE) : NULL;
	levels = disk ? run_all("tmpfs") : 0;
	place_remove();
	if (!disk) {
		tap_skip("levels of a full disk", "needs the right to mount");
		return tap_end();
	}
	tap_count("levels of a full tmpfs", levels, LEVELS);
	bool with_ext4 = argc > 1 && argv[1][0] == '-';

	disk = with_ext4 && place_make() ? place_mount_ext4(SIZE + (4u << 20)) : NULL;
	levels = disk ? run_all("ext4") : 0;
	if (with_ext4) {
		place_remove();
	}
	if (disk) {
		tap_count("levels of a full ext4", levels, LEVELS);
	} else if (with_ext4) {
		tap_skip("levels of a full ext4", "needs root and a loop device");
	}
	tap_count("levels at which additions were refused", refused_adds, 50);
	tap_count("levels at which what had expired was deleted", purges, LEVELS);
	return tap_end();
}

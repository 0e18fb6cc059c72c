/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "scene.h"

static void copy_kept(struct scene *scene, const char *name, const char *to)
{
	char from[PATH_MAX];
	uint8_t *data = NULL;
	size_t size = 0;

	(void)snprintf(from, sizeof(from), FIXTURES "/vault-1/%s", name);
	if (pst_fd_read_file(from, 1u << 20, &data, &size, &scene->error) < 0 ||
		pst_fd_replace_file(to, data, size, 0600, &scene->error) < 0) {
		scene->broken = "the kept vault is not there";
	}
	free(data);
}

void scene_kept(struct scene *scene)
{
	static const struct {
		int number;
		const char *gallery;
		int64_t retention_s;
	} records[] = {
		{10, NULL, 12 * SCENE_HOUR},
		{9, NULL, 75 * 365 * 24 * SCENE_HOUR},
		{8, "staff", 75 * 365 * 24 * SCENE_HOUR},
		{15, "staff", 30 * 24 * SCENE_HOUR},
		{13, NULL, 600},
	};
	char path[PATH_MAX];

	if (pst_fd_make_dirs(scene->dir, &scene->error) < 0) {
		scene->broken = "no folder for the kept vault";
	}
	(void)snprintf(path, sizeof(path), "%s/vault.db", scene->dir);
	copy_kept(scene, "vault.db", path);
	(void)snprintf(path, sizeof(path), "%s/vault.keys", scene->dir);
	copy_kept(scene, "vault.keys", path);
	(void)snprintf(path, sizeof(path), "%s-key-0", scene->dir);
	copy_kept(scene, "key", path);
	scene->sets[0] = SCENE_THERE;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		int number = records[i].number;

		scene_know(number, records[i].gallery, 512, SCENE_NOW + records[i].retention_s);
		scene->sets[0] |= 1ULL << number;
	}
}

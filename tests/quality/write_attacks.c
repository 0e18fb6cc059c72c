/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draws people and attacks on their pictures as `postern eval --attacks` takes them:
 *
 *     write_attacks DIR PEOPLE
 *
 * writes DIR/people/NUMBER/person.jpg and DIR/attacks/SPECIES/NUMBER.jpg.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attacks.h"
#include "devices/synthetic/jpeg.h"
#include "support/drawn.h"

#define WIDTH 640u
#define HEIGHT 480u
#define SEED 31u

static uint8_t person[WIDTH * HEIGHT * 3], rgb[WIDTH * HEIGHT * 3], scratch[WIDTH * HEIGHT * 3];

static void give_up(const char *what)
{
	(void)fprintf(stderr, "write_attacks: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void make_folder(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST) {
		give_up(path);
	}
}

static void write_picture(struct pst_synth_jpeg *jpeg, const char *path)
{
	uint8_t *bytes = malloc(jpeg->room);
	int size = bytes ? pst_synth_jpeg_encode(jpeg, rgb, bytes, NULL) : -1;
	FILE *file = size > 0 ? fopen(path, "we") : NULL;

	if (!file || fwrite(bytes, 1, (size_t)size, file) != (size_t)size || fclose(file) != 0) {
		give_up(path);
	}
	free(bytes);
}

static void write_one(
	struct pst_synth_jpeg *jpeg, const char *folder, uint32_t number, enum attack attack)
{
	char path[PATH_MAX], name[64];
	bool is_person = attack == ATTACK_NONE;

	(void)snprintf(name, sizeof(name), "%u", number);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, is_person ? "people" : "attacks");
	make_folder(path);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", folder, is_person ? "people" : "attacks",
		is_person ? name : attack_names[attack]);
	make_folder(path);
	(void)snprintf(path, sizeof(path), "%s/%s/%s/%s.jpg", folder,
		is_person ? "people" : "attacks", is_person ? name : attack_names[attack],
		is_person ? "person" : name);
	memcpy(rgb, person, sizeof(rgb));
	attack_draw(attack, ((uint64_t)number << 32) + (uint64_t)attack * 5, WIDTH, HEIGHT, rgb,
		scratch);
	write_picture(jpeg, path);
}

int main(int argc, char **argv)
{
	struct pst_synth_jpeg jpeg;

	if (argc != 3 || pst_synth_jpeg_init(&jpeg, WIDTH, HEIGHT, NULL) < 0) {
		(void)fputs("usage: write_attacks DIR PEOPLE\n", stderr);
		return 2;
	}
	make_folder(argv[1]);
	for (uint32_t i = 0; i < (uint32_t)atoi(argv[2]); i++) {
		const struct drawn_look look = {.smaller = 0.5f * drawn_number(i)};
		struct pst_face face;

		if (drawn_portrait(SEED, i, 1, &look, WIDTH, HEIGHT, person, &face) < 0) {
			give_up("portrait");
		}
		for (int attack = 0; attack < ATTACK_COUNT; attack++) {
			write_one(&jpeg, argv[1], i, (enum attack)attack);
		}
	}
	pst_synth_jpeg_finish(&jpeg);
	return 0;
}

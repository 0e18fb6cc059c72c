/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/stills.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "devices/synthetic/grain.h"
#include "devices/synthetic/jpeg.h"

#define TURN_S 4.0
#define FPS 30u
#define SCENE_PEOPLE 100u /* of one scene, which has an end */
#define SHARP 0.7f	  /* part of the pictures that are in focus */
#define BRIGHT 0.8f	  /* and well exposed */

struct stills {
	const char *folder;
	const struct pst_synth_scene_options *options;
	struct pst_synth_jpeg encoder;
	uint8_t *rgb;  /* owned */
	uint8_t *blur; /* owned, as large */
	uint8_t *jpeg; /* owned */
	pst_synth_progress_fn progress;
	void *user;
	uint64_t done, total;
};

/* The mean of the pixels around each, in both directions, one after the other. */
static void blur_rows(const uint8_t *from, uint8_t *to, uint32_t width, uint32_t height, int radius)
{
	for (uint32_t y = 0; y < height; y++) {
		for (int x = 0; x < (int)width; x++) {
			for (int c = 0; c < 3; c++) {
				int sum = 0;

				for (int k = x - radius; k <= x + radius; k++) {
					int at = k < 0 ? 0 : k >= (int)width ? (int)width - 1 : k;

					sum += from[((size_t)y * width + (size_t)at) * 3 +
						    (size_t)c];
				}
				/* Written turned by a quarter: the second time does the columns. */
				to[((size_t)x * height + y) * 3 + (size_t)c] =
					(uint8_t)(sum / (2 * radius + 1));
			}
		}
	}
}

static void defocus(struct stills *stills, struct pst_grain *grain)
{
	uint32_t width = stills->options->width, height = stills->options->height;
	float most = 0.012f * (float)height;
	int radius = (int)(pst_grain_between(grain, 0.3f, 1) * most + 0.5f);

	if (radius > 0) {
		blur_rows(stills->rgb, stills->blur, width, height, radius);
		blur_rows(stills->blur, stills->rgb, height, width, radius);
	}
}

static void darken(struct stills *stills, struct pst_grain *grain)
{
	size_t size = (size_t)stills->options->width * stills->options->height * 3;
	float gain = pst_grain_between(grain, 0.2f, 0.7f);

	for (size_t i = 0; i < size; i++) {
		stills->rgb[i] = (uint8_t)(gain * (float)stills->rgb[i]);
	}
}

static int write_picture(
	struct stills *stills, uint32_t person, uint32_t number, struct pst_error *error)
{
	char path[PATH_MAX];
	int size = pst_synth_jpeg_encode(&stills->encoder, stills->rgb, stills->jpeg, error);
	int status;

	if (size < 0) {
		return size;
	}
	if (snprintf(path, sizeof(path), "%s/%05u", stills->folder, person) >=
		(int)sizeof(path) - 16) {
		return pst_error_set(
			error, -ENAMETOOLONG, "%.64s...: name too long", stills->folder);
	}
	status = pst_fd_make_dirs(path, error);
	(void)snprintf(path + strlen(path), 16, "/%03u.jpg", number);
	if (status == 0) {
		status = pst_fd_replace_file(path, stills->jpeg, (size_t)size, 0644, error);
	}
	stills->done++;
	if (status == 0 && stills->progress &&
		!stills->progress(stills->user, stills->done, stills->total)) {
		status = pst_error_set(error, -ECANCELED,
			"%s: given up after %llu of %llu pictures", stills->folder,
			(unsigned long long)stills->done, (unsigned long long)stills->total);
	}
	return status;
}

static int draw_portraits(struct stills *stills, struct pst_error *error)
{
	const struct pst_synth_scene_options *o = stills->options;
	int status = 0;

	for (uint32_t person = 0; status == 0 && person < o->people; person++) {
		status = pst_synth_draw_portrait(o->seed, person, o->take, o->width, o->height,
			stills->rgb, (size_t)o->width * 3, NULL, error);
		if (status == 0) {
			status = write_picture(stills, person, 0, error);
		}
	}
	return status;
}

/* Some people one after the other, each with a turn for every picture but the first. */
static int draw_scene(struct stills *stills, uint32_t first, uint32_t people, uint32_t each,
	struct pst_error *error)
{
	struct pst_synth_scene_options o = *stills->options;
	struct pst_synth_turn *turns = calloc((size_t)people * each, sizeof(*turns));
	struct pst_synth_scene *scene = NULL;
	int status = turns ? 0 : pst_error_set(error, -ENOMEM, "synth: no memory for pictures");

	for (uint32_t i = 0; turns && i < people * each; i++) {
		turns[i] =
			(struct pst_synth_turn){first + i / each, TURN_S * i, TURN_S * (i + 1), 0};
	}
	o.fps = FPS;
	o.turns = turns;
	o.turn_count = (size_t)people * each;
	if (status == 0) {
		status = pst_synth_scene_create(&o, &scene, error);
	}
	for (uint32_t i = 0; status == 0 && i < people * each; i++) {
		struct pst_grain grain = {pst_grain_mix(
			o.seed ^ ((uint64_t)o.take << 32) ^ pst_grain_mix(first * each + i))};
		double at_s = TURN_S * i + (double)pst_grain_between(&grain, 0.9f, 3.1f);

		pst_synth_scene_draw(
			scene, (uint64_t)(at_s * FPS), stills->rgb, (size_t)o.width * 3);
		if (pst_grain_between(&grain, 0, 1) > SHARP) {
			defocus(stills, &grain);
		}
		if (pst_grain_between(&grain, 0, 1) > BRIGHT) {
			darken(stills, &grain);
		}
		status = write_picture(stills, first + i / each, 1 + i % each, error);
	}
	pst_synth_scene_destroy(&scene);
	free(turns);
	return status;
}

int pst_synth_stills(const char *folder, const struct pst_synth_scene_options *options,
	uint32_t each, pst_synth_progress_fn progress, void *user, struct pst_error *error)
{
	struct stills stills = {
		.folder = folder,
		.options = options,
		.progress = progress,
		.user = user,
		.total = (uint64_t)options->people * each,
	};
	size_t size = (size_t)options->width * options->height * 3;
	int status = pst_synth_jpeg_init(&stills.encoder, options->width, options->height, error);

	if (status == 0) {
		stills.rgb = malloc(size);
		stills.blur = malloc(size);
		stills.jpeg = malloc(stills.encoder.room);
		if (!stills.rgb || !stills.blur || !stills.jpeg) {
			status = pst_error_set(error, -ENOMEM, "synth: no memory for pictures");
		}
	}
	if (status == 0) {
		status = draw_portraits(&stills, error);
	}
	for (uint32_t i = 0; status == 0 && each > 1 && i < options->people; i += SCENE_PEOPLE) {
		uint32_t left = options->people - i;

		status = draw_scene(
			&stills, i, left < SCENE_PEOPLE ? left : SCENE_PEOPLE, each - 1, error);
	}
	free(stills.rgb);
	free(stills.blur);
	free(stills.jpeg);
	pst_synth_jpeg_finish(&stills.encoder);
	return status;
}

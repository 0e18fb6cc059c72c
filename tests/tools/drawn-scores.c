/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scores of drawn people: each is enrolled from a portrait and looked at in scenes, as a lane
 * would. Prints SCORE,SAME,SUBJECT,SUBJECT line by line, for postern calibrate --scores, and on
 * standard error how many faces were found. What is shipped was made so:
 *
 *     drawn-scores --people 200 > scores.csv
 *     postern calibrate --extractor lbph --matcher cosine --domain drawn --any-library \
 *         --scores scores.csv --out plugins/lbph/drawn.calibration.yaml
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/synthetic/jpeg.h"
#include "devices/synthetic/scene.h"
#include "support/reader.h"

#define WIDTH 1280u
#define HEIGHT 720u
#define FPS 10u
#define TURN_S 4.0
#define TAKES 2u

static const double looks_s[] = {1.5, 2.5}; /* from the start of a turn: the person stands there */
#define LOOKS (sizeof(looks_s) / sizeof(looks_s[0]))

struct bench {
	const char *detector, *extractor, *matcher;
	uint64_t seed;
	uint32_t people;
	struct reader reader;
	struct guest gallery;
	struct pst_synth_jpeg jpeg;
	uint8_t *rgb;
	uint8_t *bytes;
	uint8_t template[PST_TEMPLATE_MAX];
	uint32_t shown, found;
};

static void give_up(const char *what, const struct pst_error *error)
{
	(void)fprintf(stderr, "drawn-scores: %s%s%s\n", what, error ? ": " : "",
		error ? error->text : "");
	exit(1);
}

/* The face that holds the middle of the true one. @return NULL: not found */
static const struct pst_face *find(
	const struct pst_face *faces, int count, const struct pst_synth_face *truth)
{
	float x = truth->x + truth->width / 2, y = truth->y + truth->height / 2;

	for (int i = 0; i < count; i++) {
		const struct pst_face *f = &faces[i];

		if (x > f->x && y > f->y && x < f->x + f->width && y < f->y + f->height) {
			return f;
		}
	}
	return NULL;
}

/* Makes the template of what is drawn in bench->rgb. @return bytes, 0 if there is none */
static uint32_t read_face(struct bench *bench, const struct pst_synth_face *truth)
{
	struct pst_face faces[PST_FACES_MAX];
	const struct pst_face *face;
	struct pst_error error = {0};
	struct pst_frame frame = {
		.format = PST_FRAME_FORMAT_MJPEG,
		.width = WIDTH,
		.height = HEIGHT,
	};
	int size = pst_synth_jpeg_encode(&bench->jpeg, bench->rgb, bench->bytes, &error);

	if (size < 0) {
		give_up("cannot compress", &error);
	}
	frame.plane[0] = (struct pst_frame_plane){bench->bytes, 0, (uint32_t)size};
	bench->shown++;
	face = find(faces, reader_detect(&bench->reader, &frame, faces, PST_FACES_MAX), truth);
	if (!face) {
		return 0;
	}
	size = reader_extract(&bench->reader, &frame, face, bench->template);
	bench->found += size > 0;
	return size > 0 ? (uint32_t)size : 0;
}

static void enrol(struct bench *bench)
{
	const struct pst_matcher *calls = guest_matcher(&bench->gallery);

	for (uint32_t person = 0; person < bench->people; person++) {
		struct pst_synth_face truth;
		struct pst_error error = {0};
		uint32_t size;

		if (pst_synth_draw_portrait(bench->seed, person, 0, WIDTH, HEIGHT, bench->rgb,
			    (size_t)WIDTH * 3, &truth, &error) < 0) {
			give_up("cannot draw", &error);
		}
		size = read_face(bench, &truth);
		if (size > 0 &&
			calls->add(bench->gallery.instance, person, bench->template, size) < 0) {
			give_up("the matcher refuses a template", NULL);
		}
	}
	if (calls->seal(bench->gallery.instance) < 0) {
		give_up("the matcher cannot seal", NULL);
	}
	(void)fprintf(stderr, "enrolled %u of %u\n", bench->found, bench->shown);
}

static void compare(struct bench *bench, uint32_t size, uint32_t person)
{
	const struct pst_matcher *calls = guest_matcher(&bench->gallery);

	for (uint32_t key = 0; key < bench->people; key++) {
		float score;

		if (calls->verify(bench->gallery.instance, bench->template, size, key, &score) ==
			0) {
			(void)printf("%.9g,%d,%u,%u\n", (double)score, key == person, key, person);
		}
	}
}

static void look(struct bench *bench, uint32_t take)
{
	const struct pst_synth_scene_options options = {
		.seed = bench->seed,
		.take = take,
		.people = bench->people,
		.width = WIDTH,
		.height = HEIGHT,
		.fps = FPS,
		.seconds = TURN_S * bench->people,
	};
	struct pst_synth_scene *scene;
	struct pst_error error = {0};
	const struct pst_synth_turn *turns;
	size_t count;

	if (pst_synth_scene_create(&options, &scene, &error) < 0) {
		give_up("cannot draw", &error);
	}
	turns = pst_synth_scene_turns(scene, &count);
	for (size_t i = 0; i < count * LOOKS; i++) {
		const struct pst_synth_turn *turn = &turns[i / LOOKS];
		uint64_t index = (uint64_t)((turn->start_s + looks_s[i % LOOKS]) * FPS);
		struct pst_synth_face truth[PST_SYNTH_FACES_MAX];
		uint32_t size;

		if (pst_synth_scene_truth(scene, index, truth) == 0) {
			continue;
		}
		pst_synth_scene_draw(scene, index, bench->rgb, (size_t)WIDTH * 3);
		size = read_face(bench, &truth[0]);
		if (size > 0) {
			compare(bench, size, truth[0].identity);
		}
	}
	pst_synth_scene_destroy(&scene);
}

static void read_options(struct bench *bench, int argc, char **argv)
{
	static const struct option names[] = {
		{"detector", required_argument, NULL, 'd'},
		{"extractor", required_argument, NULL, 'e'},
		{"matcher", required_argument, NULL, 'm'},
		{"people", required_argument, NULL, 'p'},
		{"seed", required_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	int name;

	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (name) {
		case 'd':
			bench->detector = optarg;
			break;
		case 'e':
			bench->extractor = optarg;
			break;
		case 'm':
			bench->matcher = optarg;
			break;
		case 'p':
			bench->people = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 's':
			bench->seed = strtoull(optarg, NULL, 10);
			break;
		default:
			give_up("--detector ID --extractor ID --matcher ID --people N --seed N",
				NULL);
		}
	}
}

int main(int argc, char **argv)
{
	static struct bench bench = {
		.detector = "cascade",
		.extractor = "lbph",
		.matcher = "cosine",
		.seed = 1,
		.people = 150,
	};
	struct pst_error error = {0};

	read_options(&bench, argc, argv);
	if (reader_open(&bench.reader, NULL, bench.detector, bench.extractor) < 0 ||
		guest_open(&bench.gallery, NULL, bench.matcher, NULL, NULL) < 0) {
		give_up("a plugin or its model is missing (POSTERN_PLUGINS, POSTERN_MODELS)", NULL);
	}
	if (pst_synth_jpeg_init(&bench.jpeg, WIDTH, HEIGHT, &error) < 0) {
		give_up("no memory", NULL);
	}
	bench.rgb = malloc((size_t)WIDTH * HEIGHT * 3);
	bench.bytes = malloc(bench.jpeg.room);
	if (!bench.rgb || !bench.bytes) {
		give_up("no memory", NULL);
	}
	enrol(&bench);
	for (uint32_t take = 0; take < TAKES; take++) {
		look(&bench, take);
	}
	(void)fprintf(stderr, "templates of %u of %u pictures\n", bench.found, bench.shown);
	free(bench.rgb);
	free(bench.bytes);
	pst_synth_jpeg_finish(&bench.jpeg);
	guest_close(&bench.gallery);
	reader_close(&bench.reader);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A camera that is a process of its own: it draws people, marks each frame and puts it into memory
 * that it shares with the lane, as a driver does. Whatever it holds besides is never the lane's.
 *
 *   canary-camera SOCKET MEMORY SEED FRAMES FPS PEOPLE TAKE [PAUSE...]
 *
 * Before each frame whose number is a PAUSE it prints "paused N" and waits for a line on stdin.
 * Numbers of which one in 997 is skipped and one in 499 is handed over as damaged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <turbojpeg.h>
#include <unistd.h>

#include "camera.h"
#include "devices/synthetic/scene.h"
#include "mark.h"

#define STILL 5 /* frames for which the people hold still: drawing them takes the most time */
#define QUALITY 90
#define COMMENT (4 + 4 * CANARY_WORDS) /* marker, length, mark */

struct camera {
	int socket;
	uint8_t *memory; /* CANARY_BUFFERS of CANARY_ROOM bytes */
	bool held[CANARY_BUFFERS];
	uint32_t seed;
	uint32_t fps;
	struct pst_synth_scene *scene;
	tjhandle codec;
	uint8_t rgb[CANARY_WIDTH * CANARY_HEIGHT * 3];
};

static void fail(const char *what)
{
	(void)fprintf(stderr, "canary-camera: %s\n", what);
	exit(1);
}

static void paint(struct camera *camera, uint32_t frame)
{
	for (uint32_t stripe = 0; stripe < CANARY_WORDS; stripe++) {
		uint64_t bits =
			(uint64_t)CANARY_SYNC << 32 | canary_word(camera->seed, frame, stripe);

		for (uint32_t y = 0; y < CANARY_BLOCK; y++) {
			uint8_t *row = camera->rgb +
				       (size_t)(stripe * CANARY_BLOCK + y) * CANARY_WIDTH * 3;

			for (uint32_t block = 0; block < CANARY_BLOCKS; block++) {
				bool one = bits >> (CANARY_BLOCKS - 1 - block) & 1;

				memset(row + (size_t)block * CANARY_BLOCK * 3, one ? 255 : 0,
					CANARY_BLOCK * 3);
			}
		}
	}
}

/* @return bytes */
static uint32_t encode(struct camera *camera, uint32_t frame, uint8_t *to)
{
	static uint8_t jpeg[CANARY_ROOM];
	unsigned char *plain = jpeg;
	unsigned long size = sizeof(jpeg);
	uint8_t comment[COMMENT] = {0xff, 0xfe, 0, COMMENT - 2};

	if (frame % STILL == 0) {
		pst_synth_scene_draw(camera->scene, frame, camera->rgb, (size_t)CANARY_WIDTH * 3);
	}
	paint(camera, frame);
	if (tjCompress2(camera->codec, camera->rgb, CANARY_WIDTH, CANARY_WIDTH * 3, CANARY_HEIGHT,
		    TJPF_RGB, &plain, &size, TJSAMP_420, QUALITY, TJFLAG_NOREALLOC) < 0 ||
		size + COMMENT > CANARY_ROOM) {
		fail("a picture does not fit");
	}
	for (uint32_t place = 0; place < CANARY_WORDS; place++) {
		uint32_t word = canary_word(camera->seed, frame, place);

		memcpy(comment + 4 + (size_t)place * 4, &word, sizeof(word));
	}
	memcpy(to, jpeg, 2);
	memcpy(to + 2, comment, COMMENT);
	memcpy(to + 2 + COMMENT, jpeg + 2, size - 2);
	return (uint32_t)size + COMMENT;
}

static uint32_t free_buffer(struct camera *camera)
{
	for (;;) {
		uint32_t back;

		for (uint32_t i = 0; i < CANARY_BUFFERS; i++) {
			if (!camera->held[i]) {
				return i;
			}
		}
		if (recv(camera->socket, &back, sizeof(back), 0) != sizeof(back) ||
			back >= CANARY_BUFFERS) {
			exit(0); /* the lane is gone */
		}
		camera->held[back] = false;
	}
}

static void pause_at(uint32_t frame, char **pauses)
{
	char line[16];

	for (; *pauses; pauses++) {
		if (strtoul(*pauses, NULL, 10) == frame) {
			(void)printf("paused %u\n", frame);
			(void)fflush(stdout);
			if (!fgets(line, sizeof(line), stdin)) {
				exit(0);
			}
		}
	}
}

static void run(struct camera *camera, uint32_t frames, char **pauses)
{
	for (uint32_t frame = 0; frame < frames; frame++) {
		pause_at(frame, pauses);
		if (frame % 997 == 996) {
			continue;
		}
		uint32_t buffer = free_buffer(camera);
		struct canary_frame message = {.number = frame,
			.captured_ns = (int64_t)frame * 1000000000 / camera->fps,
			.buffer = buffer,
			.damaged = frame % 499 == 250};

		message.size = encode(camera, frame, camera->memory + (size_t)buffer * CANARY_ROOM);
		camera->held[buffer] = !message.damaged;
		if (send(camera->socket, &message, sizeof(message), MSG_NOSIGNAL) < 0) {
			exit(0);
		}
	}
}

int main(int argc, char **argv)
{
	static struct camera camera;
	struct pst_error error = {0};

	if (argc < 8) {
		fail("SOCKET MEMORY SEED FRAMES FPS PEOPLE TAKE [PAUSE...]");
	}
	camera.socket = atoi(argv[1]);
	camera.seed = (uint32_t)strtoul(argv[3], NULL, 10);
	camera.fps = (uint32_t)strtoul(argv[5], NULL, 10);
	camera.codec = tjInitCompress();
	camera.memory = mmap(NULL, (size_t)CANARY_BUFFERS * CANARY_ROOM, PROT_READ | PROT_WRITE,
		MAP_SHARED, atoi(argv[2]), 0);
	const struct pst_synth_scene_options scene = {.seed = 8,
		.take = (uint32_t)strtoul(argv[7], NULL, 10),
		.people = (uint32_t)strtoul(argv[6], NULL, 10),
		.width = CANARY_WIDTH,
		.height = CANARY_HEIGHT,
		.fps = camera.fps,
		.seconds = 4.0 * strtod(argv[6], NULL)};

	if (camera.memory == MAP_FAILED || !camera.codec ||
		pst_synth_scene_create(&scene, &camera.scene, &error) < 0) {
		fail(error.text[0] ? error.text : "no memory");
	}
	run(&camera, (uint32_t)strtoul(argv[4], NULL, 10), argv + 8);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What following costs in accuracy: each frame of a recording goes to a worker twice, searched near
 * the face of the frame before as a lane does it, and as a whole. Printed are how often the face is
 * found in both, how far the boxes are apart, how many faces each saw, and the time of both. With a
 * list of faces that something else found ("frame x y w h ..."), each way is held against it too.
 *
 * usage: bench_follow CLIP DETECTOR FRAMES EVERY [FACES]
 */
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "devices/replay/replay.h"
#include "host/worker.h"
#include "pipeline/follow.h"
#include "pipeline/subject.h"

#define FRAMES_MAX 100000
#define PERMIT 1
#define WAIT_MS 60000
#define SAME 0.5F /* intersection over union */

struct way {
	const char *name;
	uint32_t found;	 /* frames with a subject */
	uint32_t of;	 /* frames of the list's subject */
	uint32_t agreed; /* of them */
	uint32_t near;	 /* frames searched near */
	uint32_t asked;
	double us[FRAMES_MAX];
	double overlap[FRAMES_MAX]; /* with the list */
	uint32_t count;
};

struct bench {
	struct pst_worker *worker;
	struct pst_slots *slots;
	struct pst_zone zone;
	struct way whole, near;
	float *list[FRAMES_MAX];
	uint32_t both;	    /* frames with a subject both ways */
	uint32_t same;	    /* of them, the same one */
	uint32_t bystander; /* frames after which the lane's count of others is not the whole's */
	double apart[FRAMES_MAX];
};

static void die(const char *what, const struct pst_error *error)
{
	(void)fprintf(stderr, "bench_follow: %s: %s\n", what, error->text);
	exit(1);
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double quantile(double *values, uint32_t count, double part)
{
	if (count == 0) {
		return NAN;
	}
	qsort(values, count, sizeof(values[0]), by_value);
	return values[(uint32_t)((count - 1) * part)];
}

static double overlap(const struct pst_face *a, float x, float y, float w, float h)
{
	float width = fminf(a->x + a->width, x + w) - fmaxf(a->x, x);
	float height = fminf(a->y + a->height, y + h) - fmaxf(a->y, y);
	float both = width > 0 && height > 0 ? width * height : 0;

	return (double)(both / (a->width * a->height + w * h - both));
}

static void read_list(struct bench *bench, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256];

	if (!file) {
		die(path, &(struct pst_error){.text = "cannot be read"});
	}
	while (fgets(line, sizeof(line), file)) {
		float box[4];
		unsigned frame;

		if (sscanf(line, "%u %f %f %f %f", &frame, &box[0], &box[1], &box[2], &box[3]) ==
				5 &&
			frame < FRAMES_MAX && !bench->list[frame]) {
			bench->list[frame] = malloc(sizeof(box));
			if (bench->list[frame]) {
				memcpy(bench->list[frame], box, sizeof(box));
			}
		}
	}
	(void)fclose(file);
}

/* One search of a slot. @return its faces, valid until the next one */
static const struct pst_wire_faces *ask(struct bench *bench, struct way *way,
	const struct pst_slot_frame *slot, const struct pst_wire_box *near)
{
	struct pst_worker_event event = {0};
	int64_t begun_ns = pst_clock_mono_ns();
	const struct pst_wire_search search = {
		.how = PST_WIRE_HOW_NEAR, .near = near ? *near : (struct pst_wire_box){0}};
	int status = near ? pst_worker_send_search(bench->worker, slot, &search)
			  : pst_worker_send_frame(bench->worker, slot);

	while (status == 0 && event.type != PST_WORKER_EVENT_FACES) {
		struct pollfd fd = {.fd = pst_worker_fd(bench->worker), .events = POLLIN};

		(void)poll(&fd, 1, WAIT_MS);
		while (event.type != PST_WORKER_EVENT_FACES &&
			pst_worker_receive(bench->worker, &event) == 1) {
			if (event.type == PST_WORKER_EVENT_DIED) {
				die("worker", &(struct pst_error){.text = "it died"});
			}
		}
	}
	if (status < 0 || event.faces->status < 0) {
		die("worker", &(struct pst_error){.text = "it takes no frame"});
	}
	way->us[way->count++] = (double)(pst_clock_mono_ns() - begun_ns) / 1000;
	way->near += event.faces->how == PST_WIRE_HOW_NEAR;
	way->asked += near != NULL;
	return event.faces;
}

static void hold(struct way *way, const float *box, const struct pst_subject *subject)
{
	way->found += subject->face != NULL;
	if (box) {
		double value = subject->face ? overlap(&subject->face->face, box[0], box[1], box[2],
						       box[3])
					     : 0;

		way->overlap[way->of++] = value;
		way->agreed += value >= (double)SAME;
	}
}

/* The two ways through one frame. What is followed is what a lane would follow. */
static void search_both(
	struct bench *bench, const struct pst_slot_frame *slot, struct pst_follow *follow)
{
	const float *box = bench->list[slot->sequence];
	const struct pst_wire_faces *faces =
		ask(bench, &bench->near, slot, pst_follow_next(follow));
	struct pst_subject near, whole;
	struct pst_face face = {0};
	static uint32_t others;

	pst_subject_pick(faces, &bench->zone, 1, &near);
	pst_follow_take(follow, faces->how, near.face ? &near.face->face : NULL);
	hold(&bench->near, box, &near);
	others = faces->how == PST_WIRE_HOW_WHOLE ? near.bystanders : others;
	bool found = near.face != NULL;
	if (found) {
		face = near.face->face;
	}
	faces = ask(bench, &bench->whole, slot, NULL);
	pst_subject_pick(faces, &bench->zone, 1, &whole);
	hold(&bench->whole, box, &whole);
	bench->bystander += others != whole.bystanders;
	if (found && whole.face) {
		double value = overlap(&face, whole.face->face.x, whole.face->face.y,
			whole.face->face.width, whole.face->face.height);

		bench->apart[bench->both++] = value;
		bench->same += value >= (double)SAME;
	}
}

static void open_worker(struct bench *bench, const struct pst_device_info *info,
	const struct pst_catalog *catalog, const char *detector)
{
	const struct pst_slots_config slots = {
		.format = info->format, .width = info->width, .height = info->height, .count = 1};
	struct pst_worker_config config = {.kind = PST_WORKER_VISION,
		.format = info->format,
		.width = info->width,
		.height = info->height};
	struct pst_error error = {0};

	if (pst_catalog_find(catalog, PST_PLUGIN_DETECTOR, detector, &config.detector, &error) <
			0 ||
		pst_catalog_find(catalog, PST_PLUGIN_QUALITY, "facequal", &config.quality, &error) <
			0 ||
		pst_slots_create(&slots, &bench->slots, &error) < 0) {
		die(detector, &error);
	}
	config.slots = bench->slots;
	if (pst_worker_create(&config, &bench->worker, &error) < 0 ||
		pst_worker_wait_ready(bench->worker, WAIT_MS, &error) < 0) {
		die(detector, &error);
	}
}

static void print_way(struct way *way)
{
	(void)printf("%-8s %7u %7u %10.0f %10.0f", way->name, way->found, way->near,
		quantile(way->us, way->count, 0.5), quantile(way->us, way->count, 0.99));
	if (way->of > 0) {
		(void)printf("   %5.2f %% of %u, overlap p1 %.2f p50 %.2f",
			100.0 * way->agreed / way->of, way->of,
			quantile(way->overlap, way->of, 0.01),
			quantile(way->overlap, way->of, 0.5));
	}
	(void)printf("\n");
}

static void print(struct bench *bench, uint32_t frames, uint32_t every)
{
	(void)printf("%u frames, at most %u in a row searched near the subject\n", frames, every);
	(void)printf("%-8s %7s %7s %10s %10s   %s\n", "search", "subject", "near", "us p50",
		"us p99", bench->near.of ? "the list's subject, overlap >= 0.5" : "");
	print_way(&bench->whole);
	print_way(&bench->near);
	(void)printf("of %u frames asked near, %u were found there\n", bench->near.asked,
		bench->near.near);
	(void)printf("both found a subject in %u frames, the same one in %u (%.2f %%); overlap p1 "
		     "%.2f, p50 %.2f\n",
		bench->both, bench->same, 100.0 * bench->same / bench->both,
		quantile(bench->apart, bench->both, 0.01),
		quantile(bench->apart, bench->both, 0.5));
	(void)printf("others in view, as last counted: wrong in %u frames (%.2f %%)\n",
		bench->bystander, 100.0 * bench->bystander / frames);
}

static uint32_t play(struct bench *bench, struct pst_device *device, uint32_t most, uint32_t every)
{
	struct pst_follow follow = {.every = every};
	struct pst_error error = {0};
	struct pst_frame frame;
	uint32_t frames = 0;
	int status = pst_device_start(device, &error);

	while (status >= 0 && frames < most &&
		(status = pst_device_next(device, &frame, &error)) == 1) {
		struct pst_slot_frame slot;

		status = pst_device_map(device, &frame, &error);
		if (status == 0) {
			status = pst_slots_put(bench->slots, 0, &frame, PERMIT, &slot, &error);
		}
		if (status == 0) {
			search_both(bench, &slot, &follow);
			pst_slots_wipe(bench->slots, 0);
			frames++;
		}
		pst_device_release(device, &frame);
	}
	if (status < 0 && status != PST_E_END) {
		die("recording", &error);
	}
	return frames;
}

int main(int argc, char **argv)
{
	static struct bench bench = {.whole.name = "whole", .near.name = "near"};
	uint32_t frames = argc >= 5 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	uint32_t every = argc >= 5 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
	struct pst_catalog *catalog = NULL;
	struct pst_device *device = NULL;
	struct pst_error error = {0};

	if (frames == 0 || frames > FRAMES_MAX || every == 0) {
		(void)fprintf(stderr, "usage: bench_follow CLIP DETECTOR FRAMES EVERY [FACES]\n");
		return 2;
	}
	if (pst_catalog_load(&catalog, &error) < 0 ||
		pst_replay_open(&device, argv[1], PST_PACE_MAX, &error) < 0) {
		die(argv[1], &error);
	}
	const struct pst_device_info *info = pst_device_info(device);

	bench.zone = (struct pst_zone){
		0.33F * (float)info->width, 0, 0.34F * (float)info->width, (float)info->height};
	if (argc > 5) {
		read_list(&bench, argv[5]);
	}
	open_worker(&bench, info, catalog, argv[2]);
	frames = play(&bench, device, frames, every);
	if (frames == 0 || bench.both == 0) {
		die(argv[1], &(struct pst_error){.text = "nobody was found"});
	}
	print(&bench, frames, every);
	pst_worker_destroy(&bench.worker);
	pst_slots_destroy(&bench.slots);
	pst_device_close(&device);
	pst_catalog_destroy(&catalog);
	for (uint32_t i = 0; i < FRAMES_MAX; i++) {
		free(bench.list[i]);
	}
	return 0;
}

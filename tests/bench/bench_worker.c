/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker costs beyond its plugin: the way of a frame of 1280x720 to it and back, locked down
 * and not, by turns; and how long it takes from its death to the next answer, with a spare and
 * without. usage: bench_worker DETECTOR FRAMES DEATHS
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/worker.h"

#define WIDTH 1280
#define HEIGHT 720
#define FRAMES_MAX 20000
#define PERMIT 1
#define WAIT_MS 60000

struct side {
	const char *name;
	struct pst_worker_config config;
	struct pst_slots *slots;
	struct pst_slots *others;
	struct pst_worker *worker;
	double trip_us[FRAMES_MAX];   /* sent to answered */
	double beyond_us[FRAMES_MAX]; /* the same without decoding, plugin and quality */
	uint32_t count;
};

static struct side sides[2];
static uint8_t grey[WIDTH * HEIGHT];
static uint64_t sequence;

static void die(const char *what, const struct pst_error *error)
{
	(void)fprintf(stderr, "bench_worker: %s: %s\n", what, error->text);
	exit(1);
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double quantile(double *values, uint32_t count, double part)
{
	qsort(values, count, sizeof(values[0]), by_value);
	return values[(uint32_t)((count - 1) * part)];
}

static struct pst_worker_event await(struct side *side, enum pst_worker_event_type type)
{
	int64_t end_ns = pst_clock_mono_ns() + WAIT_MS * PST_NS_PER_MS;
	struct pst_worker_event event = {0};

	while (pst_clock_mono_ns() < end_ns) {
		struct pollfd fd = {.fd = pst_worker_fd(side->worker), .events = POLLIN};

		(void)poll(&fd, 1, WAIT_MS);
		while (pst_worker_receive(side->worker, &event) == 1) {
			if (event.type == type) {
				return event;
			}
		}
	}
	die("no answer", &(struct pst_error){.text = "within a minute"});
	return event;
}

static struct pst_slot_frame put(struct pst_slots *slots)
{
	const struct pst_frame frame = {.sequence = ++sequence,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.plane[0] = {grey, WIDTH, sizeof(grey)}};
	struct pst_error error = {0};
	struct pst_slot_frame slot;

	if (pst_slots_put(slots, 0, &frame, PERMIT, &slot, &error) < 0) {
		die("slot", &error);
	}
	return slot;
}

static void open_side(struct side *side, const char *name, enum pst_worker_sandbox sandbox,
	const struct pst_plugin *detector, bool spare)
{
	const struct pst_slots_config slots = {
		.format = PST_FRAME_FORMAT_GREY, .width = WIDTH, .height = HEIGHT, .count = 1};
	struct pst_error error = {0};

	if (pst_slots_create(&slots, &side->slots, &error) < 0 ||
		(spare && pst_slots_create(&slots, &side->others, &error) < 0)) {
		die("slots", &error);
	}
	side->name = name;
	side->config = (struct pst_worker_config){.kind = PST_WORKER_VISION,
		.sandbox = sandbox,
		.detector = detector,
		.slots = side->slots,
		.spare_slots = side->others,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT};
	if (pst_worker_create(&side->config, &side->worker, &error) < 0 ||
		pst_worker_wait_ready(side->worker, WAIT_MS, &error) < 0) {
		die(name, &error);
	}
}

static void close_side(struct side *side)
{
	pst_worker_destroy(&side->worker);
	pst_slots_destroy(&side->slots);
	pst_slots_destroy(&side->others);
}

static void send(struct side *side)
{
	struct pst_slot_frame slot = put(side->slots);
	int64_t begun_ns = pst_clock_mono_ns();
	struct pst_worker_event event;
	double us;

	if (pst_worker_send_frame(side->worker, &slot) < 0) {
		die(side->name, &(struct pst_error){.text = "takes no frame"});
	}
	event = await(side, PST_WORKER_EVENT_FACES);
	us = (double)(pst_clock_mono_ns() - begun_ns) / 1000;
	pst_slots_wipe(side->slots, 0);
	side->trip_us[side->count] = us;
	side->beyond_us[side->count++] =
		us - event.faces->decode_us - event.faces->detect_us - event.faces->quality_us;
}

static void compare(const struct pst_plugin *detector, uint32_t frames)
{
	open_side(&sides[0], "strict", PST_WORKER_SANDBOX_STRICT, detector, false);
	open_side(&sides[1], "off", PST_WORKER_SANDBOX_OFF, detector, false);
	for (uint32_t i = 0; i < frames; i++) {
		send(&sides[i % 2]);
		send(&sides[(i + 1) % 2]);
	}
	(void)printf("%s, %u frames of 1280x720 each, by turns; us\n", detector->id, frames);
	(void)printf("%-10s %10s %10s %12s %12s\n", "sandbox", "trip p50", "trip p99", "beyond p50",
		"beyond p99");
	for (int i = 0; i < 2; i++) {
		struct side *side = &sides[i];

		(void)printf("%-10s %10.0f %10.0f %12.0f %12.0f\n", side->name,
			quantile(side->trip_us, side->count, 0.5),
			quantile(side->trip_us, side->count, 0.99),
			quantile(side->beyond_us, side->count, 0.5),
			quantile(side->beyond_us, side->count, 0.99));
	}
	(void)printf("strict / off: %.3f of the trip, %.3f beyond the plugin\n\n",
		quantile(sides[0].trip_us, frames, 0.5) / quantile(sides[1].trip_us, frames, 0.5),
		quantile(sides[0].beyond_us, frames, 0.5) /
			quantile(sides[1].beyond_us, frames, 0.5));
	close_side(&sides[0]);
	close_side(&sides[1]);
}

static void await_spare(struct side *side)
{
	struct pst_worker_event event;

	while (!pst_worker_has_spare(side->worker)) {
		struct pollfd fd = {.fd = pst_worker_fd(side->worker), .events = POLLIN};

		(void)poll(&fd, 1, 100);
		while (pst_worker_receive(side->worker, &event) == 1) {
		}
	}
}

/* One death. @return ms from it to the next answer */
static double replace(struct side *side, bool spare)
{
	int64_t begun_ns;

	if (spare) {
		await_spare(side);
	}
	begun_ns = pst_clock_mono_ns();
	pst_worker_kill(side->worker);
	(void)await(side, PST_WORKER_EVENT_DIED);
	if (spare) {
		struct pst_slots *used = side->slots;

		side->slots = side->others;
		side->others = used;
	}
	(void)await(side, PST_WORKER_EVENT_READY);
	side->count = 0;
	send(side);
	return (double)(pst_clock_mono_ns() - begun_ns) / PST_NS_PER_MS;
}

static void replace_often(const struct pst_plugin *detector, uint32_t deaths)
{
	static double ms[2][FRAMES_MAX];

	for (int spare = 0; spare < 2; spare++) {
		memset(&sides[0], 0, sizeof(sides[0]));
		open_side(&sides[0], "strict", PST_WORKER_SANDBOX_STRICT, detector, spare);
		for (uint32_t i = 0; i < deaths; i++) {
			ms[spare][i] = replace(&sides[0], spare);
		}
		close_side(&sides[0]);
	}
	(void)printf("%s, from the kill to the next answer, %u times; ms\n", detector->id, deaths);
	(void)printf("%-10s %8s %8s\n", "spare", "p50", "worst");
	for (int spare = 0; spare < 2; spare++) {
		(void)printf("%-10s %8.1f %8.1f\n", spare ? "warm" : "none",
			quantile(ms[spare], deaths, 0.5), quantile(ms[spare], deaths, 1));
	}
	(void)printf("\n");
}

int main(int argc, char **argv)
{
	uint32_t frames = argc == 4 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	uint32_t deaths = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	const struct pst_plugin *detector = NULL;
	struct pst_catalog *catalog = NULL;
	struct pst_error error = {0};

	if (frames == 0 || frames > FRAMES_MAX || deaths == 0 || deaths > FRAMES_MAX) {
		(void)fprintf(stderr, "usage: bench_worker DETECTOR FRAMES DEATHS\n");
		return 2;
	}
	if (pst_catalog_load(&catalog, &error) < 0 ||
		pst_catalog_find(catalog, PST_PLUGIN_DETECTOR, argv[1], &detector, &error) < 0) {
		die(argv[1], &error);
	}
	for (size_t i = 0; i < sizeof(grey); i++) {
		grey[i] = (uint8_t)(i * 7 % 190);
	}
	compare(detector, frames);
	replace_often(detector, deaths);
	pst_catalog_destroy(&catalog);
	return 0;
}

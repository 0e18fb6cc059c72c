/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin that tries every way out of a worker, while it is loaded, while it starts and on a
 * frame: the first two are refused, the third ends the worker.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "escapes.h"
#include "host/worker.h"

#define WIDTH 128
#define HEIGHT 96
#define WAIT_MS 20000

static const struct way {
	const char *name;
	int early;
} ways[] = {
#define WAY(name, early, ...) {name, early},
	ESCAPES_MAP(WAY)
#undef WAY
};
#define COUNT ((int)(sizeof(ways) / sizeof(ways[0])))

static struct pst_catalog *catalog;
static struct pst_slots *slots;
static struct pst_worker *worker;
static struct pst_error error;
static struct pst_slot_frame slot;

static void setup(void)
{
	const struct pst_slots_config config = {
		.format = PST_FRAME_FORMAT_GREY, .width = WIDTH, .height = HEIGHT};

	cr_assert_eq(pst_catalog_load(&catalog, &error), 0, "%s", error.text);
	cr_assert_eq(pst_slots_create(&config, &slots, &error), 0, "%s", error.text);
}

static void teardown(void)
{
	pst_worker_destroy(&worker);
	pst_slots_destroy(&slots);
	pst_catalog_destroy(&catalog);
}

TestSuite(escapes, .init = setup, .fini = teardown, .timeout = 300);

static void start(void)
{
	struct pst_worker_config config = {.kind = PST_WORKER_VISION,
		.slots = slots,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.sandbox = PST_WORKER_SANDBOX_STRICT};

	pst_worker_destroy(&worker);
	cr_assert_eq(
		pst_catalog_find(catalog, PST_PLUGIN_DETECTOR, "escapes", &config.detector, &error),
		0, "%s", error.text);
	cr_assert_eq(pst_worker_create(&config, &worker, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_wait_ready(worker, WAIT_MS, &error), 0, "%s", error.text);
}

static int ask(uint8_t what, int number, const struct pst_wire_faces **ret_faces)
{
	static uint8_t grey[WIDTH * HEIGHT];
	const struct pst_frame frame = {.sequence = 1,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.plane[0] = {grey, WIDTH, sizeof(grey)}};

	grey[0] = (uint8_t)number;
	grey[1] = what;
	error = (struct pst_error){0};
	pst_slots_wipe_all(slots);
	cr_assert_eq(pst_slots_put(slots, 0, &frame, 7, &slot, &error), 0, "%s", error.text);
	return pst_worker_detect(worker, &slot, WAIT_MS, ret_faces, &error);
}

Test(escapes, are_refused_while_the_plugin_is_loaded_and_starts)
{
	const struct pst_wire_faces *faces;
	int refused = 0, number = 0;

	start();
	while (number < COUNT) {
		int count = ask(ESCAPES_REPORT, number, &faces);

		cr_assert_gt(count, 0, "%s", error.text);
		for (int i = 0; i < count; i++, number++) {
			const struct pst_face *told = &faces->face[i].face;

			cr_expect_eq((int)told->x, ways[number].early, "%s, loaded: %s",
				ways[number].name, strerrorname_np((int)told->x));
			cr_expect_eq((int)told->y, ways[number].early, "%s, starting: %s",
				ways[number].name, strerrorname_np((int)told->y));
			refused += 2 * (ways[number].early != 0);
		}
	}
	cr_expect_geq(refused, 80);
	(void)printf("# %d attempts refused before the first frame\n", refused);
}

Test(escapes, end_the_worker_on_a_frame)
{
	int killed = 0;

	for (int number = 0; number < COUNT; number++) {
		const struct pst_wire_faces *faces;
		int status;

		start();
		status = ask(ESCAPES_ATTEMPT, number, &faces);
		cr_expect_eq(status, PST_E_PLUGIN, "%s: %d", ways[number].name, status);
		cr_expect(strstr(error.text, "SIGSYS"), "%s: %s", ways[number].name, error.text);
		killed += status == PST_E_PLUGIN && strstr(error.text, "SIGSYS");
	}
	cr_expect_geq(killed, 40);
	(void)printf("# %d attempts on a frame, each the end of the worker\n", killed);
}

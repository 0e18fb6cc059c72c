/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <dirent.h>
#include <fcntl.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/worker.h"
#include "support/sandbox.h"

#define WIDTH 128
#define HEIGHT 96
#define MARK 255 /* a first pixel that makes the detector misbehave */

static struct pst_catalog *catalog;
static struct pst_slots *slots;
static struct pst_worker *worker;
static struct pst_error error;
static uint8_t grey[WIDTH * HEIGHT];

static const struct pst_plugin *plugin(enum pst_plugin_kind kind, const char *id)
{
	const struct pst_plugin *found = NULL;

	cr_assert_eq(pst_catalog_find(catalog, kind, id, &found, &error), 0, "%s", error.text);
	return found;
}

static void setup(void)
{
	const struct pst_slots_config config = {
		.format = PST_FRAME_FORMAT_GREY, .width = WIDTH, .height = HEIGHT};

	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_catalog_load(&catalog, &error), 0, "%s", error.text);
	cr_assert_eq(pst_slots_create(&config, &slots, &error), 0, "%s", error.text);
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		grey[i] = (uint8_t)(60 + i % 7 * 10);
	}
}

static void teardown(void)
{
	pst_worker_destroy(&worker);
	pst_slots_destroy(&slots);
	pst_catalog_destroy(&catalog);
}

TestSuite(worker, .init = setup, .fini = teardown, .timeout = 60);

static void start_with(const struct pst_worker_setting *settings, uint32_t count, uint32_t hard_ms,
	uint32_t soft_ms)
{
	const struct pst_worker_config config = {.kind = PST_WORKER_VISION,
		.sandbox = TEST_WORKER_SANDBOX,
		.detector = plugin(PST_PLUGIN_DETECTOR, "marks"),
		.extractor = plugin(PST_PLUGIN_EXTRACTOR, "mean"),
		.slots = slots,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.settings = settings,
		.setting_count = count,
		.hard_ms = hard_ms,
		.soft_ms = soft_ms};

	cr_assert_eq(pst_worker_create(&config, &worker, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_wait_ready(worker, 20000, &error), 0, "%s", error.text);
}

static void start(const char *mode, uint32_t hard_ms)
{
	const struct pst_worker_setting settings[] = {{"marks", "mode", mode}};

	start_with(settings, 1, hard_ms, 0);
}

static struct pst_slot_frame put(uint64_t sequence, bool marked)
{
	const struct pst_frame frame = {.sequence = sequence,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.plane[0] = {grey, WIDTH, sizeof(grey)}};
	struct pst_slot_frame slot;
	int index = pst_slots_free_index(slots);

	cr_assert_geq(index, 0);
	grey[0] = marked ? MARK : 0;
	cr_assert_eq(pst_slots_put(slots, (uint32_t)index, &frame, 7, &slot, &error), 0, "%s",
		error.text);
	return slot;
}

/* Waits for an event of the type; others on the way are dropped. */
static struct pst_worker_event await(enum pst_worker_event_type type, int timeout_ms)
{
	int64_t end = pst_clock_mono_ns() + timeout_ms * PST_NS_PER_MS;
	struct pst_worker_event event;

	while (pst_clock_mono_ns() < end) {
		struct pollfd fd = {.fd = pst_worker_fd(worker), .events = POLLIN};

		(void)poll(&fd, 1, 50);
		while (pst_worker_receive(worker, &event) == 1) {
			if (event.type == type) {
				return event;
			}
		}
	}
	cr_assert_fail("no event of type %d within %d ms", (int)type, timeout_ms);
	return event;
}

static void send_and_expect_faces(uint64_t sequence)
{
	struct pst_slot_frame slot = put(sequence, false);
	struct pst_worker_event event;

	cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
	event = await(PST_WORKER_EVENT_FACES, 10000);
	cr_assert_eq(event.sequence, sequence);
	cr_assert_eq(event.faces->status, 0);
	cr_assert_eq(event.faces->count, 1);
	pst_slots_wipe(slots, slot.slot);
}

static struct pst_slots *others;

static void start_with_spare(const char *mode)
{
	const struct pst_slots_config alike = {
		.format = PST_FRAME_FORMAT_GREY, .width = WIDTH, .height = HEIGHT};
	const struct pst_worker_setting settings[] = {{"marks", "mode", mode}};
	struct pst_worker_config config = {.kind = PST_WORKER_VISION,
		.sandbox = TEST_WORKER_SANDBOX,
		.detector = plugin(PST_PLUGIN_DETECTOR, "marks"),
		.slots = slots,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.settings = settings,
		.setting_count = 1};

	cr_assert_eq(pst_slots_create(&alike, &others, &error), 0, "%s", error.text);
	config.spare_slots = others;
	cr_assert_eq(pst_worker_create(&config, &worker, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_wait_ready(worker, 20000, &error), 0, "%s", error.text);
}

static void await_spare(void)
{
	int64_t end = pst_clock_mono_ns() + 20 * PST_NS_PER_S;
	struct pst_worker_event event;

	while (!pst_worker_has_spare(worker) && pst_clock_mono_ns() < end) {
		struct pollfd fd = {.fd = pst_worker_fd(worker), .events = POLLIN};

		(void)poll(&fd, 1, 50);
		while (pst_worker_receive(worker, &event) == 1) {
			cr_assert(event.type == PST_WORKER_EVENT_LOG ||
				  event.type == PST_WORKER_EVENT_READY);
		}
	}
	cr_assert(pst_worker_has_spare(worker));
}

/* The lane's part when a worker dies: wipe, and go on in the slots that its successor has. */
static void change_slots(void)
{
	struct pst_slots *used = slots;

	pst_slots_wipe_all(slots);
	cr_assert_eq(pst_worker_slots(worker), others);
	slots = others;
	others = used;
}

Test(worker, a_spare_takes_over_at_once_on_slots_of_its_own)
{
	int pid;

	start_with_spare("crash");
	for (uint64_t life = 0; life < 3; life++) {
		struct pst_slot_frame slot;

		await_spare();
		pid = pst_worker_pid(worker);
		send_and_expect_faces(10 * life + 1);
		slot = put(10 * life + 2, true);
		cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
		(void)await(PST_WORKER_EVENT_DIED, 5000);
		cr_assert_eq(pst_worker_state(worker), PST_WORKER_STATE_READY);
		cr_assert_neq(pst_worker_pid(worker), pid);
		change_slots();
		cr_assert_eq(await(PST_WORKER_EVENT_READY, 5000).type, PST_WORKER_EVENT_READY);
		send_and_expect_faces(10 * life + 3);
		cr_assert_eq(pst_worker_counts(worker).deaths, life + 1);
		cr_assert_eq(pst_worker_counts(worker).dropped, life + 1);
	}
	pst_worker_destroy(&worker);
	pst_slots_destroy(&others);
}

Test(worker, a_late_wiping_costs_the_process_but_is_no_death_with_a_spare)
{
	struct pst_slot_frame slot;
	struct pst_worker_event event;

	start_with_spare("hang");
	for (int i = 0; i < 7; i++) { /* more than the deaths that are a quarantine */
		await_spare();
		slot = put((uint64_t)i + 1, true);
		cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
		cr_assert_eq(pst_worker_send_reset(worker, 7, 30), 0);
		event = await(PST_WORKER_EVENT_DIED, 5000);
		cr_assert_eq(event.status, -ECANCELED);
		cr_assert(strstr(event.text, "was replaced"), "%s", event.text);
		change_slots();
		cr_assert_eq(pst_worker_state(worker), PST_WORKER_STATE_READY);
	}
	cr_expect_eq(pst_worker_counts(worker).deaths, 0);
	pst_worker_destroy(&worker);
	pst_slots_destroy(&others);
}

Test(worker, a_spare_ends_with_its_worker)
{
	struct pst_slot_frame slot;

	start_with_spare("crash");
	for (int i = 0; i < 5; i++) {
		await_spare();
		slot = put((uint64_t)i + 1, true);
		cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
		(void)await(PST_WORKER_EVENT_DIED, 5000);
		if (i < 4) {
			change_slots();
		}
	}
	(void)await(PST_WORKER_EVENT_QUARANTINED, 5000);
	cr_expect_eq(pst_worker_state(worker), PST_WORKER_STATE_QUARANTINED);
	cr_expect(!pst_worker_has_spare(worker));
	pst_worker_destroy(&worker);
	pst_slots_destroy(&others);
}

Test(worker, finds_faces_and_extracts)
{
	const struct pst_wire_faces *faces;
	const struct pst_wire_template *template_;
	struct pst_slot_frame slot;
	struct pst_face face;

	start("good", 0);
	slot = put(11, false);
	cr_assert_eq(pst_worker_detect(worker, &slot, 5000, &faces, &error), 1, "%s", error.text);
	face = faces->face[0].face;
	cr_assert_float_eq(face.x, 0.25F * WIDTH, 0.6);
	cr_assert_float_eq(face.width, 0.5F * WIDTH, 0.1);
	cr_assert_float_eq(face.landmarks[PST_LANDMARK_EYE_LEFT].x, 0.4F * WIDTH, 0.6);
	cr_assert_eq(
		pst_worker_extract(worker, &slot, &face, PST_ROLE_PROBE, 5000, &template_, &error),
		48, "%s", error.text);
	cr_assert_eq(template_->permit, 7);
	cr_assert_eq(template_->sequence, 11);
	float mean;

	memcpy(&mean, template_->bytes, sizeof(mean));
	cr_assert(mean > 60 && mean < 130, "mean colour %f", (double)mean);
}

static const struct pst_wire_faces *near(
	const struct pst_slot_frame *slot, struct pst_wire_box box, uint32_t how)
{
	const struct pst_wire_search search = {.how = PST_WIRE_HOW_NEAR, .near = box};
	struct pst_worker_event event;

	cr_assert_eq(pst_worker_send_search(worker, slot, &search), 0);
	event = await(PST_WORKER_EVENT_FACES, 10000);
	cr_assert_eq(event.sequence, slot->sequence);
	cr_assert_eq(event.faces->how, how);
	cr_assert_eq(event.faces->count, 1);
	return event.faces;
}

Test(worker, looks_near_a_box_and_where_it_finds_nothing_everywhere)
{
	struct pst_slot_frame slot;
	const struct pst_wire_faces *faces;
	struct pst_worker_event event;

	start("crash", 0);
	slot = put(1, false);
	faces = near(&slot, (struct pst_wire_box){32, 24, 40, 40}, PST_WIRE_HOW_NEAR);
	cr_assert_float_eq(faces->face[0].face.x, 4 + 24, 1e-3); /* the square begins at 4 */
	cr_assert_float_eq(faces->face[0].face.width, 48, 1e-3);
	cr_assert_eq(pst_worker_send_search(
			     worker, &slot, &(struct pst_wire_search){.how = PST_WIRE_HOW_AGAIN}),
		0);
	event = await(PST_WORKER_EVENT_FACES, 10000);
	cr_assert_eq(event.faces->how, PST_WIRE_HOW_WHOLE);
	cr_assert_float_eq(event.faces->face[0].face.x, 32, 1e-3);
	cr_assert_float_eq(event.faces->face[0].face.width, 64, 1e-3);
	pst_slots_wipe(slots, slot.slot);

	slot = put(2, false);
	faces = near(&slot, (struct pst_wire_box){100, 70, 20, 20}, PST_WIRE_HOW_WHOLE);
	cr_assert_float_eq(faces->face[0].face.x, 32, 1e-3);
	faces = near(&slot, (struct pst_wire_box){0, 0, 120, 90}, PST_WIRE_HOW_WHOLE);
	cr_assert_eq(pst_worker_counts(worker).sent, 3);
	cr_assert_eq(pst_worker_counts(worker).answered, 3);
	cr_assert_eq(pst_worker_send_reset(worker, 7, 1000), 0);
	event = await(PST_WORKER_EVENT_RESET, 10000);
	cr_assert_eq(event.taken, 3); /* what is asked again is the same frame */
}

Test(worker, a_face_without_landmarks_gets_mean_ones)
{
	const struct pst_worker_setting settings[] = {{"marks", "landmarks", "0"}};
	const struct pst_wire_faces *faces;
	struct pst_slot_frame slot;

	start_with(settings, 1, 0, 0);
	slot = put(1, false);
	cr_assert_eq(pst_worker_detect(worker, &slot, 5000, &faces, &error), 1, "%s", error.text);
	cr_assert_eq(faces->face[0].face.has_landmarks, 1);
	cr_assert_gt(faces->face[0].face.landmarks[PST_LANDMARK_EYE_LEFT].x, 0.25F * WIDTH);
}

Test(worker, extraction_needs_the_frame_it_was_found_in)
{
	const struct pst_wire_faces *faces;
	const struct pst_wire_template *template_;
	struct pst_slot_frame slot;
	struct pst_face face;

	start("good", 0);
	slot = put(3, false);
	cr_assert_eq(pst_worker_detect(worker, &slot, 5000, &faces, &error), 1);
	face = faces->face[0].face;
	slot.sequence = 4;
	cr_assert_eq(
		pst_worker_extract(worker, &slot, &face, PST_ROLE_PROBE, 5000, &template_, &error),
		PST_E_NOT_FOUND);
	slot.sequence = 3;
	cr_assert_eq(pst_worker_send_reset(worker, 7, 1000), 0);
	cr_assert_eq(await(PST_WORKER_EVENT_RESET, 5000).permit, 7);
	memset(&error, 0, sizeof(error));
	cr_assert_eq(
		pst_worker_extract(worker, &slot, &face, PST_ROLE_PROBE, 5000, &template_, &error),
		PST_E_NOT_FOUND, "nothing is known after a reset");
}

Test(worker, what_was_found_near_a_box_makes_no_template)
{
	const struct pst_wire_box box = {32, 24, 40, 40};
	const struct pst_wire_template *template_;
	const struct pst_wire_faces *faces;
	struct pst_slot_frame slot;
	struct pst_face face;

	start("crash", 0);
	slot = put(1, false);
	face = near(&slot, box, PST_WIRE_HOW_NEAR)->face[0].face;
	cr_assert_eq(
		pst_worker_extract(worker, &slot, &face, PST_ROLE_PROBE, 5000, &template_, &error),
		PST_E_NOT_FOUND, "%s", error.text);
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_worker_detect(worker, &slot, 5000, &faces, &error), 1, "%s", error.text);
	face = faces->face[0].face;
	cr_assert_gt(
		pst_worker_extract(worker, &slot, &face, PST_ROLE_PROBE, 5000, &template_, &error),
		0, "%s", error.text);
}

static int open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(folder) != NULL) {
		count++;
	}
	(void)closedir(folder);
	return count;
}

Test(worker, a_crash_costs_one_frame)
{
	struct pst_slot_frame slot;
	struct pst_worker_event event;
	int first, descriptors;

	start("crash", 0);
	first = pst_worker_pid(worker);
	descriptors = open_descriptors();
	send_and_expect_faces(1);
	slot = put(2, true);
	cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
	event = await(PST_WORKER_EVENT_DIED, 10000);
	cr_assert_eq(event.status, PST_E_PLUGIN);
	cr_assert_str_eq(event.text, "vision worker was killed by SIGSEGV");
	cr_assert_eq(pst_worker_send_frame(worker, &slot), -EAGAIN);
	pst_slots_wipe(slots, slot.slot);
	(void)await(PST_WORKER_EVENT_READY, 10000);
	cr_assert_neq(pst_worker_pid(worker), first);
	send_and_expect_faces(3);
	cr_assert_eq(pst_worker_counts(worker).sent, 3);
	cr_assert_eq(pst_worker_counts(worker).answered, 2);
	cr_assert_eq(pst_worker_counts(worker).dropped, 1);
	cr_assert_eq(pst_worker_counts(worker).deaths, 1);
	cr_assert_eq(pst_worker_counts(worker).starts, 2);
	cr_assert_eq(open_descriptors(), descriptors, "a restart leaks descriptors");
}

Test(worker, a_hang_is_killed_at_the_hard_deadline)
{
	struct pst_slot_frame slot;
	struct pst_worker_event event;
	int64_t begin;

	start("hang", 300);
	slot = put(1, true);
	begin = pst_clock_mono_ns();
	cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
	cr_assert_eq(await(PST_WORKER_EVENT_LATE, 5000).sequence, 1);
	event = await(PST_WORKER_EVENT_DIED, 5000);
	cr_assert_eq(event.status, PST_E_TIMEOUT);
	cr_assert(strstr(event.text, "did not answer 'frame' in time and was killed"), "%s",
		event.text);
	cr_assert_geq(pst_clock_mono_ns() - begin, 300 * PST_NS_PER_MS);
	pst_slots_wipe(slots, slot.slot);
	(void)await(PST_WORKER_EVENT_READY, 10000);
	send_and_expect_faces(2);
}

Test(worker, a_reset_that_is_not_confirmed_kills)
{
	struct pst_slot_frame slot;

	start("hang", 30000);
	slot = put(1, true);
	cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
	cr_assert_eq(pst_worker_send_reset(worker, 7, 50), 0);
	cr_assert_eq(await(PST_WORKER_EVENT_DIED, 5000).status, PST_E_TIMEOUT);
}

Test(worker, nonsense_from_a_detector_is_a_fault)
{
	static const struct {
		const char *mode, *wanted;
	} modes[] = {
		{"nan", "out of bounds"},
		{"inf", "out of bounds"},
		{"huge", "out of bounds"},
		{"many", "claims 65 faces, room is 64"},
		{"consent", "detection failed"},
		{"exit", "ended with status 3"},
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const struct pst_wire_faces *faces;
		struct pst_slot_frame slot;

		start(modes[i].mode, 0);
		slot = put(1, true);
		memset(&error, 0, sizeof(error));
		cr_assert_eq(pst_worker_detect(worker, &slot, 5000, &faces, &error), PST_E_PLUGIN,
			"%s: %s", modes[i].mode, error.text);
		cr_assert(strstr(error.text, modes[i].wanted), "%s", error.text);
		pst_slots_wipe(slots, slot.slot);
		memset(&error, 0, sizeof(error));
		cr_assert_eq(pst_worker_wait_ready(worker, 10000, &error), 0, "%s", error.text);
		pst_worker_destroy(&worker);
	}
}

Test(worker, five_deaths_within_a_minute_are_quarantine)
{
	const struct pst_worker_setting settings[] = {{"marks", "mode", "crash"}};
	struct pst_worker_event event;

	/* Two deaths are enough to see the waits grow; the rest would take eleven seconds. */
	start_with(settings, 1, 0, 0);
	for (int i = 0; i < 3; i++) {
		struct pst_slot_frame slot = put((uint64_t)i + 1, true);
		int64_t begin;

		cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
		(void)await(PST_WORKER_EVENT_DIED, 5000);
		begin = pst_clock_mono_ns();
		cr_assert_eq(pst_worker_state(worker), PST_WORKER_STATE_WAITING);
		pst_slots_wipe(slots, slot.slot);
		(void)await(PST_WORKER_EVENT_READY, 20000);
		if (i == 1) {
			cr_assert_geq(pst_clock_mono_ns() - begin, 100 * PST_NS_PER_MS);
		}
		if (i == 2) {
			cr_assert_geq(pst_clock_mono_ns() - begin, PST_NS_PER_S);
		}
	}
	for (int i = 0; i < 2; i++) {
		struct pst_slot_frame slot = put((uint64_t)i + 10, true);

		cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
		event = await(
			i == 0 ? PST_WORKER_EVENT_READY : PST_WORKER_EVENT_QUARANTINED, 30000);
		pst_slots_wipe(slots, slot.slot);
	}
	cr_assert(strstr(event.text, "SIGSEGV"), "%s", event.text);
	cr_assert_eq(pst_worker_state(worker), PST_WORKER_STATE_QUARANTINED);
	cr_assert_eq(pst_worker_counts(worker).deaths, 5);
	cr_assert_eq(pst_worker_counts(worker).starts, 5);
	cr_assert_eq(pst_worker_pid(worker), 0);
}

Test(worker, what_no_restart_can_cure_is_quarantined_at_once)
{
	const struct pst_worker_setting settings[] = {{"marks", "mode", "refuse"}};
	const struct pst_worker_config config = {.kind = PST_WORKER_VISION,
		.sandbox = TEST_WORKER_SANDBOX,
		.detector = plugin(PST_PLUGIN_DETECTOR, "marks"),
		.slots = slots,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.settings = settings,
		.setting_count = 1};
	struct pst_worker_event event;

	cr_assert_eq(pst_worker_create(&config, &worker, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_wait_ready(worker, 20000, &error), PST_E_CONFIG);
	cr_assert(strstr(error.text, "plugin marks does not start"), "%s", error.text);
	cr_assert_eq(pst_worker_state(worker), PST_WORKER_STATE_QUARANTINED);
	event = await(PST_WORKER_EVENT_QUARANTINED, 2000);
	cr_assert_eq(event.status, PST_E_CONFIG);
}

Test(worker, settings_are_checked_before_the_start)
{
	static const struct pst_worker_setting wrong[] = {
		{"marks", "mod", "good"}, {"marks", "landmarks", "2"}, {"mean", "mood", "x"}};
	static const char *const wanted[] = {
		"did you mean 'mode'", "must be 0 to 1", "did you mean 'mode'"};

	for (int i = 0; i < 3; i++) {
		const struct pst_worker_config config = {.kind = PST_WORKER_VISION,
			.sandbox = TEST_WORKER_SANDBOX,
			.detector = plugin(PST_PLUGIN_DETECTOR, "marks"),
			.extractor = plugin(PST_PLUGIN_EXTRACTOR, "mean"),
			.slots = slots,
			.format = PST_FRAME_FORMAT_GREY,
			.width = WIDTH,
			.height = HEIGHT,
			.settings = &wrong[i],
			.setting_count = 1};

		memset(&error, 0, sizeof(error));
		cr_assert_eq(pst_worker_create(&config, &worker, &error), PST_E_CONFIG);
		cr_assert(strstr(error.text, wanted[i]), "%s", error.text);
		cr_assert_null(worker);
	}
}

Test(worker, what_a_plugin_prints_becomes_bounded_log_lines)
{
	struct pst_slot_frame slot;
	struct pst_worker_event event;
	uint32_t lines = 0;
	bool faces = false, tagged = false;

	start("print", 0);
	slot = put(1, true);
	cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
	for (int64_t end = pst_clock_mono_ns() + 3 * PST_NS_PER_S; pst_clock_mono_ns() < end;) {
		struct pollfd fd = {.fd = pst_worker_fd(worker), .events = POLLIN};

		(void)poll(&fd, 1, 50);
		while (pst_worker_receive(worker, &event) == 1) {
			faces = faces || event.type == PST_WORKER_EVENT_FACES;
			if (event.type != PST_WORKER_EVENT_LOG) {
				continue;
			}
			lines++;
			cr_assert_null(strchr(event.text, '\033'), "escape codes come through");
			cr_assert_eq(
				strncmp(event.text, "[vision worker ", 15), 0, "%s", event.text);
			tagged = tagged || strstr(event.text, "lines in one second were dropped");
		}
	}
	cr_assert(faces);
	cr_assert(tagged, "nobody says that lines were dropped");
	cr_assert_lt(lines, 200, "%u lines", lines);
}

Test(worker, a_slow_answer_is_reported_and_taken)
{
	const struct pst_worker_setting settings[] = {{"marks", "mode", "slow"}};
	struct pst_slot_frame slot;

	start_with(settings, 1, 5000, 20);
	slot = put(9, true);
	cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
	cr_assert_eq(await(PST_WORKER_EVENT_LATE, 2000).sequence, 9);
	cr_assert_eq(await(PST_WORKER_EVENT_FACES, 5000).sequence, 9);
	cr_assert_eq(pst_worker_counts(worker).deaths, 0);
}

Test(worker, several_frames_are_answered_in_order)
{
	struct pst_slot_frame slot[PST_SLOTS_DEFAULT];

	start("good", 0);
	for (uint32_t i = 0; i < PST_SLOTS_DEFAULT; i++) {
		slot[i] = put(i + 1, false);
		cr_assert_eq(pst_worker_send_frame(worker, &slot[i]), 0);
	}
	cr_assert_eq(pst_worker_pending(worker), PST_SLOTS_DEFAULT);
	for (uint32_t i = 0; i < PST_SLOTS_DEFAULT; i++) {
		cr_assert_eq(await(PST_WORKER_EVENT_FACES, 5000).sequence, i + 1);
	}
	cr_assert_eq(pst_worker_pending(worker), 0);
}

Test(worker, replacing_it_is_no_death)
{
	start("good", 0);
	pst_worker_kill(worker);
	cr_assert_eq(await(PST_WORKER_EVENT_DIED, 5000).status, -ECANCELED);
	(void)await(PST_WORKER_EVENT_READY, 10000);
	cr_assert_eq(pst_worker_counts(worker).deaths, 0);
	send_and_expect_faces(1);
}

/* Text of one field of /proc/PID/status. */
static void status_of(int pid, const char *field, char *value, size_t size)
{
	char path[64], line[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	cr_assert_not_null(file);
	value[0] = 0;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, field, strlen(field)) == 0) {
			(void)snprintf(value, size, "%.60s", line + strlen(field));
		}
	}
	(void)fclose(file);
}

Test(worker, holds_only_what_it_was_given)
{
	char path[64], value[64], link[256];
	struct dirent *entry;
	DIR *folder;
	int extra = open("/dev/null", 0); /* inheritable on purpose */

	start("good", 0);
	status_of(pst_worker_pid(worker), "NoNewPrivs:", value, sizeof(value));
	cr_assert_eq(atoi(value), 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pst_worker_pid(worker));
	folder = opendir(path);
	cr_assert_not_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.') {
			cr_assert_leq(
				atoi(entry->d_name), 4, "descriptor %s is open", entry->d_name);
		}
	}
	(void)closedir(folder);
	(void)snprintf(path, sizeof(path), "/proc/%d/limits", pst_worker_pid(worker));
	FILE *limits = fopen(path, "re");
	bool found = false;

	cr_assert_not_null(limits);
	while (fgets(link, sizeof(link), limits)) {
		if (strncmp(link, "Max core file size", 18) == 0) {
			found = strstr(link, " 0 ") != NULL;
		}
	}
	(void)fclose(limits);
	cr_assert(found, "the worker may dump its memory");
	close(extra);
}

Test(worker, ends_with_its_lane)
{
	int pid;

	start("good", 0);
	pid = pst_worker_pid(worker);
	pst_worker_destroy(&worker);
	cr_assert_null(worker);
	cr_assert_eq(kill(pid, 0), -1);
	cr_assert_eq(errno, ESRCH);
}

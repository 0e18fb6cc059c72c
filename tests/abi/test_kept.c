/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plugins that were compiled when ABI 1.0 was frozen still load and answer as they did then: each
 * kind through a worker's loader, and those of a lane through worker processes.
 */
#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/worker.h"
#include "postern/detector.h"
#include "postern/extractor.h"
#include "postern/matcher.h"
#include "postern/pad.h"
#include "postern/quality.h"
#include "support/sandbox.h"
#include "worker/guest.h"

#define SIDE 48
#define STRIDE 56

static struct pst_catalog *catalog;
static struct pst_error error;
static struct pst_wire_plugin wire;
static struct pst_guest *guest;
static uint8_t pixels[STRIDE * SIDE];
static const struct pst_image image = {.size = sizeof(image),
	.format = PST_PIXELS_GREY8,
	.width = SIDE,
	.height = SIDE,
	.stride = STRIDE,
	.pixels = pixels};
static const struct pst_face face = {.width = SIDE,
	.height = SIDE,
	.score = 1,
	.has_landmarks = 1,
	.landmarks = {{14, 18}, {34, 18}, {24, 28}, {16, 38}, {32, 38}}};

static const struct pst_plugin *find(enum pst_plugin_kind kind, const char *id)
{
	const struct pst_plugin *plugin = NULL;

	cr_assert_eq(pst_catalog_find(catalog, kind, id, &plugin, &error), 0, "%s", error.text);
	return plugin;
}

/* The calls of a kept plugin, loaded as a worker loads it, with the options' defaults. */
static const void *open_kept(enum pst_plugin_kind kind, const char *id)
{
	const struct pst_manifest *manifest = find(kind, id)->manifest;

	wire.kind = (uint32_t)kind;
	wire.abi = manifest->abi;
	(void)snprintf(wire.id, sizeof(wire.id), "%s", manifest->id);
	(void)snprintf(wire.version, sizeof(wire.version), "%s", manifest->version);
	(void)snprintf(wire.library, sizeof(wire.library), "%s", manifest->library);
	wire.option_count = manifest->option_count;
	for (uint32_t i = 0; i < manifest->option_count; i++) {
		wire.option[i].type = (uint32_t)manifest->option[i].type;
		(void)snprintf(wire.option[i].name, sizeof(wire.option[i].name), "%s",
			manifest->option[i].name);
		(void)snprintf(wire.option[i].value, sizeof(wire.option[i].value), "%s",
			manifest->option[i].def);
	}
	cr_assert_eq(pst_guest_open(&wire, &guest, &error), 0, "%s", error.text);
	return pst_guest_calls(guest);
}

static void setup(void)
{
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_catalog_load(&catalog, &error), 0, "%s", error.text);
	cr_assert_eq(pst_catalog_count(catalog), 5);
	for (int i = 0; i < STRIDE * SIDE; i++) {
		pixels[i] = (uint8_t)(i % STRIDE < SIDE ? 4 * (i / STRIDE) + 7 : 255);
	}
}

static void teardown(void)
{
	pst_guest_close(&guest);
	pst_catalog_destroy(&catalog);
}

TestSuite(kept, .init = setup, .fini = teardown, .timeout = 60);

Test(kept, detector)
{
	const struct pst_detector *calls = open_kept(PST_PLUGIN_DETECTOR, "kept-detector");
	struct pst_face found;

	cr_assert_eq(calls->detect(pst_guest_self(guest), &image, &found, 1), 1);
	cr_assert_eq(found.x, 12);
	cr_assert_eq(found.height, 24);
	cr_assert_eq(found.score, 0.75F, "the default of an option");
	cr_assert_eq(found.has_landmarks, 1);
	cr_assert_eq(found.landmarks[PST_LANDMARK_EYE_RIGHT].x, 30);
	cr_assert_eq(found.landmarks[PST_LANDMARK_EYE_RIGHT].y, 19.5F);
	cr_assert_eq(found.landmarks[PST_LANDMARK_MOUTH_RIGHT].x, 30);
}

static const uint8_t template_then[16] = {
	14, 34, 28, 38, 13, 29, 45, 61, 77, 93, 109, 125, 141, 157, 173, 189};

Test(kept, extractor)
{
	const struct pst_extractor *calls = open_kept(PST_PLUGIN_EXTRACTOR, "kept-extractor");
	uint8_t bytes[16];

	cr_assert_eq(calls->extract(pst_guest_self(guest), &image, &face, PST_ROLE_PROBE, bytes,
			     sizeof(bytes)),
		16);
	cr_assert_arr_eq(bytes, template_then, sizeof(bytes));
	cr_assert_eq(calls->extract(pst_guest_self(guest), &image, &face, PST_ROLE_UNSET, bytes,
			     sizeof(bytes)),
		PST_E_ELECTIVE);
}

Test(kept, matcher)
{
	const struct pst_matcher *calls = open_kept(PST_PLUGIN_MATCHER, "kept-matcher");
	void *self = pst_guest_self(guest);
	struct pst_candidate found[4];
	uint8_t bytes[32];
	uint32_t counts[2];
	float score;

	for (uint8_t i = 0; i < 4; i++) {
		memset(bytes, 50 * i, 16);
		cr_assert_eq(calls->add(self, 100u + i % 3, bytes, 16), 0);
	}
	memset(bytes, 90, 16);
	memset(bytes + 16, 160, 16);
	cr_assert_eq(calls->search(self, bytes, 16, found, 4), PST_E_PLUGIN, "not sealed");
	cr_assert_eq(calls->seal(self), 0);
	cr_assert_eq(calls->search(self, bytes, 16, found, 2), 2);
	cr_assert_eq(found[0].key, 102);
	cr_assert_eq(found[1].key, 101);
	cr_assert_float_eq(found[0].score, 1 - 10.0 / 255, 1e-6);
	cr_assert_eq(calls->search_batch(self, bytes, 16, 2, found, 2, counts), 0);
	cr_assert_eq(counts[1], 2);
	cr_assert_eq(found[2].key, 100);
	cr_assert_eq(calls->verify(self, bytes, 16, 100, &score), 0);
	cr_assert_float_eq(score, 1 - 60.0 / 255, 1e-6);
	cr_assert_eq(calls->remove(self, 100), 2);
	cr_assert_eq(calls->seal(self), 0);
	cr_assert_eq(calls->verify(self, bytes, 16, 100, &score), PST_E_NOT_FOUND);
	cr_assert_eq(calls->add(self, 1, bytes, 0), PST_E_FORMAT, "what a failure leaves");
}

Test(kept, quality)
{
	const struct pst_quality_calls *calls = open_kept(PST_PLUGIN_QUALITY, "kept-quality");
	struct pst_quality_component found[PST_MEASURES_MAX];

	cr_assert_eq(
		calls->assess(pst_guest_self(guest), &image, &face, 2.5F, found, PST_MEASURES_MAX),
		4);
	cr_assert_eq(found[0].measure, 0x41);
	cr_assert_eq(found[0].score, 50);
	cr_assert_eq(found[1].measure, PST_MEASURE_LUMINANCE_MEAN);
	cr_assert_eq(found[1].raw, 101);
	cr_assert_eq(found[2].raw, 50);
	cr_assert_eq(found[3].status, PST_E_NOT_IMPLEMENTED);
}

Test(kept, pad)
{
	const struct pst_pad_calls *calls = open_kept(PST_PLUGIN_PAD, "kept-pad");
	struct pst_pad_result result = {0};

	cr_assert_eq(calls->judge(pst_guest_self(guest), &image, &face, &result), 0);
	cr_assert_eq(result.impersonation.answer, PST_PAD_UNCERTAIN);
	cr_assert_float_eq(result.impersonation.score, 1 - 101.0 / 255, 1e-6);
	cr_assert_str_eq(result.impersonation.reason, "mean of the chip");
	cr_assert_eq(result.evasion.answer, PST_PAD_UNSET);
}

static struct pst_worker *start(const struct pst_worker_config *config)
{
	struct pst_worker *worker = NULL;

	cr_assert_eq(pst_worker_create(config, &worker, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_wait_ready(worker, 20000, &error), 0, "%s", error.text);
	return worker;
}

/* @return whether the worker has said this so far */
static bool has_logged(struct pst_worker *worker, const char *text)
{
	struct pst_worker_event event;
	bool found = false;

	for (int i = 0; i < 400 && !found; i++) {
		struct pollfd fd = {.fd = pst_worker_fd(worker), .events = POLLIN};

		(void)poll(&fd, 1, 50);
		while (pst_worker_receive(worker, &event) == 1) {
			found |= event.type == PST_WORKER_EVENT_LOG && strstr(event.text, text);
		}
	}
	return found;
}

Test(kept, detector_and_extractor_in_a_vision_worker)
{
	const struct pst_slots_config room = {
		.format = PST_FRAME_FORMAT_GREY, .width = 160, .height = 120};
	static uint8_t grey[160 * 120];
	const struct pst_frame frame = {.sequence = 1,
		.format = PST_FRAME_FORMAT_GREY,
		.width = 160,
		.height = 120,
		.plane[0] = {grey, 160, sizeof(grey)}};
	const struct pst_wire_template *template_;
	const struct pst_wire_faces *faces;
	struct pst_slots *slots = NULL;
	struct pst_slot_frame slot;
	struct pst_face found;

	cr_assert_eq(pst_slots_create(&room, &slots, &error), 0, "%s", error.text);
	const struct pst_worker_config config = {.kind = PST_WORKER_VISION,
		.sandbox = TEST_WORKER_SANDBOX,
		.detector = find(PST_PLUGIN_DETECTOR, "kept-detector"),
		.extractor = find(PST_PLUGIN_EXTRACTOR, "kept-extractor"),
		.slots = slots,
		.format = room.format,
		.width = room.width,
		.height = room.height};
	struct pst_worker *worker = start(&config);

	memset(grey, 100, sizeof(grey));
	cr_assert_eq(pst_slots_put(slots, 0, &frame, 7, &slot, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_detect(worker, &slot, 20000, &faces, &error), 1, "%s", error.text);
	found = faces->face[0].face;
	cr_assert_eq(found.x, 40);
	cr_assert_eq(found.height, 60);
	cr_assert_eq(pst_worker_extract(
			     worker, &slot, &found, PST_ROLE_ENROL, 20000, &template_, &error),
		16, "%s", error.text);
	for (int i = 4; i < 16; i++) {
		cr_assert_eq(template_->bytes[i], 100, "a grey chip");
	}
	cr_assert(has_logged(worker, "kept-detector: kept since 1.0"));
	pst_worker_destroy(&worker);
	pst_slots_destroy(&slots);
}

Test(kept, matcher_in_a_match_worker)
{
	const struct pst_worker_config config = {.kind = PST_WORKER_MATCH,
		.sandbox = TEST_WORKER_SANDBOX,
		.matcher = find(PST_PLUGIN_MATCHER, "kept-matcher")};
	struct pst_worker *worker = start(&config);
	struct pst_candidate found[4];

	cr_assert_eq(pst_worker_add(worker, 5, template_then, 16, 20000, &error), 0);
	cr_assert_eq(pst_worker_seal(worker, 20000, &error), 0);
	cr_assert_eq(pst_worker_search(worker, template_then, 16, found, 4, 20000, &error), 1);
	cr_assert_eq(found[0].key, 5);
	cr_assert_eq(found[0].score, 1);
	pst_worker_destroy(&worker);
}

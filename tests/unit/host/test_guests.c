/* SPDX-License-Identifier: Apache-2.0 */
/* What a vision worker hands to quality plugins, attack detectors and extractors, and takes back.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "host/worker.h"
#include "support/sandbox.h"

#define WIDTH 128
#define HEIGHT 96
#define MARK 255 /* first pixels that make the quality plugin misbehave */
#define PERMIT 7

static struct pst_catalog *catalog;
static struct pst_slots *slots;
static struct pst_worker *worker;
static struct pst_error error;
static struct pst_slot_frame slot;
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

TestSuite(guests, .init = setup, .fini = teardown, .timeout = 120);

static void start(const char *extractor, const char *plugin_id, const char *name, const char *value)
{
	const struct pst_worker_setting setting = {plugin_id, name, value};
	const struct pst_worker_config config = {.kind = PST_WORKER_VISION,
		.sandbox = TEST_WORKER_SANDBOX,
		.detector = plugin(PST_PLUGIN_DETECTOR, "marks"),
		.quality = plugin(PST_PLUGIN_QUALITY, "grade"),
		.pad = plugin(PST_PLUGIN_PAD, "witness"),
		.extractor = plugin(PST_PLUGIN_EXTRACTOR, extractor),
		.slots = slots,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.settings = &setting,
		.setting_count = plugin_id ? 1 : 0};

	cr_assert_eq(pst_worker_create(&config, &worker, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_wait_ready(worker, 20000, &error), 0, "%s", error.text);
}

static int detect(bool marked, const struct pst_wire_faces **ret_faces)
{
	static uint64_t sequence;
	const struct pst_frame frame = {.sequence = ++sequence,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.plane[0] = {grey, WIDTH, sizeof(grey)}};
	int index = pst_slots_free_index(slots);

	cr_assert_geq(index, 0);
	for (int i = 0; i < 4; i++) { /* whatever is left of them at half the size */
		memset(grey + i * WIDTH, marked ? MARK : 0, 4);
	}
	cr_assert_eq(pst_slots_put(slots, (uint32_t)index, &frame, PERMIT, &slot, &error), 0, "%s",
		error.text);
	memset(&error, 0, sizeof(error));
	return pst_worker_detect(worker, &slot, 10000, ret_faces, &error);
}

static int extract(const struct pst_wire_template **ret_template)
{
	const struct pst_wire_faces *faces;
	struct pst_face face;

	cr_assert_eq(detect(false, &faces), 1, "%s", error.text);
	face = faces->face[0].face;
	memset(&error, 0, sizeof(error));
	return pst_worker_extract(
		worker, &slot, &face, PST_ROLE_PROBE, 10000, ret_template, &error);
}

Test(guests, a_face_is_measured_in_the_plugins_own_picture)
{
	const struct pst_wire_faces *faces;

	start("mean", NULL, NULL, NULL);
	cr_assert_eq(detect(false, &faces), 1, "%s", error.text);
	const struct pst_quality *quality = &faces->face[0].quality;

	cr_assert_eq(quality->overall, 50);
	cr_assert_eq(quality->flags, 0);
	cr_assert_eq(quality->count, 4);
	/* The eyes of marks are 0.2 pictures apart; grade takes at most 64 px. */
	cr_expect_float_eq(quality->component[1].raw, 0.2F * WIDTH, 0.01);
	cr_expect_float_eq(quality->component[2].raw, 64, 0.01);
	cr_expect_eq(quality->component[3].status, PST_E_NOT_IMPLEMENTED);
	cr_expect_eq(quality->component[3].score, 0, "what counts for nothing is nothing");
	cr_expect_eq(quality->component[3].raw, 0);
}

Test(guests, a_template_carries_the_quality_of_its_face)
{
	const struct pst_wire_template *template_;

	start("mean", "grade", "worth", "83");
	cr_assert_eq(extract(&template_), 48, "%s", error.text);
	cr_expect_eq(template_->quality.overall, 83);
	cr_expect_eq(template_->quality.count, 4);
}

Test(guests, without_a_quality_plugin_nothing_is_measured)
{
	const struct pst_worker_config config = {.kind = PST_WORKER_VISION,
		.sandbox = TEST_WORKER_SANDBOX,
		.detector = plugin(PST_PLUGIN_DETECTOR, "marks"),
		.extractor = plugin(PST_PLUGIN_EXTRACTOR, "mean"),
		.slots = slots,
		.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT};
	const struct pst_wire_template *template_;

	cr_assert_eq(pst_worker_create(&config, &worker, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_wait_ready(worker, 20000, &error), 0, "%s", error.text);
	cr_assert_eq(extract(&template_), 48, "%s", error.text);
	cr_expect_eq(template_->quality.count, 0);
	cr_expect_eq(template_->quality.overall, 0);
	cr_expect_eq(template_->pad.status, PST_E_NOT_IMPLEMENTED);
}

Test(guests, nonsense_from_a_quality_plugin_is_a_fault)
{
	static const struct {
		const char *mode, *wanted;
	} modes[] = {
		{"fail", "plugin grade: measuring failed: format not supported"},
		{"none", "plugin grade: claims 0 components, room is 28"},
		{"many", "plugin grade: claims 29 components, room is 28"},
		{"nan", "plugin grade: its answer has a score out of 0..100"},
		{"range", "a score out of 0..100"},
		{"endless", "a raw value that is no number"},
		{"twice", "one measure twice"},
		{"unknown", "a component of no known measure"},
		{"status", "a component of no known status"},
		{"headless", "no unified quality score at the head"},
		{"untold", "no unified quality score at the head"},
		{"crash", "killed by SIGABRT"},
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const struct pst_wire_faces *faces;

		start("mean", "grade", "mode", modes[i].mode);
		cr_assert_eq(
			detect(true, &faces), PST_E_PLUGIN, "%s: %s", modes[i].mode, error.text);
		cr_expect(strstr(error.text, modes[i].wanted), "%s: %s", modes[i].mode, error.text);
		pst_slots_wipe(slots, slot.slot);
		memset(&error, 0, sizeof(error));
		cr_assert_eq(pst_worker_wait_ready(worker, 20000, &error), 0, "%s", error.text);
		cr_assert_eq(detect(false, &faces), 1, "one frame is the price: %s", error.text);
		pst_slots_wipe(slots, slot.slot);
		pst_worker_destroy(&worker);
	}
}

Test(guests, the_answers_of_an_attack_detector_come_with_the_template)
{
	static const struct {
		const char *name;
		uint32_t answer;
	} answers[] = {
		{"pass", PST_PAD_PASS},
		{"fail", PST_PAD_FAIL},
		{"uncertain", PST_PAD_UNCERTAIN},
		{"missing", PST_PAD_UNSET},
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct pst_wire_template *template_;

		start("mean", "witness", "impersonation", answers[i].name);
		cr_assert_eq(extract(&template_), 48, "%s", error.text);
		cr_expect_eq(template_->pad.status, 0);
		cr_expect_eq(template_->pad.result.impersonation.answer, answers[i].answer);
		cr_expect_eq(template_->pad.result.evasion.answer, PST_PAD_PASS);
		cr_expect_float_eq(template_->pad.result.impersonation.score, 0.25, 1e-6);
		cr_expect_str_eq(template_->pad.result.impersonation.reason, "as told");
		pst_slots_wipe(slots, slot.slot);
		pst_worker_destroy(&worker);
	}
}

Test(guests, an_attack_detector_that_cannot_tell_costs_no_template)
{
	static const struct {
		const char *mode;
		int32_t status;
	} modes[] = {{"no-face", PST_E_NO_FACE}, {"poor", PST_E_POOR_QUALITY}};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const struct pst_wire_template *template_;

		start("mean", "witness", "mode", modes[i].mode);
		cr_assert_eq(extract(&template_), 48, "%s", error.text);
		cr_expect_eq(template_->pad.status, modes[i].status);
		cr_expect_eq(template_->pad.result.impersonation.answer, PST_PAD_UNSET,
			"what was said beside an error is dropped");
		pst_slots_wipe(slots, slot.slot);
		pst_worker_destroy(&worker);
	}
}

Test(guests, an_attack_detector_is_heard_where_the_extractor_refuses)
{
	const struct pst_wire_template *template_ = NULL;

	start("mean", "witness", "impersonation", "fail");
	memset(grey, 0, sizeof(grey)); /* no face to mean */
	cr_assert_eq(extract(&template_), PST_E_NO_FACE, "%s", error.text);
	cr_assert_not_null(template_);
	cr_expect_eq(template_->pad.status, 0);
	cr_expect_eq(template_->pad.result.impersonation.answer, PST_PAD_FAIL);
}

Test(guests, nonsense_from_an_attack_detector_is_a_fault)
{
	static const struct {
		const char *mode, *wanted;
	} modes[] = {
		{"fail", "plugin witness: judging failed: format not supported"},
		{"count", "plugin witness: judging failed: its status is not known"},
		{"answer", "plugin witness: its answer has an answer that is not known"},
		{"nan", "a score out of 0..1"},
		{"range", "a score out of 0..1"},
		{"endless", "a reason that does not end"},
		{"binary", "a reason that is not printable ASCII"},
		{"crash", "killed by SIGABRT"},
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const struct pst_wire_template *template_;

		start("mean", "witness", "mode", modes[i].mode);
		cr_assert_eq(
			extract(&template_), PST_E_PLUGIN, "%s: %s", modes[i].mode, error.text);
		cr_expect(strstr(error.text, modes[i].wanted), "%s: %s", modes[i].mode, error.text);
		pst_slots_wipe(slots, slot.slot);
		pst_worker_destroy(&worker);
	}
}

/* spot's template says what it was given: a picture of at most 64 px, rounded up to 32. */
Test(guests, an_extractor_may_have_the_whole_picture)
{
	const struct pst_wire_template *template_;
	const float scale = 64.0F / WIDTH;
	float said[16];

	start("spot", NULL, NULL, NULL);
	cr_assert_eq(extract(&template_), (int)sizeof(said), "%s", error.text);
	memcpy(said, template_->bytes, sizeof(said));
	cr_expect_eq(said[0], 64);
	cr_expect_eq(said[1], 64, "48 px of content, the rest is rounding up");
	cr_expect_float_eq(said[2], 0.25F * WIDTH * scale, 0.5);
	cr_expect_float_eq(said[3], 0.25F * HEIGHT * scale, 0.5);
	cr_expect_float_eq(said[4], 0.5F * WIDTH * scale, 0.1);
	cr_expect_float_eq(said[5], 0.5F * HEIGHT * scale, 0.1);
	cr_expect_float_eq(said[6], 0.4F * WIDTH * scale, 0.5);
	cr_expect_float_eq(said[7], 0.4F * HEIGHT * scale, 0.5);
	cr_expect_float_eq(said[14], 0.58F * WIDTH * scale, 0.5);
	cr_expect_float_eq(said[15], 0.6F * HEIGHT * scale, 0.5);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "host/adds.h"
#include "host/worker.h"
#include "support/sandbox.h"

static struct pst_catalog *catalog;
static struct pst_worker *worker;
static struct pst_error error;

static void setup(void)
{
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_catalog_load(&catalog, &error), 0, "%s", error.text);
}

static void teardown(void)
{
	pst_worker_destroy(&worker);
	pst_catalog_destroy(&catalog);
}

TestSuite(calls, .init = setup, .fini = teardown, .timeout = 60);

/* Waits for an event of the type; others on the way are dropped. */
static struct pst_worker_event await(enum pst_worker_event_type type)
{
	int64_t end = pst_clock_mono_ns() + 20 * PST_NS_PER_S;
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
	cr_assert_fail("no event of type %d", (int)type);
	return event;
}

static void start_matcher(const char *id, const char *mode)
{
	const struct pst_worker_setting settings[] = {{id, "mode", mode}};
	struct pst_worker_config config = {.kind = PST_WORKER_MATCH,
		.sandbox = TEST_WORKER_SANDBOX,
		.settings = settings,
		.setting_count = 1};

	cr_assert_eq(pst_catalog_find(catalog, PST_PLUGIN_MATCHER, id, &config.matcher, &error), 0,
		"%s", error.text);
	cr_assert_eq(pst_worker_create(&config, &worker, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_wait_ready(worker, 20000, &error), 0, "%s", error.text);
}

static void start_match(const char *mode)
{
	start_matcher("tally", mode);
}

static int add(uint64_t key, float value)
{
	return pst_worker_add(worker, key, (const uint8_t *)&value, sizeof(value), 5000, &error);
}

Test(calls, matches)
{
	struct pst_candidate candidates[PST_CANDIDATES_MAX];
	float probe = 0.5F, score = 0;

	start_match("good");
	cr_assert_eq(add(1, 0.1F), 0, "%s", error.text);
	cr_assert_eq(add(2, 0.4F), 0);
	cr_assert_eq(add(3, 0.9F), 0);
	cr_assert_eq(pst_worker_seal(worker, 5000, &error), 0);
	cr_assert_eq(pst_worker_verify(worker, (const uint8_t *)&probe, 4, 2, 5000, &score, &error),
		0, "%s", error.text);
	cr_assert_float_eq(score, 0.9F, 1e-5);
	cr_assert_eq(pst_worker_verify(worker, (const uint8_t *)&probe, 4, 9, 5000, &score, NULL),
		PST_E_NOT_FOUND);
	cr_assert_eq(
		pst_worker_search(worker, (const uint8_t *)&probe, 4, candidates, 10, 5000, &error),
		3);
	cr_assert_eq(candidates[0].key, 2);
	cr_assert_eq(candidates[2].key, candidates[2].score < 0.61F ? candidates[2].key : 0);
	cr_assert_eq(pst_worker_remove(worker, 2, 5000, &error), 1);
	cr_assert_eq(pst_worker_remove(worker, 2, 5000, &error), 0);
	cr_assert_eq(
		pst_worker_search(worker, (const uint8_t *)&probe, 4, candidates, 10, 5000, &error),
		2);
	cr_assert_eq(pst_worker_add(worker, 1, (const uint8_t *)"a", 1, 5000, &error), PST_E_FORMAT,
		"the matcher refuses a template it cannot read");
	cr_assert_eq(pst_worker_verify(worker, (const uint8_t *)&probe, 4, 1, 5000, &score, &error),
		0, "and lives on");
}

/* Messages of two sizes: 12 floats, then one more and one that the matcher cannot read. */
Test(calls, many_templates_in_one_message)
{
	struct pst_candidate candidates[PST_CANDIDATES_MAX];
	float probe = 0.5F;

	start_match("good");
	for (uint64_t key = 1; key <= 12; key++) {
		float value = (float)key / 12;

		cr_assert_eq(
			pst_worker_add_more(worker, key, (const uint8_t *)&value, 4, 5000, &error),
			0, "%s", error.text);
	}
	cr_assert_eq(pst_worker_add_rest(worker, 5000, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_add_rest(worker, 5000, &error), 0, "nothing is left");
	cr_assert_eq(pst_worker_seal(worker, 5000, &error), 0);
	cr_assert_eq(
		pst_worker_search(worker, (const uint8_t *)&probe, 4, candidates, 12, 5000, &error),
		12);
	cr_expect_eq(candidates[0].key, 6);
	cr_assert_eq(pst_worker_add_more(worker, 601, (const uint8_t *)&probe, 4, 5000, &error), 0);
	cr_assert_eq(pst_worker_add_more(worker, 602, (const uint8_t *)"a", 1, 5000, &error), 0,
		"%s", error.text);
	cr_assert_eq(pst_worker_add_rest(worker, 5000, &error), PST_E_FORMAT);
	cr_assert_eq(pst_worker_remove(worker, 601, 5000, &error), 1, "the one before was taken");
	cr_assert_eq(pst_worker_add_more(worker, 603, (const uint8_t *)&probe, 4, 5000, &error), 0);
	pst_worker_add_drop(worker);
	cr_assert_eq(pst_worker_add_rest(worker, 5000, &error), 0);
	cr_assert_eq(pst_worker_remove(worker, 603, 5000, &error), 0, "dropped");
}

Test(calls, nonsense_from_a_matcher_is_a_fault)
{
	static const char *const modes[] = {"nan", "range", "unsorted"};

	for (int i = 0; i < 3; i++) {
		struct pst_candidate candidates[PST_CANDIDATES_MAX];
		float probe = 0.5F;

		start_match(modes[i]);
		cr_assert_eq(add(1, 0.1F), 0);
		cr_assert_eq(add(2, 0.5F), 0);
		memset(&error, 0, sizeof(error));
		cr_assert_eq(pst_worker_search(worker, (const uint8_t *)&probe, 4, candidates, 10,
				     5000, &error),
			PST_E_PLUGIN, "%s", modes[i]);
		cr_assert(strstr(error.text, "plugin tally"), "%s", error.text);
		memset(&error, 0, sizeof(error));
		pst_worker_destroy(&worker);
	}
}

#define PROBES 300u /* more than one message holds */
#define PROBE_FLOATS 100u

/* One probe a row; of each the first number counts. */
static int search_batch(uint32_t size, struct pst_candidate *candidates, uint32_t *counts)
{
	static float probes[PROBES][PROBE_FLOATS];

	for (uint32_t i = 0; i < PROBES; i++) {
		probes[i][0] = (float)i / PROBES;
	}
	return pst_worker_search_batch(
		worker, (const uint8_t *)probes, size, PROBES, candidates, 3, counts, 5000, &error);
}

Test(calls, a_batch_gives_what_single_searches_give)
{
	static const char *const ids[] = {"tally", "tallies"};
	static struct pst_candidate candidates[PROBES * 3];
	static uint32_t counts[PROBES];

	for (int m = 0; m < 2; m++) {
		start_matcher(ids[m], "good");
		cr_assert_eq(search_batch(sizeof(float[PROBE_FLOATS]), candidates, counts), 0);
		cr_assert_eq(counts[PROBES - 1], 0, "an empty gallery");
		for (uint64_t key = 1; key <= 5; key++) {
			cr_assert_eq(add(key, 0.2F * (float)key), 0);
		}
		cr_assert_eq(search_batch(sizeof(float[PROBE_FLOATS]), candidates, counts), 0, "%s",
			error.text);
		for (uint32_t i = 0; i < PROBES; i++) {
			struct pst_candidate single[3];
			float probe = (float)i / PROBES;

			cr_assert_eq(pst_worker_search(worker, (const uint8_t *)&probe,
					     sizeof(probe), single, 3, 5000, &error),
				3);
			cr_assert_eq(counts[i], 3);
			for (uint32_t k = 0; k < 3; k++) {
				cr_assert_eq(candidates[i * 3 + k].key, single[k].key);
				cr_assert_eq(candidates[i * 3 + k].score, single[k].score);
			}
		}
		cr_assert_eq(search_batch(1, candidates, counts), PST_E_FORMAT,
			"the matcher refuses probes it cannot read");
		cr_assert_eq(search_batch(0, candidates, counts), PST_E_FORMAT);
		cr_assert_eq(search_batch(sizeof(float), candidates, counts), 0, "and lives on");
		pst_worker_destroy(&worker);
	}
}

Test(calls, nonsense_in_a_batch_is_a_fault)
{
	static const char *const cases[][2] = {{"tally", "nan"}, {"tally", "unsorted"},
		{"tallies", "nan"}, {"tallies", "range"}, {"tallies", "unsorted"},
		{"tallies", "many"}, {"tallies", "twice"}, {"tallies", "count"}};
	static struct pst_candidate candidates[PROBES * 3];
	static uint32_t counts[PROBES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_matcher(cases[i][0], cases[i][1]);
		cr_assert_eq(add(1, 0.1F), 0);
		cr_assert_eq(add(2, 0.5F), 0);
		memset(&error, 0, sizeof(error));
		cr_assert_eq(search_batch(sizeof(float[PROBE_FLOATS]), candidates, counts),
			PST_E_PLUGIN, "%s %s", cases[i][0], cases[i][1]);
		cr_assert(strstr(error.text, "plugin tall"), "%s", error.text);
		memset(&error, 0, sizeof(error));
		pst_worker_destroy(&worker);
	}
}

Test(calls, a_match_worker_has_no_slots_and_starts_empty_again)
{
	struct pst_candidate candidates[4];
	const struct pst_slot_frame slot = {.sequence = 1,
		.format = PST_FRAME_FORMAT_GREY,
		.width = 1,
		.height = 1,
		.permit = 7};
	float probe = 0.5F;

	start_match("good");
	cr_assert_eq(add(1, 0.1F), 0);
	/* A frame is nothing a match worker has an answer to. */
	cr_assert_eq(pst_worker_send_frame(worker, &slot), 0);
	cr_assert(strstr(await(PST_WORKER_EVENT_DIED).text, "no answer to 'frame'"));
	(void)await(PST_WORKER_EVENT_READY);
	cr_assert_eq(
		pst_worker_search(worker, (const uint8_t *)&probe, 4, candidates, 4, 5000, &error),
		0);
}

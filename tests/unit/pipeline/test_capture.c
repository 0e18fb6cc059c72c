/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/account.h"
#include "base/clock.h"
#include "devices/v4l2/camera.h"
#include "jpegs.h"
#include "pipeline/impl.h"
#include "support/fake_v4l2.h"

/* A whole lane on a camera made for tests, whose driver fills buffers with all kinds of damage. */

#define FRAMES 600
#define SETTLING 3 /* before four frames of one size have come */

static char folder[] = "/tmp/postern-capture-XXXXXX";
static struct pst_sign_key *key;
static struct pst_audit *audit;
static struct pst_policy *policy;
static struct pst_scenario scenario;
static struct pst_lane_config config;
static struct pst_events *events;
static struct pst_lane_summary summary;
static struct pst_error error;
static struct fake_v4l2 *fake;
static struct fake_camera *camera;
static struct pst_device *device;
static struct pst_bytes picture;
static struct {
	uint64_t sunk;
	uint64_t lost;
	uint64_t flagged;
	uint64_t undersized;
	uint64_t torn;
	unsigned kinds;	  /* of frames, of which 1 to 4 are bad; 0: all are good */
	uint32_t full_at; /* the disk is full from this frame on; 0: never */
	bool full;
	uint64_t sunk_before; /* until it was */
	uint64_t accounted;   /* entries of the log */
} tally;

/* What reaches a sink is what the camera drew, every byte of it. */
static int put(void *user, const struct pst_frame *frame, struct pst_error *ret_error)
{
	cr_assert_eq(frame->plane[0].size, picture.size);
	cr_assert_eq(memcmp(frame->plane[0].data, picture.data, picture.size), 0);
	tally.sunk++;
	return 0;
}

static void settle(void *user, bool keep)
{
	cr_assert(keep);
}

static const struct pst_sink sink = {.put = put, .settle = settle, .kind = "plain"};

static void push(void)
{
	struct fake_frame one = {
		.bytes = picture.data, .size = picture.size, .flags = V4L2_BUF_FLAG_TSTAMP_SRC_SOE};
	bool whole = camera->pushed < SETTLING + 1 || camera->pushed >= FRAMES - 1;

	switch (whole || tally.kinds == 0 ? 0 : random() % tally.kinds) {
	case 1:
		one.flags |= V4L2_BUF_FLAG_ERROR;
		tally.flagged++;
		break;
	case 2:
		one.size = (size_t)random() % 64;
		tally.undersized++;
		break;
	case 3:
		one.size = 64 + (size_t)random() % (picture.size - 100);
		tally.torn++;
		break;
	case 4:
		one.skipped = 1 + (uint32_t)random() % 3;
		tally.lost += one.skipped;
		break;
	default:
		break;
	}
	cr_assert_geq(fake_push(camera, &one), 0);
}

int __real_pst_audit_append(struct pst_audit *to, const char *kind, const char *json,
	uint64_t *ret_sequence, struct pst_error *ret_error);
int __wrap_pst_audit_append(struct pst_audit *to, const char *kind, const char *json,
	uint64_t *ret_sequence, struct pst_error *ret_error);

int __wrap_pst_audit_append(struct pst_audit *to, const char *kind, const char *json,
	uint64_t *ret_sequence, struct pst_error *ret_error)
{
	return tally.full ? pst_error_set(ret_error, -ENOSPC, "no space left")
			  : __real_pst_audit_append(to, kind, json, ret_sequence, ret_error);
}

/* The next frame comes when a buffer is given back, so that none is lost unmeant. */
static int refill(struct fake_camera *of, unsigned long request, void *argument, int status)
{
	bool streaming = of->streaming && (request == VIDIOC_QBUF || request == VIDIOC_STREAMON);

	if (status == 0 && streaming && of->pushed < FRAMES) {
		if (tally.full_at && of->pushed == tally.full_at) {
			tally.full = true;
			tally.sunk_before = tally.sunk;
		}
		push();
	}
	return status;
}

static void set_up(void)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {42};
	const struct jpegs_options drawn = {.width = 640, .height = 480, .quality = 50};
	static const char people[] =
		"scenario: 1\nname: test\nencounters:\n  - {at: 0s, for: 1.5s, "
		"category: nonimmigrant, known-by: document, notice: current}\n";

	jpegs_draw(&drawn, &picture);
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(pst_sign_key_open(&key, seed), 0);
	cr_assert_eq(pst_audit_open(&audit, folder, key, &error), 0, "%s", error.text);
	cr_assert_eq(pst_policy_load(POLICY, &policy, &error), 0, "%s", error.text);
	cr_assert_eq(pst_events_open(&events, NULL, "test", &error), 0);
	pst_lane_config_init(&config);
	cr_assert_eq(pst_lane_config_set(&config, "policy.date", "2026-01-15", &error), 0);
	cr_assert_eq(
		pst_scenario_parse(&scenario, "test", people, sizeof(people) - 1, NULL, &error), 0,
		"%s", error.text);
	fake = fake_v4l2_create();
	camera = fake_camera_add(fake, "/dev/video0", "A");
	camera->after = refill;
}

static void tear_down(void)
{
	char command[128];

	pst_device_close(&device);
	fake_v4l2_destroy(&fake);
	pst_bytes_finish(&picture);
	pst_scenario_finish(&scenario);
	pst_events_close(&events);
	pst_policy_destroy(&policy);
	(void)pst_audit_close(&audit);
	pst_sign_key_close(&key);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(capture, .init = set_up, .fini = tear_down, .timeout = 60);

static void run(void)
{
	static const uint8_t digest[32] = {1};
	struct pst_lane *lane = NULL;
	const char *uri = "v4l2:/dev/video0?size=640x480";

	cr_assert_eq(pst_v4l2_open_on(&device, &fake->backend, uri, &error), 0, "%s", error.text);
	cr_assert_eq(pst_lane_config_set(&config, "source.uri", uri, &error), 0);
	const struct pst_lane_spec spec = {.config = &config,
		.scenario = &scenario,
		.policy = policy,
		.sink = &sink,
		.device = device,
		.audit = audit,
		.signer = key,
		.events = events,
		.policy_digest = digest,
		.version = "test"};

	cr_assert_eq(pst_lane_create(&lane, &spec, &error), 0, "%s", error.text);
	int status = pst_lane_run(lane, &summary, &error);

	cr_assert_eq(status, tally.full_at ? PST_E_UNSAFE : 0, "%s", error.text);
	pst_lane_destroy(&lane);
	cr_assert_eq(fake->maps, 0);
}

Test(capture, a_lane_asks_the_driver_once_for_each_frame)
{
	run();
	cr_assert_eq(camera->pushed, FRAMES);
	cr_assert_eq(fake_calls(camera, VIDIOC_DQBUF), FRAMES);
	cr_assert_eq(fake_failed(camera, VIDIOC_DQBUF), 0);
	cr_assert_eq(tally.sunk, FRAMES - SETTLING);
	cr_assert_eq(summary.settling, SETTLING);
	cr_assert_eq(summary.stale, 0);
}

Test(capture, no_damaged_frame_is_leased_and_each_is_in_one_count)
{
	srandom(5);
	tally.kinds = 10;
	run();
	const struct pst_device_counts counts = pst_device_counts(device);

	cr_assert_eq(camera->pushed, FRAMES);
	cr_assert_gt(tally.torn, 20);
	cr_assert_eq(counts.flagged, tally.flagged);
	cr_assert_eq(counts.undersized, tally.undersized);
	cr_assert_eq(counts.torn, tally.torn);
	cr_assert_eq(counts.lost, tally.lost);
	cr_assert_eq(counts.good, tally.sunk + SETTLING);
	cr_assert_eq(summary.frames.leased, tally.sunk);
	cr_assert_eq(summary.frames.lost, tally.lost + summary.frames.damaged);
	cr_assert_eq(summary.frames.damaged, tally.flagged + tally.undersized + tally.torn);
	cr_assert_eq(summary.frames.seen, FRAMES);
	cr_assert_eq(fake_failed(camera, VIDIOC_DQBUF), 0);
}

Test(capture, no_more_frames_of_a_person_are_leased_than_the_lane_allows)
{
	cr_assert_eq(pst_lane_config_set(&config, "capture.frames", "7", &error), 0);
	run();
	cr_assert_eq(tally.sunk, 7);
	cr_assert_eq(summary.frames.leased, 7);
	cr_assert_eq(summary.frames.withheld, FRAMES - 7);
}

static int take_entry(void *user, const struct pst_audit_item *item)
{
	tally.accounted += strcmp(item->kind, "frames.accounted") == 0;
	return pst_account_take(user, item);
}

Test(capture, the_log_accounts_for_every_frame_however_many_runs_they_are)
{
	struct pst_account *account = pst_account_create(NULL, NULL);

	srandom(5);
	tally.kinds = 10;
	run();
	cr_assert_eq(pst_audit_each(folder, take_entry, account, &error), 0, "%s",
		pst_account_finish(account)->text);
	const struct pst_account_report *report = pst_account_finish(account);

	cr_expect_eq(report->finding, PST_ACCOUNT_FINDING_OK, "%s", report->text);
	cr_expect_not(report->open);
	cr_expect_eq(report->seen, FRAMES);
	cr_expect_eq(report->leased, tally.sunk);
	cr_expect_eq(report->lost, tally.lost);
	cr_expect_eq(report->damaged, tally.flagged + tally.undersized + tally.torn);
	cr_expect_geq(tally.accounted, 2, "never more runs than the ledger has room for");
	pst_account_destroy(&account);
}

Test(capture, an_account_that_cannot_be_written_closes_the_gate)
{
	srandom(5);
	tally.kinds = 10;
	tally.full_at = 100;
	run();
	cr_expect_eq(camera->pushed, FRAMES);
	cr_expect_gt(tally.sunk_before, 50);
	cr_expect_leq(tally.sunk, tally.sunk_before + PST_RUNS_MAX);
	cr_expect_gt(summary.frames.withheld, 200);
}

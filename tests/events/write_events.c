/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/clock.h"
#include "pipeline/events.h"

/* write_events FILE: a stream with every kind of event, as a lane would write it. */

static const char *const sources[] = {"cfr-8-235-1", "cbp-notice"};

static void open_lane(struct pst_events *events)
{
	static const uint8_t digest[32] = {1, 2, 3};
	static const struct pst_events_lane lane = {
		.version = "0.1.0",
		.policy = "us-border",
		.policy_digest = digest,
		.day = 20468,
		.direction = "entry",
		.environment = "air",
		.purpose = "verify",
		.mode = "normal",
		.source = "file:clip.mp4",
		.detector = "yunet",
		.quality = "facequal",
		.pad = "witness",
		.extractor = "arcface",
		.matcher = "cosine",
		.gallery = "staff",
		.sandboxed = true,
		.vault = true,
	};
	static const struct pst_events_source source = {
		.uri = "file:clip.mp4",
		.name = "clip.mp4",
		.driver = "mjpeg in avi",
		.format = "MJPG",
		.width = 1280,
		.height = 720,
		.fps = 29.97,
		.domain = "drawn",
		.choice = "MJPG 1280x720 at 30; not YUYV 1280x720 at 9: slower",
	};

	pst_events_fallback(
		events, 0, "detector", "yunet", "cascade", "no model found; run ./dev models");
	pst_events_worker_started(events, 0, PST_EVENTS_WORKER_VISION, true, 412 * PST_NS_PER_MS);
	pst_events_lane_opened(events, 0, &lane);
	pst_events_source_opened(events, PST_NS_PER_MS, &source);
}

static void verify_one(struct pst_events *events, int64_t now_ns)
{
	static const struct pst_events_person person = {
		"us-citizen", "document", "14-to-79", "entry", "air"};
	static const struct pst_events_component components[] = {
		{"inter-eye-distance", 100}, {"sharpness", 74}};
	static const struct pst_events_shot shot = {212, 81, components, 2, 2};
	static const struct pst_events_pad pad = {.clear = true,
		.impersonation = {"pass", true, "no grid, no print"},
		.evasion = {"missing", false, ""}};
	static const struct pst_events_match match = {.fmr = 1e-3, .matched = true};
	static const struct pst_events_stored stored = {
		"matching", "vault", "twelve-hours", 1768500000};
	const struct pst_events_permit permit = {.encounter = 1,
		.permit = 1,
		.authority = PST_AUTHORITY_OFFERED,
		.rule = "citizen-may-decline",
		.sources = sources,
		.source_count = 2,
		.valid_ns = 20 * PST_NS_PER_S};
	const struct pst_events_closed closed = {
		.encounter = 1,
		.category = "us-citizen",
		.verdict = PST_VERDICT_ALLOW,
		.authority = PST_AUTHORITY_OFFERED,
		.rule = "citizen-may-decline",
		.sources = sources,
		.source_count = 2,
		.outcome = PST_OUTCOME_VERIFIED,
		.frames = {.seen = 60, .leased = 12, .withheld = 47, .lost = 1},
		.bystanders_max = 1,
		.to_permit_ns = 500 * PST_NS_PER_MS,
		.to_first_face_ns = 80 * PST_NS_PER_MS,
		.to_best_shot_ns = 120 * PST_NS_PER_MS,
		.to_decision_ns = 140 * PST_NS_PER_MS,
		.total_ns = 2 * PST_NS_PER_S,
		.match = &match,
		.stored = &stored,
		.stored_count = 1,
		.receipt = "0f3a2c1b9d8e7f60a1b2c3d4e5f60718",
		.audit = 7,
	};

	pst_events_encounter_opened(events, now_ns, 1, &person);
	pst_events_encounter_noticed(events, now_ns, 1, PST_NOTICE_CURRENT, "en-3");
	pst_events_permit_granted(events, now_ns, &permit);
	pst_events_pad_result(events, now_ns, 1, &pad);
	pst_events_encounter_captured(events, now_ns, 1, &shot);
	pst_events_permit_revoked(events, now_ns, 1, 1, PST_EVENTS_CAUSE_DECIDED, 12);
	pst_events_match_result(events, now_ns, 1, &match, PST_NS_PER_MS / 4);
	pst_events_vault_stored(events, now_ns, 1, &stored);
	pst_events_encounter_closed(events, now_ns + 2 * PST_NS_PER_S, &closed);
}

static void decline_one(struct pst_events *events, int64_t now_ns)
{
	static const struct pst_events_person person = {
		"us-citizen", "document", "14-to-79", "entry", "air"};
	const struct pst_events_closed closed = {
		.encounter = 2,
		.category = "us-citizen",
		.verdict = PST_VERDICT_REFUSE,
		.rule = "declined",
		.sources = sources,
		.source_count = 1,
		.outcome = PST_OUTCOME_REFER_OPTED_OUT,
		.choice = PST_CHOICE_DECLINE,
		.idle = PST_EVENTS_IDLE_NOT_STREAMING,
		.frames = {.seen = 30, .withheld = 30},
		.to_permit_ns = -1,
		.to_first_face_ns = -1,
		.to_best_shot_ns = -1,
		.to_decision_ns = -1,
		.total_ns = PST_NS_PER_S,
		.audit = -1,
	};

	pst_events_encounter_opened(events, now_ns, 2, &person);
	pst_events_encounter_noticed(events, now_ns, 2, PST_NOTICE_ABSENT, NULL);
	pst_events_encounter_chose(events, now_ns, 2, PST_CHOICE_DECLINE);
	pst_events_encounter_closed(events, now_ns, &closed);
}

static void change_policy(struct pst_events *events, int64_t now_ns)
{
	static const uint8_t digests[2][32] = {{1}, {2}};
	const struct pst_events_policy change = {.policy = "us-border",
		.from_version = 1,
		.to_version = 2,
		.from_digest = digests[0],
		.to_digest = digests[1]};

	pst_events_policy_changed(events, now_ns, &change);
}

int main(int argc, char **argv)
{
	static const struct pst_events_frames frames = {
		.seen = 120, .leased = 12, .withheld = 107, .lost = 1};
	const struct pst_events_lane_end end = {.reason = PST_EVENTS_END_ENDED,
		.encounters = 2,
		.frames = frames,
		.settling = 3,
		.stale = 2,
		.losses = 2};
	struct pst_error error = {0};
	struct pst_events *events;

	if (argc != 2 || pst_events_open(&events, argv[1], "gate-7", &error) < 0) {
		(void)fprintf(stderr, "write_events FILE: %s\n", error.text);
		return 2;
	}
	open_lane(events);
	verify_one(events, PST_NS_PER_S);
	change_policy(events, 4 * PST_NS_PER_S);
	decline_one(events, 4 * PST_NS_PER_S);
	pst_events_worker_failed(events, 5 * PST_NS_PER_S, PST_EVENTS_WORKER_MATCH,
		PST_EVENTS_FAILURE_CRASHED, "worker match: killed by signal 11");
	const struct pst_events_plugin cosine = {
		"cosine", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};

	pst_events_worker_quarantined(events, 5 * PST_NS_PER_S, PST_EVENTS_WORKER_MATCH, &cosine, 1,
		"match worker was killed by SIGSEGV");
	pst_events_worker_restarted(
		events, 5 * PST_NS_PER_S, PST_EVENTS_WORKER_MATCH, 1, 30 * PST_NS_PER_MS);
	pst_events_source_lost(events, 5 * PST_NS_PER_S,
		"/dev/video0: \"C270\" is gone (unplugged?)", PST_EVENTS_LOST_UNPLUGGED);
	pst_events_source_mismatch(
		events, 5 * PST_NS_PER_S, "046d:0825, serial B, is not serial A");
	pst_events_source_returned(events, 6 * PST_NS_PER_S, PST_NS_PER_S, 90 * PST_NS_PER_MS);
	pst_events_source_lost(
		events, 6 * PST_NS_PER_S, "no frame for 1.1 s", PST_EVENTS_LOST_STALLED);
	pst_events_source_returned(events, 6 * PST_NS_PER_S, PST_NS_PER_S, -1);
	pst_events_source_failed(events, 6 * PST_NS_PER_S, "clip.mp4: damaged", -1);
	pst_events_source_ended(events, 6 * PST_NS_PER_S, &frames);
	pst_events_warning(events, 6 * PST_NS_PER_S, "disk %d %% full", 91);
	pst_events_lane_closed(events, 6 * PST_NS_PER_S, &end);
	int status = pst_events_status(events);
	pst_events_close(&events);
	return status < 0 ? 1 : 0;
}

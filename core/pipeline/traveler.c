/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "crypto/secret.h"
#include "pipeline/idle.h"
#include "pipeline/impl.h"

/* A picture is worth another template when it is this much better than the best so far. */
#define BETTER_BY 4

static void drop_shot(struct pst_lane *lane)
{
	uint8_t *bytes = lane->shot.bytes;

	pst_secret_wipe(bytes, PST_TEMPLATE_MAX);
	lane->shot = (struct pst_shot){.bytes = bytes};
}

static const char *text_or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static enum pst_purpose purpose_of(const struct pst_lane *lane, const struct pst_person *person)
{
	if (lane->purpose == PST_PURPOSE_VERIFY && !person->subject[0]) {
		return PST_PURPOSE_IDENTIFY;
	}
	return lane->purpose;
}

/*
 * The day of an encounter: it turns at midnight while the lane runs. A clock that goes back
 * could put old rules in force, so nobody is captured before that day again: no policy has
 * INT32_MIN.
 */
static int32_t day_of_encounter(struct pst_lane *lane, int64_t now_ns)
{
	int32_t today = pst_lane_config_day(lane->spec.config, pst_clock_wall_s());
	char text[PST_CLOCK_TEXT_SIZE];

	if (today >= lane->day) {
		lane->day = today;
		return today;
	}
	pst_clock_format_day(lane->day, text);
	pst_events_warning(lane->spec.events, now_ns,
		"the clock went back before %s: nobody is captured until that day; if it was "
		"wrong, start the lane again",
		text);
	return INT32_MIN;
}

static void place_traveler(const struct pst_lane *lane, const struct pst_person *person,
	int32_t day, struct pst_place *ret_place)
{
	const struct pst_lane_config *config = lane->spec.config;
	const struct pst_policy_request request = {
		.value = {[PST_AXIS_CATEGORY] = text_or_null(person->category),
			[PST_AXIS_KNOWN_BY] = text_or_null(person->known_by),
			[PST_AXIS_AGE_BAND] = text_or_null(person->age_band),
			[PST_AXIS_DIRECTION] =
				person->direction[0] ? person->direction : config->direction,
			[PST_AXIS_ENVIRONMENT] =
				person->environment[0] ? person->environment : config->environment,
			[PST_AXIS_MODE] = config->mode,
			[PST_AXIS_PURPOSE] = pst_purpose_name(purpose_of(lane, person)),
			[PST_AXIS_MODALITY] = "face"},
		.day = day,
		.has_born = person->has_born,
		.born_day = person->born_day};

	(void)pst_policy_place(lane->traveler.policy, &request, ret_place, NULL);
}

static void report_opened(struct pst_lane *lane, int64_t now_ns)
{
	const struct pst_policy *policy = lane->traveler.policy;
	const uint16_t *value = lane->traveler.encounter.request.place.value;
	const struct pst_events_person person = {
		.category =
			pst_policy_value_name(policy, PST_AXIS_CATEGORY, value[PST_AXIS_CATEGORY]),
		.known_by =
			pst_policy_value_name(policy, PST_AXIS_KNOWN_BY, value[PST_AXIS_KNOWN_BY]),
		.age_band =
			pst_policy_value_name(policy, PST_AXIS_AGE_BAND, value[PST_AXIS_AGE_BAND]),
		.direction = pst_policy_value_name(
			policy, PST_AXIS_DIRECTION, value[PST_AXIS_DIRECTION]),
		.environment = pst_policy_value_name(
			policy, PST_AXIS_ENVIRONMENT, value[PST_AXIS_ENVIRONMENT]),
	};

	pst_events_encounter_opened(lane->spec.events, now_ns, lane->traveler.number, &person);
}

void pst_traveler_open(struct pst_lane *lane, const struct pst_person *person, int64_t now_ns)
{
	struct pst_traveler *traveler = &lane->traveler;
	struct pst_encounter_request request = {.choice_window_ns = lane->policy->choice_window_ns,
		.longest_ns = person->longest_ns,
		.notice_timeout_ns = person->notice_timeout_ns,
		.frames = lane->spec.config->max_frames};

	pst_idle_wake(lane);
	*traveler = (struct pst_traveler){.present = true,
		.person = *person,
		.policy = lane->policy,
		.choice = PST_CHOICE_NONE,
		.number = ++lane->summary.encounters,
		.before = pst_ledger_snapshot(&lane->ledger),
		.since = pst_ledger_position(&lane->ledger),
		.reason = lane->spec.sink ? PST_CAPTURE_REASON_UNSET : PST_CAPTURE_REASON_NO_FACE,
		.permit_ns = -1,
		.first_face_ns = -1,
		.first_shot_ns = -1,
		.shot_ns = -1,
		.decided_ns = -1,
		.consent_ns = -1,
		.decline_ns = -1};
	memcpy(traveler->policy_digest, lane->policy_digest, PST_POLICY_DIGEST_SIZE);
	place_traveler(lane, person, day_of_encounter(lane, now_ns), &request.place);
	(void)pst_encounter_open(
		&traveler->encounter, &traveler->policy->table, &lane->permit, &request, now_ns);
	report_opened(lane, now_ns);
}

static void granted(struct pst_lane *lane, int64_t now_ns)
{
	struct pst_traveler *traveler = &lane->traveler;
	struct pst_policy_decision decision;
	const char *sources[PST_SOURCES_MAX];
	size_t count = 0;

	if (lane->vision_lost || pst_idle_is_locked(lane) || pst_source_is_away(lane) ||
		pst_record_permit(lane) < 0) {
		pst_traveler_fault(lane, now_ns);
		return;
	}
	traveler->permit_ns = now_ns;
	pst_policy_describe(traveler->policy, traveler->encounter.cell, &decision);
	while (decision.sources[count] && count < PST_SOURCES_MAX) {
		sources[count] = decision.sources[count]->id;
		count++;
	}
	const struct pst_events_permit permit = {.encounter = traveler->number,
		.permit = traveler->encounter.permit_id,
		.authority = decision.authority,
		.rule = decision.rule_id,
		.sources = sources,
		.source_count = count,
		.valid_ns = traveler->encounter.request.longest_ns};
	pst_events_permit_granted(lane->spec.events, now_ns, &permit);
	traveler->announced = permit.permit;
	lane->health.permits++;
}

static enum pst_events_cause cause_of(enum pst_encounter_state state)
{
	static const enum pst_events_cause causes[PST_ENCOUNTER_STATE_COUNT] = {
		[PST_ENCOUNTER_OPENED] = PST_EVENTS_CAUSE_NOTICE,
		[PST_ENCOUNTER_NOTICED] = PST_EVENTS_CAUSE_NOTICE, /* lost, and back at once */
		[PST_ENCOUNTER_PERMITTED] = PST_EVENTS_CAUSE_NOTICE,
		[PST_ENCOUNTER_CAPTURED] = PST_EVENTS_CAUSE_DECIDED,
		[PST_ENCOUNTER_OPTED_OUT] = PST_EVENTS_CAUSE_OPTED_OUT,
		[PST_ENCOUNTER_WITHDRAWN] = PST_EVENTS_CAUSE_WITHDRAWN,
		[PST_ENCOUNTER_EXPIRED] = PST_EVENTS_CAUSE_EXPIRED,
		[PST_ENCOUNTER_FAULTED] = PST_EVENTS_CAUSE_FAULT,
		[PST_ENCOUNTER_CLOSED] = PST_EVENTS_CAUSE_LEFT,
	};

	return causes[state];
}

static void revoked(struct pst_lane *lane, uint64_t permit, int64_t now_ns)
{
	if (lane->traveler.announced != permit) {
		return;
	}
	pst_books_revoked(lane, permit);
	pst_events_permit_revoked(lane->spec.events, now_ns, lane->traveler.number, permit,
		cause_of(lane->traveler.encounter.state),
		pst_ledger_leased_under(&lane->ledger, permit));
}

/* Who opts out or withdraws is forgotten at once; of others it stays when they leave. */
static void settle_sink(struct pst_lane *lane, int actions)
{
	const struct pst_sink *sink = lane->spec.sink;
	struct pst_traveler *traveler = &lane->traveler;
	enum pst_encounter_state state = traveler->encounter.state;

	if (!sink) {
		return;
	}
	if ((actions & PST_ACTION_ENDED) &&
		(state == PST_ENCOUNTER_OPTED_OUT || state == PST_ENCOUNTER_WITHDRAWN)) {
		traveler->unrecorded = true;
		sink->settle(sink->user, /* keep= */ false);
	}
	if (actions & PST_ACTION_CLOSED) {
		sink->settle(sink->user, !traveler->unrecorded);
	}
}

/* How long the person took to choose, so that the ways of choosing can be compared. */
static void time_choice(struct pst_traveler *traveler, enum pst_event_kind kind, int64_t now_ns)
{
	const struct pst_encounter *encounter = &traveler->encounter;
	bool noticed = encounter->request.place.value[PST_AXIS_NOTICE] == PST_NOTICE_CURRENT;

	if (noticed && kind == PST_EVENT_CONSENT && traveler->consent_ns < 0) {
		traveler->consent_ns = now_ns - encounter->noticed_ns;
	} else if (noticed && kind == PST_EVENT_DECLINE && traveler->decline_ns < 0) {
		traveler->decline_ns = now_ns - encounter->noticed_ns;
	}
}

/* What the gate said, and whose permit it was before. */
struct turn {
	int actions;
	uint64_t permit;
};

/* The gate closes and what it closed over is wiped before anybody is told anything. */
static struct turn tell_gate(struct pst_lane *lane, const struct pst_event *event, int64_t now_ns)
{
	struct pst_encounter *encounter = &lane->traveler.encounter;
	struct turn turn = {.permit = encounter->permit_id};

	time_choice(&lane->traveler, event->kind, now_ns);
	turn.actions = pst_encounter_event(encounter, event, now_ns);
	if (turn.actions & PST_ACTION_WIPE) {
		pst_vision_reset(&lane->vision, pst_lane_reset_ms(lane));
	}
	if (turn.actions & PST_ACTION_DROP) {
		drop_shot(lane);
	}
	return turn;
}

static void follow(struct pst_lane *lane, const struct turn *turn, int64_t now_ns)
{
	struct pst_traveler *traveler = &lane->traveler;

	if (turn->actions & PST_ACTION_REVOKED) {
		pst_picture_end(lane);
		revoked(lane, turn->permit, now_ns);
	}
	settle_sink(lane, turn->actions);
	if (turn->actions & PST_ACTION_GRANTED) {
		granted(lane, now_ns);
	}
	bool refused = traveler->notice != PST_NOTICE_UNSET &&
		       traveler->encounter.cell.verdict == PST_VERDICT_REFUSE;
	if (((turn->actions & PST_ACTION_ENDED) || refused) && traveler->decided_ns < 0) {
		traveler->decided_ns = now_ns;
	}
	if (turn->actions & PST_ACTION_CLOSED) {
		pst_record_closed(lane, now_ns);
		drop_shot(lane);
		*traveler = (struct pst_traveler){0};
		pst_swap_settle(lane);
	}
}

void pst_traveler_event(struct pst_lane *lane, const struct pst_event *event, int64_t now_ns)
{
	const struct turn turn = tell_gate(lane, event, now_ns);

	follow(lane, &turn, now_ns);
}

const char *pst_traveler_notice_version(const struct pst_traveler *traveler)
{
	const char *told = traveler->person.notice_version;

	if (!traveler->shown) {
		return NULL;
	}
	return told ? told : traveler->policy->texts.notice_version;
}

const char *pst_traveler_notice_language(const struct pst_traveler *traveler)
{
	const char *told = traveler->person.notice_language;

	return traveler->shown && told && told[0] ? told : NULL;
}

void pst_traveler_notice(struct pst_lane *lane, enum pst_notice reported, int64_t now_ns)
{
	struct pst_traveler *traveler = &lane->traveler;
	enum pst_notice notice = pst_policy_notice(traveler->policy, reported, lane->day);
	const struct pst_event event = {.kind = PST_EVENT_NOTICE, .notice = notice};
	bool shown = notice != PST_NOTICE_ABSENT;

	const struct turn turn = tell_gate(lane, &event, now_ns);

	if (notice != traveler->notice) {
		traveler->notice = notice;
		traveler->shown |= shown;
		pst_events_encounter_noticed(lane->spec.events, now_ns, traveler->number, notice,
			shown ? pst_traveler_notice_version(traveler) : NULL);
	}
	follow(lane, &turn, now_ns);
}

void pst_traveler_choose(struct pst_lane *lane, enum pst_choice choice, int64_t now_ns)
{
	static const enum pst_event_kind kinds[PST_CHOICE_COUNT] = {
		[PST_CHOICE_CONSENT] = PST_EVENT_CONSENT,
		[PST_CHOICE_DECLINE] = PST_EVENT_DECLINE,
		[PST_CHOICE_WITHDRAW] = PST_EVENT_WITHDRAW,
	};
	struct pst_traveler *traveler = &lane->traveler;
	const struct pst_event event = {.kind = kinds[choice]};

	traveler->choice = choice;
	const struct turn turn = tell_gate(lane, &event, now_ns);

	pst_events_encounter_chose(lane->spec.events, now_ns, traveler->number, choice);
	follow(lane, &turn, now_ns);
}

void pst_traveler_fault(struct pst_lane *lane, int64_t now_ns)
{
	const struct pst_event event = {.kind = PST_EVENT_FAULT};

	pst_traveler_event(lane, &event, now_ns);
}

/* Whom a worker that is down could not see was not "no face": that is a fault of ours. */
static void blame_worker(struct pst_lane *lane, int64_t now_ns)
{
	if (lane->traveler.encounter.state == PST_ENCOUNTER_PERMITTED &&
		!pst_vision_is_ready(&lane->vision)) {
		pst_traveler_fault(lane, now_ns);
	}
}

void pst_traveler_leave(struct pst_lane *lane, int64_t now_ns)
{
	pst_traveler_settle(lane, now_ns, /* leaving= */ true);
	blame_worker(lane, now_ns);

	const struct pst_event event = {.kind = PST_EVENT_CLOSE, .reason = lane->traveler.reason};

	pst_traveler_event(lane, &event, now_ns);
}

static enum pst_pad_verdict pad_verdict(const struct pst_lane *lane)
{
	return pst_pad_fuse(lane->pad_rules, lane->traveler.pad);
}

static bool is_worth_a_template(const struct pst_lane *lane, const struct pst_wire_face *face)
{
	return lane->shot.size == 0 || pad_verdict(lane) != PST_PAD_VERDICT_CLEAR ||
	       face->quality.overall >= lane->shot.quality.overall + BETTER_BY;
}

/*
 * No template is made of a picture of which only a part was searched: who else is in it, and where
 * exactly the face is, the whole of it tells. Where that was asked of a face as good as this one,
 * it is not asked once more.
 */
static bool is_worth_a_look(const struct pst_lane *lane, const struct pst_wire_face *face)
{
	return lane->shot.size == 0 || pad_verdict(lane) != PST_PAD_VERDICT_CLEAR ||
	       face->quality.overall >= lane->traveler.looked + BETTER_BY;
}

/* Of a frame that no template is made of; one that was searched near the person is searched again.
 */
static bool show(struct pst_lane *lane, const struct pst_wire_faces *faces,
	const struct pst_subject *subject)
{
	return faces->how == PST_WIRE_HOW_NEAR
		       ? pst_vision_search_again(&lane->vision, faces)
		       : pst_vision_show(
				 &lane->vision, faces, subject->face ? &subject->face->face : NULL);
}

void pst_traveler_faces(struct pst_lane *lane, const struct pst_wire_faces *faces)
{
	struct pst_traveler *traveler = &lane->traveler;
	const struct pst_face *wanted = NULL;
	struct pst_subject subject;
	bool again = false;

	if (faces->permit != pst_permit_id(&lane->permit)) {
		return;
	}
	int64_t captured_ns = lane->vision.frame[faces->slot].captured_ns;

	if (faces->status < 0) {
		pst_health_answered(lane, captured_ns);
		traveler->damaged++;
		lane->damaged++;
		pst_vision_settle(&lane->vision, faces, NULL, PST_ROLE_UNSET);
		return;
	}
	pst_subject_pick(faces, &lane->zone, lane->spec.config->min_face_px, &subject);
	pst_follow_take(
		&lane->vision.follow, faces->how, subject.face ? &subject.face->face : NULL);
	if (subject.bystanders > traveler->bystanders_max) {
		traveler->bystanders_max = subject.bystanders;
	}
	if (subject.face && subject.reason == PST_CAPTURE_REASON_UNSET) {
		if (traveler->first_face_ns < 0) {
			traveler->first_face_ns = captured_ns;
		}
		if (is_worth_a_template(lane, subject.face)) {
			if (faces->how == PST_WIRE_HOW_NEAR) {
				again = is_worth_a_look(lane, subject.face);
			} else {
				wanted = &subject.face->face;
			}
			traveler->pending = subject.face->quality;
			traveler->pending_px = (uint32_t)subject.face->face.width;
			traveler->pending_ns = captured_ns;
		}
	} else if (subject.reason != PST_CAPTURE_REASON_NO_FACE) {
		traveler->reason = subject.reason;
	}
	if (again && pst_vision_search_again(&lane->vision, faces)) {
		traveler->looked = subject.face->quality.overall;
		return;
	}
	if (!wanted && pst_picture_is_due(lane) && show(lane, faces, &subject)) {
		return;
	}
	pst_health_answered(lane, captured_ns);
	pst_vision_settle(&lane->vision, faces, wanted,
		lane->purpose == PST_PURPOSE_ENROL ? PST_ROLE_ENROL : PST_ROLE_PROBE);
}

void pst_traveler_template(struct pst_lane *lane, const struct pst_wire_template *template)
{
	struct pst_traveler *traveler = &lane->traveler;

	if (template->permit != pst_permit_id(&lane->permit)) {
		return;
	}
	pst_vision_release(&lane->vision, template->slot);
	bool used = template->status >= 0 && template->size <= PST_TEMPLATE_MAX;
	traveler->pad =
		pst_pad_states_merge(traveler->pad, pst_pad_states_of(&template->pad), used);
	if (!used) {
		pst_traveler_settle(lane, lane->now_ns, /* leaving= */ false);
		return;
	}
	memcpy(lane->shot.bytes, template->bytes, template->size);
	lane->shot.size = template->size;
	lane->shot.quality = traveler->pending;
	lane->shot.pad = template->pad;
	lane->shot.face_px = traveler->pending_px;
	lane->shot.captured_ns = traveler->pending_ns;
	if (traveler->first_shot_ns < 0) {
		traveler->first_shot_ns = traveler->pending_ns;
	}
	traveler->shot_ns = traveler->pending_ns;
	traveler->extracts++;
	lane->summary.templates++;
	pst_traveler_settle(lane, lane->now_ns, /* leaving= */ false);
}

static enum pst_outcome compare(struct pst_lane *lane, int64_t now_ns)
{
	struct pst_traveler *traveler = &lane->traveler;
	const char *subject = purpose_of(lane, &traveler->person) == PST_PURPOSE_VERIFY
				      ? traveler->person.subject
				      : NULL;
	struct pst_error error = {0};

	if (pst_match_compare(&lane->match, lane->shot.bytes, lane->shot.size, subject,
		    &traveler->match, &error) < 0) {
		pst_events_warning(lane->spec.events, now_ns, "matching failed: %s", error.text);
		return PST_OUTCOME_REFER_FAULT;
	}
	if (!traveler->match.calibrated) {
		return PST_OUTCOME_REFER_UNCALIBRATED;
	}
	traveler->compared = lane->match.worker != NULL;
	if (traveler->compared) {
		const struct pst_events_match match = {.identify = traveler->match.identify,
			.fmr = traveler->match.fmr,
			.matched = traveler->match.matched,
			.rank = traveler->match.rank};

		pst_events_match_result(lane->spec.events, now_ns, traveler->number, &match,
			traveler->match.duration_ns);
	}
	return traveler->match.matched ? PST_OUTCOME_VERIFIED : PST_OUTCOME_REFER_NO_MATCH;
}

static void report_pad(struct pst_lane *lane, int64_t now_ns)
{
	const struct pst_traveler *traveler = &lane->traveler;
	const struct pst_pad_result *said = &lane->shot.pad.result;
	const struct pst_events_pad pad = {.clear = pad_verdict(lane) == PST_PAD_VERDICT_CLEAR,
		.impersonation = {.answer = pst_pad_state_name(traveler->pad.impersonation),
			.required = lane->pad_rules.impersonation,
			.reason = said->impersonation.reason},
		.evasion = {.answer = pst_pad_state_name(traveler->pad.evasion),
			.required = lane->pad_rules.evasion,
			.reason = said->evasion.reason}};

	if (lane->spec.pad) {
		pst_events_pad_result(lane->spec.events, now_ns, traveler->number, &pad);
	}
}

static void report_captured(struct pst_lane *lane, int64_t now_ns)
{
	const struct pst_quality *quality = &lane->shot.quality;
	struct pst_events_component components[PST_MEASURES_MAX];
	struct pst_events_shot shot = {.face_px = lane->shot.face_px,
		.quality = quality->overall,
		.components = components,
		.faces = lane->traveler.bystanders_max + 1};

	for (uint32_t i = 1; i < quality->count; i++) {
		const struct pst_quality_component *component = &quality->component[i];

		if (component->status == 0) {
			components[shot.component_count++] =
				(struct pst_events_component){pst_measure_name(component->measure),
					(uint32_t)(component->score + 0.5F)};
		}
	}
	lane->traveler.quality = *quality;
	pst_events_encounter_captured(lane->spec.events, now_ns, lane->traveler.number, &shot);
}

/* Whether it is a person, and the one they show, nobody could tell: a human looks. */
static void refer_presentation(struct pst_lane *lane, int64_t now_ns)
{
	const struct pst_event event = {
		.kind = PST_EVENT_TIMEOUT, .reason = PST_CAPTURE_REASON_PRESENTATION};

	report_pad(lane, now_ns);
	pst_traveler_event(lane, &event, now_ns);
}

static void decide(struct pst_lane *lane, int64_t now_ns)
{
	struct pst_traveler *traveler = &lane->traveler;
	const struct pst_event captured = {.kind = PST_EVENT_CAPTURED};
	struct pst_event decided = {.kind = PST_EVENT_DECIDED};

	if (pad_verdict(lane) != PST_PAD_VERDICT_CLEAR) {
		refer_presentation(lane, now_ns);
		return;
	}
	pst_traveler_event(lane, &captured, now_ns);
	if (traveler->encounter.state != PST_ENCOUNTER_CAPTURED) {
		return;
	}
	report_pad(lane, now_ns);
	report_captured(lane, now_ns);
	decided.outcome =
		lane->purpose == PST_PURPOSE_ENROL ? PST_OUTCOME_ENROLLED : compare(lane, now_ns);
	if (pst_record_template(lane, decided.outcome) < 0 &&
		decided.outcome == PST_OUTCOME_ENROLLED) {
		decided.outcome = PST_OUTCOME_REFER_FAULT;
	}
	drop_shot(lane);
	if (pst_record_outcome(lane, decided.outcome) < 0) {
		pst_traveler_fault(lane, now_ns);
		return;
	}
	traveler->decided_ns = now_ns;
	pst_traveler_event(lane, &decided, now_ns);
}

void pst_traveler_settle(struct pst_lane *lane, int64_t now_ns, bool leaving)
{
	const struct pst_lane_config *config = lane->spec.config;
	struct pst_traveler *traveler = &lane->traveler;

	if (!traveler->present || traveler->encounter.state != PST_ENCOUNTER_PERMITTED) {
		return;
	}
	if (pad_verdict(lane) == PST_PAD_VERDICT_ATTACK) {
		refer_presentation(lane, now_ns);
	} else if (lane->shot.size > 0) {
		bool good = pad_verdict(lane) == PST_PAD_VERDICT_CLEAR &&
			    lane->shot.quality.overall >= config->good_quality;

		if (good || leaving || now_ns - traveler->first_shot_ns >= config->stop_after_ns) {
			decide(lane, now_ns);
		}
	} else if (!leaving && now_ns - traveler->permit_ns >= config->timeout_ns) {
		const struct pst_event event = {
			.kind = PST_EVENT_TIMEOUT, .reason = traveler->reason};

		pst_traveler_event(lane, &event, now_ns);
	}
}

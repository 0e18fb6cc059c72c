/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/impl.h"

enum step_kind {
	STEP_NONE = 0,
	STEP_OPEN,
	STEP_NOTICE,
	STEP_CHOICE,
	STEP_TICK,
	STEP_SETTLE,
	STEP_LEAVE,
};

struct step {
	enum step_kind kind;
	int64_t at_ns;
};

static void earlier(struct step *step, enum step_kind kind, int64_t at_ns)
{
	if (step->kind == STEP_NONE || at_ns < step->at_ns) {
		*step = (struct step){kind, at_ns};
	}
}

/* When the traveler's best shot is taken, or given up on; INT64_MAX: no time is set. */
static int64_t settle_time(const struct pst_lane *lane)
{
	const struct pst_traveler *traveler = &lane->traveler;

	if (traveler->encounter.state != PST_ENCOUNTER_PERMITTED || lane->spec.sink) {
		return INT64_MAX;
	}
	if (lane->shot.size > 0) {
		return traveler->first_shot_ns + lane->spec.config->stop_after_ns;
	}
	return traveler->permit_ns + lane->spec.config->timeout_ns;
}

/* Of steps due at one time the first named here comes first. */
static struct step next_step(const struct pst_lane *lane)
{
	const struct pst_traveler *traveler = &lane->traveler;
	const struct pst_scenario_encounter *person = traveler->person;
	const struct pst_scenario *scenario = lane->spec.scenario;
	struct step step = {STEP_NONE, INT64_MAX};

	if (!person) {
		if (scenario && lane->next < scenario->count) {
			earlier(&step, STEP_OPEN, scenario->encounters[lane->next].at_ns);
		}
		return step;
	}
	if (!traveler->noticed) {
		earlier(&step, STEP_NOTICE, person->at_ns);
	}
	if (person->choice != PST_SCENARIO_CHOICE_NONE && !traveler->chose) {
		earlier(&step, STEP_CHOICE, person->choice_ns);
	}
	if (pst_encounter_due_ns(&traveler->encounter) < INT64_MAX) {
		earlier(&step, STEP_TICK, pst_encounter_due_ns(&traveler->encounter));
	}
	if (settle_time(lane) < INT64_MAX) {
		earlier(&step, STEP_SETTLE, settle_time(lane));
	}
	earlier(&step, STEP_LEAVE, person->at_ns + person->for_ns);
	return step;
}

static enum pst_notice notice_of(const struct pst_scenario_encounter *person)
{
	switch (person->notice) {
	case PST_SCENARIO_NOTICE_CURRENT:
		return PST_NOTICE_CURRENT;
	case PST_SCENARIO_NOTICE_STALE:
		return PST_NOTICE_STALE;
	case PST_SCENARIO_NOTICE_ABSENT:
		break;
	}
	return PST_NOTICE_ABSENT;
}

static void take_notice(struct pst_lane *lane, int64_t now_ns)
{
	struct pst_traveler *traveler = &lane->traveler;
	const struct pst_event event = {.kind = PST_EVENT_NOTICE,
		.notice = pst_policy_notice(
			lane->spec.policy, notice_of(traveler->person), lane->day)};
	const char *version = lane->spec.policy->texts.notice_version;

	traveler->noticed = true;
	pst_events_encounter_noticed(lane->spec.events, now_ns, traveler->number, event.notice,
		event.notice == PST_NOTICE_ABSENT ? NULL : version);
	pst_traveler_event(lane, &event, now_ns);
}

static void take_choice(struct pst_lane *lane, int64_t now_ns)
{
	static const struct {
		enum pst_event_kind kind;
		enum pst_choice choice;
		enum pst_events_cause cause;
	} choices[] = {
		[PST_SCENARIO_CHOICE_DECLINE] = {PST_EVENT_DECLINE, PST_CHOICE_DECLINE,
			PST_EVENTS_CAUSE_OPTED_OUT},
		[PST_SCENARIO_CHOICE_CONSENT] = {PST_EVENT_CONSENT, PST_CHOICE_CONSENT,
			PST_EVENTS_CAUSE_FAULT},
		[PST_SCENARIO_CHOICE_WITHDRAW] = {PST_EVENT_WITHDRAW, PST_CHOICE_WITHDRAW,
			PST_EVENTS_CAUSE_WITHDRAWN},
	};
	struct pst_traveler *traveler = &lane->traveler;
	const struct pst_event event = {.kind = choices[traveler->person->choice].kind};

	traveler->chose = true;
	if (event.kind != PST_EVENT_CONSENT) {
		traveler->cause = choices[traveler->person->choice].cause;
	}
	pst_events_encounter_chose(lane->spec.events, now_ns, traveler->number,
		choices[traveler->person->choice].choice);
	pst_traveler_event(lane, &event, now_ns);
}

/* Whom a worker that is down could not see was not "no face": that is a fault of ours. */
static void blame_worker(struct pst_lane *lane, int64_t now_ns)
{
	const struct pst_event event = {.kind = PST_EVENT_FAULT};

	if (lane->traveler.encounter.state == PST_ENCOUNTER_PERMITTED &&
		!pst_vision_is_ready(&lane->vision)) {
		lane->traveler.cause = PST_EVENTS_CAUSE_FAULT;
		pst_traveler_event(lane, &event, now_ns);
	}
}

static void leave(struct pst_lane *lane, int64_t now_ns)
{
	pst_traveler_settle(lane, now_ns, /* leaving= */ true);
	blame_worker(lane, now_ns);

	const struct pst_event event = {.kind = PST_EVENT_CLOSE, .reason = lane->traveler.reason};

	lane->traveler.cause = PST_EVENTS_CAUSE_LEFT;
	pst_traveler_event(lane, &event, now_ns);
}

static void take_step(struct pst_lane *lane, const struct step *step)
{
	const struct pst_event tick = {.kind = PST_EVENT_TICK};

	switch (step->kind) {
	case STEP_OPEN:
		pst_traveler_open(
			lane, &lane->spec.scenario->encounters[lane->next++], step->at_ns);
		break;
	case STEP_NOTICE:
		take_notice(lane, step->at_ns);
		break;
	case STEP_CHOICE:
		take_choice(lane, step->at_ns);
		break;
	case STEP_TICK:
		pst_traveler_event(lane, &tick, step->at_ns);
		break;
	case STEP_SETTLE:
		pst_traveler_settle(lane, step->at_ns, /* leaving= */ false);
		break;
	case STEP_LEAVE:
		leave(lane, step->at_ns);
		break;
	case STEP_NONE:
		break;
	}
}

void pst_script_advance(struct pst_lane *lane, int64_t now_ns)
{
	for (;;) {
		struct step step = next_step(lane);

		if (step.kind == STEP_NONE || step.at_ns > now_ns) {
			break;
		}
		take_step(lane, &step);
	}
	if (now_ns > lane->now_ns) {
		lane->now_ns = now_ns;
	}
}

void pst_script_finish(struct pst_lane *lane, bool fault)
{
	const struct pst_event event = {.kind = PST_EVENT_FAULT};

	if (!lane->traveler.person) {
		return;
	}
	if (fault) {
		lane->traveler.cause = PST_EVENTS_CAUSE_FAULT;
		pst_traveler_event(lane, &event, lane->now_ns);
	}
	leave(lane, lane->now_ns);
}

bool pst_script_break(struct pst_lane *lane)
{
	const struct pst_event event = {.kind = PST_EVENT_FAULT};

	if (lane->traveler.encounter.state != PST_ENCOUNTER_PERMITTED) {
		return false;
	}
	lane->traveler.cause = PST_EVENTS_CAUSE_FAULT;
	pst_traveler_event(lane, &event, lane->now_ns);
	return true;
}

int64_t pst_script_due_ns(const struct pst_lane *lane)
{
	return next_step(lane).at_ns;
}

bool pst_script_is_over(const struct pst_lane *lane)
{
	return lane->spec.scenario && !lane->traveler.person &&
	       lane->next >= lane->spec.scenario->count;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "pipeline/impl.h"

/* How much longer than its person an encounter may last: the script closes it, not the clock. */
#define SLACK_NS PST_NS_PER_S

enum step_kind {
	STEP_NONE = 0,
	STEP_OPEN,
	STEP_NOTICE,
	STEP_NOTICE_LOST,
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
	const struct pst_script *script = &lane->script;
	const struct pst_scenario_encounter *person = script->person;
	const struct pst_scenario *scenario = lane->spec.scenario;
	struct step step = {STEP_NONE, INT64_MAX};

	if (!lane->traveler.present) {
		if (scenario && script->next < scenario->count) {
			earlier(&step, STEP_OPEN, scenario->encounters[script->next].at_ns);
		}
		return step;
	}
	if (person && !script->noticed) {
		earlier(&step, STEP_NOTICE, person->at_ns);
	}
	if (person && person->notice_lost && !script->unnoticed) {
		earlier(&step, STEP_NOTICE_LOST, person->notice_lost_ns);
	}
	if (person && person->choice != PST_SCENARIO_CHOICE_NONE && !script->chose) {
		earlier(&step, STEP_CHOICE, person->choice_ns);
	}
	if (pst_encounter_due_ns(&lane->traveler.encounter) < INT64_MAX) {
		earlier(&step, STEP_TICK, pst_encounter_due_ns(&lane->traveler.encounter));
	}
	if (settle_time(lane) < INT64_MAX) {
		earlier(&step, STEP_SETTLE, settle_time(lane));
	}
	if (person) {
		earlier(&step, STEP_LEAVE, person->at_ns + person->for_ns);
	}
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

static enum pst_choice choice_of(const struct pst_scenario_encounter *person)
{
	switch (person->choice) {
	case PST_SCENARIO_CHOICE_DECLINE:
		return PST_CHOICE_DECLINE;
	case PST_SCENARIO_CHOICE_CONSENT:
		return PST_CHOICE_CONSENT;
	case PST_SCENARIO_CHOICE_WITHDRAW:
		return PST_CHOICE_WITHDRAW;
	case PST_SCENARIO_CHOICE_NONE:
		break;
	}
	return PST_CHOICE_NONE;
}

static void open_next(struct pst_lane *lane, int64_t now_ns)
{
	struct pst_script *script = &lane->script;
	const struct pst_scenario_encounter *next = &lane->spec.scenario->encounters[script->next];
	const struct pst_person person = {.category = next->category,
		.known_by = next->known_by,
		.age_band = next->age_band,
		.direction = next->direction,
		.environment = next->environment,
		.subject = next->subject,
		.has_born = next->has_born,
		.born_day = next->born_day,
		.longest_ns = next->for_ns + SLACK_NS};

	*script = (struct pst_script){.next = script->next + 1, .person = next};
	pst_traveler_open(lane, &person, now_ns);
}

static void leave(struct pst_lane *lane, int64_t now_ns)
{
	pst_traveler_leave(lane, now_ns);
	lane->script.person = NULL;
}

static void take_step(struct pst_lane *lane, const struct step *step)
{
	const struct pst_event tick = {.kind = PST_EVENT_TICK};
	struct pst_script *script = &lane->script;

	switch (step->kind) {
	case STEP_OPEN:
		open_next(lane, step->at_ns);
		break;
	case STEP_NOTICE:
		script->noticed = true;
		pst_traveler_notice(lane, notice_of(script->person), step->at_ns);
		break;
	case STEP_NOTICE_LOST:
		script->unnoticed = true;
		pst_traveler_notice(lane, PST_NOTICE_ABSENT, step->at_ns);
		break;
	case STEP_CHOICE:
		script->chose = true;
		pst_traveler_choose(lane, choice_of(script->person), step->at_ns);
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
	if (!lane->traveler.present) {
		return;
	}
	if (fault) {
		pst_traveler_fault(lane, lane->now_ns);
	}
	leave(lane, lane->now_ns);
}

bool pst_script_break(struct pst_lane *lane)
{
	if (lane->traveler.encounter.state != PST_ENCOUNTER_PERMITTED) {
		return false;
	}
	pst_traveler_fault(lane, lane->now_ns);
	return true;
}

int64_t pst_script_due_ns(const struct pst_lane *lane)
{
	return next_step(lane).at_ns;
}

bool pst_script_is_over(const struct pst_lane *lane)
{
	return lane->spec.scenario && !lane->traveler.present &&
	       lane->script.next >= lane->spec.scenario->count;
}

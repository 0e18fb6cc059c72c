/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/encounter.h"

#include <errno.h>

#define END_ACTIONS (PST_ACTION_WIPE | PST_ACTION_DROP)

/* What an event does in a state. A pair missing from the table below is a fault. */
enum step {
	STEP_FAULT = 0,
	STEP_IGNORE,
	STEP_TICK,
	STEP_NOTICE,
	STEP_CONSENT,
	STEP_DECLINE,
	STEP_WITHDRAW,
	STEP_CAPTURE,
	STEP_DISCARD, /* a template that came after its permit */
	STEP_DECIDE,
	STEP_EXPIRE,
	STEP_CLOSE,
};

#define EVERY_MIDDLE                                                                               \
	[PST_EVENT_DECLINE] = STEP_DECLINE, [PST_EVENT_WITHDRAW] = STEP_WITHDRAW,                  \
	[PST_EVENT_TIMEOUT] = STEP_EXPIRE, [PST_EVENT_FAULT] = STEP_FAULT,                         \
	[PST_EVENT_CLOSE] = STEP_CLOSE

#define EVERY_ENDED                                                                                \
	[PST_EVENT_UNSET] = STEP_IGNORE, [PST_EVENT_TICK] = STEP_IGNORE,                           \
	[PST_EVENT_NOTICE] = STEP_IGNORE, [PST_EVENT_CONSENT] = STEP_IGNORE,                       \
	[PST_EVENT_CAPTURED] = STEP_DISCARD, [PST_EVENT_DECIDED] = STEP_IGNORE,                    \
	[PST_EVENT_TIMEOUT] = STEP_IGNORE, [PST_EVENT_FAULT] = STEP_IGNORE,                        \
	[PST_EVENT_CLOSE] = STEP_CLOSE

#define ENDED_ROW                                                                                  \
	{                                                                                          \
		[PST_EVENT_DECLINE] = STEP_IGNORE, [PST_EVENT_WITHDRAW] = STEP_IGNORE,             \
		EVERY_ENDED,                                                                       \
	}

static const uint8_t steps[PST_ENCOUNTER_STATE_COUNT][PST_EVENT_COUNT] = {
	[PST_ENCOUNTER_OPENED] =
		{
			[PST_EVENT_TICK] = STEP_IGNORE,
			[PST_EVENT_NOTICE] = STEP_NOTICE,
			[PST_EVENT_CONSENT] = STEP_IGNORE, /* nothing was shown to consent to */
			[PST_EVENT_CAPTURED] = STEP_DISCARD,
			EVERY_MIDDLE,
		},
	[PST_ENCOUNTER_NOTICED] =
		{
			[PST_EVENT_TICK] = STEP_TICK,
			[PST_EVENT_NOTICE] = STEP_NOTICE,
			[PST_EVENT_CONSENT] = STEP_CONSENT,
			[PST_EVENT_CAPTURED] = STEP_DISCARD,
			EVERY_MIDDLE,
		},
	[PST_ENCOUNTER_PERMITTED] =
		{
			[PST_EVENT_TICK] = STEP_IGNORE,
			[PST_EVENT_NOTICE] = STEP_NOTICE,
			[PST_EVENT_CONSENT] = STEP_CONSENT,
			[PST_EVENT_CAPTURED] = STEP_CAPTURE,
			EVERY_MIDDLE,
		},
	[PST_ENCOUNTER_CAPTURED] =
		{
			[PST_EVENT_TICK] = STEP_IGNORE,
			[PST_EVENT_NOTICE] = STEP_IGNORE,
			[PST_EVENT_CONSENT] = STEP_IGNORE,
			[PST_EVENT_CAPTURED] = STEP_IGNORE,
			[PST_EVENT_DECIDED] = STEP_DECIDE,
			EVERY_MIDDLE,
		},
	[PST_ENCOUNTER_DECIDED] =
		{
			[PST_EVENT_TICK] = STEP_IGNORE,
			[PST_EVENT_NOTICE] = STEP_IGNORE,
			[PST_EVENT_CONSENT] = STEP_IGNORE,
			[PST_EVENT_CAPTURED] = STEP_IGNORE,
			[PST_EVENT_DECIDED] = STEP_IGNORE,
			EVERY_MIDDLE,
		},
	[PST_ENCOUNTER_OPTED_OUT] = ENDED_ROW,
	[PST_ENCOUNTER_WITHDRAWN] = ENDED_ROW,
	[PST_ENCOUNTER_EXPIRED] =
		{
			[PST_EVENT_DECLINE] = STEP_DECLINE, /* a late no is still a no */
			[PST_EVENT_WITHDRAW] = STEP_WITHDRAW,
			EVERY_ENDED,
		},
	[PST_ENCOUNTER_FAULTED] = ENDED_ROW,
};

static const char *const state_names[PST_ENCOUNTER_STATE_COUNT] = {"idle", "opened", "noticed",
	"permitted", "captured", "decided", "opted-out", "withdrawn", "expired", "faulted",
	"closed"};

const char *pst_encounter_state_name(enum pst_encounter_state state)
{
	return state_names[(unsigned)state < PST_ENCOUNTER_STATE_COUNT ? state : 0];
}

static int64_t later(int64_t now_ns, int64_t wait_ns)
{
	int64_t sum;

	return __builtin_add_overflow(now_ns, wait_ns, &sum) ? INT64_MAX : sum;
}

static int64_t deadline_ns(const struct pst_encounter *encounter)
{
	return later(encounter->opened_ns, encounter->request.longest_ns);
}

static bool is_waiting(const struct pst_encounter *encounter)
{
	return encounter->state >= PST_ENCOUNTER_OPENED &&
	       encounter->state <= PST_ENCOUNTER_PERMITTED;
}

/* When the notice lapses unless its display is heard of again; INT64_MAX: it doesn't. */
static int64_t lapse_ns(const struct pst_encounter *encounter)
{
	const struct pst_encounter_request *request = &encounter->request;

	return is_waiting(encounter) && request->notice_timeout_ns > 0 &&
			       request->place.value[PST_AXIS_NOTICE] == PST_NOTICE_CURRENT
		       ? later(encounter->heard_ns, request->notice_timeout_ns)
		       : INT64_MAX;
}

static void look_up(struct pst_encounter *encounter)
{
	encounter->cell = pst_table_lookup(encounter->table, &encounter->request.place);
}

static bool is_middle(enum pst_encounter_state state)
{
	return state >= PST_ENCOUNTER_OPENED && state <= PST_ENCOUNTER_DECIDED;
}

static int revoke(struct pst_encounter *encounter)
{
	return pst_permit_revoke(encounter->permit) ? PST_ACTION_REVOKED : 0;
}

/* A permit outlives neither the encounter's time nor what was last heard of its notice. */
static int64_t until_ns(const struct pst_encounter *encounter)
{
	int64_t deadline = deadline_ns(encounter);
	int64_t lapse = lapse_ns(encounter);

	return lapse < deadline ? lapse : deadline;
}

static int grant(struct pst_encounter *encounter)
{
	struct pst_permit_bounds bounds = {
		.from_ns = encounter->now_ns,
		.until_ns = until_ns(encounter),
		.frames = encounter->request.frames,
	};

	encounter->permit_id = pst_permit_grant(encounter->permit, &bounds);
	return PST_ACTION_GRANTED;
}

/* Where the encounter stands by notice, choice and time alone. */
static enum pst_encounter_state standing(const struct pst_encounter *encounter)
{
	const struct pst_place *place = &encounter->request.place;

	if (place->value[PST_AXIS_NOTICE] != PST_NOTICE_CURRENT) {
		return PST_ENCOUNTER_OPENED;
	}
	if (encounter->cell.verdict != PST_VERDICT_ALLOW) {
		return PST_ENCOUNTER_NOTICED;
	}
	if (encounter->cell.authority == PST_AUTHORITY_OFFERED &&
		place->value[PST_AXIS_CHOICE] != PST_CHOICE_CONSENT &&
		encounter->now_ns <
			later(encounter->noticed_ns, encounter->request.choice_window_ns)) {
		return PST_ENCOUNTER_NOTICED;
	}
	return PST_ENCOUNTER_PERMITTED;
}

static int settle(struct pst_encounter *encounter)
{
	enum pst_encounter_state before = encounter->state;

	look_up(encounter);
	encounter->state = standing(encounter);
	if (encounter->state == before) {
		return 0;
	}
	if (encounter->state == PST_ENCOUNTER_PERMITTED) {
		return grant(encounter);
	}
	return before == PST_ENCOUNTER_PERMITTED ? revoke(encounter) | END_ACTIONS : 0;
}

static int step_notice(struct pst_encounter *encounter, enum pst_notice notice)
{
	uint16_t *value = encounter->request.place.value;

	if (notice == PST_NOTICE_CURRENT) {
		encounter->heard_ns = encounter->now_ns;
	}
	if (notice == value[PST_AXIS_NOTICE]) {
		if (encounter->state == PST_ENCOUNTER_PERMITTED) {
			pst_permit_renew(encounter->permit, until_ns(encounter));
		}
		return 0;
	}
	value[PST_AXIS_NOTICE] = (uint16_t)notice;
	if (notice == PST_NOTICE_CURRENT) {
		encounter->noticed_ns = encounter->now_ns;
	} else {
		value[PST_AXIS_CHOICE] = PST_CHOICE_NONE;
	}
	return settle(encounter);
}

static void set_outcome(
	struct pst_encounter *encounter, enum pst_outcome outcome, enum pst_capture_reason reason)
{
	bool known = reason > PST_CAPTURE_REASON_UNSET && reason < PST_CAPTURE_REASON_COUNT;

	encounter->outcome = outcome;
	encounter->reason = PST_CAPTURE_REASON_UNSET;
	if (outcome == PST_OUTCOME_REFER_NOT_CAPTURED) {
		encounter->reason = known ? reason : PST_CAPTURE_REASON_TIMEOUT;
	}
}

static int end(struct pst_encounter *encounter, enum pst_encounter_state state,
	enum pst_outcome outcome, enum pst_capture_reason reason)
{
	encounter->state = state;
	set_outcome(encounter, outcome, reason);
	return revoke(encounter) | END_ACTIONS |
	       (state == PST_ENCOUNTER_CLOSED ? PST_ACTION_CLOSED : PST_ACTION_ENDED);
}

/* Where the table says how it ends. A table can't make it end as a match would. */
static enum pst_outcome referral(struct pst_cell cell)
{
	return cell.outcome > PST_OUTCOME_UNSET && cell.outcome < PST_OUTCOME_COUNT &&
			       pst_outcome_is_refer((enum pst_outcome)cell.outcome)
		       ? (enum pst_outcome)cell.outcome
		       : PST_OUTCOME_REFER_FAULT;
}

static int step_refuse(struct pst_encounter *encounter, enum pst_choice choice,
	enum pst_encounter_state state, enum pst_outcome outcome)
{
	encounter->request.place.value[PST_AXIS_CHOICE] = (uint16_t)choice;
	look_up(encounter);
	if (encounter->cell.verdict != PST_VERDICT_ALLOW) {
		outcome = referral(encounter->cell);
	}
	return end(encounter, state, outcome, PST_CAPTURE_REASON_UNSET);
}

static bool is_decision(const struct pst_encounter *encounter, enum pst_outcome outcome)
{
	bool enrols = encounter->request.place.value[PST_AXIS_PURPOSE] == PST_PURPOSE_ENROL;

	switch (outcome) {
	case PST_OUTCOME_VERIFIED:
	case PST_OUTCOME_REFER_NO_MATCH:
	case PST_OUTCOME_REFER_UNCALIBRATED:
		return !enrols;
	case PST_OUTCOME_ENROLLED:
		return enrols;
	case PST_OUTCOME_REFER_NOT_CAPTURED:
	case PST_OUTCOME_REFER_FAULT:
		return true;
	case PST_OUTCOME_UNSET:
	case PST_OUTCOME_REFER_OPTED_OUT:
	case PST_OUTCOME_REFER_EXEMPT:
	case PST_OUTCOME_REFER_NO_CONSENT:
	case PST_OUTCOME_REFER_UNKNOWN_CATEGORY:
	case PST_OUTCOME_REFER_NO_NOTICE:
	case PST_OUTCOME_REFER_WITHDRAWN:
	case PST_OUTCOME_COUNT:
		return false;
	}
	return false;
}

static int step_fault(struct pst_encounter *encounter)
{
	return end(encounter, PST_ENCOUNTER_FAULTED, PST_OUTCOME_REFER_FAULT,
		PST_CAPTURE_REASON_UNSET);
}

static int step_decide(struct pst_encounter *encounter, const struct pst_event *event)
{
	if (!is_decision(encounter, event->outcome)) {
		return step_fault(encounter);
	}
	encounter->state = PST_ENCOUNTER_DECIDED;
	set_outcome(encounter, event->outcome, event->reason);
	return 0;
}

/* The encounter ends on its own: what it had reached says why. */
static int step_end(struct pst_encounter *encounter, enum pst_encounter_state state,
	enum pst_capture_reason reason)
{
	switch (encounter->state) {
	case PST_ENCOUNTER_OPENED:
	case PST_ENCOUNTER_NOTICED:
		if (encounter->cell.verdict != PST_VERDICT_ALLOW) {
			return end(encounter, state, referral(encounter->cell), reason);
		}
		return end(encounter, state, PST_OUTCOME_REFER_NOT_CAPTURED, reason);
	case PST_ENCOUNTER_PERMITTED:
		return end(encounter, state, PST_OUTCOME_REFER_NOT_CAPTURED, reason);
	case PST_ENCOUNTER_CAPTURED:
		return end(encounter, state, PST_OUTCOME_REFER_FAULT, PST_CAPTURE_REASON_UNSET);
	case PST_ENCOUNTER_DECIDED:
	case PST_ENCOUNTER_OPTED_OUT:
	case PST_ENCOUNTER_WITHDRAWN:
	case PST_ENCOUNTER_EXPIRED:
	case PST_ENCOUNTER_FAULTED:
		return end(encounter, state, encounter->outcome, encounter->reason);
	case PST_ENCOUNTER_IDLE:
	case PST_ENCOUNTER_CLOSED:
	case PST_ENCOUNTER_STATE_COUNT:
		break;
	}
	return 0;
}

static int apply(struct pst_encounter *encounter, enum step step, const struct pst_event *event)
{
	switch (step) {
	case STEP_IGNORE:
		return 0;
	case STEP_TICK:
		return settle(encounter);
	case STEP_NOTICE:
		return step_notice(encounter, event->notice);
	case STEP_CONSENT:
		encounter->request.place.value[PST_AXIS_CHOICE] = PST_CHOICE_CONSENT;
		return settle(encounter);
	case STEP_DECLINE:
		return step_refuse(encounter, PST_CHOICE_DECLINE, PST_ENCOUNTER_OPTED_OUT,
			PST_OUTCOME_REFER_OPTED_OUT);
	case STEP_WITHDRAW:
		return step_refuse(encounter, PST_CHOICE_WITHDRAW, PST_ENCOUNTER_WITHDRAWN,
			PST_OUTCOME_REFER_WITHDRAWN);
	case STEP_CAPTURE:
		encounter->state = PST_ENCOUNTER_CAPTURED;
		return revoke(encounter) | PST_ACTION_WIPE;
	case STEP_DISCARD:
		return END_ACTIONS;
	case STEP_DECIDE:
		return step_decide(encounter, event);
	case STEP_EXPIRE:
		return step_end(encounter, PST_ENCOUNTER_EXPIRED, event->reason);
	case STEP_CLOSE:
		return step_end(encounter, PST_ENCOUNTER_CLOSED, event->reason);
	case STEP_FAULT:
		break;
	}
	return step_fault(encounter);
}

int pst_encounter_open(struct pst_encounter *encounter, const struct pst_table *table,
	struct pst_permit *permit, const struct pst_encounter_request *request, int64_t now_ns)
{
	if (encounter->state != PST_ENCOUNTER_IDLE && encounter->state != PST_ENCOUNTER_CLOSED) {
		return -EBUSY;
	}
	*encounter = (struct pst_encounter){
		.table = table,
		.permit = permit,
		.request = *request,
		.state = PST_ENCOUNTER_OPENED,
		.opened_ns = now_ns,
		.now_ns = now_ns,
	};
	encounter->request.place.value[PST_AXIS_NOTICE] = PST_NOTICE_ABSENT;
	encounter->request.place.value[PST_AXIS_CHOICE] = PST_CHOICE_NONE;
	look_up(encounter);
	return revoke(encounter);
}

/* What the clock alone has brought about by now, before anything else counts. */
static int pass_time(struct pst_encounter *encounter)
{
	static const struct pst_event timeout = {.kind = PST_EVENT_TIMEOUT};
	static const struct pst_event lapse = {
		.kind = PST_EVENT_NOTICE, .notice = PST_NOTICE_ABSENT};

	if (!is_middle(encounter->state)) {
		return 0;
	}
	if (encounter->now_ns >= deadline_ns(encounter)) {
		return apply(encounter, STEP_EXPIRE, &timeout);
	}
	return encounter->now_ns >= lapse_ns(encounter) ? apply(encounter, STEP_NOTICE, &lapse) : 0;
}

int pst_encounter_event(
	struct pst_encounter *encounter, const struct pst_event *event, int64_t now_ns)
{
	enum pst_event_kind kind =
		(unsigned)event->kind < PST_EVENT_COUNT ? event->kind : PST_EVENT_UNSET;
	int actions = 0;

	if (encounter->state == PST_ENCOUNTER_IDLE || encounter->state == PST_ENCOUNTER_CLOSED) {
		return 0;
	}
	if (now_ns > encounter->now_ns) {
		encounter->now_ns = now_ns;
	}
	if (kind != PST_EVENT_DECLINE && kind != PST_EVENT_WITHDRAW && kind != PST_EVENT_TIMEOUT &&
		kind != PST_EVENT_CLOSE) {
		actions = pass_time(encounter);
	}
	return actions | apply(encounter, steps[encounter->state][kind], event);
}

int64_t pst_encounter_due_ns(const struct pst_encounter *encounter)
{
	int64_t due = until_ns(encounter);

	if (!is_middle(encounter->state)) {
		return INT64_MAX;
	}
	if (encounter->state == PST_ENCOUNTER_NOTICED &&
		encounter->cell.verdict == PST_VERDICT_ALLOW) {
		int64_t window = later(encounter->noticed_ns, encounter->request.choice_window_ns);

		due = window < due ? window : due;
	}
	return due;
}

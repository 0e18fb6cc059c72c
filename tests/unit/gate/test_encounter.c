/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cells.h"

#define WINDOW_NS 100
#define LONGEST_NS 1000
#define ENDED (PST_ACTION_WIPE | PST_ACTION_DROP | PST_ACTION_ENDED)

static struct pst_cell cells[CELLS_COUNT];
static struct pst_table table;
static struct pst_permit permit;
static struct pst_encounter encounter;

/* A table of one category whose captures rest on this authority; NONE: exempt. */
static void set_up(enum pst_authority authority)
{
	memset(&permit, 0, sizeof(permit));
	memset(&encounter, 0, sizeof(encounter));
	table = cells_table(authority, cells);
}

static struct pst_encounter_request make_request(void)
{
	struct pst_encounter_request request = cells_request();

	request.choice_window_ns = WINDOW_NS;
	request.longest_ns = LONGEST_NS;
	request.frames = 50;
	return request;
}

static int open_at(int64_t now_ns)
{
	struct pst_encounter_request request = make_request();

	return pst_encounter_open(&encounter, &table, &permit, &request, now_ns);
}

static int tell(enum pst_event_kind kind, int64_t now_ns)
{
	struct pst_event event = {
		.kind = kind, .notice = PST_NOTICE_CURRENT, .outcome = PST_OUTCOME_VERIFIED};

	return pst_encounter_event(&encounter, &event, now_ns);
}

static int tell_notice(enum pst_notice notice, int64_t now_ns)
{
	struct pst_event event = {.kind = PST_EVENT_NOTICE, .notice = notice};

	return pst_encounter_event(&encounter, &event, now_ns);
}

static int tell_end(enum pst_event_kind kind, enum pst_capture_reason reason, int64_t now_ns)
{
	struct pst_event event = {.kind = kind, .reason = reason};

	return pst_encounter_event(&encounter, &event, now_ns);
}

Test(encounter, required_is_permitted_as_soon_as_notice_is_shown)
{
	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	cr_assert_eq(open_at(0), 0);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_OPENED);
	cr_assert_eq(pst_permit_id(&permit), 0);
	cr_assert_eq(tell(PST_EVENT_NOTICE, 0), PST_ACTION_GRANTED);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_PERMITTED);
	cr_assert_eq(pst_permit_id(&permit), encounter.permit_id);
	cr_assert_eq(tell(PST_EVENT_CAPTURED, 10), PST_ACTION_REVOKED | PST_ACTION_WIPE);
	cr_assert_eq(pst_permit_id(&permit), 0);
	cr_assert_eq(tell(PST_EVENT_DECIDED, 20), 0);
	cr_assert_eq(
		tell(PST_EVENT_CLOSE, 30), PST_ACTION_WIPE | PST_ACTION_DROP | PST_ACTION_CLOSED);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_VERIFIED);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_CLOSED);
}

Test(encounter, offered_waits_for_the_choice_window)
{
	set_up(PST_AUTHORITY_OFFERED);
	(void)open_at(0);
	cr_assert_eq(tell(PST_EVENT_NOTICE, 50), 0);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_NOTICED);
	cr_assert_eq(pst_encounter_due_ns(&encounter), 50 + WINDOW_NS);
	cr_assert_eq(tell(PST_EVENT_TICK, 50 + WINDOW_NS - 1), 0);
	cr_assert_eq(pst_permit_id(&permit), 0);
	cr_assert_eq(tell(PST_EVENT_TICK, 50 + WINDOW_NS), PST_ACTION_GRANTED);
	cr_assert_eq(pst_encounter_due_ns(&encounter), LONGEST_NS);
}

Test(encounter, offered_and_declined_never_leases_a_frame)
{
	set_up(PST_AUTHORITY_OFFERED);
	(void)open_at(0);
	(void)tell(PST_EVENT_NOTICE, 0);
	cr_assert_eq(tell(PST_EVENT_DECLINE, 10), ENDED);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_OPTED_OUT);
	cr_assert_eq(tell(PST_EVENT_TICK, 500), 0);
	cr_assert_eq(tell(PST_EVENT_CONSENT, 510), 0);
	cr_assert_eq(encounter.permit_id, 0);
	(void)tell(PST_EVENT_CLOSE, 520);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_OPTED_OUT);
}

Test(encounter, offered_and_consented_is_permitted_at_once)
{
	set_up(PST_AUTHORITY_OFFERED);
	(void)open_at(0);
	(void)tell(PST_EVENT_NOTICE, 0);
	cr_assert_eq(tell(PST_EVENT_CONSENT, 1), PST_ACTION_GRANTED);
}

Test(encounter, declining_during_capture_revokes_at_once)
{
	set_up(PST_AUTHORITY_OFFERED);
	(void)open_at(0);
	(void)tell(PST_EVENT_NOTICE, 0);
	(void)tell(PST_EVENT_TICK, WINDOW_NS);
	cr_assert_neq(pst_permit_take(&permit, WINDOW_NS), 0);
	cr_assert_eq(tell(PST_EVENT_DECLINE, WINDOW_NS + 1), ENDED | PST_ACTION_REVOKED);
	cr_assert_eq(pst_permit_take(&permit, WINDOW_NS + 2), 0);
}

Test(encounter, consent_only_asks_until_there_is_consent)
{
	set_up(PST_AUTHORITY_CONSENTED);
	(void)open_at(0);
	cr_assert_eq(tell(PST_EVENT_CONSENT, 0), 0, "nothing was shown to consent to");
	(void)tell(PST_EVENT_NOTICE, 1);
	cr_assert_eq(encounter.cell.verdict, PST_VERDICT_ASK);
	cr_assert_eq(tell(PST_EVENT_TICK, 900), 0);
	(void)tell(PST_EVENT_CLOSE, 901);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_NO_CONSENT);
	(void)open_at(2000);
	(void)tell(PST_EVENT_NOTICE, 2000);
	cr_assert_eq(tell(PST_EVENT_CONSENT, 2001), PST_ACTION_GRANTED);
	cr_assert_eq(tell(PST_EVENT_WITHDRAW, 2002), ENDED | PST_ACTION_REVOKED);
	(void)tell(PST_EVENT_CLOSE, 2003);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_WITHDRAWN);
}

Test(encounter, exempt_is_referred_whatever_is_shown)
{
	set_up(PST_AUTHORITY_NONE);
	(void)open_at(0);
	(void)tell(PST_EVENT_NOTICE, 0);
	(void)tell(PST_EVENT_CONSENT, 1);
	(void)tell(PST_EVENT_TICK, 900);
	cr_assert_eq(encounter.permit_id, 0);
	(void)tell_end(PST_EVENT_CLOSE, PST_CAPTURE_REASON_NO_FACE, 901);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_EXEMPT);
	cr_assert_eq(encounter.reason, PST_CAPTURE_REASON_UNSET);
}

Test(encounter, a_place_that_is_not_set_refuses)
{
	struct pst_encounter_request request = make_request();

	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	request.place.value[PST_AXIS_CATEGORY] = 0;
	cr_assert_eq(pst_encounter_open(&encounter, &table, &permit, &request, 0), 0);
	(void)tell(PST_EVENT_NOTICE, 0);
	(void)tell(PST_EVENT_CONSENT, 0);
	cr_assert_eq(pst_permit_id(&permit), 0);
	(void)tell(PST_EVENT_CLOSE, 10);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_UNKNOWN_CATEGORY);
	cr_assert_eq(encounter.cell.rule, PST_RULE_BUILT_IN);
}

Test(encounter, notice_lost_revokes_and_forgets_consent)
{
	set_up(PST_AUTHORITY_CONSENTED);
	(void)open_at(0);
	(void)tell(PST_EVENT_NOTICE, 0);
	(void)tell(PST_EVENT_CONSENT, 1);
	cr_assert_eq(tell_notice(PST_NOTICE_STALE, 2),
		PST_ACTION_REVOKED | PST_ACTION_WIPE | PST_ACTION_DROP);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_OPENED);
	cr_assert_eq(tell(PST_EVENT_NOTICE, 3), 0, "a new notice asks anew");
	cr_assert_eq(tell_notice(PST_NOTICE_UNSET, 4), 0);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_OPENED);
	(void)tell(PST_EVENT_CLOSE, 5);
}

static void open_with_heartbeat(int64_t timeout_ns)
{
	struct pst_encounter_request request = make_request();

	request.notice_timeout_ns = timeout_ns;
	cr_assert_eq(pst_encounter_open(&encounter, &table, &permit, &request, 0), 0);
}

Test(encounter, a_permit_lives_as_long_as_the_display_is_heard_of)
{
	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	open_with_heartbeat(50);
	cr_assert_eq(tell(PST_EVENT_NOTICE, 0), PST_ACTION_GRANTED);
	cr_assert_eq(pst_encounter_due_ns(&encounter), 50);
	cr_assert_neq(pst_permit_take(&permit, 49), 0);
	cr_assert_eq(pst_permit_take(&permit, 50), 0, "the permit's own end, without a tick");
	cr_assert_eq(tell(PST_EVENT_NOTICE, 40), 0);
	cr_assert_eq(pst_encounter_due_ns(&encounter), 90);
	cr_assert_neq(pst_permit_take(&permit, 89), 0);
	cr_assert_eq(tell(PST_EVENT_TICK, 89), 0);
	cr_assert_eq(
		tell(PST_EVENT_TICK, 90), PST_ACTION_REVOKED | PST_ACTION_WIPE | PST_ACTION_DROP);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_OPENED);
	cr_assert_eq(pst_encounter_due_ns(&encounter), LONGEST_NS);
	cr_assert_eq(tell(PST_EVENT_NOTICE, 100), PST_ACTION_GRANTED);
	(void)tell(PST_EVENT_CLOSE, 101);
}

Test(encounter, a_heartbeat_that_comes_too_late_begins_a_new_notice)
{
	set_up(PST_AUTHORITY_OFFERED);
	open_with_heartbeat(150);
	(void)tell(PST_EVENT_NOTICE, 0);
	cr_assert_eq(tell(PST_EVENT_CONSENT, 1), PST_ACTION_GRANTED);
	cr_assert_eq(tell(PST_EVENT_NOTICE, 400),
		PST_ACTION_REVOKED | PST_ACTION_WIPE | PST_ACTION_DROP);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_NOTICED, "consent is forgotten");
	cr_assert_eq(pst_encounter_due_ns(&encounter), 400 + WINDOW_NS, "and the window begins");
	cr_assert_eq(tell(PST_EVENT_DECLINE, 600), ENDED, "a late no is still a no");
	(void)tell(PST_EVENT_CLOSE, 601);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_OPTED_OUT);
}

Test(encounter, a_no_after_the_deadline_takes_the_answer_back)
{
	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	(void)open_at(0);
	(void)tell(PST_EVENT_NOTICE, 0);
	(void)tell(PST_EVENT_CAPTURED, 1);
	(void)tell(PST_EVENT_DECIDED, 2);
	(void)tell(PST_EVENT_TICK, LONGEST_NS);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_EXPIRED);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_VERIFIED);
	cr_assert_eq(tell(PST_EVENT_WITHDRAW, LONGEST_NS + 1), ENDED);
	(void)tell(PST_EVENT_CLOSE, LONGEST_NS + 2);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_WITHDRAWN);
}

Test(encounter, a_table_can_not_end_an_encounter_as_a_match_would)
{
	static const uint8_t outcomes[] = {
		PST_OUTCOME_UNSET, PST_OUTCOME_VERIFIED, PST_OUTCOME_ENROLLED, PST_OUTCOME_COUNT};

	for (size_t i = 0; i < sizeof(outcomes); i++) {
		set_up(PST_AUTHORITY_NONE);
		for (size_t j = 0; j < CELLS_COUNT; j++) {
			cells[j].outcome = outcomes[i];
		}
		(void)open_at(0);
		(void)tell(i % 2 ? PST_EVENT_DECLINE : PST_EVENT_CLOSE, 1);
		(void)tell(PST_EVENT_CLOSE, 2);
		cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_FAULT);
	}
}

Test(encounter, stale_notice_is_referred_as_such)
{
	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	(void)open_at(0);
	cr_assert_eq(tell_notice(PST_NOTICE_STALE, 0), 0);
	(void)tell(PST_EVENT_TICK, LONGEST_NS);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_EXPIRED);
	(void)tell(PST_EVENT_CLOSE, LONGEST_NS);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_NO_NOTICE);
}

Test(encounter, a_capture_that_never_came_names_its_reason)
{
	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	(void)open_at(0);
	(void)tell(PST_EVENT_NOTICE, 0);
	cr_assert_eq(tell_end(PST_EVENT_TIMEOUT, PST_CAPTURE_REASON_TURNED, 900),
		ENDED | PST_ACTION_REVOKED);
	(void)tell(PST_EVENT_CLOSE, 901);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_NOT_CAPTURED);
	cr_assert_eq(encounter.reason, PST_CAPTURE_REASON_TURNED);
}

Test(encounter, the_deadline_counts_before_the_event)
{
	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	(void)open_at(0);
	(void)tell(PST_EVENT_NOTICE, 0);
	cr_assert_eq(tell(PST_EVENT_CAPTURED, LONGEST_NS), ENDED | PST_ACTION_REVOKED);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_EXPIRED);
	(void)tell(PST_EVENT_CLOSE, LONGEST_NS + 1);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_NOT_CAPTURED);
	cr_assert_eq(encounter.reason, PST_CAPTURE_REASON_TIMEOUT);
	(void)open_at(5000);
	cr_assert_eq(tell(PST_EVENT_NOTICE, 5000 + LONGEST_NS) & PST_ACTION_GRANTED, 0);
	(void)tell(PST_EVENT_CLOSE, 7000);
	(void)open_at(8000);
	(void)tell(PST_EVENT_DECLINE, 9999);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_OPTED_OUT, "a late no is still a no");
}

Test(encounter, a_clock_that_steps_back_extends_nothing)
{
	set_up(PST_AUTHORITY_OFFERED);
	(void)open_at(1000);
	(void)tell(PST_EVENT_NOTICE, 1900);
	(void)tell(PST_EVENT_TICK, 0);
	cr_assert_eq(encounter.now_ns, 1900);
	cr_assert_eq(pst_encounter_due_ns(&encounter), 1000 + LONGEST_NS);
	(void)tell(PST_EVENT_TICK, 1000 + LONGEST_NS);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_EXPIRED);
}

Test(encounter, times_at_the_end_of_the_clock_do_not_wrap)
{
	struct pst_encounter_request request = make_request();

	set_up(PST_AUTHORITY_OFFERED);
	request.longest_ns = INT64_MAX;
	request.choice_window_ns = INT64_MAX;
	cr_assert_eq(pst_encounter_open(&encounter, &table, &permit, &request, INT64_MAX - 5), 0);
	cr_assert_eq(tell(PST_EVENT_NOTICE, INT64_MAX - 4), 0);
	cr_assert_eq(pst_encounter_due_ns(&encounter), INT64_MAX);
	cr_assert_eq(pst_permit_id(&permit), 0);
}

Test(encounter, a_decision_out_of_turn_is_a_fault)
{
	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	(void)open_at(0);
	cr_assert_eq(tell(PST_EVENT_DECIDED, 1), ENDED);
	(void)tell(PST_EVENT_CLOSE, 2);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_FAULT);
}

Test(encounter, outcomes_that_a_match_cannot_have_are_faults)
{
	for (int outcome = -1; outcome <= PST_OUTCOME_COUNT; outcome++) {
		struct pst_event event = {
			.kind = PST_EVENT_DECIDED, .outcome = (enum pst_outcome)outcome};
		bool fits = outcome == PST_OUTCOME_VERIFIED ||
			    outcome == PST_OUTCOME_REFER_NO_MATCH ||
			    outcome == PST_OUTCOME_REFER_UNCALIBRATED ||
			    outcome == PST_OUTCOME_REFER_NOT_CAPTURED ||
			    outcome == PST_OUTCOME_REFER_FAULT;

		set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
		(void)open_at(0);
		(void)tell(PST_EVENT_NOTICE, 0);
		(void)tell(PST_EVENT_CAPTURED, 1);
		(void)pst_encounter_event(&encounter, &event, 2);
		cr_assert_eq(encounter.state == PST_ENCOUNTER_DECIDED, fits, "%d", outcome);
		(void)tell(PST_EVENT_CLOSE, 3);
		cr_assert_eq(encounter.outcome,
			fits ? (enum pst_outcome)outcome : PST_OUTCOME_REFER_FAULT);
	}
}

Test(encounter, only_the_purpose_enrol_enrols)
{
	struct pst_encounter_request request = make_request();
	struct pst_event enrolled = {.kind = PST_EVENT_DECIDED, .outcome = PST_OUTCOME_ENROLLED};

	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	request.place.value[PST_AXIS_PURPOSE] = PST_PURPOSE_ENROL;
	(void)pst_encounter_open(&encounter, &table, &permit, &request, 0);
	(void)tell(PST_EVENT_NOTICE, 0);
	(void)tell(PST_EVENT_CAPTURED, 1);
	cr_assert_eq(pst_encounter_event(&encounter, &enrolled, 2), 0);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_ENROLLED);
}

Test(encounter, withdrawing_after_the_decision_takes_it_back)
{
	set_up(PST_AUTHORITY_OFFERED);
	(void)open_at(0);
	(void)tell(PST_EVENT_NOTICE, 0);
	(void)tell(PST_EVENT_CONSENT, 0);
	(void)tell(PST_EVENT_CAPTURED, 1);
	(void)tell(PST_EVENT_DECIDED, 2);
	cr_assert_eq(tell(PST_EVENT_WITHDRAW, 3), ENDED);
	(void)tell(PST_EVENT_CLOSE, 4);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_REFER_WITHDRAWN);
}

Test(encounter, a_template_that_comes_too_late_is_dropped)
{
	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	(void)open_at(0);
	(void)tell(PST_EVENT_NOTICE, 0);
	(void)tell_notice(PST_NOTICE_ABSENT, 1);
	cr_assert_eq(tell(PST_EVENT_CAPTURED, 2), PST_ACTION_WIPE | PST_ACTION_DROP);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_OPENED);
}

Test(encounter, one_at_a_time)
{
	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	(void)open_at(0);
	(void)tell(PST_EVENT_NOTICE, 0);
	cr_assert_eq(open_at(1), -EBUSY);
	cr_assert_eq(encounter.state, PST_ENCOUNTER_PERMITTED);
	(void)tell(PST_EVENT_CLOSE, 2);
	cr_assert_eq(open_at(3), 0);
	cr_assert_eq(encounter.outcome, PST_OUTCOME_UNSET);
	cr_assert_eq(tell(PST_EVENT_NOTICE, 4), PST_ACTION_GRANTED);
	cr_assert_eq(encounter.permit_id, 2);
}

Test(encounter, nothing_happens_before_opening_or_after_closing)
{
	set_up(PST_AUTHORITY_REQUIRED_IF_ASKED);
	for (int kind = 0; kind <= PST_EVENT_COUNT; kind++) {
		cr_assert_eq(tell((enum pst_event_kind)kind, 1), 0);
		cr_assert_eq(encounter.state, PST_ENCOUNTER_IDLE);
	}
}

Test(encounter, states_have_names)
{
	cr_assert_str_eq(pst_encounter_state_name(PST_ENCOUNTER_OPTED_OUT), "opted-out");
	cr_assert_str_eq(pst_encounter_state_name(PST_ENCOUNTER_CLOSED), "closed");
	cr_assert_str_eq(pst_encounter_state_name((enum pst_encounter_state)99), "idle");
}

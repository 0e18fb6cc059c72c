/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_GATE_ENCOUNTER_H
#define PST_GATE_ENCOUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/permit.h"
#include "gate/table.h"

/**
 * One person in front of one camera, from the announcement to the end.
 *
 *   IDLE --open--> OPENED
 *
 *   OPENED    --notice current--> NOTICED      cell ASK or REFUSE, or the choice window still runs
 *   OPENED    --notice current--> PERMITTED    cell ALLOW and nothing to wait for
 *   NOTICED   --consent, tick---> PERMITTED    cell ALLOW; the offered need consent or the window's
 *                                              end
 *   NOTICED   --notice lost-----> OPENED       lost: told stale or absent, or not heard of for
 *   PERMITTED --notice lost-----> OPENED       notice_timeout_ns; permit revoked, slots wiped
 *   PERMITTED --captured--------> CAPTURED     permit revoked, slots wiped; a template is in hand
 *   CAPTURED  --decided---------> DECIDED
 *   DECIDED   --close-----------> CLOSED
 *
 *   any state from OPENED to DECIDED:
 *     --decline--> OPTED_OUT    --withdraw--> WITHDRAWN
 *     --timeout--> EXPIRED      --fault-----> FAULTED      each: permit revoked, all wiped
 *   EXPIRED --decline--> OPTED_OUT, --withdraw--> WITHDRAWN      a late no is still a no
 *   OPTED_OUT, WITHDRAWN, EXPIRED, FAULTED --close--> CLOSED     nothing else leaves them
 *   OPENED, NOTICED, PERMITTED, CAPTURED   --close--> CLOSED     all wiped
 *
 * Which cell applies is looked up again on every notice, choice and open, so the state can only be
 * PERMITTED while the table says ALLOW for the notice and choice of this moment. After a decline or
 * a withdrawal there is no permit, whatever the table says.
 *
 * The notice is locked to its display: each NOTICE that says "current" is a heartbeat of it, and
 * with a time-out set the notice lapses, as absent, once the last one is that old. A lapse comes
 * due by pst_encounter_due_ns() like the window and the deadline.
 *
 * The machine is pure: no I/O, no allocation, no clock but the one passed in. Time that steps back
 * is held at the latest moment seen, so it extends nothing; a step forward past the time-out or the
 * deadline ends the permit and never begins one. The code is the table at the top of encounter.c.
 */
enum pst_encounter_state {
	PST_ENCOUNTER_IDLE = 0,
	PST_ENCOUNTER_OPENED,
	PST_ENCOUNTER_NOTICED,
	PST_ENCOUNTER_PERMITTED,
	PST_ENCOUNTER_CAPTURED,
	PST_ENCOUNTER_DECIDED,
	PST_ENCOUNTER_OPTED_OUT,
	PST_ENCOUNTER_WITHDRAWN,
	PST_ENCOUNTER_EXPIRED,
	PST_ENCOUNTER_FAULTED,
	PST_ENCOUNTER_CLOSED,
	PST_ENCOUNTER_STATE_COUNT
};

enum pst_event_kind {
	PST_EVENT_UNSET = 0,
	PST_EVENT_TICK,	  /* nothing but time; due at pst_encounter_due_ns() */
	PST_EVENT_NOTICE, /* the display's state, event.notice; current: its heartbeat */
	PST_EVENT_CONSENT,
	PST_EVENT_DECLINE,
	PST_EVENT_WITHDRAW,
	PST_EVENT_CAPTURED, /* the best shot's template is in hand; no further frame is needed */
	PST_EVENT_DECIDED,  /* event.outcome */
	PST_EVENT_TIMEOUT,  /* event.reason: why nothing was captured, if nothing was */
	PST_EVENT_FAULT,
	PST_EVENT_CLOSE, /* the person left; event.reason as for TIMEOUT */
	PST_EVENT_COUNT
};

struct pst_event {
	enum pst_event_kind kind;
	enum pst_notice notice;	  /* NOTICE */
	enum pst_outcome outcome; /* DECIDED: verified, enrolled, refer-no-match, -uncalibrated,
				     -not-captured or -fault; anything else is a fault */
	enum pst_capture_reason
		reason; /* TIMEOUT, CLOSE, DECIDED refer-not-captured; UNSET: timeout */
};

/** What the lane has to do now. The permit itself is already granted or revoked. */
enum pst_action {
	PST_ACTION_GRANTED = 1 << 0, /* frames of permit encounter->permit_id may flow */
	PST_ACTION_REVOKED = 1 << 1, /* no frame may flow any more */
	PST_ACTION_WIPE = 1 << 2,    /* wipe slots, have the worker reset and confirm */
	PST_ACTION_DROP = 1 << 3,    /* and drop the template in hand, if any */
	PST_ACTION_ENDED = 1 << 4,   /* opted-out, withdrawn, expired or faulted: send CLOSE next */
	PST_ACTION_CLOSED = 1 << 5,  /* outcome and reason are final */
};

struct pst_encounter_request {
	struct pst_place place;	   /* notice and choice are overwritten by the machine */
	int64_t choice_window_ns;  /* time the offered have to decline before frames flow */
	int64_t longest_ns;	   /* from open to TIMEOUT; > 0 */
	int64_t notice_timeout_ns; /* a notice is current while its last heartbeat is younger;
				      0: until the display says otherwise */
	uint32_t frames;	   /* frame budget of a permit */
};

/** Borrowed: table and permit outlive the encounter. Fields are read-only for the lane. */
struct pst_encounter {
	const struct pst_table *table;
	struct pst_permit *permit;
	struct pst_encounter_request request;
	enum pst_encounter_state state;
	struct pst_cell cell; /* of the latest lookup: what the receipt and the audit name */
	uint64_t permit_id;   /* of the latest grant; 0: there never was one */
	int64_t opened_ns;
	int64_t now_ns;			/* latest moment seen */
	int64_t noticed_ns;		/* since when the notice is current */
	int64_t heard_ns;		/* latest heartbeat of the notice */
	enum pst_outcome outcome;	/* final once CLOSED */
	enum pst_capture_reason reason; /* set with refer-not-captured */
};

/**
 * Opens an encounter; also opens the next one on a closed or fresh struct.
 *
 * Begins without notice and without a choice: send NOTICE with the display's state next, with the
 * same now_ns if it is already showing.
 *
 * @return actions, or -EBUSY while the previous encounter has not been closed: nothing changed
 * [control]
 */
int pst_encounter_open(struct pst_encounter *encounter, const struct pst_table *table,
	struct pst_permit *permit, const struct pst_encounter_request *request, int64_t now_ns);

/**
 * Tells the encounter what happened. Events that mean nothing in the present state change nothing;
 * a decision out of turn or an unknown event is a fault. A moment at or past the deadline is a
 * TIMEOUT before it is anything else, and one at which the notice has lapsed is that first, except
 * that a choice to decline or withdraw still counts.
 *
 * @return actions, any of enum pst_action; 0 for none
 * [control]
 */
int pst_encounter_event(
	struct pst_encounter *encounter, const struct pst_event *event, int64_t now_ns);

/** @return when the next TICK is due; INT64_MAX if nothing waits for time. [control] */
int64_t pst_encounter_due_ns(const struct pst_encounter *encounter);

/** @return "idle", "opened", ...; "idle" for what is no state. [any] */
const char *pst_encounter_state_name(enum pst_encounter_state state);

#endif

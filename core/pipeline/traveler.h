/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_TRAVELER_H
#define PST_PIPELINE_TRAVELER_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/ledger.h"
#include "gate/encounter.h"
#include "pipeline/events.h"
#include "pipeline/match.h"
#include "pipeline/pad.h"
#include "pipeline/person.h"
#include "policy/policy.h"
#include "wire/result.h"

/*
 * The encounter of one person on a lane: what people, faces, templates and decisions mean for it.
 *
 * Who drives encounters, a scenario or a desk, calls open, notice, choose and leave, and asks
 * traveler.present whether somebody is there; what comes due by the clock, the lane does itself.
 * now_ns is on the lane's clock. All calls: [control], from the lane's loop.
 */
struct pst_lane;

#define PST_STORED_MAX PST_STORE_COUNT
#define PST_SOURCES_MAX 32

/** The template of the best picture so far, in locked memory. */
struct pst_shot {
	uint8_t *bytes; /* PST_TEMPLATE_MAX bytes, owned by the lane */
	uint32_t size;	/* 0: none yet */
	struct pst_quality quality;
	struct pst_wire_pad pad; /* of the same picture */
	uint32_t face_px;
	int64_t captured_ns; /* of its frame */
};

/** The person in front of the camera; zeroed while there is none. */
struct pst_traveler {
	bool present;
	struct pst_person person;
	const struct pst_policy *policy; /* of this encounter from its beginning to its end */
	uint8_t policy_digest[PST_POLICY_DIGEST_SIZE];
	uint64_t number;	/* of the encounter, from 1 */
	enum pst_notice notice; /* told last; UNSET: nothing was told yet */
	bool shown;		/* some notice was, current or stale */
	enum pst_choice choice; /* told last; NONE: none was */
	struct pst_encounter encounter;
	struct pst_ledger_counts before; /* the ledger when the encounter opened */
	struct pst_ledger_position since;
	uint64_t damaged;		/* leased frames that could not be decoded */
	uint64_t announced;		/* permit that the events told of */
	bool viewed;			/* somebody looked at a picture of the person */
	bool unrecorded;		/* a sink was told to forget the person */
	enum pst_capture_reason reason; /* why there is no shot yet */
	uint32_t bystanders_max;
	uint32_t extracts;
	struct pst_pad_states pad;  /* of all pictures that were judged */
	struct pst_quality quality; /* of the shot used, once there is one */
	uint32_t looked; /* quality of the face near which the whole frame was searched last */
	struct pst_quality pending; /* of the face a template is awaited of */
	uint32_t pending_px;
	int64_t pending_ns;
	int64_t permit_ns;     /* when frames began to flow; negative: never, as all below */
	int64_t first_face_ns; /* capture time of the first usable face */
	int64_t first_shot_ns; /* capture time of the first template */
	int64_t shot_ns;       /* capture time of the one used */
	int64_t decided_ns;
	struct pst_match_result match;
	bool compared;
	struct pst_events_stored stored[PST_STORED_MAX];
	size_t stored_count;
	uint64_t audit;			/* entry that holds the outcome */
	int64_t consent_ns, decline_ns; /* from the notice on; negative: never */
};

/** Somebody stepped up. Only while lane->traveler.present is false. */
void pst_traveler_open(struct pst_lane *lane, const struct pst_person *person, int64_t now_ns);

/**
 * What the display shows; current: also its heartbeat, told as an event when it is news. A notice
 * whose last day is over counts as stale, whatever is reported.
 */
void pst_traveler_notice(struct pst_lane *lane, enum pst_notice reported, int64_t now_ns);

/** Consent, decline or withdraw. No frame is leased after a call with the last two. */
void pst_traveler_choose(struct pst_lane *lane, enum pst_choice choice, int64_t now_ns);

/** @return the version of the notice that was shown to the person; NULL: none was */
const char *pst_traveler_notice_version(const struct pst_traveler *traveler);

/** @return the language that it was shown in; NULL: none was shown, or nobody said */
const char *pst_traveler_notice_language(const struct pst_traveler *traveler);

/** A fault of ours: refers the person to a human. Leave follows. */
void pst_traveler_fault(struct pst_lane *lane, int64_t now_ns);

/** The person left: decides with what there is and closes the encounter. */
void pst_traveler_leave(struct pst_lane *lane, int64_t now_ns);

/** Tells the gate; does what it says: grant, revoke, wipe, close. */
void pst_traveler_event(struct pst_lane *lane, const struct pst_event *event, int64_t now_ns);

/** The vision worker's answers. */
void pst_traveler_faces(struct pst_lane *lane, const struct pst_wire_faces *faces);
void pst_traveler_template(struct pst_lane *lane, const struct pst_wire_template *template);

/** Decides with the best shot so far, if its time has come or if the person leaves. */
void pst_traveler_settle(struct pst_lane *lane, int64_t now_ns, bool leaving);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_DRIVE_H
#define PST_PIPELINE_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/review.h"
#include "gate/encounter.h"
#include "pipeline/events.h"
#include "policy/explain.h"
#include "policy/view.h"

/*
 * A lane that is driven while it runs: what people at a desk and at a display do, told step by
 * step in place of a scenario.
 *
 * Calls come on the lane's loop, between attach and detach of its driver. What they begin has begun
 * on return: after a decline no frame is leased. A call that is refused changes nothing, and its
 * error says what to do instead. All calls: [control & running]
 */
struct pst_lane;
struct pst_picture_made;
struct uv_loop_s;

struct pst_drive_explanation;

/** Who drives a lane: what the lane calls. */
struct pst_driver {
	/**
	 * The lane's source is about to start: puts its handles on the lane's loop.
	 *
	 * @return 0, or a status with the error filled: the lane ends
	 * [control & running]
	 */
	int (*attach)(
		void *user, struct pst_lane *lane, struct uv_loop_s *loop, struct pst_error *error);
	/**
	 * An encounter has closed.
	 *
	 * @param encounter  all of it borrowed until return
	 * [control & running]
	 */
	void (*closed)(void *user, const struct pst_drive_explanation *encounter);
	/**
	 * The lane is over and has told all it had to tell: closes its handles. Called once, with
	 * attach or without; the loop runs once more after it.
	 *
	 * [control & running]
	 */
	void (*detach)(void *user);
	/**
	 * What came of a picture that was asked for (picture.h). Must not call the lane.
	 *
	 * @param made     borrowed until return; NULL: there is none
	 * @param why_not  borrowed; NULL: there is one
	 * [control & running]
	 */
	void (*pictured)(
		void *user, const struct pst_picture_made *made, const struct pst_error *why_not);
	void *user;
};

#define PST_DRIVE_ANY 0 /* in place of an encounter's number: whoever is there */

/** Somebody who steps up. Texts are borrowed until return; NULL: the lane's or policy's default. */
struct pst_drive_person {
	const char *category; /* required, as is known_by; a word of the policy, as the others */
	const char *known_by;
	const char *age_band;
	const char *born; /* date of birth, "2012-02-29", in place of an age band */
	const char *direction;
	const char *environment;
	const char *subject; /* an id of the lane's gallery */
};

/**
 * Opens an encounter. If a display shows the notice, the person was told with this.
 *
 * @return 0
 *         PST_E_USAGE    a value that is missing or not the policy's
 *         -EBUSY         somebody is there
 *         PST_E_UNSAFE   who is there opted out: it is in the audit log now
 *         -ENOTSUP       the lane follows a scenario (so for every call but status and review)
 */
int pst_drive_open(struct pst_lane *lane, const struct pst_drive_person *person,
	uint64_t *ret_encounter, struct pst_error *error) PST_MUST_CHECK;

/**
 * The heartbeat of a display that shows a notice. It holds for control.notice-timeout.
 *
 * @param display     an id; one display at a time
 * @param version     of the notice it shows; another than the policy's is stale
 * @param language    that it is shown in, one of the policy's; NULL: not told
 * @param ret_notice  what it counts as now
 * @return 0; PST_E_USAGE; -EBUSY another display's heartbeat is not over yet
 */
int pst_drive_notice(struct pst_lane *lane, const char *display, const char *version,
	const char *language, enum pst_notice *ret_notice, struct pst_error *error) PST_MUST_CHECK;

/**
 * Consents, declines or withdraws. To decline again, or to withdraw as well, is no mistake.
 *
 * @param encounter  its number, so that no choice hits the next person; or PST_DRIVE_ANY
 * @return 0
 *         PST_E_NOT_FOUND  nobody is there, or not by that number
 *         PST_E_ELECTIVE   consent means nothing now: no notice, the policy refuses, it is over
 *         PST_E_UNSAFE     consent after an opt-out: it is in the audit log now
 */
int pst_drive_choose(struct pst_lane *lane, uint64_t encounter, enum pst_choice choice,
	struct pst_error *error) PST_MUST_CHECK;

/** An encounter that is over. */
struct pst_drive_closed {
	struct pst_review_subject subject;
	enum pst_outcome outcome;
	enum pst_capture_reason reason;
};

/** The person left. @return as pst_drive_choose() for a decline */
int pst_drive_close(struct pst_lane *lane, uint64_t encounter, struct pst_drive_closed *ret_closed,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Records an officer's review of a closed encounter of this run.
 *
 * @param receipt       its id, or NULL: by number
 * @param ret_sequence  position of the review in the audit log
 * @return 0; -EBUSY it is not closed yet; PST_E_NOT_FOUND; or as pst_review_append()
 */
int pst_drive_review(struct pst_lane *lane, uint64_t encounter, const char *receipt,
	const struct pst_review *review, struct pst_drive_closed *ret_closed,
	uint64_t *ret_sequence, struct pst_error *error) PST_MUST_CHECK;

/** How the lane is. Texts are borrowed until the next call to the lane. */
struct pst_drive_status {
	const char *lane;
	const char *version; /* of postern */
	const char *policy;
	const char *wanted_notice; /* version that a display has to show */
	bool pictures;		   /* are given */
	const char *source;	   /* "stopped", "streaming", "away", "back", "over" */
	bool driven;		   /* by these calls; false: by a scenario */
	int64_t now_ns;		   /* since it opened */
	enum pst_notice notice;
	const char *display; /* whose heartbeat holds; "": none */
	uint64_t encounters; /* so far */
	struct pst_events_frames frames;

	uint64_t encounter; /* who is there; 0: nobody, and the rest is not set */
	const char *state;
	const char *category;
	enum pst_verdict verdict;
	const char *rule;
	enum pst_choice choice;
	bool permit;
	enum pst_outcome outcome; /* UNSET: not yet */
	enum pst_capture_reason reason;
	int64_t since_ns; /* it opened */
};
void pst_drive_status(struct pst_lane *lane, struct pst_drive_status *ret_status);

/** What decides about who is there, or else about the next. Borrowed as the status is. */
struct pst_drive_policy {
	const struct pst_policy *policy;
	const uint8_t *sha256;	     /* PST_POLICY_DIGEST_SIZE bytes */
	struct pst_policy_view view; /* what may be met here today: notice current, any choice */
	const char *direction;	     /* taken where nobody states it; NULL: none is */
	const char *environment;
	enum pst_purpose purpose;
};

/** @return 0; PST_E_UNSAFE the policy does not hold on this day */
int pst_drive_policy(struct pst_lane *lane, struct pst_drive_policy *ret_policy,
	struct pst_error *error) PST_MUST_CHECK;

/** An encounter and why it is decided so. Borrowed as the status is. */
struct pst_drive_explanation {
	struct pst_events_closed told; /* as it stands; receipt NULL and audit negative if open */
	bool is_over;
	const char *state;
	const struct pst_policy *policy;
	struct pst_policy_explanation why; /* the decision, and what would change it */
	const char *category;		   /* as all of the five, "unset" where it is not known */
	const char *known_by;
	const char *age_band;
	const char *direction;
	const char *environment;
	const char *purpose;
	enum pst_notice notice;
	const char *notice_version;  /* NULL: none was shown */
	const char *notice_language; /* NULL: nobody said */
	bool permit;
	bool compared;
	bool matched;
	double fmr;	     /* of the comparison that is configured; 0: none or uncalibrated */
	const char *receipt; /* the signed document, once it is over; NULL: there is none */
};

/** @return 0; PST_E_NOT_FOUND nobody is there, or not by that number */
int pst_drive_explain(struct pst_lane *lane, uint64_t encounter,
	struct pst_drive_explanation *ret_explanation, struct pst_error *error) PST_MUST_CHECK;

#endif

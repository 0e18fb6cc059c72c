/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_RECORD_H
#define PST_PIPELINE_RECORD_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/verdict.h"
#include "pipeline/events.h"
#include "policy/policy.h"

struct pst_lane;

/* What remains of an encounter and of a lane: log, receipts, sealed templates. */

/**
 * Appends to the audit log, and before it the end of a permit that is yet to be written.
 *
 * @param payload       taken
 * @param ret_sequence  of the entry; may be NULL
 * @return 0, or the status, which the lane remembers
 */
int pst_record_append(
	struct pst_lane *lane, const char *kind, json_t *payload, uint64_t *ret_sequence);

/** Writes how the lane runs, by what choices, into the audit log. @return 0, or why it must not */
int pst_record_opened(struct pst_lane *lane);

/**
 * Lets the vault's keys die in time, also where nobody steps up. Warns, and writes it to the log,
 * when the vault begins or ends to hold its clock.
 */
void pst_record_keep_time(struct pst_lane *lane);

/**
 * Writes that another version of the policy comes into force, and by what choices.
 *
 * @return 0, or why it must not
 */
int pst_record_policy(struct pst_lane *lane, const struct pst_policy *next,
	const struct pst_events_policy *change);

/**
 * Writes that the source went away or came back.
 *
 * @param text, cause  NULL: left out
 * @return 0, or why the lane must close
 */
int pst_record_source(struct pst_lane *lane, const char *kind, const char *text, const char *cause);

/**
 * Writes that a worker is no longer started, in words of the lane's own, never in the worker's.
 *
 * @param worker  "vision" or "match"
 */
void pst_record_worker_quarantined(struct pst_lane *lane, const char *worker,
	const struct pst_events_plugin *plugins, size_t count);

/** Writes the permit into the audit log. @return 0, or why frames must not flow */
int pst_record_permit(struct pst_lane *lane);

/** Seals the shot's template where the decision's retention lets it rest. @return 0 or a status */
int pst_record_template(struct pst_lane *lane, enum pst_outcome outcome);

/** Writes the outcome into the audit log. @return 0, or why it must not be told */
int pst_record_outcome(struct pst_lane *lane, enum pst_outcome outcome);

/** Writes into the audit log that an opt-out was to be overridden. @return 0, or a status */
int pst_record_override(struct pst_lane *lane, const char *what);

/** @return the whole run's frames, as events tell them: seen = leased + withheld + lost */
struct pst_events_frames pst_record_frames(const struct pst_lane *lane);

/** What there is to tell of who is there: all but sources, match, receipt and audit position. */
void pst_record_tell(const struct pst_lane *lane, const struct pst_policy_decision *decision,
	int64_t now_ns, struct pst_events_closed *ret_closed);

/** Receipt, event, summary and the caller's line of a closed encounter. */
void pst_record_closed(struct pst_lane *lane, int64_t now_ns);

#endif

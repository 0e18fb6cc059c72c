/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_EVENTS_H
#define PST_PIPELINE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "gate/verdict.h"

/*
 * What a lane tells the world: JSON Lines as docs/events.schema.json says, one write per line. No
 * event holds a name, a subject, a template, a picture or a comparison score.
 *
 * Every call takes NULL for events and then does nothing. now_ns is the lane's own clock since it
 * opened (for a recording at full pace, the recording's time). Texts are borrowed until return;
 * what is not UTF-8 in them is replaced. Times in the structs are nanoseconds; negative: there was
 * none, written as null. A NULL text is written as null where the schema allows it, else as "".
 *
 * A reader that does not take its events in time loses them rather than holding up the lane; it
 * sees that by a gap in "seq". All calls: [control]
 */
struct pst_events;

#define PST_EVENTS_VERSION 1
#define PST_EVENTS_WAIT_MS 1000 /* for a slow reader, once; then 0 until it reads again */

/** Receives each line, without newline, after it was written. */
typedef void (*pst_events_line_fn)(void *user, const char *line, size_t size);

/**
 * Opens a stream.
 *
 * @param path  a file, made or emptied, mode 0600; "-": standard output; NULL: only listeners
 * @param lane  an id, copied
 * @return 0; -errno with the error filled (names the path); -ENOMEM
 */
int pst_events_open(struct pst_events **ret_events, const char *path, const char *lane,
	struct pst_error *error) PST_MUST_CHECK;

#define PST_EVENTS_LISTENERS_MAX 4

/** Has one more listener called with every line from now on. */
void pst_events_listen(struct pst_events *events, pst_events_line_fn line, void *user);

/** @return events lost so far, to a slow reader or a failed write */
uint64_t pst_events_lost(const struct pst_events *events);

/** @return 0, or -errno of the first write that failed */
int pst_events_status(const struct pst_events *events);

/** Closes the file and sets *events to NULL. Accepts NULL inside. */
void pst_events_close(struct pst_events **events);

/** The ledger: seen = leased + withheld + lost. damaged is a part of leased or of lost. */
struct pst_events_frames {
	uint64_t seen;
	uint64_t leased;
	uint64_t withheld;
	uint64_t lost;
	uint64_t damaged;
};

enum pst_events_idle {
	PST_EVENTS_IDLE_RETURNED_UNREAD = 0,
	PST_EVENTS_IDLE_NOT_STREAMING,
};

struct pst_events_lane {
	const char *version;
	const char *policy;	      /* id */
	const uint8_t *policy_digest; /* 32 bytes */
	int32_t day;		      /* since 1970: rules in force on it */
	const char *direction;
	const char *environment;
	const char *purpose;
	const char *mode;
	const char *source;
	const char *recording; /* "sealed", "plain"; NULL: the lane records nothing */
	const char *detector;  /* it and the next four: NULL if the lane records */
	const char *quality;
	const char *pad; /* NULL: nobody looks for presentation attacks, too */
	const char *extractor;
	const char *matcher;
	const char *gallery; /* or NULL */
	bool sandboxed;
	bool pictures; /* are given, masked */
	bool vault;
	enum pst_events_idle idle;
};
void pst_events_lane_opened(
	struct pst_events *events, int64_t now_ns, const struct pst_events_lane *lane);

struct pst_events_policy {
	const char *policy; /* id */
	int64_t from_version;
	int64_t to_version;
	const uint8_t *from_digest; /* 32 bytes */
	const uint8_t *to_digest;   /* 32 bytes */
};
void pst_events_policy_changed(
	struct pst_events *events, int64_t now_ns, const struct pst_events_policy *change);

enum pst_events_end {
	PST_EVENTS_END_FAULT = 0,
	PST_EVENTS_END_STOPPED, /* asked to */
	PST_EVENTS_END_ENDED,	/* the recording is over */
};

struct pst_events_lane_end {
	enum pst_events_end reason;
	uint64_t encounters;
	struct pst_events_frames frames;
	uint64_t settling; /* frames withheld under a permit: the exposure had not settled */
	uint64_t stale;	   /* frames withheld under a permit: they had waited too long */
	uint64_t losses;   /* times that the source went away */
};
void pst_events_lane_closed(
	struct pst_events *events, int64_t now_ns, const struct pst_events_lane_end *end);

struct pst_events_person {
	const char *category;
	const char *known_by;
	const char *age_band;
	const char *direction;
	const char *environment;
};
void pst_events_encounter_opened(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	const struct pst_events_person *person);

/** @param version  of the notice shown, NULL when absent */
void pst_events_encounter_noticed(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	enum pst_notice notice, const char *version);

/** @param choice  consent, decline or withdraw; anything else writes nothing */
void pst_events_encounter_chose(
	struct pst_events *events, int64_t now_ns, uint64_t encounter, enum pst_choice choice);

struct pst_events_permit {
	uint64_t encounter;
	uint64_t permit;
	enum pst_authority authority; /* of an allow */
	const char *rule;
	const char *const *sources; /* ids */
	size_t source_count;
	int64_t valid_ns; /* longest life */
};
void pst_events_permit_granted(
	struct pst_events *events, int64_t now_ns, const struct pst_events_permit *permit);

enum pst_events_cause {
	PST_EVENTS_CAUSE_FAULT = 0,
	PST_EVENTS_CAUSE_DECIDED,
	PST_EVENTS_CAUSE_OPTED_OUT,
	PST_EVENTS_CAUSE_WITHDRAWN,
	PST_EVENTS_CAUSE_EXPIRED,
	PST_EVENTS_CAUSE_LEFT,	 /* the person stepped away */
	PST_EVENTS_CAUSE_NOTICE, /* the notice is no longer current */
};
void pst_events_permit_revoked(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	uint64_t permit, enum pst_events_cause cause, uint64_t leased);

struct pst_events_match {
	bool identify; /* false: verify */
	double fmr;
	bool matched;
	uint32_t rank; /* 0: none; always so for verify */
};
void pst_events_match_result(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	const struct pst_events_match *match, int64_t duration_ns);

struct pst_events_stored {
	const char *store;
	const char *where;     /* "vault"; "inbox": sealed for a vault elsewhere */
	const char *retention; /* class */
	int64_t expires_s;     /* wall clock */
};
void pst_events_vault_stored(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	const struct pst_events_stored *stored);

struct pst_events_closed {
	uint64_t encounter;
	const char *category;
	enum pst_verdict verdict;
	enum pst_authority authority;
	const char *rule; /* NULL: none was reached */
	const char *const *sources;
	size_t source_count;
	enum pst_outcome outcome; /* UNSET is written as refer-fault */
	enum pst_capture_reason reason;
	enum pst_choice choice;
	enum pst_events_idle idle;
	struct pst_events_frames frames;      /* of this encounter */
	uint32_t bystanders_max;	      /* most faces in view at once besides the person's */
	int64_t to_permit_ns;		      /* from opened */
	int64_t to_first_face_ns;	      /* from permit, to the first usable face */
	int64_t to_best_shot_ns;	      /* from permit, to the shot that was used */
	int64_t to_decision_ns;		      /* from permit, to the outcome */
	int64_t total_ns;		      /* from opened to closed */
	const struct pst_events_match *match; /* NULL: nothing was compared */
	const struct pst_events_stored *stored;
	size_t stored_count;
	const char *receipt; /* id, or NULL */
	int64_t audit;	     /* position in the audit log, or negative */
};
void pst_events_encounter_closed(
	struct pst_events *events, int64_t now_ns, const struct pst_events_closed *closed);

/** @param what  "detector", "extractor", "matcher", "quality", "source" or "sandbox" */
void pst_events_fallback(struct pst_events *events, int64_t now_ns, const char *what,
	const char *wanted, const char *used, const char *why);

void pst_events_warning(struct pst_events *events, int64_t now_ns, const char *format, ...)
	PST_PRINTF(3, 4);

#include "pipeline/events_shot.h"   /* what became of a person's pictures */
#include "pipeline/events_source.h" /* the source's own */
#include "pipeline/events_worker.h" /* the workers' own */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_IMPL_H
#define PST_PIPELINE_IMPL_H

#include <jansson.h>
#include <uv.h>

#include "frame/ledger.h"
#include "pipeline/alarm.h"
#include "pipeline/books.h"
#include "pipeline/drive_impl.h"
#include "pipeline/health_impl.h"
#include "pipeline/lane.h"
#include "pipeline/picture_impl.h"
#include "pipeline/record.h"
#include "pipeline/subject.h"
#include "pipeline/swap.h"
#include "pipeline/traveler.h"
#include "pipeline/vision.h"
#include "pipeline/watchdog.h"

/* What the files of this room share; nobody outside includes it. */

/** Where the lane's scenario is. */
struct pst_script {
	size_t next;				     /* encounter to come */
	const struct pst_scenario_encounter *person; /* who is there by it; NULL: nobody */
	bool noticed;				     /* its steps that are done */
	bool unnoticed;
	bool chose;
};

/**
 * Where the lane's source is.
 *
 *   STOPPED --start--> STREAMING --end--> OVER
 *      ^                   |  ^
 *      +--- no permit -----+  +-- first frame --+
 *      |                   |                    |
 *      |                 lost                 BACK --lost--+
 *      |                   v                    ^          |
 *      +---- returned --- AWAY ---- returned ---+          |
 *                          ^                               |
 *                          +-------------------------------+
 *
 * STOPPED is for a lane that idles stopped. AWAY and BACK: nobody gets a permit.
 */
enum pst_source_state {
	PST_SOURCE_STOPPED = 0,
	PST_SOURCE_STREAMING,
	PST_SOURCE_AWAY,
	PST_SOURCE_BACK,
	PST_SOURCE_OVER,
};

/** How old a source's frames usually are when they are taken: the least of 64 to 128 frames. */
struct pst_source_age {
	int64_t least_ns;  /* of this window */
	int64_t before_ns; /* of the window before */
	uint32_t count;	   /* frames of this window */
	bool any_before;
};

struct pst_lane {
	struct pst_lane_spec spec;
	const struct pst_policy *policy; /* of the next encounter */
	uint8_t policy_digest[PST_POLICY_DIGEST_SIZE];
	struct pst_swap swap;
	struct pst_watchdog watchdog;
	struct pst_permit permit;
	struct pst_ledger ledger;
	struct pst_vision vision;
	struct pst_match match;
	struct pst_script script;
	struct pst_drive drive;
	struct pst_health_notes health;
	struct pst_picture_desk pictures;
	struct pst_traveler traveler;
	struct pst_shot shot;
	struct pst_zone zone;
	enum pst_purpose purpose;
	struct pst_pad_rules pad_rules;
	int32_t day;
	int64_t epoch_ns;  /* what the lane's clock counts from, on the frames' clock */
	int64_t now_ns;	   /* the lane's clock */
	int64_t signed_ns; /* CLOCK_MONOTONIC of the audit log's latest checkpoint asked for */
	int64_t begun_ns;  /* CLOCK_MONOTONIC */
	uint64_t damaged;  /* leased frames that could not be decoded, all encounters */
	uint32_t frame_ms; /* from frame to frame; 0: not known */
	int64_t vision_start_ns; /* how long the worker took to be ready */
	int64_t match_start_ns;
	int64_t died_ns;	      /* CLOCK_MONOTONIC of a worker's latest death */
	bool full_pace;		      /* a frame is taken when the one before it is settled */
	bool vision_lost;	      /* the vision worker is quarantined */
	bool vault_failed;	      /* its keys could not be erased in time; said once */
	int64_t used_ns;	      /* CLOCK_MONOTONIC: somebody was here (idle.h) */
	bool clock_held;	      /* the vault does not believe the wall clock */
	struct pst_error audit_error; /* of the latest append; status 0: it was written */
	bool recorded;		      /* the audit log holds that the lane opened */
	struct pst_revocation revocation;
	int64_t crowded_ns; /* CLOCK_MONOTONIC, when the ledger last could not be written down */
	bool idle_stopped;  /* streams only while there is a permit */
	enum pst_source_state source;
	struct pst_source_age age;
	int64_t lost_ns; /* CLOCK_MONOTONIC of the loss; negative: it is there */
	int64_t seen_ns; /* CLOCK_MONOTONIC, when its node was seen again */
	enum pst_events_lost lost_cause;
	char lost_text[512]; /* told last */
	int64_t looked_ns;   /* CLOCK_MONOTONIC, when it was last asked whether it stalled */
	int64_t asleep_ns;   /* how long the machine had been suspended, as far as known */
	bool over;	     /* leave the loop */
	uint8_t run[8];	     /* random: makes permit ids unique over runs */
	struct pst_lane_summary summary;
	int status;
	struct pst_error error;

	uv_loop_t loop;
	uv_poll_t *source_poll; /* owned; of the device's descriptor, or of its return's */
	uv_poll_t vision_poll;
	uv_poll_t *match_poll; /* owned; NULL: there is no match worker */
	struct pst_alarm tick;
	uv_timer_t progress;
	uv_idle_t pump;
	uv_signal_t interrupt;
	uv_signal_t terminate;
	uv_signal_t hangup;
};

/* lane.c */

/** Ends the lane with a status; lane->error says why. */
void pst_lane_fail(struct pst_lane *lane, int status);

/** Places the zone in pictures of the source's size, and waits for workers as its rate says. */
void pst_lane_fit(struct pst_lane *lane);

/** @return whether its workers are locked down; a lane that records has none */
bool pst_lane_is_sandboxed(const struct pst_lane *lane);

/** @return how long the worker has to wipe what it knows of a permit, before it is killed */
uint32_t pst_lane_reset_ms(const struct pst_lane *lane);

/** On a live source: does what has come due while the lane waited. First of every wake-up. */
void pst_lane_catch_up(struct pst_lane *lane);

/** What may follow from anything that happened: the end, or the next frame. Last of every wake-up.
 */
void pst_lane_advance(struct pst_lane *lane);

/** @return CLOCK_MONOTONIC when the gate or its source has something to do next; INT64_MAX: never
 */
int64_t pst_lane_gate_due_ns(const struct pst_lane *lane);

/** Starts the match worker with the gallery, and watches it. @return 0, or as pst_match_open() */
int pst_lane_open_match(struct pst_lane *lane, struct pst_error *error) PST_MUST_CHECK;

/** Ends the match worker; nothing is left of the gallery. */
void pst_lane_close_match(struct pst_lane *lane);

/* source.c: frames, their age, the source's loss and return. */

/** Starts the source, or waits for a permit. @return 0, or a status with lane->error filled */
int pst_source_open(struct pst_lane *lane);

/** Stops it and no longer watches it. */
void pst_source_close(struct pst_lane *lane);

/** Takes a frame of a source that is not live, and the one after it. */
void pst_source_pump(struct pst_lane *lane);

/**
 * On a source that is not live, takes the next frame while the worker searches one: always before
 * that one's answer is, so that what comes of a recording depends on no clock of the machine.
 */
void pst_source_keep_ahead(struct pst_lane *lane);

/**
 * Takes the frames that are there and drops what waits for the worker but is too old. To be called
 * before the worker may be given the next one.
 */
void pst_source_freshen(struct pst_lane *lane);

/** A camera that idles stopped streams while there is a permit, and at no other time. */
void pst_source_follow(struct pst_lane *lane);

/** @return "stopped", "streaming", "away", "back", "over" */
const char *pst_source_state_name(enum pst_source_state state);

/** @return whether nobody can be captured: it is away, or has given no frame since */
bool pst_source_is_away(const struct pst_lane *lane);

/** @return CLOCK_MONOTONIC when it has to be asked whether it stalled; INT64_MAX: not at all */
int64_t pst_source_due_ns(const struct pst_lane *lane);
void pst_source_check(struct pst_lane *lane);

/** The machine was suspended: whoever stood there may have left, and cameras are started anew. */
void pst_source_wake(struct pst_lane *lane, int64_t asleep_ns);

/* script.c: the scenario's steps become events of the gate. */

/** Does all that the scenario has due up to now_ns, each step at its own time. */
void pst_script_advance(struct pst_lane *lane, int64_t now_ns);

/** Ends the encounter, if there is one: the source or the lane is over. */
void pst_script_finish(struct pst_lane *lane, bool fault);

/**
 * Revokes the permit, if there is one, by a fault: pst_script_finish closes the encounter then.
 *
 * @return whether there was one
 */
bool pst_script_break(struct pst_lane *lane);

/** @return when the next step is due, on the lane's clock; INT64_MAX: none is */
int64_t pst_script_due_ns(const struct pst_lane *lane);

/** @return whether nobody is there and nobody will come */
bool pst_script_is_over(const struct pst_lane *lane);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_LANE_H
#define PST_PIPELINE_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/audit.h"
#include "config/lane.h"
#include "config/scenario.h"
#include "devices/device.h"
#include "host/catalog.h"
#include "pipeline/events.h"
#include "pipeline/expect.h"
#include "pipeline/sink.h"
#include "pipeline/stages.h"
#include "policy/policy.h"
#include "vault/inbox.h"
#include "vault/vault.h"
#include "wire/result.h"

/**
 * A lane: one source, one gate, one person at a time.
 *
 *   source --frame--> permit? --no--> back to the driver, unread          (ledger: withheld)
 *                        |
 *                       yes --> slot --> vision worker --> faces --> the subject's best shot
 *                                                                            |
 *             decision <-- match worker <---------------------------- its template
 *
 * A camera that goes away and may come back does not end the lane: who has a permit is referred to
 * a human at once, and so is whoever would get one before it is back.
 *
 * Nothing is leased before the audit log holds the permit, and no outcome is told before the log
 * holds it. What fails on the way closes the gate: the person is referred to a human.
 *
 * At full pace a frame is taken only when the one before it is settled, so the same recording and
 * scenario always give the same answers. All calls: [control], which is [capture] too.
 */
struct pst_lane;
struct pst_driver;
struct pst_notify;

/** How one encounter ended, for a line on a terminal. Texts are borrowed until return. */
struct pst_lane_closed {
	const struct pst_events_closed *closed;
	const struct pst_policy_decision *decision;
	const struct pst_quality
		*quality; /* of the shot used; not measured: nothing was captured */
	const struct pst_expectation *expectations; /* all that its scenario expected of it */
	size_t expectation_count;
};
typedef void (*pst_lane_closed_fn)(void *user, const struct pst_lane_closed *closed);

/** One line for a terminal: the source went away, is back; another policy is in force, or is not.
 */
typedef void (*pst_lane_notice_fn)(void *user, const char *text);

/** How far a lane is. */
struct pst_lane_progress {
	int64_t now_ns;	      /* the lane's clock */
	uint64_t encounters;  /* opened so far */
	uint64_t expected;    /* of the scenario; 0 without one */
	const char *category; /* of who is there; NULL: nobody */
	bool permit;
	struct pst_events_frames frames;
};
typedef void (*pst_lane_progress_fn)(void *user, const struct pst_lane_progress *progress);

#define PST_LANE_PROGRESS_MS 250

/**
 * Reads the lane's policy file again, checked as at the start. Runs on a thread of its own and
 * touches nothing that the lane uses.
 *
 * @param ret_policy  on success the caller's
 * @return 0, or a status with the error filled
 */
typedef int (*pst_lane_policy_fn)(void *user, struct pst_policy **ret_policy,
	uint8_t ret_digest[PST_POLICY_DIGEST_SIZE], struct pst_error *error);

struct pst_lane_spec {
	const struct pst_lane_config *config; /* borrowed while the lane lives */
	const struct pst_scenario *scenario;  /* borrowed; NULL: people come by the driver */
	const struct pst_driver *driver;      /* borrowed (pipeline/drive.h); NULL, and no scenario:
						 nobody steps up, all is withheld */
	const struct pst_policy *policy;      /* borrowed */
	const struct pst_plugin *detector;    /* borrowed; plugins are NULL with a sink */
	const struct pst_plugin *quality;     /* borrowed */
	const struct pst_plugin *pad;	      /* borrowed; NULL: nobody looks for attacks */
	const struct pst_plugin *extractor;   /* borrowed */
	const struct pst_plugin *matcher;     /* borrowed */
	const struct pst_sink
		*sink; /* borrowed; takes what is leased, in place of workers; or NULL */
	struct pst_device *device; /* borrowed, open and stopped */
	struct pst_vault *vault;   /* borrowed; NULL: nothing is stored, nobody is matched */
	const struct pst_key_source *vault_key; /* borrowed; opens it again after vault.idle */
	struct pst_inbox *inbox; /* borrowed; in place of a vault: templates are sealed for one
				  * elsewhere, nobody is matched; or NULL */
	struct pst_audit *audit; /* borrowed */
	const struct pst_sign_key *signer; /* borrowed: signs receipts */
	struct pst_events *events;	   /* borrowed; may be NULL */
	const char *receipts;		/* borrowed: folder, exists; NULL: receipts aren't kept */
	const uint8_t *policy_digest;	/* borrowed, SHA-256 of the policy file */
	pst_lane_policy_fn read_policy; /* NULL: the lane keeps the policy it began with */
	void *policy_user;
	const char *version;		 /* borrowed, of postern */
	const struct pst_notify *notify; /* borrowed; the service manager; may be NULL */
	pst_lane_closed_fn closed;	 /* may be NULL */
	pst_lane_notice_fn notice;	 /* may be NULL */
	pst_lane_progress_fn progress;	 /* every PST_LANE_PROGRESS_MS; may be NULL */
	pst_stage_fn stage;		 /* how long each frame's stages took; may be NULL */
	void *user;
};

/** What a run came to. */
struct pst_lane_summary {
	uint64_t encounters;
	uint64_t met; /* expectations of the scenario */
	uint64_t unmet;
	uint64_t unreached;   /* encounters that the source ended before */
	uint64_t templates;   /* extracted */
	uint64_t deaths;      /* of workers */
	uint64_t unreceipted; /* encounters whose receipt could not be written */
	uint64_t settling; /* frames withheld under a permit, since the exposure had not settled */
	uint64_t stale;	   /* frames withheld under a permit, since they had waited too long */
	uint64_t losses;   /* times that the source went away */
	struct pst_events_frames frames;
	bool interrupted;    /* by a signal */
	int64_t duration_ns; /* wall time */
};

/**
 * Starts the workers and hands over the gallery; with a sink there are none.
 *
 * @return 0, or the status of what failed with the error filled
 */
int pst_lane_create(struct pst_lane **ret_lane, const struct pst_lane_spec *spec,
	struct pst_error *error) PST_MUST_CHECK;

/** The processes of a lane's workers; 0: there is none. */
struct pst_lane_pids {
	int vision;
	int match;
};

/** @return those that are there now; after a run until the lane is destroyed */
struct pst_lane_pids pst_lane_pids(const struct pst_lane *lane);

/**
 * Runs until the source or the scenario ends, or SIGINT or SIGTERM comes.
 *
 * @return 0; PST_E_DEVICE the source failed and won't come back; what the sink said when it failed;
 * PST_E_UNSAFE the audit log or a receipt can't be written or the frame ledger doesn't reconcile.
 * The summary is filled in any case.
 */
int pst_lane_run(struct pst_lane *lane, struct pst_lane_summary *ret_summary,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Has a running lane read its policy file again, as SIGHUP does; returns at once.
 *
 * What comes of it is the event policy.changed, or a warning that says why the policy stays: the
 * file is not valid, holds another policy or a lower version, or differs without a higher one. Who
 * is there is decided by the policy they met; the next one by the new.
 *
 * @return 0; -ENOTSUP the lane keeps the policy it began with
 * [control & running]
 */
int pst_lane_reload_policy(struct pst_lane *lane) PST_MUST_CHECK;

/** Closes the gate, wipes, stops the workers, sets *lane to NULL. Accepts NULL inside. */
void pst_lane_destroy(struct pst_lane **lane);

#endif

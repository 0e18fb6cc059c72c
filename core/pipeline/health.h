/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_HEALTH_H
#define PST_PIPELINE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/recent.h"
#include "gate/verdict.h"
#include "pipeline/events.h"

/*
 * How a lane does: its camera, its workers, and what it has written down. Nothing of a person.
 *
 * What has to be noted of each frame costs a few stores, and no call of the system.
 */
struct pst_lane;

#define PST_HEALTH_PLUGINS_MAX 4
#define PST_HEALTH_WORKERS_MAX 2

/** X(upper bound of a bucket, ms), rising; what is above the last one has a bucket too. */
#define PST_HEALTH_BOUNDS_MAP(X)                                                                   \
	X(1) X(2) X(5) X(10) X(20) X(50) X(100) X(200) X(500) X(1000) X(2000)

#define PST_HEALTH_COUNT(ms) +1
#define PST_HEALTH_BOUNDS (0 PST_HEALTH_BOUNDS_MAP(PST_HEALTH_COUNT))

extern const uint32_t pst_health_bounds_ms[PST_HEALTH_BOUNDS];

/** How many took how long; a value of exactly a bound is in its bucket. */
struct pst_health_histogram {
	uint64_t count[PST_HEALTH_BOUNDS + 1];
	uint64_t sum_ns;
};

/** Times in us. */
struct pst_health_camera {
	const char *uri;
	const char *name;
	const char *driver;
	const char *state; /* "stopped", "streaming", "away", "back", "over" */
	const char *away;  /* why it is; "" while it is there */
	const char *format;
	uint32_t width;	   /* px */
	uint32_t height;   /* px */
	double fps_wanted; /* as the source took it; 0 unknown */
	double fps;	   /* as measured over the last minute; 0 unknown */
	bool live;
	struct pst_recent_summary interval; /* from frame to frame, over the last minute */
	uint64_t good;			    /* frames, as struct pst_device_counts tells */
	uint64_t lost;
	uint64_t flagged;
	uint64_t undersized;
	uint64_t torn;
	uint64_t settling; /* withheld under a permit, since the exposure had not settled */
	uint64_t stale;	   /* the same, since they had waited too long */
	uint64_t losses;   /* times that it went away */
	uint64_t returns;
};

struct pst_health_worker {
	const char *role;  /* "vision", "match" */
	const char *state; /* "starting", "ready", "waiting", "quarantined" */
	const char *plugin[PST_HEALTH_PLUGINS_MAX];
	size_t plugin_count;
	uint32_t deaths;
	uint32_t restarts; /* after a death */
	uint32_t renewals; /* after a permit */
	bool quarantined;
	bool spare_wanted;
	bool spare_ready;
	struct pst_recent_summary answer; /* us, of the newest 256 answers */
	uint64_t memory;		  /* resident bytes */
};

/** Texts are borrowed until the next call to the lane. */
struct pst_health {
	const char *lane;
	int64_t uptime_ns;
	struct pst_health_camera camera;
	struct pst_health_histogram to_slot;   /* live sources: from capture to its slot */
	struct pst_health_histogram to_answer; /* live sources: from capture to the faces in it */
	struct pst_health_worker worker[PST_HEALTH_WORKERS_MAX];
	size_t worker_count;
	struct pst_events_frames frames;
	uint64_t permits; /* granted so far */
	bool permit;	  /* one lives */
	uint64_t encounters;
	uint64_t outcome[PST_OUTCOME_COUNT];
	const char *vault; /* "open", "locked", "inbox", "none" */
	bool vault_open;
	bool clock_held;  /* it does not believe the wall clock */
	uint64_t records; /* in the vault; 0 unless it is open */
	uint64_t stored;  /* templates sealed so far */
	int64_t stored_s; /* wall clock, when the latest was; 0: none was */
	uint64_t audit;	  /* newest entry */
	uint64_t signed_audit;
	int64_t signed_age_ns; /* since it was signed, or since the log was opened */
	bool audit_fails;      /* the latest append did not succeed */
	uint64_t memory;       /* resident bytes of the lane and its workers */
};

/**
 * Tells how the lane is. What has to be sorted or read from elsewhere is up to 200 ms old.
 *
 * [control & running]
 */
void pst_health_tell(struct pst_lane *lane, struct pst_health *ret_health);

#endif

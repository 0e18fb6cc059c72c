/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_EVENTS_WORKER_H
#define PST_PIPELINE_EVENTS_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a lane tells of its workers; a part of pipeline/events.h, which includes it. */
struct pst_events;

enum pst_events_worker {
	PST_EVENTS_WORKER_VISION = 0,
	PST_EVENTS_WORKER_MATCH,
};

enum pst_events_failure {
	PST_EVENTS_FAILURE_CRASHED = 0,
	PST_EVENTS_FAILURE_HUNG,
	PST_EVENTS_FAILURE_PROTOCOL, /* spoke nonsense */
	PST_EVENTS_FAILURE_REFUSED,  /* the kernel refused what it tried */
	PST_EVENTS_FAILURE_START,    /* never became ready */
};
void pst_events_worker_started(struct pst_events *events, int64_t now_ns,
	enum pst_events_worker worker, bool sandboxed, int64_t start_ns);
void pst_events_worker_failed(struct pst_events *events, int64_t now_ns,
	enum pst_events_worker worker, enum pst_events_failure cause, const char *text);

/** A plugin of a worker that is no longer started. Texts are borrowed until return. */
struct pst_events_plugin {
	const char *id;
	const char *sha256; /* of the library */
};
void pst_events_worker_quarantined(struct pst_events *events, int64_t now_ns,
	enum pst_events_worker worker, const struct pst_events_plugin *plugins, size_t count,
	const char *text);

/** @return "crashed", "hung", "protocol", "refused" or "start" */
const char *pst_events_failure_name(enum pst_events_failure cause);

void pst_events_worker_restarted(struct pst_events *events, int64_t now_ns,
	enum pst_events_worker worker, uint32_t restarts, int64_t gap_ns);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_WORKER_EVENT_H
#define PST_HOST_WORKER_EVENT_H

#include <stdint.h>

#include "wire/result.h"

/* What a worker tells its lane (worker.h). */

enum pst_worker_event_type {
	PST_WORKER_EVENT_NONE = 0,
	PST_WORKER_EVENT_READY,	      /* a match worker's gallery is empty now */
	PST_WORKER_EVENT_FACES,	      /* faces */
	PST_WORKER_EVENT_TEMPLATE,    /* template_ */
	PST_WORKER_EVENT_MASKED,      /* masked */
	PST_WORKER_EVENT_RESET,	      /* permit: everything of it is wiped */
	PST_WORKER_EVENT_MATCH,	      /* match */
	PST_WORKER_EVENT_MATCHES,     /* matches */
	PST_WORKER_EVENT_LATE,	      /* the soft deadline passed; sequence */
	PST_WORKER_EVENT_LOG,	      /* level, text: tagged with program and process id */
	PST_WORKER_EVENT_DIED,	      /* status, text; every frame under way is lost */
	PST_WORKER_EVENT_QUARANTINED, /* text; only referring people to a human is left */
};

/** One thing that happened. Pointers are the worker's, valid until the next call on it. */
struct pst_worker_event {
	enum pst_worker_event_type type;
	int32_t status; /* DIED: PST_E_PLUGIN, PST_E_TIMEOUT, PST_E_UNSAFE (a call that the sandbox
			   does not allow), PST_E_ABI, PST_E_CONFIG... */
	uint32_t level; /* LOG: enum pst_log_level */
	uint64_t sequence; /* FACES, TEMPLATE, MASKED, LATE */
	uint64_t permit;   /* FACES, TEMPLATE, MASKED, RESET */
	uint64_t taken;	   /* RESET: frames under the permit, as the worker itself counted them */
	uint64_t extracts; /* RESET: extractions, likewise */
	const char *text;
	const struct pst_wire_faces *faces;
	const struct pst_wire_template *template_;
	const struct pst_wire_masked *masked;
	const struct pst_wire_match *match;
	const struct pst_wire_matches *matches;
};

#endif

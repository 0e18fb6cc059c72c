/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_WORKER_H
#define PST_HOST_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/recent.h"
#include "frame/slots.h"
#include "host/catalog.h"
#include "host/worker_event.h"

/**
 * A worker process as its lane sees it: started, watched, killed when late, started again.
 *
 *   starting -> ready -> (died) -> waiting -> starting ...
 *       |                  |
 *       +-> (died) --------+-> quarantined: 5 deaths within 60 s, no more starts
 *
 * A death costs the frames under way and nothing else. Waits before starts: 0, 0.1, 1, 10 s;
 * a life of 60 s sets them back; what no new start can cure (another ABI, an option or a model that
 * doesn't fit, a sandbox that isn't there) is quarantined at once.
 *
 * A worker with slots for a spare keeps a second process: loaded, warm, locked down, and on slots
 * of its own, so that it never sees a frame before it is needed. When the first one dies it takes
 * its place at once: READY follows DIED, and frames go to pst_worker_slots from then on.
 *
 * All calls from one thread, [control], which must live as long as the worker: the kernel kills the
 * process when it ends.
 */
struct pst_worker;

enum pst_worker_kind {
	PST_WORKER_UNSET = 0,
	PST_WORKER_VISION, /* detector and, if given, the others but matcher; maps the slots */
	PST_WORKER_MATCH,  /* matcher only; never gets slots */
};

/** How the process is locked down; docs/plugin-authors.md tells what that leaves a plugin. */
enum pst_worker_sandbox {
	PST_WORKER_SANDBOX_STRICT = 0, /* or it doesn't start: PST_E_UNSAFE */
	PST_WORKER_SANDBOX_OFF,	       /* a process of its own, with the lane's rights */
	PST_WORKER_SANDBOX_LEARN,      /* sealed, but pst_learn_start answers for other calls */
};

enum pst_worker_state {
	PST_WORKER_STATE_UNSET = 0,
	PST_WORKER_STATE_STARTING,
	PST_WORKER_STATE_READY,
	PST_WORKER_STATE_WAITING, /* dead, will be started again */
	PST_WORKER_STATE_QUARANTINED,
};

/** An option's value for one of the worker's plugins; those of other plugins are passed over. */
struct pst_worker_setting {
	const char *plugin; /* id */
	const char *name;
	const char *value;
};

struct pst_worker_config {
	enum pst_worker_kind kind;
	const struct pst_plugin *detector; /* vision; borrowed while the worker lives */
	const struct pst_plugin *quality; /* vision, optional: else no face is measured; borrowed */
	const struct pst_plugin *pad;	  /* vision, optional; borrowed */
	const struct pst_plugin *extractor;  /* vision, optional; borrowed */
	const struct pst_plugin *matcher;    /* match; borrowed */
	const struct pst_slots *slots;	     /* vision; borrowed while the worker lives */
	const struct pst_slots *spare_slots; /* vision, optional; alike; borrowed: keep a spare */
	enum pst_frame_format format;	     /* vision: what frames will be, for the warm-up */
	uint32_t width;			     /* vision: px */
	uint32_t height;		     /* vision: px */
	const struct pst_worker_setting *settings; /* borrowed until create returns */
	uint32_t setting_count;
	enum pst_worker_sandbox sandbox;
	bool pictures;	     /* vision: send_picture may be called */
	uint32_t hard_ms;    /* an answer later than this kills the worker; 0: 2000 */
	uint32_t soft_ms;    /* an answer later than this is reported; 0: 250 */
	uint32_t start_ms;   /* a start that takes longer is a death; 0: 20000 */
	const char *program; /* NULL: pst_catalog_worker_path */
};

/** Frames by what became of them, over all lives of the worker. */
struct pst_worker_counts {
	uint64_t sent;	   /* frames sent */
	uint64_t answered; /* frames answered: faces, or damaged */
	uint64_t dropped;  /* frames sent to a worker that died before it answered */
	uint64_t damaged;  /* of the answered, those that could not be decoded */
	uint64_t extracts; /* extractions asked for */
	uint32_t deaths;
	uint32_t starts;
};

/**
 * Starts a worker; doesn't wait until it is ready.
 *
 * @return 0; PST_E_CONFIG a setting or a plugin doesn't fit; PST_E_UNSAFE; -errno
 */
int pst_worker_create(const struct pst_worker_config *config, struct pst_worker **ret_worker,
	struct pst_error *error) PST_MUST_CHECK;

/** Asks the worker to stop, kills it if it doesn't within 200 ms, sets *worker to NULL. */
void pst_worker_destroy(struct pst_worker **worker);

enum pst_worker_state pst_worker_state(const struct pst_worker *worker);
struct pst_worker_counts pst_worker_counts(const struct pst_worker *worker);

/** @return the slots of the process that is there, borrowed; NULL without any */
const struct pst_slots *pst_worker_slots(const struct pst_worker *worker);

/** @return whether a spare is ready to take the place of the process */
bool pst_worker_has_spare(const struct pst_worker *worker);

/** @return how long frames, extractions and comparisons took to be answered, us; borrowed */
const struct pst_recent *pst_worker_answers(const struct pst_worker *worker);

/** @return process id, or 0 while there is none; so of the spare */
int pst_worker_pid(const struct pst_worker *worker);
int pst_worker_spare_pid(const struct pst_worker *worker);

/** @return frames sent and not yet answered */
uint32_t pst_worker_pending(const struct pst_worker *worker);

/**
 * Descriptor that is readable whenever pst_worker_receive has work: messages, log lines, deadlines,
 * deaths, restarts. It stays the same over restarts.
 */
int pst_worker_fd(const struct pst_worker *worker);

/**
 * Takes the next event, without waiting. Call it until it gives 0 whenever the descriptor is
 * readable: it is also what kills a late worker and starts a dead one.
 *
 * @return 1 an event; 0 nothing more for now
 */
int pst_worker_receive(
	struct pst_worker *worker, struct pst_worker_event *ret_event) PST_MUST_CHECK;

/**
 * Waits until the worker is ready. Events on the way are kept for pst_worker_receive.
 *
 * @return 0; PST_E_TIMEOUT; or why it died the first time, with the error filled
 */
int pst_worker_wait_ready(
	struct pst_worker *worker, uint32_t timeout_ms, struct pst_error *error) PST_MUST_CHECK;

/**
 * Requests without waiting. They answer -EAGAIN when the worker is not ready, or has so much to do
 * that the message would have to wait: then nothing was sent.
 *
 * send_extract, send_picture, and a search AGAIN: the frame must still be in its slot; face as it
 * came. Of send_picture it may be NULL: nobody stays to be seen; the frame was searched WHOLE.
 */
int pst_worker_send_frame(
	struct pst_worker *worker, const struct pst_slot_frame *frame) PST_MUST_CHECK;
int pst_worker_send_search(struct pst_worker *worker, const struct pst_slot_frame *frame,
	const struct pst_wire_search *search) PST_MUST_CHECK;
int pst_worker_send_extract(struct pst_worker *worker, const struct pst_slot_frame *frame,
	const struct pst_face *face, enum pst_role role) PST_MUST_CHECK;
int pst_worker_send_picture(struct pst_worker *worker, const struct pst_slot_frame *frame,
	const struct pst_face *face) PST_MUST_CHECK;

/**
 * Ends a permit in the worker: it wipes all it decoded and says so (EVENT_RESET). Not done within
 * limit_ms, it is killed; where a spare is ready, that counts as no death. @return 0, or -EAGAIN
 * without a ready worker: nothing is held then.
 */
int pst_worker_send_reset(
	struct pst_worker *worker, uint64_t permit, uint32_t limit_ms) PST_MUST_CHECK;

/** Kills the worker at once; it is started again, and this counts as no death. */
void pst_worker_kill(struct pst_worker *worker);

/**
 * Requests that wait for the answer, for enrolment and for matchers; other events are kept for
 * pst_worker_receive. At most timeout_ms, then PST_E_TIMEOUT and the worker is killed.
 *
 * @return what stands at each call; PST_E_PLUGIN it died; -EAGAIN it is not ready
 */

/** @return faces found, PST_E_CORRUPT; *ret_faces borrowed until the next call on the worker */
int pst_worker_detect(struct pst_worker *worker, const struct pst_slot_frame *frame,
	uint32_t timeout_ms, const struct pst_wire_faces **ret_faces,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * @param ret_template  borrowed until the next call; filled where the extractor refused too
 * @return bytes, or the extractor's status
 */
int pst_worker_extract(struct pst_worker *worker, const struct pst_slot_frame *frame,
	const struct pst_face *face, enum pst_role role, uint32_t timeout_ms,
	const struct pst_wire_template **ret_template, struct pst_error *error) PST_MUST_CHECK;

/** @return 0 or the matcher's status */
int pst_worker_add(struct pst_worker *worker, uint64_t key, const uint8_t *bytes, uint32_t size,
	uint32_t timeout_ms, struct pst_error *error) PST_MUST_CHECK;

/** @return templates removed */
int pst_worker_remove(struct pst_worker *worker, uint64_t key, uint32_t timeout_ms,
	struct pst_error *error) PST_MUST_CHECK;

/** @return 0 or the matcher's status */
int pst_worker_seal(
	struct pst_worker *worker, uint32_t timeout_ms, struct pst_error *error) PST_MUST_CHECK;

/** @return 0; PST_E_NOT_FOUND no template under the key */
int pst_worker_verify(struct pst_worker *worker, const uint8_t *probe, uint32_t size, uint64_t key,
	uint32_t timeout_ms, float *ret_score, struct pst_error *error) PST_MUST_CHECK;

/** @param cap 1..PST_CANDIDATES_MAX @return count written, best first */
int pst_worker_search(struct pst_worker *worker, const uint8_t *probe, uint32_t size,
	struct pst_candidate *candidates, uint32_t cap, uint32_t timeout_ms,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Searches for several probes, in as many messages as they need; each has timeout_ms.
 *
 * @param probes  count probes of size bytes each, back to back
 * @param candidates  count * cap entries: those of probe i from i * cap on, best first
 * @param ret_counts  count entries: how many of each are filled
 * @return 0; on error what stands in candidates and ret_counts is void
 */
int pst_worker_search_batch(struct pst_worker *worker, const uint8_t *probes, uint32_t size,
	uint32_t count, struct pst_candidate *candidates, uint32_t cap, uint32_t *ret_counts,
	uint32_t timeout_ms, struct pst_error *error) PST_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_VISION_H
#define PST_PIPELINE_VISION_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/slots.h"
#include "host/worker.h"
#include "pipeline/follow.h"
#include "pipeline/sink.h"

/**
 * The lane's end of the vision worker: which slot holds what.
 *
 *   FREE --lease--> WAITING --send--> SENT --faces--> FREE
 *                      |              |  ^
 *                      |              |  +--again, once: all of a frame that was searched near
 *                      |              +--extract--> EXTRACTING --template--> FREE
 *                      |              +--show--> SHOWING --masked--> FREE
 *                      +--newer frame--> FREE
 *
 * At most one frame is SENT and one WAITING; a newer frame takes the place of the one WAITING, but
 * a recording at full pace loses none: there the next is leased while the worker searches one. The
 * end of a permit, or a worker's death, wipes every slot. One thread makes all calls, [capture].
 *
 * A worker that is locked down is renewed after each permit: once it has said that it wiped,
 * another process takes its place, so that nothing that a plugin kept of one person can come up in
 * what it says of the next one. No frame is leased in between.
 *
 * A lane that records has a sink in the worker's place and no slots: frames go through at once.
 */
struct pst_vision {
	struct pst_slots *slots;     /* owned; of the worker's process */
	struct pst_slots *others;    /* owned; of its spare, never used before it takes over */
	struct pst_worker *worker;   /* owned */
	const struct pst_sink *sink; /* borrowed; then there is neither of them */
	uint64_t sunk;		     /* frames it took */
	uint64_t permit;	     /* under which slots are in use; 0: none */
	uint64_t wiping;	     /* permit that the worker has yet to wipe; 0: none */
	bool renews;		     /* the worker is locked down */
	bool renewing;		     /* from the end of a permit until another process is ready */
	uint32_t renewals;
	struct pst_follow follow;
	int sent; /* slot index or -1 */
	int waiting;
	int extracting;
	int showing;
	struct pst_slot_frame frame[PST_SLOTS_MAX];
	uint64_t replaced; /* leased, and replaced or dropped as too old before it was sent */
	uint64_t wiped;	   /* leased, and wiped unsent at the end of a permit or a worker's death */
	uint64_t newest;   /* permit that a frame was leased under last */
	uint64_t unsent;   /* of the replaced and wiped, those under the newest permit */
};

/**
 * Makes the slots and starts the worker; returns once it is ready.
 *
 * @param config  slots and kind are filled in here; plugins borrowed while the vision lives
 * @param spare   keep a second process ready
 * @param follow  as in struct pst_follow: every
 * @return 0, or the status of what failed with the error filled; then nothing is left open
 */
int pst_vision_open(struct pst_vision *vision, const struct pst_worker_config *config, bool spare,
	uint32_t follow, struct pst_error *error) PST_MUST_CHECK;

/** Takes a sink instead of a worker. @param sink  borrowed until close */
void pst_vision_open_sink(struct pst_vision *vision, const struct pst_sink *sink);

/** Stops the worker, wipes and frees the slots. Accepts a zeroed struct. */
void pst_vision_close(struct pst_vision *vision);

/** @return whether the worker is ready and has nothing under way, no wiping either */
bool pst_vision_is_idle(const struct pst_vision *vision);

/** @return whether the worker searches a frame and the next one can be leased meanwhile */
bool pst_vision_has_room_ahead(const struct pst_vision *vision);

/** @return whether a frame can be leased: the worker is ready, or there is a sink */
bool pst_vision_is_ready(const struct pst_vision *vision);

/**
 * Copies a frame into a slot and sends it as soon as the worker is free.
 *
 * @param permit  the live one, not 0
 * @return 0 leased; -EAGAIN no slot or no worker: nothing was copied; else why the copy, or the
 *         sink, failed
 */
int pst_vision_lease(struct pst_vision *vision, const struct pst_frame *frame, uint64_t permit,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Takes the faces of a slot: asks for a template of one of them, or frees the slot.
 *
 * @param face  NULL: no template is wanted
 */
void pst_vision_settle(struct pst_vision *vision, const struct pst_wire_faces *faces,
	const struct pst_face *face, enum pst_role role);

/**
 * Asks for a picture of a frame whose faces came, all of it searched.
 *
 * @param face  who stays to be seen; NULL: nobody
 * @return whether it was asked for: the slot is kept until it is there; else nothing changed
 */
bool pst_vision_show(
	struct pst_vision *vision, const struct pst_wire_faces *faces, const struct pst_face *face);

/** Frees the slot that a picture was made of. */
void pst_vision_shown(struct pst_vision *vision, uint32_t slot);

/** Has all of a frame searched whose faces were found near a box. @return whether it is */
bool pst_vision_search_again(struct pst_vision *vision, const struct pst_wire_faces *faces);

/** Frees the slot of the frame WAITING if it was captured before a moment. */
void pst_vision_drop_older(struct pst_vision *vision, int64_t captured_ns);

/** Frees the slot that a template came from. */
void pst_vision_release(struct pst_vision *vision, uint32_t slot);

/**
 * Ends the permit: wipes every slot and has the worker wipe what it decoded.
 *
 * @param limit_ms  the worker is killed if it has not confirmed by then
 */
void pst_vision_reset(struct pst_vision *vision, uint32_t limit_ms);

/** The worker says that it has wiped a permit. */
void pst_vision_confirm(struct pst_vision *vision, uint64_t permit);

/** Has another process take the worker's place, if it is to and has wiped. Then READY follows. */
void pst_vision_renew(struct pst_vision *vision);

/** The worker died. @return whether that is how it is renewed, and no fault */
bool pst_vision_is_renewed(const struct pst_vision *vision, int32_t status);

/** The worker is ready again. @return whether it was renewed */
bool pst_vision_end_renewal(struct pst_vision *vision);

/** @return frames of a permit that were leased and never sent to the worker */
uint64_t pst_vision_unsent(const struct pst_vision *vision, uint64_t permit);

/** The worker died: wipes every slot, since nothing will come of them. */
void pst_vision_forget(struct pst_vision *vision);

/** The worker is ready again: from here on frames go into the slots that it has. */
void pst_vision_resume(struct pst_vision *vision);

/** @return frames put into slots since the start */
uint64_t pst_vision_puts(const struct pst_vision *vision);

#endif

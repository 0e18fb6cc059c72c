/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_FRAME_SLOTS_H
#define PST_FRAME_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "frame/frame.h"

#define PST_SLOTS_MAX 16
#define PST_SLOTS_DEFAULT 4

/** Where one plane of a frame lies within its slot. */
struct pst_slot_plane {
	uint32_t offset; /* bytes from the slot's start */
	uint32_t stride; /* bytes from row to row; 0 for MJPEG */
	uint32_t size;	 /* bytes */
};

/** A frame in a slot: all that a worker is told about it. */
struct pst_slot_frame {
	uint32_t slot; /* index */
	enum pst_frame_format format;
	uint32_t width;	 /* px */
	uint32_t height; /* px */
	struct pst_slot_plane plane[PST_FRAME_PLANES_MAX];
	uint64_t sequence;
	int64_t captured_ns;
	uint64_t permit; /* under which it was leased; never 0 */
};

/** What slots are made for. */
struct pst_slots_config {
	enum pst_frame_format format;
	uint32_t width;	 /* px, the largest frame that will come */
	uint32_t height; /* px */
	uint32_t count;	 /* 1..PST_SLOTS_MAX; 0 takes PST_SLOTS_DEFAULT */
	bool strict;	 /* memory that cannot be locked against swapping is an error */
};

/**
 * The writer's side: a memfd of equal slots, mapped writable once and then sealed, so that whoever
 * is handed the descriptor can only read. Not in core dumps, not inherited over fork, locked
 * against swapping where the limits allow.
 *
 * A slot is free -> put -> in use -> wipe -> free. One thread makes all calls, [capture].
 */
struct pst_slots;

/**
 * Makes the slots; a slot holds width * height * 2 bytes for MJPEG, else one packed frame.
 *
 * @return 0; PST_E_CONFIG the format or the size; PST_E_UNSAFE strict and not lockable; -errno
 * [capture]
 */
int pst_slots_create(const struct pst_slots_config *config, struct pst_slots **ret_slots,
	struct pst_error *error) PST_MUST_CHECK;

/** Wipes, unmaps, closes, sets *slots to NULL. Accepts NULL inside. [capture] */
void pst_slots_destroy(struct pst_slots **slots);

/** @return the sealed memfd, borrowed: a holder can map it for reading only */
int pst_slots_fd(const struct pst_slots *slots);
uint32_t pst_slots_count(const struct pst_slots *slots);

/** @return bytes of one slot, a whole number of pages */
uint32_t pst_slots_size(const struct pst_slots *slots);

/** @return index of a free slot, or -1 while all are in use */
int pst_slots_free_index(const struct pst_slots *slots);

/** @return frames put in since the slots were made; the ledger's leased must equal it */
uint64_t pst_slots_puts(const struct pst_slots *slots);

/**
 * Copies a frame into a free slot, once, rows packed without padding.
 *
 * @param frame   borrowed until return
 * @param permit  the permit it is leased under, not 0
 * @return 0; -EBUSY the slot is in use; PST_E_UNSAFE permit 0; PST_E_CORRUPT the planes don't fit
 *         the size; -EFBIG larger than a slot. On error the slot is unchanged.
 * [capture]
 */
int pst_slots_put(struct pst_slots *slots, uint32_t index, const struct pst_frame *frame,
	uint64_t permit, struct pst_slot_frame *ret_frame, struct pst_error *error) PST_MUST_CHECK;

/** Overwrites what the slot holds with zeroes and frees it. Harmless on a free slot. [capture] */
void pst_slots_wipe(struct pst_slots *slots, uint32_t index);

/** Wipes every slot. [capture] */
void pst_slots_wipe_all(struct pst_slots *slots);

/** The reader's side: the same memory, read-only, in another process. Zeroed is a valid empty one.
 */
struct pst_slots_view {
	const uint8_t *base; /* owned mapping */
	uint32_t count;
	uint32_t size; /* bytes of one slot */
};

/**
 * Maps slots for reading. Refuses a memfd that is not sealed against shrinking: reading past its
 * end would kill the reader.
 *
 * @param fd  borrowed
 * @return 0; PST_E_UNSAFE seals missing; -EINVAL its size isn't count * size; -errno
 */
int pst_slots_view_open(struct pst_slots_view *view, int fd, uint32_t count, uint32_t size,
	struct pst_error *error) PST_MUST_CHECK;

/** Unmaps and zeroes the struct. */
void pst_slots_view_close(struct pst_slots_view *view);

/**
 * Turns a slot's description into a frame whose planes lie in the view.
 *
 * @return 0, or PST_E_CORRUPT when the description reaches outside the slot or doesn't fit its
 *         own format and size
 */
int pst_slots_view_frame(const struct pst_slots_view *view, const struct pst_slot_frame *slot,
	struct pst_frame *ret_frame, struct pst_error *error) PST_MUST_CHECK;

#endif

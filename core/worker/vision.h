/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_VISION_H
#define PST_WORKER_VISION_H

#include "base/error.h"
#include "wire/message.h"
#include "worker/guest.h"

/** The vision side of a worker: slots, decoder and plugins. */
struct pst_vision;

/** The plugins it calls, all borrowed; none but the detector need be there. */
struct pst_vision_guests {
	struct pst_guest *detector;
	struct pst_guest *quality;   /* NULL: faces are not measured */
	struct pst_guest *pad;	     /* NULL: nobody looks for presentation attacks */
	struct pst_guest *extractor; /* NULL: only detection */
};

/**
 * Maps the slots and runs the plugins once on black pictures of the real sizes.
 *
 * @param slots_fd  borrowed
 * @return 0; PST_E_PLUGIN a plugin failed the warm-up; PST_E_UNSAFE, -EINVAL the slots; -ENOMEM
 */
int pst_vision_create(const struct pst_wire_start *start, int slots_fd,
	const struct pst_vision_guests *guests, struct pst_vision **ret_vision,
	struct pst_error *error) PST_MUST_CHECK;

/** Wipes all pictures. Accepts NULL inside. The guests stay. */
void pst_vision_destroy(struct pst_vision **vision);

/**
 * Decodes a frame at detection scale, finds faces, measures them. Near a box only a square around
 * it is looked at, and all of the frame where the face is not in it. A frame that is asked for
 * again is searched as a whole and not counted once more.
 *
 * @return 0, ret_faces filled, a damaged picture among its statuses; PST_E_PLUGIN the detector
 *         or the quality plugin failed or answered nonsense; -ENOMEM
 */
int pst_vision_detect(struct pst_vision *vision, const struct pst_slot_frame *slot,
	const struct pst_wire_search *search, struct pst_wire_faces *ret_faces,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Shows one face of a frame that was given to detect to the presentation attack detector, then to
 * the extractor.
 *
 * @return 0, ret_template filled, with its own status; PST_E_PLUGIN; -ENOMEM
 */
int pst_vision_extract(struct pst_vision *vision, const struct pst_wire_extract *request,
	struct pst_wire_template *ret_template, struct pst_error *error) PST_MUST_CHECK;

/**
 * Makes a picture of a frame that was given to detect, in which one face at most stays to be seen.
 *
 * @return 0, ret_masked filled, with its own status; PST_E_CORRUPT pictures were not announced;
 *         -ENOMEM
 */
int pst_vision_mask(struct pst_vision *vision, const struct pst_wire_picture *request,
	struct pst_wire_masked *ret_masked, struct pst_error *error) PST_MUST_CHECK;

/** Wipes everything decoded and forgets every frame; fills the counts. */
void pst_vision_reset(
	struct pst_vision *vision, uint64_t permit, struct pst_wire_reset_done *ret_done);

#endif

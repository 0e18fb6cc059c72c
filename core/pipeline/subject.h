/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_SUBJECT_H
#define PST_PIPELINE_SUBJECT_H

#include <stdint.h>

#include "gate/verdict.h"
#include "wire/result.h"

/** The part of the picture in which a person counts, in px of the full image. */
struct pst_zone {
	float x;
	float y;
	float width;
	float height;
};

/** Who of the faces in a frame is the person of the encounter. */
struct pst_subject {
	const struct pst_wire_face *face; /* NULL: nobody; borrowed from the faces */
	enum pst_capture_reason reason;	  /* why nobody, or why the face is not fit; else UNSET */
	uint32_t bystanders;		  /* every other face in view */
};

/**
 * Picks the person in the capture zone.
 *
 * A face stands in the zone when the middle of its box does. The widest of them is the subject.
 * A second one in the zone at least PST_SUBJECT_RIVAL as wide makes the pick doubtful: nobody is
 * taken, with reason several-faces. Faces outside the zone are bystanders, whatever their size.
 *
 * @param min_width_px  narrower faces are too small
 */
void pst_subject_pick(const struct pst_wire_faces *faces, const struct pst_zone *zone,
	uint32_t min_width_px, struct pst_subject *ret_subject);

#define PST_SUBJECT_RIVAL 0.7f

#endif

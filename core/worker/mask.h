/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_MASK_H
#define PST_WORKER_MASK_H

#include "wire/result.h"
#include "worker/picture.h"

/*
 * What is left to see of a picture that people look at: the face and the shoulders of one person.
 * All else has one colour, and so has every other face, also where it reaches into that part.
 */

#define PST_MASK_GREY 0x80 /* of every byte that is masked */

/**
 * Masks a picture in place.
 *
 * @param geometry  how it lies in the full image, where the faces are
 * @param faces     all that were found in the whole of the frame
 * @param subject   index of the person among them; PST_MASK_NOBODY: nothing stays to be seen
 */
void pst_mask(struct pst_picture *picture, const struct pst_geometry *geometry,
	const struct pst_wire_face *faces, uint32_t count, uint32_t subject);

#define PST_MASK_NOBODY UINT32_MAX

/** @return the part in which a person is seen, px of the full image; it may reach beyond it */
struct pst_wire_box pst_mask_seen(const struct pst_face *face);

/** @return the part that is masked for the sake of another face, likewise */
struct pst_wire_box pst_mask_hidden(const struct pst_face *face);

#endif

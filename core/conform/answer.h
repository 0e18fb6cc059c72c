/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_ANSWER_H
#define PST_CONFORM_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "conform/exam.h"
#include "postern/extractor.h"
#include "postern/image.h"

/** What a plugin said to one input, in a form that can be compared. Zeroed is a valid empty one. */
struct pst_answer {
	enum pst_pages_guard guard; /* of the buffer; set before the call */
	int status;
	bool spilled;		    /* it wrote outside of the room given */
	struct pst_pages out;	    /* the buffer as left: the kind's own structs */
	uint32_t size;		    /* bytes: what counts of the buffer, 0 on error */
	uint8_t bytes[PST_TEMPLATE_MAX];
};

/** How much of an answer a call has room for. */
#define PST_ROOM_USUAL 0 /* what a worker gives */

/**
 * Shows a picture to a detector, extractor, quality or pad plugin.
 *
 * @param fill  what the buffer holds before
 * @param room  entries or bytes of the buffer, or PST_ROOM_USUAL
 * @return 0 or -ENOMEM
 */
int pst_see(struct pst_trial *trial, const struct pst_image *image, const struct pst_face *face,
	uint8_t fill, uint32_t room, struct pst_answer *ret_answer) PST_MUST_CHECK;

/** Shows a content in its usual shape. @return 0 or -ENOMEM */
int pst_see_content(struct pst_exam *exam, struct pst_trial *trial, enum pst_content content,
	uint8_t fill, struct pst_answer *ret_answer) PST_MUST_CHECK;

/**
 * Has a plugin of any kind do its usual work: see a face, or search a small gallery.
 *
 * @param input  0, 1: different ones
 * @return 0, -ENOMEM, or PST_E_FORMAT a matcher takes no template
 */
int pst_work(struct pst_exam *exam, struct pst_trial *trial, uint32_t input, uint8_t fill,
	struct pst_answer *ret_answer) PST_MUST_CHECK;

bool pst_answers_equal(const struct pst_answer *left, const struct pst_answer *right);

/** Whether a status is one that the kind's header lists. */
bool pst_status_is_listed(uint32_t kind, int status);

/** Whether it says that the input is no good, which is an answer, and not that something broke. */
bool pst_status_is_answer(uint32_t kind, int status);

void pst_answer_close(struct pst_answer *answer);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_GALLERY_H
#define PST_WORKER_GALLERY_H

#include "base/error.h"
#include "wire/message.h"
#include "worker/guest.h"

/**
 * Answers one request to a matcher: ADD, REMOVE, SEAL, VERIFY or SEARCH. What the plugin says is
 * checked: scores within its declared range, candidates sorted, each key once.
 *
 * @param request    its template is the caller's to wipe
 * @param ret_match  on 0 filled, with the matcher's own status
 * @return 0; PST_E_PLUGIN the matcher failed or answered nonsense, with the error filled
 */
int pst_gallery_answer(struct pst_guest *matcher, const struct pst_wire_message *request,
	struct pst_wire_match *ret_match, struct pst_error *error) PST_MUST_CHECK;

/**
 * Answers ADD_BATCH: adds one after the other, up to the first that the matcher does not take.
 *
 * @param adds  its templates are the caller's to wipe
 */
int pst_gallery_answer_adds(struct pst_guest *matcher, const struct pst_wire_adds *adds,
	struct pst_wire_match *ret_match, struct pst_error *error) PST_MUST_CHECK;

/**
 * Answers SEARCH_BATCH, by one search for each probe where the matcher has no call for several;
 * what it says is checked in the same way.
 *
 * @param batch  its probes are the caller's to wipe
 */
int pst_gallery_answer_batch(struct pst_guest *matcher, const struct pst_wire_batch *batch,
	struct pst_wire_matches *ret_matches, struct pst_error *error) PST_MUST_CHECK;

#endif

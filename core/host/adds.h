/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_ADDS_H
#define PST_HOST_ADDS_H

#include "host/worker.h"

/*
 * A whole gallery on its way to a match worker: templates are gathered, travel many in one message,
 * and are added there while the caller gathers the next ones. All calls: [control]
 */

/**
 * Puts a template among those to be added; many travel in one message, when it is full.
 *
 * Between the first and pst_worker_add_rest() no other call may be made of the worker.
 *
 * @return 0 or the matcher's status, of this one or of one before
 */
int pst_worker_add_more(struct pst_worker *worker, uint64_t key, const uint8_t *bytes,
	uint32_t size, uint32_t timeout_ms, struct pst_error *error) PST_MUST_CHECK;

/** Sends what is left and waits until all are added; pst_worker_add_drop() wipes it instead. */
int pst_worker_add_rest(
	struct pst_worker *worker, uint32_t timeout_ms, struct pst_error *error) PST_MUST_CHECK;
void pst_worker_add_drop(struct pst_worker *worker);

#endif

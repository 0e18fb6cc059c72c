/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_LEARN_H
#define PST_HOST_LEARN_H

#include "host/worker.h"

#define PST_LEARN_NUMBERS 1024 /* more than any kernel has calls */

/**
 * Answers for a sealed worker that learns (PST_WORKER_SANDBOX_LEARN): each call outside the table
 * is counted and, unless it was refused before the seal too, let go on. A thread of its own does
 * it, as the worker waits meanwhile.
 */
struct pst_learn;

/**
 * Begins to answer; call it as soon as the worker is ready.
 *
 * @return 0; PST_E_UNSAFE the worker's listener cannot be had; -errno
 */
int pst_learn_start(const struct pst_worker *worker, struct pst_learn **ret_learn,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Stops and sets *learn to NULL. Accepts NULL inside. The worker ends at its next such call.
 *
 * @param ret_counts  calls by number; may be NULL
 */
void pst_learn_stop(struct pst_learn **learn, uint32_t ret_counts[PST_LEARN_NUMBERS]);

/** Writes a call's name, or "unknown". */
void pst_learn_name(int number, char *name, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_WORKERS_H
#define PST_PIPELINE_WORKERS_H

#include <uv.h>

#include "host/worker.h"

struct pst_lane;

/* What the workers answer, and what becomes of them: for lane.c's loop. */

void pst_workers_on_vision(uv_poll_t *handle, int status, int events);
void pst_workers_on_match(uv_poll_t *handle, int status, int events);

/** What follows from one event of the vision worker. */
void pst_workers_take_vision(struct pst_lane *lane, const struct pst_worker_event *event);

#endif

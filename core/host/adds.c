/* SPDX-License-Identifier: Apache-2.0 */
#include "host/adds.h"

#include <string.h>

#include "base/clock.h"
#include "host/worker_impl.h"

static void wipe_gathered(struct pst_worker *worker)
{
	struct pst_wire_adds *adds = &worker->request->adds;

	if (worker->gathering) {
		explicit_bzero(adds->bytes, (size_t)adds->count * adds->size);
		adds->count = 0;
	}
	worker->gathering = false;
}

/* Waits for the answer to the adds that were sent last. */
static int settle_adds(struct pst_worker *worker, struct pst_error *error)
{
	struct pst_worker_event event;

	if (!worker->adding) {
		return 0;
	}
	worker->adding = false;
	int status = pst_worker_answer(worker, PST_WORKER_EVENT_MATCH, &event, error);
	if (status == 0 && event.match->status < 0) {
		status = pst_error_set(error, event.match->status, "matcher %s: %s",
			worker->config.matcher->id, pst_status_text(event.match->status));
	}
	return status;
}

/* The worker adds them while the caller gathers the next ones. */
static int send_gathered(struct pst_worker *worker, uint32_t timeout_ms, struct pst_error *error)
{
	const struct pst_worker_request request = {
		.type = PST_WIRE_ADD_BATCH,
		.limit_ns = (int64_t)timeout_ms * PST_NS_PER_MS,
	};
	int status = settle_adds(worker, error);

	if (status == 0 && worker->gathering) {
		worker->request->type = PST_WIRE_ADD_BATCH;
		status = pst_worker_post_alone(worker, &request, error);
		worker->adding = status == 0;
	}
	wipe_gathered(worker);
	return status;
}

void pst_worker_add_drop(struct pst_worker *worker)
{
	wipe_gathered(worker);
	(void)settle_adds(worker, NULL);
}

int pst_worker_add_rest(struct pst_worker *worker, uint32_t timeout_ms, struct pst_error *error)
{
	int status = send_gathered(worker, timeout_ms, error);

	return status < 0 ? status : settle_adds(worker, error);
}

int pst_worker_add_more(struct pst_worker *worker, uint64_t key, const uint8_t *bytes,
	uint32_t size, uint32_t timeout_ms, struct pst_error *error)
{
	struct pst_wire_adds *adds = &worker->request->adds;
	int status = 0;

	if (size == 0 || size > PST_TEMPLATE_MAX) {
		return pst_error_set(error, PST_E_FORMAT, "a template of %u bytes", size);
	}
	if (worker->gathering && (size != adds->size || adds->count == PST_PROBES_MAX ||
					 (size_t)(adds->count + 1) * size > sizeof(adds->bytes))) {
		status = send_gathered(worker, timeout_ms, error);
	}
	if (status < 0) {
		return status;
	}
	if (!worker->gathering) {
		adds->count = 0;
		adds->size = size;
		worker->gathering = true;
	}
	adds->key[adds->count] = key;
	memcpy(adds->bytes + (size_t)adds->count * size, bytes, size);
	adds->count++;
	return 0;
}

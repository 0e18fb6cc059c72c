/* SPDX-License-Identifier: Apache-2.0 */
#include "host/worker_impl.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"

int pst_worker_send_search(struct pst_worker *worker, const struct pst_slot_frame *frame,
	const struct pst_wire_search *search)
{
	const struct pst_worker_request request = {
		.type = PST_WIRE_FRAME,
		.slot = frame->slot,
		.sequence = frame->sequence,
		.permit = frame->permit,
		.how = search->how,
		.limit_ns = (int64_t)worker->config.hard_ms * PST_NS_PER_MS,
	};

	worker->request->type = PST_WIRE_FRAME;
	worker->request->frame = *frame;
	worker->request->search = *search;
	return pst_worker_post(worker, &request);
}

int pst_worker_send_frame(struct pst_worker *worker, const struct pst_slot_frame *frame)
{
	return pst_worker_send_search(
		worker, frame, &(struct pst_wire_search){.how = PST_WIRE_HOW_WHOLE});
}

int pst_worker_send_extract(struct pst_worker *worker, const struct pst_slot_frame *frame,
	const struct pst_face *face, enum pst_role role)
{
	const struct pst_worker_request request = {
		.type = PST_WIRE_EXTRACT,
		.slot = frame->slot,
		.sequence = frame->sequence,
		.permit = frame->permit,
		.limit_ns = (int64_t)worker->config.hard_ms * PST_NS_PER_MS,
	};

	worker->request->type = PST_WIRE_EXTRACT;
	worker->request->extract = (struct pst_wire_extract){
		.slot = frame->slot,
		.role = role,
		.sequence = frame->sequence,
		.face = *face,
	};
	return pst_worker_post(worker, &request);
}

int pst_worker_send_picture(
	struct pst_worker *worker, const struct pst_slot_frame *frame, const struct pst_face *face)
{
	const struct pst_worker_request request = {
		.type = PST_WIRE_PICTURE,
		.slot = frame->slot,
		.sequence = frame->sequence,
		.permit = frame->permit,
		.limit_ns = (int64_t)worker->config.hard_ms * PST_NS_PER_MS,
	};

	worker->request->type = PST_WIRE_PICTURE;
	worker->request->picture = (struct pst_wire_picture){.slot = frame->slot,
		.sequence = frame->sequence,
		.has_face = face != NULL,
		.face = face ? *face : (struct pst_face){0}};
	return pst_worker_post(worker, &request);
}

int pst_worker_send_reset(struct pst_worker *worker, uint64_t permit, uint32_t limit_ms)
{
	const struct pst_worker_request request = {
		.type = PST_WIRE_RESET,
		.permit = permit,
		.deadline_ns = pst_clock_mono_ns() + (int64_t)limit_ms * PST_NS_PER_MS,
	};

	worker->request->type = PST_WIRE_RESET;
	worker->request->permit = permit;
	return pst_worker_post(worker, &request);
}

/* Deadlines wake the descriptor, so the waits need no time of their own. */
static void wait_for_work(struct pst_worker *worker, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = worker->epoll, .events = POLLIN};

	(void)poll(&poll_fd, 1, timeout_ms);
}

int pst_worker_wait_ready(struct pst_worker *worker, uint32_t timeout_ms, struct pst_error *error)
{
	int64_t deadline = pst_clock_mono_ns() + (int64_t)timeout_ms * PST_NS_PER_MS;
	struct pst_worker_event event;

	while (worker->state != PST_WORKER_STATE_READY) {
		int64_t left = (deadline - pst_clock_mono_ns()) / PST_NS_PER_MS;

		if (pst_worker_step(worker, &event) == 1) {
			pst_worker_keep(worker, &event);
			if (event.type == PST_WORKER_EVENT_DIED) {
				/* A plugin that is never ready is no device that does not answer.
				 */
				return pst_error_set(error,
					event.status == PST_E_TIMEOUT ? PST_E_PLUGIN : event.status,
					"%s", event.text);
			}
			continue;
		}
		if (worker->state == PST_WORKER_STATE_QUARANTINED) {
			return pst_error_set(error, worker->end_status,
				"worker is quarantined, it died too often");
		}
		if (left <= 0) {
			return pst_error_set(error, PST_E_TIMEOUT,
				"worker is not ready after %u ms", timeout_ms);
		}
		wait_for_work(worker, (int)left + 1);
	}
	return 0;
}

int pst_worker_post_alone(struct pst_worker *worker, const struct pst_worker_request *request,
	struct pst_error *error)
{
	if (worker->pending_count > 0) {
		return pst_error_set(error, -EBUSY, "worker has other requests under way");
	}
	return pst_worker_post(worker, request) < 0
		       ? pst_error_set(error, -EAGAIN, "worker is not ready")
		       : 0;
}

int pst_worker_answer(struct pst_worker *worker, enum pst_worker_event_type wanted,
	struct pst_worker_event *ret_event, struct pst_error *error)
{
	for (;;) {
		if (pst_worker_step(worker, ret_event) == 0) {
			wait_for_work(worker, -1);
			continue;
		}
		if (ret_event->type == wanted) {
			return 0;
		}
		if (ret_event->type != PST_WORKER_EVENT_LATE) {
			pst_worker_keep(worker, ret_event);
		}
		if (ret_event->type == PST_WORKER_EVENT_DIED) {
			return pst_error_set(error,
				ret_event->status == PST_E_TIMEOUT ? PST_E_TIMEOUT : PST_E_PLUGIN,
				"%s", ret_event->text);
		}
	}
}

/* Sends worker->request and waits for its answer. */
static int call(struct pst_worker *worker, const struct pst_worker_request *request,
	enum pst_worker_event_type wanted, struct pst_worker_event *ret_event,
	struct pst_error *error)
{
	int status = pst_worker_post_alone(worker, request, error);

	return status < 0 ? status : pst_worker_answer(worker, wanted, ret_event, error);
}

int pst_worker_detect(struct pst_worker *worker, const struct pst_slot_frame *frame,
	uint32_t timeout_ms, const struct pst_wire_faces **ret_faces, struct pst_error *error)
{
	const struct pst_worker_request request = {
		.type = PST_WIRE_FRAME,
		.slot = frame->slot,
		.sequence = frame->sequence,
		.permit = frame->permit,
		.how = PST_WIRE_HOW_WHOLE,
		.limit_ns = (int64_t)timeout_ms * PST_NS_PER_MS,
	};
	struct pst_worker_event event;
	int status;

	worker->request->type = PST_WIRE_FRAME;
	worker->request->frame = *frame;
	worker->request->search = (struct pst_wire_search){.how = PST_WIRE_HOW_WHOLE};
	status = call(worker, &request, PST_WORKER_EVENT_FACES, &event, error);
	if (status < 0) {
		return status;
	}
	if (event.faces->status < 0) {
		return pst_error_set(error, event.faces->status,
			"the picture cannot be decoded: %s", pst_status_text(event.faces->status));
	}
	*ret_faces = event.faces;
	return (int)event.faces->count;
}

int pst_worker_extract(struct pst_worker *worker, const struct pst_slot_frame *frame,
	const struct pst_face *face, enum pst_role role, uint32_t timeout_ms,
	const struct pst_wire_template **ret_template, struct pst_error *error)
{
	const struct pst_worker_request request = {
		.type = PST_WIRE_EXTRACT,
		.slot = frame->slot,
		.sequence = frame->sequence,
		.permit = frame->permit,
		.limit_ns = (int64_t)timeout_ms * PST_NS_PER_MS,
	};
	struct pst_worker_event event;
	int status;

	worker->request->type = PST_WIRE_EXTRACT;
	worker->request->extract = (struct pst_wire_extract){
		.slot = frame->slot,
		.role = role,
		.sequence = frame->sequence,
		.face = *face,
	};
	status = call(worker, &request, PST_WORKER_EVENT_TEMPLATE, &event, error);
	if (status < 0) {
		return status;
	}
	*ret_template = event.template_;
	if (event.template_->status < 0) {
		return pst_error_set(error, event.template_->status, "no template: %s",
			pst_status_text(event.template_->status));
	}
	return (int)event.template_->size;
}

/* Asks the matcher; the template in the request is wiped, whatever comes of it. */
static int ask(struct pst_worker *worker, enum pst_wire_type type, uint32_t timeout_ms,
	const struct pst_wire_match **ret_match, struct pst_error *error)
{
	const struct pst_worker_request request = {
		.type = type,
		.limit_ns = (int64_t)timeout_ms * PST_NS_PER_MS,
	};
	struct pst_worker_event event;
	int status;

	worker->request->type = type;
	status = call(worker, &request, PST_WORKER_EVENT_MATCH, &event, error);
	explicit_bzero(worker->request->query.bytes, worker->request->query.size);
	if (status < 0) {
		return status;
	}
	*ret_match = event.match;
	if (event.match->status < 0) {
		return pst_error_set(error, event.match->status, "matcher %s: %s",
			worker->config.matcher->id, pst_status_text(event.match->status));
	}
	return event.match->status;
}

static int set_query(struct pst_worker *worker, uint64_t key, uint32_t cap, const uint8_t *bytes,
	uint32_t size, struct pst_error *error)
{
	struct pst_wire_query *query = &worker->request->query;

	if (size > sizeof(query->bytes) || (bytes && size == 0)) {
		return pst_error_set(error, PST_E_FORMAT, "a template of %u bytes", size);
	}
	query->key = key;
	query->cap = cap;
	query->size = size;
	if (bytes) {
		memcpy(query->bytes, bytes, size);
	}
	return 0;
}

int pst_worker_add(struct pst_worker *worker, uint64_t key, const uint8_t *bytes, uint32_t size,
	uint32_t timeout_ms, struct pst_error *error)
{
	const struct pst_wire_match *match;
	int status = set_query(worker, key, 0, bytes, size, error);

	return status < 0 ? status : ask(worker, PST_WIRE_ADD, timeout_ms, &match, error);
}

int pst_worker_remove(
	struct pst_worker *worker, uint64_t key, uint32_t timeout_ms, struct pst_error *error)
{
	const struct pst_wire_match *match;
	int status = set_query(worker, key, 0, NULL, 0, error);

	return status < 0 ? status : ask(worker, PST_WIRE_REMOVE, timeout_ms, &match, error);
}

int pst_worker_seal(struct pst_worker *worker, uint32_t timeout_ms, struct pst_error *error)
{
	const struct pst_wire_match *match;

	worker->request->query.size = 0;
	return ask(worker, PST_WIRE_SEAL, timeout_ms, &match, error);
}

int pst_worker_verify(struct pst_worker *worker, const uint8_t *probe, uint32_t size, uint64_t key,
	uint32_t timeout_ms, float *ret_score, struct pst_error *error)
{
	const struct pst_wire_match *match;
	int status = set_query(worker, key, 0, probe, size, error);

	if (status == 0) {
		status = ask(worker, PST_WIRE_VERIFY, timeout_ms, &match, error);
	}
	if (status >= 0) {
		*ret_score = match->score;
	}
	return status;
}

int pst_worker_search(struct pst_worker *worker, const uint8_t *probe, uint32_t size,
	struct pst_candidate *candidates, uint32_t cap, uint32_t timeout_ms,
	struct pst_error *error)
{
	const struct pst_wire_match *match;
	int status = set_query(
		worker, 0, cap < PST_CANDIDATES_MAX ? cap : PST_CANDIDATES_MAX, probe, size, error);

	if (status == 0) {
		status = ask(worker, PST_WIRE_SEARCH, timeout_ms, &match, error);
	}
	if (status < 0) {
		return status;
	}
	if (match->count > cap) {
		return pst_error_set(error, PST_E_PLUGIN, "matcher %s: more candidates than asked",
			worker->config.matcher->id);
	}
	memcpy(candidates, match->candidate, match->count * sizeof(candidates[0]));
	return (int)match->count;
}

/* How many probes of these sizes one message takes. */
static uint32_t most_probes(uint32_t size, uint32_t cap)
{
	uint32_t most = PST_PROBES_MAX;

	most = PST_WIRE_BATCH_BYTES / size < most ? PST_WIRE_BATCH_BYTES / size : most;
	return PST_WIRE_BATCH_CANDIDATES / cap < most ? PST_WIRE_BATCH_CANDIDATES / cap : most;
}

/* One message; the probes in the request are wiped, whatever comes of it. */
static int search_some(struct pst_worker *worker, const uint8_t *probes, uint32_t size,
	uint32_t count, uint32_t cap, uint32_t timeout_ms,
	const struct pst_wire_matches **ret_matches, struct pst_error *error)
{
	const struct pst_worker_request request = {
		.type = PST_WIRE_SEARCH_BATCH,
		.limit_ns = (int64_t)timeout_ms * PST_NS_PER_MS,
	};
	struct pst_wire_batch *batch = &worker->request->batch;
	struct pst_worker_event event;
	int status;

	worker->request->type = PST_WIRE_SEARCH_BATCH;
	batch->cap = cap;
	batch->count = count;
	batch->size = size;
	memcpy(batch->bytes, probes, (size_t)count * size);
	status = call(worker, &request, PST_WORKER_EVENT_MATCHES, &event, error);
	explicit_bzero(batch->bytes, (size_t)count * size);
	if (status < 0) {
		return status;
	}
	if (event.matches->status < 0) {
		return pst_error_set(error, event.matches->status, "matcher %s: %s",
			worker->config.matcher->id, pst_status_text(event.matches->status));
	}
	if (event.matches->count != count || event.matches->cap != cap) {
		return pst_error_set(error, PST_E_PLUGIN,
			"matcher %s: an answer for %u probes in place of %u",
			worker->config.matcher->id, event.matches->count, count);
	}
	*ret_matches = event.matches;
	return 0;
}

int pst_worker_search_batch(struct pst_worker *worker, const uint8_t *probes, uint32_t size,
	uint32_t count, struct pst_candidate *candidates, uint32_t cap, uint32_t *ret_counts,
	uint32_t timeout_ms, struct pst_error *error)
{
	uint32_t most;

	if (size == 0 || size > PST_TEMPLATE_MAX || cap == 0 || cap > PST_CANDIDATES_MAX) {
		return pst_error_set(error, PST_E_FORMAT,
			"probes of %u bytes, %u candidates of each", size, cap);
	}
	most = most_probes(size, cap);
	for (uint32_t first = 0; first < count; first += most) {
		uint32_t some = count - first < most ? count - first : most;
		const struct pst_wire_matches *matches = NULL;
		int status = search_some(worker, probes + (size_t)first * size, size, some, cap,
			timeout_ms, &matches, error);

		if (status < 0) {
			return status;
		}
		for (uint32_t i = 0; i < some; i++) {
			memcpy(candidates + (size_t)(first + i) * cap, matches->candidate + i * cap,
				matches->found[i] * sizeof(candidates[0]));
		}
		memcpy(ret_counts + first, matches->found, some * sizeof(ret_counts[0]));
	}
	return 0;
}

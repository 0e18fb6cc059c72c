/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker answers is held against what it was asked. */
#include "host/worker_impl.h"

static const struct pst_worker_request *expect(struct pst_worker *worker, enum pst_wire_type type)
{
	const struct pst_worker_request *head = &worker->pending[0];

	return worker->pending_count > 0 && head->type == type ? head : NULL;
}

bool pst_worker_take_faces(struct pst_worker *worker, struct pst_worker_event *event)
{
	const struct pst_wire_faces *faces = &worker->message->faces;
	const struct pst_worker_request *head = expect(worker, PST_WIRE_FRAME);

	if (!head || faces->sequence != head->sequence || faces->permit != head->permit ||
		faces->slot != head->slot ||
		(faces->how == PST_WIRE_HOW_NEAR && head->how != PST_WIRE_HOW_NEAR)) {
		return false;
	}
	if (pst_worker_is_counted(head)) {
		worker->counts.answered++;
		worker->counts.damaged += faces->status < 0;
	}
	event->type = PST_WORKER_EVENT_FACES;
	event->sequence = faces->sequence;
	event->permit = faces->permit;
	event->faces = faces;
	return true;
}

bool pst_worker_take_template(struct pst_worker *worker, struct pst_worker_event *event)
{
	struct pst_wire_template *template_ = &worker->message->template_;
	const struct pst_worker_request *head = expect(worker, PST_WIRE_EXTRACT);

	if (!head || template_->sequence != head->sequence || template_->slot != head->slot ||
		(template_->status >= 0 &&
			(!worker->config.extractor || template_->permit != head->permit ||
				template_->size !=
					worker->config.extractor->manifest->template_.size))) {
		return false;
	}
	template_->permit = head->permit;
	event->type = PST_WORKER_EVENT_TEMPLATE;
	event->sequence = head->sequence;
	event->permit = head->permit;
	event->template_ = template_;
	return true;
}

/* A JPEG from its first marker to its last, and nothing else. */
static bool is_jpeg(const uint8_t *bytes, uint32_t size)
{
	return bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[size - 2] == 0xff &&
	       bytes[size - 1] == 0xd9;
}

bool pst_worker_take_masked(struct pst_worker *worker, struct pst_worker_event *event)
{
	struct pst_wire_masked *masked = &worker->message->masked;
	const struct pst_worker_request *head = expect(worker, PST_WIRE_PICTURE);

	if (!head || masked->sequence != head->sequence || masked->slot != head->slot ||
		(masked->status == 0 && (masked->permit != head->permit ||
						!is_jpeg(masked->bytes, masked->size)))) {
		return false;
	}
	masked->permit = head->permit;
	event->type = PST_WORKER_EVENT_MASKED;
	event->sequence = head->sequence;
	event->permit = head->permit;
	event->masked = masked;
	return true;
}

bool pst_worker_take_reset(struct pst_worker *worker, struct pst_worker_event *event)
{
	const struct pst_wire_reset_done *done = &worker->message->reset_done;
	const struct pst_worker_request *head = expect(worker, PST_WIRE_RESET);

	/* The worker's own count of frames must be the lane's. */
	if (!head || done->permit != head->permit ||
		done->frames != worker->life_frames - pst_worker_pending(worker)) {
		return false;
	}
	event->type = PST_WORKER_EVENT_RESET;
	event->permit = done->permit;
	event->taken = done->taken;
	event->extracts = done->extracts;
	return true;
}

bool pst_worker_take_match(struct pst_worker *worker, struct pst_worker_event *event)
{
	const struct pst_worker_request *head = &worker->pending[0];

	if (worker->pending_count == 0 || head->type < PST_WIRE_ADD ||
		head->type > PST_WIRE_SEARCH) {
		return false;
	}
	event->type = PST_WORKER_EVENT_MATCH;
	event->match = &worker->message->match;
	return true;
}

bool pst_worker_take_matches(struct pst_worker *worker, struct pst_worker_event *event)
{
	event->type = PST_WORKER_EVENT_MATCHES;
	event->matches = &worker->message->matches;
	return expect(worker, PST_WIRE_SEARCH_BATCH) != NULL;
}

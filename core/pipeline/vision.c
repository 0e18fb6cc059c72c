/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/vision.h"

#include <assert.h>
#include <errno.h>

#define START_TIMEOUT_MS 60000

int pst_vision_open(struct pst_vision *vision, const struct pst_worker_config *config, bool spare,
	uint32_t follow, struct pst_error *error)
{
	struct pst_worker_config worker = *config;
	const struct pst_slots_config slots = {
		.format = config->format, .width = config->width, .height = config->height};

	*vision = (struct pst_vision){.renews = config->sandbox == PST_WORKER_SANDBOX_STRICT,
		.follow = {.every = follow},
		.sent = -1,
		.waiting = -1,
		.extracting = -1,
		.showing = -1};
	int status = pst_slots_create(&slots, &vision->slots, error);
	if (status == 0 && spare) {
		status = pst_slots_create(&slots, &vision->others, error);
	}
	if (status == 0) {
		worker.kind = PST_WORKER_VISION;
		worker.slots = vision->slots;
		worker.spare_slots = vision->others;
		status = pst_worker_create(&worker, &vision->worker, error);
	}
	if (status == 0) {
		status = pst_worker_wait_ready(vision->worker, START_TIMEOUT_MS, error);
		pst_error_prefix(error, "plugins %s and %s", config->detector->id,
			config->extractor ? config->extractor->id : "none");
	}
	if (status < 0) {
		pst_vision_close(vision);
	}
	return status;
}

void pst_vision_open_sink(struct pst_vision *vision, const struct pst_sink *sink)
{
	*vision = (struct pst_vision){
		.sink = sink, .sent = -1, .waiting = -1, .extracting = -1, .showing = -1};
}

void pst_vision_close(struct pst_vision *vision)
{
	pst_worker_destroy(&vision->worker);
	pst_slots_destroy(&vision->slots);
	pst_slots_destroy(&vision->others);
}

bool pst_vision_is_ready(const struct pst_vision *vision)
{
	return vision->sink ||
	       (!vision->renewing && pst_worker_state(vision->worker) == PST_WORKER_STATE_READY);
}

bool pst_vision_is_idle(const struct pst_vision *vision)
{
	return pst_vision_is_ready(vision) && vision->sent < 0 && vision->waiting < 0 &&
	       vision->extracting < 0 && vision->showing < 0 && vision->wiping == 0;
}

bool pst_vision_has_room_ahead(const struct pst_vision *vision)
{
	return pst_vision_is_ready(vision) && vision->sent >= 0 && vision->waiting < 0;
}

static void free_slot(struct pst_vision *vision, int *slot)
{
	if (*slot >= 0) {
		pst_slots_wipe(vision->slots, (uint32_t)*slot);
		*slot = -1;
	}
}

static int send_frame(struct pst_vision *vision, const struct pst_slot_frame *frame)
{
	const struct pst_wire_box *box = pst_follow_next(&vision->follow);

	const struct pst_wire_search near = {
		.how = PST_WIRE_HOW_NEAR, .near = box ? *box : (struct pst_wire_box){0}};

	return box ? pst_worker_send_search(vision->worker, frame, &near)
		   : pst_worker_send_frame(vision->worker, frame);
}

static void send_waiting(struct pst_vision *vision)
{
	if (vision->waiting < 0 || vision->sent >= 0 || vision->extracting >= 0 ||
		vision->showing >= 0) {
		return;
	}
	if (send_frame(vision, &vision->frame[vision->waiting]) == 0) {
		vision->sent = vision->waiting;
		vision->waiting = -1;
	}
}

static void replace_waiting(struct pst_vision *vision)
{
	free_slot(vision, &vision->waiting);
	vision->replaced++;
	vision->unsent++;
}

int pst_vision_lease(struct pst_vision *vision, const struct pst_frame *frame, uint64_t permit,
	struct pst_error *error)
{
	struct pst_slot_frame leased;

	assert(permit != 0);
	if (vision->sink) {
		int kept = vision->sink->put(vision->sink->user, frame, error);

		vision->sunk += kept == 0;
		return kept;
	}
	if (!pst_vision_is_ready(vision)) {
		return -EAGAIN;
	}
	int slot = pst_slots_free_index(vision->slots);
	if (slot < 0) {
		return -EAGAIN;
	}
	int status = pst_slots_put(vision->slots, (uint32_t)slot, frame, permit, &leased, error);
	if (status < 0) {
		return status;
	}
	if (vision->waiting >= 0) {
		replace_waiting(vision);
	}
	if (vision->newest != permit) {
		vision->newest = permit;
		vision->unsent = 0;
	}
	vision->permit = permit;
	vision->frame[slot] = leased;
	vision->waiting = slot;
	send_waiting(vision);
	return 0;
}

bool pst_vision_search_again(struct pst_vision *vision, const struct pst_wire_faces *faces)
{
	const struct pst_wire_search again = {.how = PST_WIRE_HOW_AGAIN};

	return vision->sent >= 0 && faces->slot == (uint32_t)vision->sent &&
	       faces->how == PST_WIRE_HOW_NEAR &&
	       pst_worker_send_search(vision->worker, &vision->frame[vision->sent], &again) == 0;
}

void pst_vision_settle(struct pst_vision *vision, const struct pst_wire_faces *faces,
	const struct pst_face *face, enum pst_role role)
{
	if (vision->sent < 0 || faces->slot != (uint32_t)vision->sent) {
		return;
	}
	if (face && pst_worker_send_extract(
			    vision->worker, &vision->frame[vision->sent], face, role) == 0) {
		vision->extracting = vision->sent;
		vision->sent = -1;
		return;
	}
	free_slot(vision, &vision->sent);
	send_waiting(vision);
}

void pst_vision_release(struct pst_vision *vision, uint32_t slot)
{
	if (vision->extracting >= 0 && slot == (uint32_t)vision->extracting) {
		free_slot(vision, &vision->extracting);
		send_waiting(vision);
	}
}

bool pst_vision_show(
	struct pst_vision *vision, const struct pst_wire_faces *faces, const struct pst_face *face)
{
	if (vision->sent < 0 || faces->slot != (uint32_t)vision->sent ||
		faces->how != PST_WIRE_HOW_WHOLE ||
		pst_worker_send_picture(vision->worker, &vision->frame[vision->sent], face) < 0) {
		return false;
	}
	vision->showing = vision->sent;
	vision->sent = -1;
	return true;
}

void pst_vision_shown(struct pst_vision *vision, uint32_t slot)
{
	if (vision->showing >= 0 && slot == (uint32_t)vision->showing) {
		free_slot(vision, &vision->showing);
		send_waiting(vision);
	}
}

void pst_vision_drop_older(struct pst_vision *vision, int64_t captured_ns)
{
	if (vision->waiting >= 0 && vision->frame[vision->waiting].captured_ns < captured_ns) {
		replace_waiting(vision);
	}
}

void pst_vision_forget(struct pst_vision *vision)
{
	if (vision->waiting >= 0) {
		vision->wiped++;
		vision->unsent++;
	}
	if (vision->slots) {
		pst_slots_wipe_all(vision->slots);
	}
	vision->sent = -1;
	vision->waiting = -1;
	vision->extracting = -1;
	vision->showing = -1;
	vision->permit = 0;
	vision->wiping = 0;
	pst_follow_forget(&vision->follow);
}

void pst_vision_resume(struct pst_vision *vision)
{
	if (pst_worker_slots(vision->worker) == vision->others) {
		struct pst_slots *used = vision->slots;

		vision->slots = vision->others;
		vision->others = used;
	}
}

uint64_t pst_vision_puts(const struct pst_vision *vision)
{
	return pst_slots_puts(vision->slots) +
	       (vision->others ? pst_slots_puts(vision->others) : 0);
}

void pst_vision_reset(struct pst_vision *vision, uint32_t limit_ms)
{
	uint64_t permit = vision->permit;
	uint64_t wiping = vision->wiping;

	pst_vision_forget(vision);
	vision->wiping = permit ? permit : wiping;
	if (permit != 0 && pst_worker_send_reset(vision->worker, permit, limit_ms) < 0) {
		pst_worker_kill(vision->worker);
	} else {
		vision->renewing |= vision->renews && vision->wiping != 0;
	}
}

void pst_vision_confirm(struct pst_vision *vision, uint64_t permit)
{
	if (vision->wiping == permit) {
		vision->wiping = 0;
	}
}

void pst_vision_renew(struct pst_vision *vision)
{
	if (vision->renewing && vision->wiping == 0) {
		vision->renewals++;
		pst_worker_kill(vision->worker);
	}
}

bool pst_vision_is_renewed(const struct pst_vision *vision, int32_t status)
{
	return vision->renewing && vision->wiping == 0 && status == -ECANCELED;
}

bool pst_vision_end_renewal(struct pst_vision *vision)
{
	bool renewed = vision->renewing;

	vision->renewing = false;
	return renewed;
}

uint64_t pst_vision_unsent(const struct pst_vision *vision, uint64_t permit)
{
	return vision->newest == permit ? vision->unsent : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/workers.h"

#include <errno.h>

#include "base/clock.h"
#include "pipeline/impl.h"

#define VISION_PLUGINS 4

static enum pst_events_failure failure_of(int status)
{
	switch (status) {
	case PST_E_TIMEOUT:
	case -ECANCELED: /* it had not wiped in time */
		return PST_EVENTS_FAILURE_HUNG;
	case PST_E_ABI:
	case PST_E_CONFIG:
		return PST_EVENTS_FAILURE_START;
	case PST_E_UNSAFE:
		return PST_EVENTS_FAILURE_REFUSED;
	case PST_E_CORRUPT:
	case PST_E_FORMAT:
		return PST_EVENTS_FAILURE_PROTOCOL;
	default:
		return PST_EVENTS_FAILURE_CRASHED;
	}
}

static void worker_died(
	struct pst_lane *lane, enum pst_events_worker worker, const struct pst_worker_event *event)
{
	enum pst_events_failure cause = failure_of(event->status);

	lane->summary.deaths++;
	lane->died_ns = pst_clock_mono_ns();
	pst_events_worker_failed(lane->spec.events, lane->now_ns, worker, cause, event->text);
	pst_books_died(lane, worker == PST_EVENTS_WORKER_VISION ? "vision" : "match",
		pst_events_failure_name(cause));
}

/* Under the hash of each library that was in the process: nobody knows which one it was. */
static void worker_quarantined(struct pst_lane *lane, enum pst_events_worker worker,
	const struct pst_plugin *const *plugins, size_t count, const char *text)
{
	struct pst_events_plugin list[VISION_PLUGINS];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (plugins[i]) {
			list[used++] = (struct pst_events_plugin){
				plugins[i]->id, plugins[i]->manifest->digest};
		}
	}
	pst_events_worker_quarantined(lane->spec.events, lane->now_ns, worker, list, used, text);
	pst_record_worker_quarantined(
		lane, worker == PST_EVENTS_WORKER_VISION ? "vision" : "match", list, used);
}

static void worker_ready(struct pst_lane *lane, enum pst_events_worker worker, uint32_t starts)
{
	if (starts < 2) {
		return;
	}
	pst_events_worker_restarted(lane->spec.events, lane->now_ns, worker, starts - 1,
		pst_clock_mono_ns() - lane->died_ns);
}

static void vision_quarantined(struct pst_lane *lane, const char *text)
{
	const struct pst_plugin *const plugins[VISION_PLUGINS] = {
		lane->spec.detector, lane->spec.quality, lane->spec.pad, lane->spec.extractor};

	lane->vision_lost = true;
	worker_quarantined(lane, PST_EVENTS_WORKER_VISION, plugins, VISION_PLUGINS, text);
	(void)pst_script_break(lane);
}

/* Another process after a permit is no news; one after a death is. */
static void vision_ready(struct pst_lane *lane)
{
	struct pst_vision *vision = &lane->vision;

	if (!pst_vision_end_renewal(vision)) {
		worker_ready(lane, PST_EVENTS_WORKER_VISION,
			pst_worker_counts(vision->worker).starts - vision->renewals);
	}
}

static void vision_died(struct pst_lane *lane, const struct pst_worker_event *event)
{
	bool renewed = pst_vision_is_renewed(&lane->vision, event->status);

	pst_vision_forget(&lane->vision);
	pst_vision_resume(&lane->vision);
	if (!renewed) {
		(void)pst_vision_end_renewal(&lane->vision);
		worker_died(lane, PST_EVENTS_WORKER_VISION, event);
	}
}

static void vision_wiped(struct pst_lane *lane, const struct pst_worker_event *event)
{
	pst_vision_confirm(&lane->vision, event->permit);
	pst_books_wiped(lane, event);
	if (!lane->over) {
		pst_vision_renew(&lane->vision);
	}
}

static void tell_stage(const struct pst_lane *lane, enum pst_stage stage, uint32_t us)
{
	lane->spec.stage(lane->spec.user, stage, (int64_t)us * 1000);
}

static void tell_faces(const struct pst_lane *lane, const struct pst_wire_faces *faces)
{
	bool near = faces->how == PST_WIRE_HOW_NEAR;

	tell_stage(lane, near ? PST_STAGE_DECODE_NEAR : PST_STAGE_DECODE_WHOLE, faces->decode_us);
	if (faces->status == 0) {
		tell_stage(lane, near ? PST_STAGE_DETECT_NEAR : PST_STAGE_DETECT_WHOLE,
			faces->detect_us);
		tell_stage(lane, PST_STAGE_QUALITY, faces->quality_us);
	}
}

static void tell_template(const struct pst_lane *lane, const struct pst_wire_template *template)
{
	tell_stage(lane, PST_STAGE_ALIGN, template->align_us);
	if (lane->spec.pad) {
		tell_stage(lane, PST_STAGE_PAD, template->pad_us);
	}
	tell_stage(lane, PST_STAGE_EXTRACT, template->extract_us);
}

void pst_workers_take_vision(struct pst_lane *lane, const struct pst_worker_event *event)
{
	switch (event->type) {
	case PST_WORKER_EVENT_FACES:
		if (lane->spec.stage) {
			tell_faces(lane, event->faces);
		}
		pst_traveler_faces(lane, event->faces);
		break;
	case PST_WORKER_EVENT_TEMPLATE:
		if (lane->spec.stage) {
			tell_template(lane, event->template_);
		}
		pst_traveler_template(lane, event->template_);
		break;
	case PST_WORKER_EVENT_MASKED:
		pst_picture_take(lane, event->masked);
		break;
	case PST_WORKER_EVENT_READY:
		vision_ready(lane);
		break;
	case PST_WORKER_EVENT_DIED:
		vision_died(lane, event);
		break;
	case PST_WORKER_EVENT_QUARANTINED:
		vision_quarantined(lane, event->text);
		break;
	case PST_WORKER_EVENT_LATE:
		pst_events_warning(lane->spec.events, lane->now_ns,
			"vision worker: frame %llu takes long",
			(unsigned long long)event->sequence);
		break;
	case PST_WORKER_EVENT_LOG:
		pst_events_warning(lane->spec.events, lane->now_ns, "%s", event->text);
		break;
	case PST_WORKER_EVENT_RESET:
		vision_wiped(lane, event);
		break;
	case PST_WORKER_EVENT_NONE:
	case PST_WORKER_EVENT_MATCH:
	case PST_WORKER_EVENT_MATCHES:
		break;
	}
}

void pst_workers_on_vision(uv_poll_t *handle, int status, int events)
{
	struct pst_lane *lane = handle->data;
	struct pst_worker_event event;

	pst_lane_catch_up(lane);
	pst_source_freshen(lane);
	while (pst_worker_receive(lane->vision.worker, &event) == 1) {
		pst_workers_take_vision(lane, &event);
		pst_source_keep_ahead(lane);
	}
	pst_lane_advance(lane);
}

/* A worker that was started again has an empty gallery. */
static void match_ready(struct pst_lane *lane)
{
	uint32_t starts = pst_worker_counts(lane->match.worker).starts;
	struct pst_error error = {0};

	worker_ready(lane, PST_EVENTS_WORKER_MATCH, starts);
	if (starts > 1 && pst_match_reload(&lane->match, pst_clock_wall_s(), &error) < 0) {
		pst_events_warning(
			lane->spec.events, lane->now_ns, "gallery not handed over: %s", error.text);
	}
}

static void match_event(struct pst_lane *lane, const struct pst_worker_event *event)
{
	switch (event->type) {
	case PST_WORKER_EVENT_DIED:
		worker_died(lane, PST_EVENTS_WORKER_MATCH, event);
		break;
	case PST_WORKER_EVENT_READY:
		match_ready(lane);
		break;
	case PST_WORKER_EVENT_QUARANTINED:
		worker_quarantined(
			lane, PST_EVENTS_WORKER_MATCH, &lane->spec.matcher, 1, event->text);
		break;
	case PST_WORKER_EVENT_LOG:
		pst_events_warning(lane->spec.events, lane->now_ns, "%s", event->text);
		break;
	case PST_WORKER_EVENT_NONE:
	case PST_WORKER_EVENT_FACES:
	case PST_WORKER_EVENT_TEMPLATE:
	case PST_WORKER_EVENT_MASKED:
	case PST_WORKER_EVENT_RESET:
	case PST_WORKER_EVENT_MATCH:
	case PST_WORKER_EVENT_MATCHES:
	case PST_WORKER_EVENT_LATE:
		break;
	}
}

void pst_workers_on_match(uv_poll_t *handle, int status, int events)
{
	struct pst_lane *lane = handle->data;
	struct pst_worker_event event;

	pst_lane_catch_up(lane);
	while (pst_worker_receive(lane->match.worker, &event) == 1) {
		match_event(lane, &event);
	}
	pst_lane_advance(lane);
}

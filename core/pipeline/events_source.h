/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_EVENTS_SOURCE_H
#define PST_PIPELINE_EVENTS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

/* What a lane tells of its source; a part of pipeline/events.h, which includes it. */
struct pst_events;
struct pst_events_frames;

struct pst_events_source {
	const char *uri;
	const char *name;
	const char *driver;
	const char *format;
	uint32_t width;	 /* px */
	uint32_t height; /* px */
	double fps;	 /* 0: unknown */
	bool live;
	const char *domain; /* photograph, drawn */
	const char *choice; /* why this mode and no other; NULL: there was nothing to choose */
};
void pst_events_source_opened(
	struct pst_events *events, int64_t now_ns, const struct pst_events_source *source);
enum pst_events_lost {
	PST_EVENTS_LOST_FAILED = 0,
	PST_EVENTS_LOST_UNPLUGGED,
	PST_EVENTS_LOST_STALLED, /* it streams, but gives no frame */
	PST_EVENTS_LOST_WEDGED,	 /* it is there and answers nothing */
};
void pst_events_source_lost(
	struct pst_events *events, int64_t now_ns, const char *text, enum pst_events_lost cause);
void pst_events_source_mismatch(struct pst_events *events, int64_t now_ns, const char *text);

/** @param ready_ns  from its node to its first whole frame; negative: it doesn't stream yet */
void pst_events_source_returned(
	struct pst_events *events, int64_t now_ns, int64_t away_ns, int64_t ready_ns);
void pst_events_source_failed(
	struct pst_events *events, int64_t now_ns, const char *text, int64_t retry_ns);
void pst_events_source_ended(
	struct pst_events *events, int64_t now_ns, const struct pst_events_frames *frames);

#endif

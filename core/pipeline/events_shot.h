/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_EVENTS_SHOT_H
#define PST_PIPELINE_EVENTS_SHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What became of a person's pictures; a part of pipeline/events.h, which includes it. */
struct pst_events;

/** One quality measure of a shot. */
struct pst_events_component {
	const char *name; /* by ISO/IEC 29794-5 */
	uint32_t score;	  /* 0..100 */
};

struct pst_events_shot {
	uint32_t face_px; /* width of the face box */
	uint32_t quality; /* 0..100 */
	const struct pst_events_component *components;
	size_t component_count;
	uint32_t faces; /* most in view at once, >= 1 */
};
void pst_events_encounter_captured(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	const struct pst_events_shot *shot);

/** The answer to one question of presentation attack detection. */
struct pst_events_finding {
	const char *answer; /* "pass", "fail", "uncertain", "missing", "error" */
	bool required;
	const char *reason; /* the detector's own words; "" for none */
};

struct pst_events_pad {
	bool clear; /* false: the person is referred to a human */
	struct pst_events_finding impersonation;
	struct pst_events_finding evasion;
};
void pst_events_pad_result(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	const struct pst_events_pad *pad);

#endif

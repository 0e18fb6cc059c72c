/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/subject.h"

#include <stdbool.h>
#include <stddef.h>

static bool is_in_zone(const struct pst_face *face, const struct pst_zone *zone)
{
	float x = face->x + face->width / 2;
	float y = face->y + face->height / 2;

	return x >= zone->x && x < zone->x + zone->width && y >= zone->y &&
	       y < zone->y + zone->height;
}

static enum pst_capture_reason reason_of(const struct pst_quality *quality)
{
	static const struct {
		uint32_t flag;
		enum pst_capture_reason reason;
	} reasons[] = {
		{PST_QUALITY_TOO_SMALL, PST_CAPTURE_REASON_TOO_SMALL},
		{PST_QUALITY_TOO_DARK, PST_CAPTURE_REASON_TOO_DARK},
		{PST_QUALITY_TOO_BRIGHT, PST_CAPTURE_REASON_TOO_BRIGHT},
		{PST_QUALITY_TURNED, PST_CAPTURE_REASON_TURNED},
		{PST_QUALITY_BLURRED, PST_CAPTURE_REASON_BLURRED},
	};

	if (quality->count == 0) {
		return PST_CAPTURE_REASON_TOO_SMALL; /* so many wider ones were in view */
	}
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (quality->flags & reasons[i].flag) {
			return reasons[i].reason;
		}
	}
	return PST_CAPTURE_REASON_UNSET;
}

void pst_subject_pick(const struct pst_wire_faces *faces, const struct pst_zone *zone,
	uint32_t min_width_px, struct pst_subject *ret_subject)
{
	const struct pst_wire_face *widest = NULL;
	float second = 0;

	for (uint32_t i = 0; i < faces->count; i++) {
		const struct pst_wire_face *at = &faces->face[i];

		if (!is_in_zone(&at->face, zone)) {
			continue;
		}
		if (!widest || at->face.width > widest->face.width) {
			second = widest ? widest->face.width : second;
			widest = at;
		} else if (at->face.width > second) {
			second = at->face.width;
		}
	}
	*ret_subject = (struct pst_subject){.bystanders = faces->count};
	if (!widest) {
		ret_subject->reason = PST_CAPTURE_REASON_NO_FACE;
		return;
	}
	if (second >= PST_SUBJECT_RIVAL * widest->face.width) {
		ret_subject->reason = PST_CAPTURE_REASON_SEVERAL_FACES;
		return;
	}
	ret_subject->face = widest;
	ret_subject->bystanders = faces->count - 1;
	ret_subject->reason = widest->face.width < (float)min_width_px
				      ? PST_CAPTURE_REASON_TOO_SMALL
				      : reason_of(&widest->quality);
}

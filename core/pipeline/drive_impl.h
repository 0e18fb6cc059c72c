/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_DRIVE_IMPL_H
#define PST_PIPELINE_DRIVE_IMPL_H

#include "config/lane.h"
#include "pipeline/drive.h"

/* What drive.c keeps in a lane, and what the lane calls; nobody outside this room includes it. */

#define PST_DRIVE_CLOSED_MAX 1024

/** What a lane remembers that is driven from outside. */
struct pst_drive {
	char display[PST_LANE_TEXT_SIZE];  /* of the latest heartbeat */
	char version[PST_LANE_TEXT_SIZE];  /* of the notice that it showed */
	char language[PST_LANE_TEXT_SIZE]; /* "": it did not say */
	int64_t heard_ns;		   /* the lane's clock */
	char category[PST_LANE_TEXT_SIZE]; /* of who is there, for traveler.person */
	char known_by[PST_LANE_TEXT_SIZE];
	char age_band[PST_LANE_TEXT_SIZE];
	char direction[PST_LANE_TEXT_SIZE];
	char environment[PST_LANE_TEXT_SIZE];
	char subject[PST_LANE_TEXT_SIZE];
	uint32_t overrides;		 /* tried on who is there */
	struct pst_drive_closed *closed; /* owned; PST_DRIVE_CLOSED_MAX, by number; NULL without
					    a driver */
};

/** @return when a display's silence or a person's time has to be acted on, on the lane's clock */
int64_t pst_drive_due_ns(const struct pst_lane *lane);
void pst_drive_advance(struct pst_lane *lane);

/** Keeps how an encounter ended, for its review, and tells it to the driver. @param receipt  or
 * NULL
 */
void pst_drive_remember(
	struct pst_lane *lane, const struct pst_events_closed *closed, const char *receipt);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_METRICS_H
#define PST_CONSOLE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "console/exposition.h"
#include "console/lane.h"

/* Figures of all lanes for a Prometheus server; nothing in them is of a person. */

/** A lane, as the figures show it. */
struct pst_metrics_lane {
	const char *name;
	bool here;
	int64_t age_ms;	      /* of the status */
	const json_t *status; /* NULL: never heard of */
	const json_t *health; /* NULL: it did not say; its figures are left out */
	size_t subscribers;   /* browsers */
	const struct pst_console_lane_counts *counts;
};

/** Writes the figures of lanes. What a lane's health does not hold is left out. */
void pst_metrics_write(
	struct pst_exposition *to, const struct pst_metrics_lane *lanes, size_t count);

#endif

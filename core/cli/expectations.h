/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_EXPECTATIONS_H
#define PST_CLI_EXPECTATIONS_H

#include <stdio.h>

#include <jansson.h>

#include "pipeline/lane.h"

/** What a scenario expected, told with the events that decided it. Zeroed is a valid empty one. */
struct pst_cli_expectations {
	json_t *lines; /* owned: the events of the encounter under way, from its opening on */
};

/** Hears the lane's events from now on. @param events  outlives the expectations */
void pst_cli_expectations_hear(
	struct pst_cli_expectations *expectations, struct pst_events *events);

/** Prints each expectation of a closed encounter; under one not met the lines that decided. */
void pst_cli_expectations_print(const struct pst_cli_expectations *expectations, FILE *out,
	const struct pst_lane_closed *closed);

/** @return the same as a JSON array, the caller's */
json_t *pst_cli_expectations_json(
	const struct pst_cli_expectations *expectations, const struct pst_lane_closed *closed);

/** Prints "5 expectations met, 0 not", if there were any. */
void pst_cli_expectations_sum(const struct pst_lane_summary *summary, FILE *out);

void pst_cli_expectations_finish(struct pst_cli_expectations *expectations);

#endif

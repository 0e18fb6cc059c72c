/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_EXPECT_H
#define PST_PIPELINE_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "config/scenario.h"
#include "pipeline/events.h"

#define PST_EXPECTATIONS_MAX 5 /* outcome, verdict, rule, leased, withheld */

/** One thing that a scenario expected of an encounter, and what came. */
struct pst_expectation {
	const char *what; /* "outcome", "verdict", "rule", "leased", "withheld" */
	char wanted[PST_SCENARIO_TEXT_SIZE];
	char got[PST_SCENARIO_TEXT_SIZE];
	bool met;
};

/**
 * Holds a closed encounter against all that its scenario expects of it.
 *
 * @param recorded  its frames went into a recording: what a match would have said, and how many
 *                  frames it would have taken, can't be expected then; that none was leased can
 * @return expectations written, 0..PST_EXPECTATIONS_MAX, in the order above
 */
size_t pst_expect_check(const struct pst_scenario_expect *expect,
	const struct pst_events_closed *closed, bool recorded,
	struct pst_expectation ret_expectations[PST_EXPECTATIONS_MAX]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/expect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct checks {
	struct pst_expectation *expectation;
	size_t count;
};

static void check_text(struct checks *checks, const char *what, const char *wanted, const char *got)
{
	struct pst_expectation *next = &checks->expectation[checks->count];

	if (!wanted[0]) {
		return;
	}
	*next = (struct pst_expectation){.what = what, .met = strcmp(wanted, got) == 0};
	(void)snprintf(next->wanted, sizeof(next->wanted), "%s", wanted);
	(void)snprintf(next->got, sizeof(next->got), "%s", got);
	checks->count++;
}

static void check_count(struct checks *checks, const char *what,
	const struct pst_scenario_count *wanted, uint64_t got)
{
	struct pst_expectation *next = &checks->expectation[checks->count];

	if (!wanted->expected) {
		return;
	}
	*next = (struct pst_expectation){.what = what, .met = pst_scenario_count_met(wanted, got)};
	if (wanted->low == wanted->high) {
		(void)snprintf(next->wanted, sizeof(next->wanted), "%" PRIu64, wanted->low);
	} else if (wanted->high == INT64_MAX) {
		(void)snprintf(next->wanted, sizeof(next->wanted), "%" PRIu64 "..", wanted->low);
	} else {
		(void)snprintf(next->wanted, sizeof(next->wanted), "%" PRIu64 "..%" PRIu64,
			wanted->low, wanted->high);
	}
	(void)snprintf(next->got, sizeof(next->got), "%" PRIu64, got);
	checks->count++;
}

size_t pst_expect_check(const struct pst_scenario_expect *expect,
	const struct pst_events_closed *closed, bool recorded,
	struct pst_expectation ret_expectations[PST_EXPECTATIONS_MAX])
{
	struct checks checks = {.expectation = ret_expectations};
	bool none = expect->leased.expected && expect->leased.high == 0;

	if (!recorded) {
		check_text(&checks, "outcome", expect->outcome, pst_outcome_name(closed->outcome));
	}
	check_text(&checks, "verdict", expect->verdict, pst_verdict_name(closed->verdict));
	check_text(&checks, "rule", expect->rule, closed->rule);
	if (!recorded || none) {
		check_count(&checks, "leased", &expect->leased, closed->frames.leased);
	}
	if (!recorded) {
		check_count(&checks, "withheld", &expect->withheld, closed->frames.withheld);
	}
	return checks.count;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "frame/runs.h"

static bool goes_on(const struct pst_run *before, const struct pst_run *run)
{
	return before->fate == run->fate && before->session == run->session &&
	       before->permit == run->permit && before->last + 1 == run->first;
}

bool pst_runs_add(struct pst_runs *runs, const struct pst_run *run)
{
	if (runs->count > 0 && goes_on(&runs->run[runs->count - 1], run)) {
		runs->run[runs->count - 1].last = run->last;
		return true;
	}
	if (runs->count == PST_RUNS_MAX) {
		return false;
	}
	runs->run[runs->count++] = *run;
	return true;
}

bool pst_runs_is_full(const struct pst_runs *runs)
{
	return runs->count + PST_RUNS_PER_FRAME > PST_RUNS_MAX;
}

void pst_runs_clear(struct pst_runs *runs)
{
	runs->count = 0;
	runs->unnumbered = 0;
}

const char *pst_fate_name(enum pst_fate fate)
{
	static const char *const names[PST_FATE_COUNT] = {
		"unset", "withheld", "leased", "lost", "damaged"};

	return names[(unsigned)fate < PST_FATE_COUNT ? fate : PST_FATE_UNSET];
}

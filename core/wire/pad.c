/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pad.h"

#include <stddef.h>
#include <string.h>

static const char *problem_of(const struct pst_pad_finding *finding)
{
	size_t length = strnlen(finding->reason, sizeof(finding->reason));

	if (finding->answer > PST_PAD_UNCERTAIN) {
		return "an answer that is not known";
	}
	if (!(finding->score >= 0 && finding->score <= 1)) {
		return "a score out of 0..1";
	}
	if (length == sizeof(finding->reason)) {
		return "a reason that does not end";
	}
	for (size_t i = 0; i < length; i++) {
		if (finding->reason[i] < ' ' || finding->reason[i] > '~') {
			return "a reason that is not printable ASCII";
		}
	}
	return NULL;
}

int pst_pad_check(const struct pst_pad_result *result, const char **ret_problem)
{
	const char *problem = problem_of(&result->impersonation);

	problem = problem ? problem : problem_of(&result->evasion);
	if (problem && ret_problem) {
		*ret_problem = problem;
	}
	return problem ? PST_E_PLUGIN : 0;
}

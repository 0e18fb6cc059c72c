/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "policy/explain.h"
#include "policy/lint.h"
#include "policy/policy.h"
#include "policy/prove.h"
#include "policy/test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *context, const struct pst_policy_finding *finding)
{
	*(size_t *)context += finding->line > 0;
}

/* Whatever loads can be tested, explained and linted. */
static void use(const struct pst_policy *policy)
{
	const struct pst_policy_lint lint = {
		.day = 20468, .months = 12, .notice_days = 30, .languages = pst_policy_languages};
	size_t findings = 0;

	for (size_t i = 0; i < policy->case_count; i++) {
		struct pst_policy_explanation explanation;
		struct pst_policy_decision decision;

		(void)pst_policy_test(policy, &policy->cases[i], &decision);
		pst_policy_explain(policy, &policy->cases[i].given, &explanation);
		if (explanation.decision.rule != decision.rule) {
			abort();
		}
	}
	pst_policy_lint(policy, &lint, count, &findings);
}

/* Whatever loads is total: the proof holds for it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_policy *policy = NULL;
	struct pst_policy_proof proof;
	struct pst_error error = {0};
	uint8_t *copy = malloc(size ? size : 1);
	int status;

	if (!copy) {
		return 0;
	}
	if (size) {
		memcpy(copy, data, size);
	}
	status = pst_policy_parse("fuzz", copy, size, &policy, &error);
	free(copy);
	if ((status == 0) != (policy != NULL) || (status < 0) != (error.text[0] != 0)) {
		abort();
	}
	if (policy) {
		use(policy);
	}
	if (policy && policy->table.combinations < 100000 &&
		pst_policy_prove(policy, &proof, &error) < 0) {
		abort();
	}
	pst_policy_destroy(&policy);
	return 0;
}

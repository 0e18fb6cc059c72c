/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "policy/prove.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	if (policy && policy->table.combinations < 100000 &&
		pst_policy_prove(policy, &proof, &error) < 0) {
		abort();
	}
	pst_policy_destroy(&policy);
	return 0;
}

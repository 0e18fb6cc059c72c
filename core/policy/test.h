/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_TEST_H
#define PST_POLICY_TEST_H

#include "policy/policy.h"

/** What a policy file expects of itself: a request and the decision it must lead to. */
struct pst_policy_case {
	const char *id;
	int line; /* in the file */
	struct pst_policy_request given;
	enum pst_verdict verdict;
	const char *rule;	      /* id, of the file or built in */
	enum pst_authority authority; /* NONE: any */
	enum pst_outcome outcome;     /* UNSET: any */
	const char *retention;	      /* class; NULL: any */
};

/**
 * Decides a case.
 *
 * @param ret_decision  what decided, whether it was expected or not
 * @return whether all that is expected came out
 * [any]
 */
bool pst_policy_test(const struct pst_policy *policy, const struct pst_policy_case *one,
	struct pst_policy_decision *ret_decision);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_PROVE_H
#define PST_POLICY_PROVE_H

#include "policy/policy.h"

struct pst_policy_proof {
	uint64_t cells; /* combinations visited */
	uint64_t by_verdict[PST_VERDICT_COUNT];
	uint64_t undecided;		  /* no rule */
	uint64_t contested;		  /* two rules of equal priority */
	uint64_t differing;		  /* table and rules disagree */
	uint64_t unsourced;		  /* decided by a rule without a source */
	uint64_t captures_without_notice; /* ALLOW while the notice is not current */
	uint64_t captures_after_refusal;  /* not REFUSE after a decline or withdrawal */
	bool holds;			  /* all counts from undecided on are 0 */
	char counterexample[512];	  /* the smallest one in words; "" if it holds */
};

/**
 * Visits every combination and decides it from the rules alone, without the compiled table, then
 * compares with the table.
 *
 * @return 0 if the proof holds, PST_E_UNSAFE with the error filled if not
 * [control]
 */
int pst_policy_prove(const struct pst_policy *policy, struct pst_policy_proof *ret_proof,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * The same proof for a file that a load refuses: takes in everything but totality, then proves.
 *
 * @return 0 or PST_E_UNSAFE with ret_proof filled; -errno or PST_E_CONFIG when it cannot be read
 * [control]
 */
int pst_policy_prove_file(const char *path, struct pst_policy_proof *ret_proof,
	struct pst_error *error) PST_MUST_CHECK;

#endif

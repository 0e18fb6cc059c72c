/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_CHOICES_H
#define PST_CLI_CHOICES_H

#include <stdint.h>

#include "crypto/digest.h"
#include "crypto/sign.h"
#include "policy/choices.h"

/** A policy and what an operator chose for it. */
struct pst_cli_policy_files {
	const char *policy;
	const char *choices;	  /* NULL or "": none */
	const char *operator_key; /* public key, 64 hex digits; NULL or "": whichever signed */
};

enum pst_cli_policy_use {
	PST_CLI_POLICY_DECIDES = 0, /* about people: a retention that is unset is refused */
	PST_CLI_POLICY_READS,	    /* about the file alone */
};

/**
 * Reads a policy with an operator's choices: signature, key, policy and digest are verified before
 * one of them is applied, over the same bytes that are read.
 *
 * @param ret_digest  SHA-256 of the policy file
 * @return as pst_policy_load(); PST_E_UNSAFE also where the choices are not signed by the key, or
 *         were made for another policy file
 */
int pst_cli_policy_load(const struct pst_cli_policy_files *files, enum pst_cli_policy_use use,
	struct pst_policy **ret_policy, uint8_t ret_digest[PST_DIGEST_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Reads a choices file and verifies its signature.
 *
 * @param operator_key  file of the key that must have signed; NULL or "": the one named inside
 * @param ret_choices  written on success only; the caller destroys it
 * @return 0; -errno, PST_E_CONFIG; PST_E_UNSAFE the signature does not hold, or is another key's
 */
int pst_cli_choices_open(const char *path, const char *operator_key,
	struct pst_policy_choices **ret_choices, struct pst_error *error) PST_MUST_CHECK;

/**
 * Signs what stands before the signature line of a choices file.
 *
 * @param text  size bytes; begins the file, ends with a newline
 */
int pst_cli_choices_sign(const struct pst_sign_key *key, const char *text, size_t size,
	uint8_t ret_signature[PST_SIGN_SIGNATURE_SIZE]) PST_MUST_CHECK;

#endif

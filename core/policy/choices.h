/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_CHOICES_H
#define PST_POLICY_CHOICES_H

#include "policy/policy.h"

/*
 * A choices file: what an operator decided where a policy leaves it open. It speaks of one policy,
 * by id, version and digest, and is signed. This room reads it and applies it; who holds a key
 * verifies the signature (signed_size, operator_key, signature) before that.
 */

#define PST_POLICY_CHOICES_FILE_MAX (256u << 10) /* bytes */
#define PST_POLICY_CHOICES_MAX 256
#define PST_POLICY_REASON_MAX 400 /* bytes */

/** One choice: the reading of a rule that was not taken, or a period where none was set. */
struct pst_policy_choice {
	const char *rule;      /* NULL: a retention */
	const char *retention; /* "CLASS.STORE"; NULL: a rule */
	const char *keep;      /* "24h", "0" or "none", with a retention */
	const char *reason;    /* one line */
	const char *by;	       /* a role, never a person's name */
	int32_t day;	       /* since 1970-01-01 */
};

struct pst_policy_choices_arena;

/** Immutable once read. All strings are its own. */
struct pst_policy_choices {
	const char *name; /* of the file */
	const char *policy;
	int64_t version;
	uint8_t policy_digest[32]; /* SHA-256 of the policy file */
	const struct pst_policy_choice *list;
	size_t count;
	size_t signed_size; /* the signature is over so many bytes from the file's beginning */
	uint8_t operator_key[32];
	uint8_t signature[64];
	struct pst_policy_choices_arena *arena;
};

/**
 * Reads a choices file, strictly. Does not verify its signature.
 *
 * @param name  what to call it in errors
 * @param ret_choices  written last, on success only; the caller destroys it
 * @return 0, PST_E_CONFIG with file, line and key, or -ENOMEM
 * [control]
 */
int pst_policy_choices_parse(const char *name, const void *data, size_t size,
	struct pst_policy_choices **ret_choices, struct pst_error *error) PST_MUST_CHECK;

/** Frees and sets NULL. Accepts NULL. */
void pst_policy_choices_destroy(struct pst_policy_choices **choices);

/**
 * pst_policy_parse() with an operator's choices.
 *
 * Where a chosen reading would capture somebody without a current notice, without the consent it
 * rests on, or after they declined or withdrew, the reading that the file takes still holds.
 *
 * @param choices  verified; the policy owns them on success; *choices may be NULL
 * @param needs_retention  false: as pst_policy_read()
 * @return as pst_policy_load(); PST_E_UNSAFE also where the choices are another policy's,
 *         PST_E_CONFIG where one of them cannot be made
 */
int pst_policy_parse_chosen(const char *name, const void *data, size_t size,
	struct pst_policy_choices **choices, bool needs_retention, struct pst_policy **ret_policy,
	struct pst_error *error) PST_MUST_CHECK;

#endif

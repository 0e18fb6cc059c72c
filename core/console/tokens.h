/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_TOKENS_H
#define PST_CONSOLE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "console/session.h"

/*
 * The tokens file: who may be what. A line each, "#" begins a comment:
 *
 *   traveler gate-7 TOKEN
 *   officer TOKEN
 *   integrator TOKEN
 *
 * More than one of a kind is fine, so that one can be replaced before the other goes.
 */
struct pst_console_options;
struct pst_tokens;

#define PST_TOKEN_MIN 32 /* characters of A-Z a-z 0-9 - _ */
#define PST_TOKEN_MAX 128
#define PST_TOKENS_MAX 256 /* of a file */
#define PST_TOKENS_FILE_MAX 65536u

/**
 * Reads the file, and adds what it lacks for the lanes and roles: 256 random bits each. A file that
 * is not there is made, with mode 0600.
 *
 * @return 0; PST_E_UNSAFE others may read it; PST_E_CONFIG a line makes no sense; -ENOMEM, also if
 *         memory cannot be locked; -errno
 */
int pst_tokens_load(struct pst_tokens **ret_tokens, const struct pst_console_options *options,
	struct pst_error *error) PST_MUST_CHECK;

/** Reads the text of a file. @param name  for errors; otherwise as pst_tokens_load() */
int pst_tokens_parse(struct pst_tokens **ret_tokens, const char *name, const char *text,
	size_t size, struct pst_error *error) PST_MUST_CHECK;

/** @return the first token of a role (of a lane), or NULL; borrowed */
const char *pst_tokens_of(const struct pst_tokens *tokens, enum pst_role role, const char *lane);

/**
 * Whose token it is. The time it takes tells nothing of the tokens.
 *
 * @param ret_lane  "" but for a traveler's; borrowed
 * @return the role; PST_ROLE_NONE: nobody's
 */
enum pst_role pst_tokens_find(
	const struct pst_tokens *tokens, const char *token, const char **ret_lane);

/** Wipes and frees; NULL inside is fine. */
void pst_tokens_destroy(struct pst_tokens **tokens);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_KEY_H
#define PST_CLI_KEY_H

#include <stdbool.h>

#include "base/error.h"
#include "crypto/keyring.h"

#define PST_CLI_LANE_KEY "lane.key" /* of a state directory without a vault */

/** What the options --key FILE, --passphrase and --passphrase-fd N came to. */
struct pst_cli_key {
	const char *file; /* --key; borrowed */
	bool ask;	  /* --passphrase */
	int fd;		  /* --passphrase-fd; -1: not given */
	char *passphrase; /* secret memory, owned; NULL until it was asked for, once */
	size_t passphrase_size;
};

#define PST_CLI_KEY_INIT ((struct pst_cli_key){.fd = -1})

/** Takes the value of --passphrase-fd. @return 0; PST_E_USAGE it is no descriptor */
int pst_cli_key_set_fd(
	struct pst_cli_key *key, const char *value, struct pst_error *error) PST_MUST_CHECK;

/** @return whether any of the options was given */
bool pst_cli_key_is_given(const struct pst_cli_key *key);

/**
 * Makes the key source that the options ask for; a passphrase is read without echo from the
 * terminal, or the first line of the descriptor.
 *
 * @param twice  ask twice on the terminal: the passphrase is new
 * @param ret_source  borrows from key until pst_cli_key_finish
 * @return 0; PST_E_USAGE none or more than one option; PST_E_VAULT no passphrase could be read
 */
int pst_cli_key_source(struct pst_cli_key *key, bool twice, struct pst_key_source *ret_source,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Opens the key that signs where no vault is opened; makes it, and the state directory, on first
 * use.
 *
 * @param ret_key  the caller closes it with pst_sign_key_close()
 * @return 0; as pst_keyring_open_signer(), with the error filled
 */
int pst_cli_lane_key_open(
	const char *state, struct pst_sign_key **ret_key, struct pst_error *error) PST_MUST_CHECK;

/** Wipes and frees the passphrase. */
void pst_cli_key_finish(struct pst_cli_key *key);

#endif

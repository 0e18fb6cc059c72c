/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_KEY_H
#define PST_CLI_KEY_H

#include <getopt.h>
#include <stdbool.h>

#include "base/error.h"
#include "crypto/keyring.h"

#define PST_CLI_LANE_KEY "lane.key" /* of a state directory without a vault */

/**
 * Options that name a key, as entries of a getopt_long table; every command takes all of them.
 * A table may have them several times, each with a prefix and a base of its own.
 */
enum pst_cli_key_option {
	PST_CLI_KEY = 2000,	 /* --key, --credential, ... */
	PST_CLI_NEW_KEY = 2100,	 /* --new-key, ... */
	PST_CLI_KEEP_KEY = 2200, /* --keep-key, ... */
};

enum pst_cli_key_way {
	PST_CLI_KEY_FILE,
	PST_CLI_KEY_CREDENTIAL,
	PST_CLI_KEY_PASSPHRASE,
	PST_CLI_KEY_PASSPHRASE_FD,
	PST_CLI_KEY_WAYS,
};

#define PST_CLI_KEY_OPTIONS(prefix, base)                                                          \
	{prefix "key", required_argument, NULL, (base) + PST_CLI_KEY_FILE},                        \
		{prefix "credential", required_argument, NULL, (base) + PST_CLI_KEY_CREDENTIAL},   \
		{prefix "passphrase", no_argument, NULL, (base) + PST_CLI_KEY_PASSPHRASE},         \
	{                                                                                          \
		prefix "passphrase-fd", required_argument, NULL,                                   \
			(base) + PST_CLI_KEY_PASSPHRASE_FD                                         \
	}

#define PST_CLI_KEY_HELP                                                                           \
	"  --key FILE         32 random bytes, mode 0600\n"                                        \
	"  --credential NAME  what systemd hands over: $CREDENTIALS_DIRECTORY/NAME\n"              \
	"  --passphrase       asks on the terminal instead\n"                                      \
	"  --passphrase-fd N  reads the first line of a descriptor instead\n"

/** What the options --key, --credential, --passphrase and --passphrase-fd came to. */
struct pst_cli_key {
	const char *file;	/* --key; borrowed */
	const char *credential; /* --credential; borrowed */
	bool ask;		/* --passphrase */
	int fd;			/* --passphrase-fd; -1: not given */
	char *passphrase;	/* secret memory, owned; NULL until it was asked for, once */
	size_t passphrase_size;
};

#define PST_CLI_KEY_INIT ((struct pst_cli_key){.fd = -1})

/** @return whether an option of a getopt_long table is one of these with that base */
bool pst_cli_key_is_option(enum pst_cli_key_option base, int option);

/** Takes one of them; value is borrowed while the key lives. @return 0, PST_E_USAGE */
int pst_cli_key_take(struct pst_cli_key *key, enum pst_cli_key_option base, int option,
	const char *value, struct pst_error *error) PST_MUST_CHECK;

/** @return what kind of key is asked for */
enum pst_key_source_kind pst_cli_key_kind(const struct pst_cli_key *key);

/**
 * Makes the key file that --key names, if it is missing.
 *
 * @return 1 made, 0 it was there or no file is asked for, or -errno
 */
int pst_cli_key_make_file(const struct pst_cli_key *key, struct pst_error *error) PST_MUST_CHECK;

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

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_AUDIT_H
#define PST_CLI_AUDIT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit/audit.h"
#include "cli/key.h"

/**
 * The actions of `postern audit`, one file each: argv[0] is the action's name; they return an enum
 * pst_exit.
 */
int cmd_audit_export(int argc, char **argv);
int cmd_audit_ledger(int argc, char **argv);
int cmd_audit_new_key(int argc, char **argv);
int cmd_audit_show(int argc, char **argv);
int cmd_audit_take_key(int argc, char **argv);
int cmd_audit_verify(int argc, char **argv);
int cmd_audit_witness(int argc, char **argv);

/** The options, as bits of what an action takes. --state and --json are taken by all. */
enum audit_option {
	AUDIT_PUBLIC_KEY = 1 << 9,
	AUDIT_AT_LEAST = 1 << 10,
	AUDIT_FROM = 1 << 11,
	AUDIT_TO = 1 << 12,
	AUDIT_LAST = 1 << 13,
	AUDIT_KIND = 1 << 14,
	AUDIT_FILE = 1 << 15,
	AUDIT_SEEDS = 1 << 16,
	AUDIT_WITNESS = 1 << 17,
	AUDIT_COSIGNATURES = 1 << 18,
	AUDIT_KEY = 1 << 19,
	AUDIT_VAULT_KEY = 1 << 20, /* all options of cli/key.h */
	AUDIT_YES = 1 << 21,
};

/** What an action reads from its command line. */
struct audit_line {
	bool json;
	bool yes;
	char state[PATH_MAX];
	const char *public_key_path;
	const char *file;
	const char *seeds;
	const char *witness_path;
	const char *cosignatures;
	const char *kind;
	int64_t at_least, from, to, last;
	struct pst_cli_key key;
	const char *word; /* what stands beside the options; NULL: nothing */
	const char *state_option;
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE]; /* of public_key_path */
	uint8_t witness[PST_SIGN_PUBLIC_SIZE];	  /* of witness_path */
};

/** An action's own command line. */
struct audit_options {
	const char *name; /* "audit verify" */
	const char *help; /* printed by --help */
	unsigned takes;	  /* of enum audit_option */
	const char *word; /* "OUT": one word is needed; NULL: none is taken */
};

/**
 * Reads an action's command line, and the public keys that it names.
 *
 * @param ret_line  the caller ends it with audit_finish(), whatever this returns
 * @return -1 to go on, else what to exit with
 */
int audit_read_line(const struct audit_options *options, int argc, char **argv,
	struct audit_line *ret_line) PST_MUST_CHECK;

/** Wipes the key. */
void audit_finish(struct audit_line *line);

/** Recomputes the log or bundle that a line names. @return as pst_audit_verify_all() */
int audit_recompute(const struct audit_line *line, struct pst_audit_report *ret_report,
	struct pst_error *error) PST_MUST_CHECK;

/** Prints the error: what does not verify is a clean no. @return an enum pst_exit */
int audit_fail(const char *name, const struct pst_error *error);

/**
 * Recomputes the account of frames of a log that verifies, and prints it.
 *
 * @param state  the state directory
 * @return an enum pst_exit: NO the account does not hold
 */
int pst_cli_audit_ledger(const char *state, bool json);

#endif

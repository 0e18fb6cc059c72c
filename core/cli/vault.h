/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_VAULT_H
#define PST_CLI_VAULT_H

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "audit/audit.h"
#include "audit/receipt.h"
#include "base/clock.h"
#include "cli/key.h"
#include "vault/forget.h"
#include "vault/told.h"
#include "vault/vault.h"

/**
 * The actions of `postern vault`, one file each: argv[0] is the action's name; they return an enum
 * pst_exit.
 */
int cmd_vault_backup(int argc, char **argv);
int cmd_vault_clock(int argc, char **argv);
int cmd_vault_forget(int argc, char **argv);
int cmd_vault_hold(int argc, char **argv);
int cmd_vault_ingest(int argc, char **argv);
int cmd_vault_init(int argc, char **argv);
int cmd_vault_key(int argc, char **argv);
int cmd_vault_lane_export(int argc, char **argv);
int cmd_vault_lane_key(int argc, char **argv);
int cmd_vault_list(int argc, char **argv);
int cmd_vault_purge(int argc, char **argv);
int cmd_vault_recover(int argc, char **argv);
int cmd_vault_recovery(int argc, char **argv);
int cmd_vault_restore(int argc, char **argv);
int cmd_vault_rotate(int argc, char **argv);
int cmd_vault_status(int argc, char **argv);
int cmd_vault_transform(int argc, char **argv);
int cmd_vault_verify(int argc, char **argv);

/** What every action reads from its command line, and the vault once it is open. */
struct vault_line {
	bool json;
	bool yes;
	bool dry_run;
	char state[PATH_MAX];
	struct pst_cli_key key;
	struct pst_key_source source;
	struct pst_vault *vault; /* NULL until vault_open() */
	char **words;		 /* what stands beside the options */
	int word_count;
	const char *state_option;
};

/** Options of an action beside the common ones: their `val` begins here. */
#define VAULT_OPTION 256
#define VAULT_OPTIONS_MAX 12

/** An action's own command line. */
struct vault_options {
	const char *name; /* "vault list" */
	const char *help; /* printed by --help */
	int words_max;
	bool changes;		      /* takes --dry-run and --yes */
	const struct option *options; /* ends with {0}; NULL: none */
	/* Takes one of them, its value in optarg. @return PST_EXIT_OK, or what to exit with */
	int (*take)(void *context, int option);
	void *context;
};

/** What the common options do, for an action's help. */
#define VAULT_HELP                                                                                 \
	"  --state DIR        state directory\n" PST_CLI_KEY_HELP "  --json             JSON\n"
#define VAULT_CHANGES_HELP                                                                         \
	"  --dry-run          says what would be done, and does nothing\n"                         \
	"  --yes              does not ask\n"

/**
 * Reads an action's command line.
 *
 * @param ret_line  the caller ends it with vault_finish(), whatever this returns
 * @return -1 to go on, else what to exit with
 */
int vault_read_line(const struct vault_options *options, int argc, char **argv,
	struct vault_line *ret_line) PST_MUST_CHECK;

/** Opens the vault with the key given. @return as pst_vault_open(), PST_E_USAGE */
int vault_open(struct vault_line *line, struct pst_error *error) PST_MUST_CHECK;

/**
 * Asks on the terminal before something that cannot be undone. --yes answers it; where there is no
 * terminal it must be given.
 *
 * @param question  "Remove all records of subject S001?"
 * @return -1 to go on, else what to exit with
 */
int vault_confirm(
	const struct vault_line *line, const char *name, const char *question) PST_MUST_CHECK;

/** Makes the log of the state directory if it has none, or checks it. @return 0, PST_E_UNSAFE */
int vault_audit_start(const struct vault_line *line, struct pst_error *error) PST_MUST_CHECK;

/**
 * Writes what was done into the log of the state directory, if it has one.
 *
 * @param payload  consumed
 * @param done     "4 records purged", for the error
 * @return 0; PST_E_UNSAFE it is done, but not logged
 */
int vault_audit(const struct vault_line *line, const char *kind, json_t *payload, const char *done,
	struct pst_error *error) PST_MUST_CHECK;

/** As vault_audit(), but a log that is not there is made: it must outlast the vault's database. */
int vault_log(const struct vault_line *line, const char *kind, json_t *payload, const char *done,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Reads what the log of the state directory was told of the vault.
 *
 * @param ret_told    the caller finishes it, whatever this returns
 * @param ret_report  the log's verification; finding UNSET: there is no log
 * @return 0; PST_E_UNSAFE the log does not verify, told holds what stands before; -errno
 */
int vault_read_log(const struct vault_line *line, struct pst_vault_told *ret_told,
	struct pst_audit_report *ret_report, struct pst_error *error) PST_MUST_CHECK;

/** The log's entries that a receipt's encounter was decided in. */
struct vault_receipt {
	char id[PST_RECEIPT_ID_SIZE];
	uint64_t sequence[8];
	size_t count;
};

/**
 * Finds them.
 *
 * @param which  a receipt's id, or its file
 * @return 0; PST_E_NOT_FOUND the log holds no such receipt; PST_E_FORMAT no receipt; -errno
 */
int vault_find_receipt(const struct vault_line *line, const char *which,
	struct vault_receipt *ret_receipt, struct pst_error *error) PST_MUST_CHECK;

/** Whose records an action is about: --subject S, --record ID or --receipt FILE. */
struct vault_whom {
	const char *subject;
	const char *record;
	const char *receipt; /* NULL where the action does not take it */
	uint8_t id[PST_VAULT_ID_SIZE];
	struct vault_receipt found;
};

#define VAULT_OPTION_SUBJECT (VAULT_OPTION + 100)
#define VAULT_OPTION_RECORD (VAULT_OPTION + 101)
#define VAULT_OPTION_RECEIPT (VAULT_OPTION + 102)

/** For a table of options. */
#define VAULT_WHOM_OPTIONS                                                                         \
	{"subject", required_argument, NULL, VAULT_OPTION_SUBJECT},                                \
		{"record", required_argument, NULL, VAULT_OPTION_RECORD},                          \
	{                                                                                          \
		"receipt", required_argument, NULL, VAULT_OPTION_RECEIPT                           \
	}

/** Takes one of them. @return whether it was one */
bool vault_whom_take(struct vault_whom *whom, int option);

/** @return -1 when exactly one was given, else what to exit with */
int vault_whom_check(const struct vault_whom *whom, const char *name) PST_MUST_CHECK;

/**
 * Finds their records in the opened vault.
 *
 * @param ret_graves  the caller finishes it, whatever this returns
 * @return as pst_vault_find(), vault_find_receipt(), PST_E_USAGE (no record id)
 */
int vault_whom_find(struct vault_whom *whom, const struct vault_line *line,
	struct pst_vault_graves *ret_graves, struct pst_error *error) PST_MUST_CHECK;

/** Prints the records, one line each, or nothing with --json. @return 0 or -ENOMEM */
int vault_whom_print(
	const struct vault_line *line, const struct pst_vault_graves *graves) PST_MUST_CHECK;

/** @return "file", "passphrase", ...: what a slot's key is */
const char *vault_key_kind(enum pst_key_source_kind kind);

/** Closes the vault, wipes the key. */
void vault_finish(struct vault_line *line);

/** Prints the error; where no vault is there, that is what it is about. @return an enum pst_exit */
int vault_fail(const char *name, const struct pst_error *error);

/** Writes how long it is until then: "3 d", or "expired". */
void vault_until(int64_t now_s, int64_t then_s, char text[PST_CLOCK_TEXT_SIZE]);

#endif

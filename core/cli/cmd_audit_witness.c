/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "audit/elsewhere.h"
#include "cli/audit.h"
#include "cli/cli.h"

#define NAME "audit witness"
#define PUBLIC_NAME "witness.pub"

static const char help[] =
	"usage: postern audit witness BUNDLE --key FILE --state DIR [--public-key FILE] [--json]\n"
	"\n"
	"On another machine than the log's: verifies that a bundle of 'audit export' goes on from\n"
	"what this witness signed last, and signs how far the log has grown. What is signed is\n"
	"added to a file in DIR that goes back, or anywhere: 'audit verify --witness witness.pub\n"
	"--cosignatures FILE' shows with it that nothing up to there was rewritten or cut off.\n"
	"\n"
	"  --key FILE         the witness's own key, 32 random bytes, mode 0600; made the first "
	"time\n"
	"  --state DIR        the witness's folder; made the first time\n"
	"  --public-key FILE  audit.pub of the log; needed at the first sighting of a log\n"
	"  --json             JSON\n"
	"\n"
	"Exit status: 0 signed; 1 the log does not verify, was cut, or is another one than "
	"before;\n"
	"2 usage; 4 what stands in DIR is damaged, or of another key.\n";

/* A witness's key is made with its folder, and never in one that has a key already. */
static int open_key(const struct audit_line *line, const char *public_path,
	struct pst_sign_key **ret_key, struct pst_error *error)
{
	const char *reason = "cannot be made";
	const char *path = line->key.file;
	int status = 0;

	if (access(public_path, F_OK) < 0) {
		status = pst_keyring_make_key_file(path);
		status = status == -EEXIST ? 0 : status;
	}
	if (status == 0) {
		status = pst_keyring_open_signer(ret_key, path, &reason);
	}
	return status < 0 ? pst_error_set(error, status, "%s: %s", path, reason) : 0;
}

static int check_public(const struct pst_sign_key *key, const char *path, struct pst_error *error)
{
	uint8_t own[PST_SIGN_PUBLIC_SIZE], known[PST_SIGN_PUBLIC_SIZE];
	char hex[2 * PST_SIGN_PUBLIC_SIZE + 2];

	pst_sign_public(key, own);
	if (access(path, F_OK) < 0) {
		pst_bytes_to_hex(own, sizeof(own), hex);
		hex[sizeof(hex) - 2] = '\n';
		return pst_fd_replace_file(path, hex, sizeof(hex) - 1, 0644, error);
	}
	int status = pst_audit_read_public(path, known, error);
	if (status == 0 && memcmp(own, known, sizeof(own)) != 0) {
		status = pst_error_set(
			error, PST_E_UNSAFE, "%s: this folder belongs to another key", path);
	}
	return status;
}

static int open_witness(
	const struct audit_line *line, struct pst_sign_key **ret_key, struct pst_error *error)
{
	char path[PATH_MAX];
	int status = pst_fd_make_dirs(line->state, error);

	if (status == 0 && pst_text_path(path, sizeof(path), line->state, PUBLIC_NAME) < 0) {
		status = pst_error_set(error, -ENAMETOOLONG, "%s: name too long", line->state);
	}
	if (status == 0) {
		status = open_key(line, path, ret_key, error);
	}
	return status == 0 ? check_public(*ret_key, path, error) : status;
}

static void print_sighted(const struct audit_line *line, const struct pst_audit_sighted *sighted)
{
	if (line->json) {
		pst_cli_print_json(json_pack("{s:s, s:I, s:I}", "cosignatures", sighted->path,
			"sequence", (json_int_t)sighted->sequence, "before",
			(json_int_t)sighted->before));
	} else if (sighted->before == sighted->sequence) {
		(void)printf("signed again: entry %" PRIu64 ", no newer checkpoint; %s\n",
			sighted->sequence, sighted->path);
	} else {
		(void)printf("signed: grown from entry %" PRIu64 " to %" PRIu64 "; %s\n",
			sighted->before, sighted->sequence, sighted->path);
	}
}

static int witness(
	const struct audit_line *line, struct pst_sign_key **key, struct pst_error *error)
{
	struct pst_audit_sighted sighted = {0};
	int status = open_witness(line, key, error);

	if (status == 0) {
		const struct pst_audit_sighting sighting = {
			.bundle = line->word,
			.dir = line->state,
			.key = *key,
			.public_key = line->public_key_path ? line->public_key : NULL,
			.now_s = pst_clock_wall_s(),
		};

		status = pst_audit_witness(&sighting, &sighted, error);
	}
	if (status < 0) {
		return audit_fail(NAME, error);
	}
	print_sighted(line, &sighted);
	return PST_EXIT_OK;
}

int cmd_audit_witness(int argc, char **argv)
{
	static const struct audit_options options = {.name = NAME,
		.help = help,
		.takes = AUDIT_PUBLIC_KEY | AUDIT_KEY,
		.word = "BUNDLE"};
	struct audit_line line;
	struct pst_sign_key *key = NULL;
	struct pst_error error = {0};
	int exit = audit_read_line(&options, argc, argv, &line);

	if (exit < 0 && (!line.key.file || !line.state_option)) {
		exit = pst_cli_usage(NAME, "--key and --state are needed: the witness's own");
	}
	if (exit < 0) {
		exit = witness(&line, &key, &error);
	}
	pst_sign_key_close(&key);
	audit_finish(&line);
	return exit;
}

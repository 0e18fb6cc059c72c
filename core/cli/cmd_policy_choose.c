/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/policy.h"
#include "crypto/keyring.h"

#define NAME "policy choose"
#define PUBLIC_SUFFIX ".pub"

static const char help[] =
	"usage: postern policy choose POLICY --rule ID --reason TEXT --key FILE --out FILE\n"
	"       postern policy choose POLICY --retention CLASS.STORE=PERIOD --reason TEXT\n"
	"                             --key FILE --out FILE\n"
	"\n"
	"Chooses where a policy file leaves it open, and signs: the reading of a disputed rule\n"
	"that the file does not take, or a retention that is unset. The policy file is not\n"
	"changed. A lane applies the choices with policy.choices and policy.operator, and its\n"
	"audit log holds each of them.\n"
	"\n"
	"  --rule ID            take the other reading ('otherwise') of this rule\n"
	"  --retention CLASS.STORE=PERIOD\n"
	"                       keep so long: 24h, 14d, 0 or none\n"
	"  --reason TEXT        why; one line, at most 400 bytes\n"
	"  --by ROLE            who chooses: a role, never a person's name (default: operator)\n"
	"  --date DAY           when (default: today)\n"
	"  --key FILE           the operator's key, 32 bytes, mode 0600; the first choice makes\n"
	"                       it, and FILE.pub beside it, the key that lanes need\n"
	"  --out FILE           choices file; made, or added to if it is this key's and for this\n"
	"                       policy file as it is now\n"
	"\n"
	"Exit status: 0 written; 2 usage, or it cannot be chosen; 4 the file there is not this\n"
	"key's, was changed, or is for another policy.\n";

enum {
	OPTION_RULE = POLICY_OPTION,
	OPTION_RETENTION,
	OPTION_REASON,
	OPTION_BY,
	OPTION_DATE,
	OPTION_KEY,
	OPTION_OUT,
};

struct choose {
	const char *policy_path;
	const char *rule;
	char *retention; /* "CLASS.STORE=PERIOD", cut at = */
	const char *keep;
	const char *reason;
	const char *by;
	int32_t day;
	const char *key_path;
	const char *out;

	uint8_t digest[PST_DIGEST_SIZE];
	struct pst_policy *policy;	    /* without choices */
	struct pst_policy_choices *already; /* what the file holds; NULL: there is none */
	struct pst_sign_key *key;
};

static int take(void *context, int option)
{
	struct choose *choose = context;

	switch (option) {
	case OPTION_RULE:
		choose->rule = optarg;
		return PST_EXIT_OK;
	case OPTION_RETENTION:
		choose->retention = optarg;
		return PST_EXIT_OK;
	case OPTION_REASON:
		choose->reason = optarg;
		return PST_EXIT_OK;
	case OPTION_BY:
		choose->by = optarg;
		return PST_EXIT_OK;
	case OPTION_DATE:
		return policy_read_day(NAME, "--date", optarg, &choose->day);
	case OPTION_KEY:
		choose->key_path = optarg;
		return PST_EXIT_OK;
	default:
		choose->out = optarg;
		return PST_EXIT_OK;
	}
}

static int check_options(struct choose *choose)
{
	char *equals = choose->retention ? strchr(choose->retention, '=') : NULL;

	if (!choose->rule == !choose->retention) {
		return pst_cli_usage(NAME, "either --rule or --retention is needed");
	}
	if (choose->retention && !equals) {
		return pst_cli_usage(
			NAME, "--retention needs CLASS.STORE=PERIOD, not '%s'", choose->retention);
	}
	if (!choose->reason || !choose->key_path || !choose->out) {
		return pst_cli_usage(NAME, "%s is missing",
			!choose->reason	    ? "--reason"
			: !choose->key_path ? "--key"
					    : "--out");
	}
	if (equals) {
		*equals = 0;
		choose->keep = equals + 1;
	}
	return PST_EXIT_OK;
}

/* A string in double quotes; what such a string cannot hold, the reader refuses. */
static void put_quoted(FILE *file, const char *text)
{
	(void)fputc('"', file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\') {
			(void)fputc('\\', file);
		}
		if ((unsigned char)*text < ' ' || *text == 0x7f) {
			(void)fprintf(file, "\\x%02x", (unsigned char)*text);
		} else {
			(void)fputc(*text, file);
		}
	}
	(void)fputs("\"\n", file);
}

static void put_choice(FILE *file, const struct pst_policy_choice *choice)
{
	char day[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_day(choice->day, day);
	(void)fputs(choice->rule ? "  - rule: " : "  - retention: ", file);
	put_quoted(file, choice->rule ? choice->rule : choice->retention);
	if (choice->keep) {
		(void)fputs("    keep: ", file);
		put_quoted(file, choice->keep);
	}
	(void)fputs("    reason: ", file);
	put_quoted(file, choice->reason);
	(void)fputs("    by: ", file);
	put_quoted(file, choice->by);
	(void)fprintf(file, "    date: %s\n", day);
}

/* The file up to its signature. */
static void put_file(FILE *file, const struct choose *choose)
{
	const struct pst_policy_choice choice = {.rule = choose->rule,
		.retention = choose->retention,
		.keep = choose->keep,
		.reason = choose->reason,
		.by = choose->by,
		.day = choose->day};
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE] = {0};
	char digest[2 * PST_DIGEST_SIZE + 1];
	char key[2 * PST_SIGN_PUBLIC_SIZE + 1];

	if (choose->key) {
		pst_sign_public(choose->key, public_key);
	}
	pst_bytes_to_hex(choose->digest, sizeof(choose->digest), digest);
	pst_bytes_to_hex(public_key, sizeof(public_key), key);
	(void)fprintf(file, "choices: 1\npolicy: %s\nversion: %lld\npolicy-sha256: %s\nchosen:\n",
		choose->policy->id, (long long)choose->policy->version, digest);
	for (size_t i = 0; choose->already && i < choose->already->count; i++) {
		put_choice(file, &choose->already->list[i]);
	}
	put_choice(file, &choice);
	(void)fprintf(file, "operator: %s\n", key);
}

/* @return 0 with the file, signed if there is a key, which the caller frees */
static int make_file(
	const struct choose *choose, char **ret_text, size_t *ret_size, struct pst_error *error)
{
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE] = {0};
	char hex[2 * PST_SIGN_SIGNATURE_SIZE + 1];
	FILE *file = open_memstream(ret_text, ret_size);
	int status = 0;

	if (!file) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	put_file(file, choose);
	if (fflush(file) == 0 && choose->key) {
		status = pst_cli_choices_sign(choose->key, *ret_text, *ret_size, signature);
	}
	pst_bytes_to_hex(signature, sizeof(signature), hex);
	(void)fprintf(file, "signature: %s\n", hex);
	if (fclose(file) != 0 || status < 0) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	return 0;
}

/* What will be written must be what a lane will take; found out before a key is made. */
static int try_choice(const struct choose *choose, struct pst_error *error)
{
	struct pst_policy_choices *choices = NULL;
	struct pst_policy *policy = NULL;
	uint8_t *data = NULL;
	size_t data_size = 0;
	char *text = NULL;
	size_t size = 0;
	int status = make_file(choose, &text, &size, error);

	if (status >= 0) {
		status = pst_policy_choices_parse(choose->out, text, size, &choices, error);
	}

	if (status >= 0) {
		status = pst_fd_read_file(
			choose->policy_path, PST_POLICY_FILE_MAX, &data, &data_size, error);
	}
	if (status >= 0) {
		status = pst_policy_parse_chosen(choose->policy_path, data, data_size, &choices,
			/* needs_retention= */ false, &policy, error);
	}
	pst_policy_destroy(&policy);
	pst_policy_choices_destroy(&choices);
	free(data);
	free(text);
	return status;
}

static int open_key(struct choose *choose, struct pst_error *error)
{
	const char *reason = "cannot be made";
	int status = choose->already ? 0 : pst_keyring_make_key_file(choose->key_path);

	if (status == 0 || status == -EEXIST) {
		status = pst_keyring_open_signer(&choose->key, choose->key_path, &reason);
	}
	return status < 0 ? pst_error_set(error, status, "%s: %s", choose->key_path, reason) : 0;
}

static int write_public(const struct choose *choose, struct pst_error *error)
{
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	char text[2 * PST_SIGN_PUBLIC_SIZE + 1];
	char path[4096];

	if (snprintf(path, sizeof(path), "%s" PUBLIC_SUFFIX, choose->key_path) >=
		(int)sizeof(path)) {
		return pst_error_set(
			error, PST_E_USAGE, "%s: the name is too long", choose->key_path);
	}
	if (access(path, F_OK) == 0) {
		return 0;
	}
	pst_sign_public(choose->key, public_key);
	pst_bytes_to_hex(public_key, sizeof(public_key), text);
	text[sizeof(text) - 1] = '\n';
	return pst_fd_replace_file(path, text, sizeof(text), 0644, error);
}

/* The file there is added to only if it is this key's, unchanged, for this policy as it is now. */
static int open_already(struct choose *choose, struct pst_error *error)
{
	int status;

	if (access(choose->out, F_OK) < 0) {
		return 0;
	}
	status = pst_cli_choices_open(choose->out, NULL, &choose->already, error);
	if (status >= 0 &&
		memcmp(choose->already->policy_digest, choose->digest, PST_DIGEST_SIZE) != 0) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: made for another file than %s as it is now; choose into a new file",
			choose->out, choose->policy_path);
	}
	return status;
}

static int check_same_key(const struct choose *choose, struct pst_error *error)
{
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];

	pst_sign_public(choose->key, public_key);
	if (choose->already &&
		memcmp(public_key, choose->already->operator_key, sizeof(public_key)) != 0) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: signed by another key than %s; choose into a new file", choose->out,
			choose->key_path);
	}
	return 0;
}

static int run(struct choose *choose, struct pst_error *error)
{
	const struct pst_cli_policy_files files = {.policy = choose->policy_path};
	char *text = NULL;
	size_t size = 0;
	int status = pst_cli_policy_load(
		&files, PST_CLI_POLICY_READS, &choose->policy, choose->digest, error);

	if (status >= 0) {
		status = open_already(choose, error);
	}
	if (status >= 0) {
		status = try_choice(choose, error);
	}
	if (status >= 0) {
		status = open_key(choose, error);
	}
	if (status >= 0) {
		status = check_same_key(choose, error);
	}
	if (status >= 0) {
		status = make_file(choose, &text, &size, error);
	}
	if (status >= 0) {
		status = write_public(choose, error);
	}
	if (status >= 0) {
		status = pst_fd_replace_file(choose->out, text, size, 0644, error);
	}
	free(text);
	return status;
}

int cmd_policy_choose(int argc, char **argv)
{
	static const struct option own[] = {
		{"rule", required_argument, NULL, OPTION_RULE},
		{"retention", required_argument, NULL, OPTION_RETENTION},
		{"reason", required_argument, NULL, OPTION_REASON},
		{"by", required_argument, NULL, OPTION_BY},
		{"date", required_argument, NULL, OPTION_DATE},
		{"key", required_argument, NULL, OPTION_KEY},
		{"out", required_argument, NULL, OPTION_OUT},
		{0},
	};
	struct choose choose = {.by = "operator", .day = policy_today()};
	const struct policy_options options = {.name = NAME,
		.help = help,
		.files_max = 1,
		.options = own,
		.take = take,
		.context = &choose};
	struct policy_line line = {0};
	struct pst_error error = {0};
	int exit = policy_read_line(&options, argc, argv, &line);

	if (exit >= 0) {
		return exit;
	}
	exit = check_options(&choose);
	if (exit != PST_EXIT_OK) {
		return exit;
	}
	choose.policy_path = line.files[0];
	exit = run(&choose, &error) < 0 ? pst_cli_fail(NAME, &error) : PST_EXIT_OK;
	if (exit == PST_EXIT_OK && line.json) {
		pst_cli_print_json(json_pack("{s:s, s:s, s:I, s:I}", "file", choose.out, "policy",
			choose.policy->id, "version", (json_int_t)choose.policy->version, "choices",
			(json_int_t)(choose.already ? choose.already->count + 1 : 1)));
	} else if (exit == PST_EXIT_OK) {
		(void)printf(
			"%s: %zu chosen for %s, version %lld; lanes verify with %s" PUBLIC_SUFFIX
			"\n",
			choose.out, choose.already ? choose.already->count + 1 : 1,
			choose.policy->id, (long long)choose.policy->version, choose.key_path);
	}
	pst_sign_key_close(&choose.key);
	pst_policy_choices_destroy(&choose.already);
	pst_policy_destroy(&choose.policy);
	return exit;
}

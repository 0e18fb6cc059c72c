/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "base/clock.h"
#include "cli/policy.h"

#define NAME "policy choices"

static const char help[] =
	"usage: postern policy choices FILE [--policy POLICY] [--operator FILE] [--json]\n"
	"\n"
	"Shows what an operator chose and verifies the signature.\n"
	"\n"
	"  --policy POLICY  the choices must fit this policy file as it is now\n"
	"  --operator FILE  the public key that must have signed; without it, the one that the\n"
	"                   file names, which whoever changes the file can replace\n"
	"  --json           JSON\n"
	"\n"
	"Exit status: 0 it holds; 1 it does not; 2 usage, or a file that is not valid.\n";

enum { OPTION_POLICY = POLICY_OPTION, OPTION_OPERATOR };

struct show {
	const char *policy;
	const char *operator_key;
};

static int take(void *context, int option)
{
	struct show *show = context;

	*(option == OPTION_POLICY ? &show->policy : &show->operator_key) = optarg;
	return PST_EXIT_OK;
}

static void print_text(const struct pst_policy_choices *choices, const char *key, bool is_trusted)
{
	(void)printf("%s: signed for %s, version %lld\n", choices->name, choices->policy,
		(long long)choices->version);
	for (size_t i = 0; i < choices->count; i++) {
		const struct pst_policy_choice *choice = &choices->list[i];
		char day[PST_CLOCK_TEXT_SIZE];

		pst_clock_format_day(choice->day, day);
		(void)printf("  %s %s%s%s\n      %s, %s: %s\n",
			choice->rule ? "other reading of" : "retention",
			choice->rule ? choice->rule : choice->retention, choice->keep ? ": " : "",
			choice->keep ? choice->keep : "", day, choice->by, choice->reason);
	}
	(void)printf("  operator key %s%s\n", key,
		is_trusted ? "" : " (named by the file itself; give your own with --operator)");
}

static void print_json(const struct pst_policy_choices *choices, const char *key, bool is_trusted)
{
	char digest[2 * PST_DIGEST_SIZE + 1];
	json_t *list = json_array();

	for (size_t i = 0; i < choices->count; i++) {
		const struct pst_policy_choice *choice = &choices->list[i];
		char day[PST_CLOCK_TEXT_SIZE];

		pst_clock_format_day(choice->day, day);
		json_array_append_new(
			list, json_pack("{s:s*, s:s*, s:s*, s:s, s:s, s:s}", "rule", choice->rule,
				      "retention", choice->retention, "keep", choice->keep,
				      "reason", choice->reason, "by", choice->by, "date", day));
	}
	pst_bytes_to_hex(choices->policy_digest, PST_DIGEST_SIZE, digest);
	pst_cli_print_json(json_pack("{s:s, s:s, s:I, s:s, s:s, s:b, s:o}", "file", choices->name,
		"policy", choices->policy, "version", (json_int_t)choices->version, "policy_sha256",
		digest, "operator", key, "operator_given", is_trusted, "chosen", list));
}

/* Whether the choices can be applied to a policy file as it is now. */
static int check_policy(const struct show *show, const char *file, struct pst_error *error)
{
	const struct pst_cli_policy_files files = {
		.policy = show->policy, .choices = file, .operator_key = show->operator_key};
	uint8_t digest[PST_DIGEST_SIZE];
	struct pst_policy *policy = NULL;
	int status = show->policy ? pst_cli_policy_load(
					    &files, PST_CLI_POLICY_READS, &policy, digest, error)
				  : 0;

	pst_policy_destroy(&policy);
	return status;
}

int cmd_policy_choices(int argc, char **argv)
{
	static const struct option own[] = {
		{"policy", required_argument, NULL, OPTION_POLICY},
		{"operator", required_argument, NULL, OPTION_OPERATOR},
		{0},
	};
	struct show show = {0};
	const struct policy_options options = {.name = NAME,
		.help = help,
		.files_max = 1,
		.options = own,
		.take = take,
		.context = &show};
	struct policy_line line = {0};
	struct pst_policy_choices *choices = NULL;
	struct pst_error error = {0};
	char key[2 * PST_SIGN_PUBLIC_SIZE + 1];
	int status = policy_read_line(&options, argc, argv, &line);

	if (status >= 0) {
		return status;
	}
	status = pst_cli_choices_open(line.files[0], show.operator_key, &choices, &error);
	if (status >= 0) {
		status = check_policy(&show, line.files[0], &error);
	}
	if (status >= 0) {
		pst_bytes_to_hex(choices->operator_key, PST_SIGN_PUBLIC_SIZE, key);
		(line.json ? print_json : print_text)(choices, key, show.operator_key != NULL);
	}
	pst_policy_choices_destroy(&choices);
	if (status == PST_E_UNSAFE) {
		(void)pst_cli_fail(NAME, &error);
		return PST_EXIT_NO;
	}
	return status < 0 ? pst_cli_fail(NAME, &error) : PST_EXIT_OK;
}

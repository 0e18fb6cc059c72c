/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "cli/choices.h"
#include "cli/cli.h"
#include "cli/vault.h"
#include "vault/lane_key.h"

#define NAME "vault lane-key export"
#define GALLERIES_MAX 16
#define CLASSES_MAX 64
#define VALID_DEFAULT_S (30LL * 86400)

static const char help[] =
	"usage: postern vault lane-key export --lane NAME --public HEX --policy FILE OUT\n"
	"                                     [--state DIR] --key FILE [OPTIONS]\n"
	"\n"
	"Registers a lane's public key and writes a bulletin for it: public keys alone, signed by\n"
	"the vault, with which the lane seals and cannot read. The same key again: a new bulletin\n"
	"in time before the last one ends.\n"
	"\n"
	"  --lane NAME        the lane\n"
	"  --public HEX       its public key, as 'vault lane-key new' prints it there\n"
	"  --policy FILE      the policy that the lane decides by: categories, purposes, and how\n"
	"                     long each store keeps what\n"
	"  --choices FILE     what an operator chose where the policy leaves it open, signed\n"
	"  --operator FILE    the public key that must have signed it\n"
	"  --gallery NAME     a gallery that the lane may enrol into; may be given again\n"
	"  --valid TIME       how long the bulletin is good (default 30d): '12h', "
	"'90d'\n" VAULT_HELP "\n"
	"Exit status: 0 done; 2 usage, policy, or the lane has another key; 4 it could not be "
	"logged;\n"
	"5 vault.\n";

struct command {
	struct vault_line line;
	struct pst_cli_policy_files files;
	struct pst_vault_lane_order order;
	const char *public_key;
	const char *galleries[GALLERIES_MAX + 1];
	size_t gallery_count;
	const char *stores[PST_STORE_COUNT + 1];
	struct pst_vault_lane_class classes[CLASSES_MAX];
};

enum {
	OPTION_LANE = VAULT_OPTION,
	OPTION_PUBLIC,
	OPTION_POLICY,
	OPTION_CHOICES,
	OPTION_OPERATOR,
	OPTION_GALLERY,
	OPTION_VALID
};

static int take_valid(struct command *command, const char *text)
{
	int64_t ns;

	if (pst_clock_parse_duration(text, &ns) < 0) {
		return pst_cli_usage(NAME, "--valid: '%s' is not a time; write it as 30d", text);
	}
	command->order.valid_s = ns / PST_NS_PER_S;
	return PST_EXIT_OK;
}

static int take_option(void *context, int option)
{
	struct command *command = context;

	switch (option) {
	case OPTION_LANE:
		command->order.lane = optarg;
		return PST_EXIT_OK;
	case OPTION_PUBLIC:
		command->public_key = optarg;
		return PST_EXIT_OK;
	case OPTION_POLICY:
		command->files.policy = optarg;
		return PST_EXIT_OK;
	case OPTION_CHOICES:
		command->files.choices = optarg;
		return PST_EXIT_OK;
	case OPTION_OPERATOR:
		command->files.operator_key = optarg;
		return PST_EXIT_OK;
	case OPTION_GALLERY:
		if (command->gallery_count == GALLERIES_MAX) {
			return pst_cli_usage(NAME, "at most %d galleries", GALLERIES_MAX);
		}
		command->galleries[command->gallery_count++] = optarg;
		return PST_EXIT_OK;
	default:
		return take_valid(command, optarg);
	}
}

/* @return -1 to go on, else what to exit with */
static int check(struct command *command)
{
	const struct {
		const char *value;
		const char *option;
	} needed[] = {{command->order.lane, "--lane NAME"}, {command->public_key, "--public HEX"},
		{command->files.policy, "--policy FILE"}};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!needed[i].value) {
			return pst_cli_usage(NAME, "%s is missing", needed[i].option);
		}
	}
	if (command->line.word_count != 1) {
		return pst_cli_usage(NAME, "the file to write is missing");
	}
	if (pst_bytes_from_hex(
		    command->public_key, command->order.key, sizeof(command->order.key)) < 0) {
		return pst_cli_usage(NAME,
			"--public: 64 hex digits, as 'vault lane-key new' prints them on the lane");
	}
	return -1;
}

static int add_class(struct command *command, const char *text, int64_t retention_s)
{
	struct pst_vault_lane_order *order = &command->order;

	for (size_t i = 0; i < order->class_count; i++) {
		if (command->classes[i].retention_s == retention_s &&
			strcmp(command->classes[i].text, text) == 0) {
			return 0;
		}
	}
	if (order->class_count == CLASSES_MAX) {
		return -EINVAL;
	}
	command->classes[order->class_count++] = (struct pst_vault_lane_class){text, retention_s};
	return 0;
}

/* What a lane seals: core/pipeline/record.c. */
static int list_classes(
	struct command *command, const struct pst_policy *policy, struct pst_error *error)
{
	static const enum pst_store stores[] = {PST_STORE_MATCHING, PST_STORE_IDENTITY};
	size_t used = 0;

	for (size_t s = 0; s < sizeof(stores) / sizeof(stores[0]); s++) {
		bool keeps = false;

		for (size_t i = 0; i < policy->retention_count; i++) {
			const struct pst_retention *retention = &policy->retention[i];
			int64_t keep_s = retention->keep_s[stores[s]];

			if (keep_s > 0 && add_class(command, retention->class_name, keep_s) < 0) {
				return pst_error_set(error, PST_E_CONFIG,
					"%s: more than %d retentions", command->files.policy,
					CLASSES_MAX);
			}
			keeps = keeps || keep_s > 0;
		}
		if (keeps) {
			command->stores[used++] = pst_store_name(stores[s]);
		}
	}
	if (used == 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: keeps nothing in any store; such a lane needs no bulletin",
			command->files.policy);
	}
	return 0;
}

static int fill_order(
	struct command *command, const struct pst_policy *policy, struct pst_error *error)
{
	struct pst_vault_lane_order *order = &command->order;

	order->stores = command->stores;
	order->categories = policy->values[PST_AXIS_CATEGORY];
	order->purposes = policy->values[PST_AXIS_PURPOSE];
	order->galleries = command->galleries;
	order->classes = command->classes;
	return list_classes(command, policy, error);
}

static int log_issue(struct command *command, size_t size, struct pst_error *error)
{
	const struct pst_vault_lane_order *order = &command->order;
	char until[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_s(pst_clock_wall_s() + order->valid_s, until);
	return vault_audit(&command->line, "vault.lane-issued",
		json_pack("{s:s, s:s, s:s, s:I, s:I}", "lane", order->lane, "public",
			command->public_key, "until", until, "classes",
			(json_int_t)order->class_count, "bytes", (json_int_t)size),
		"the lane is registered", error);
}

static int print(const struct command *command, size_t size)
{
	const struct pst_vault_lane_order *order = &command->order;
	char until[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_s(pst_clock_wall_s() + order->valid_s, until);
	if (command->line.json) {
		pst_cli_print_json(json_pack("{s:s, s:s, s:s, s:I, s:I}", "lane", order->lane,
			"bulletin", command->line.words[0], "until", until, "classes",
			(json_int_t)order->class_count, "bytes", (json_int_t)size));
	} else {
		(void)printf("%s: lane '%s' may seal %zu classes until %s (%zu bytes)\n",
			command->line.words[0], order->lane, order->class_count, until, size);
	}
	return PST_EXIT_OK;
}

/* Logged before the bulletin leaves: nobody has one that the log does not tell of. */
static int export(struct command *command, struct pst_error *error)
{
	struct pst_bytes bytes = {0};
	struct pst_policy *policy = NULL;
	uint8_t digest[PST_DIGEST_SIZE];
	int status = pst_cli_policy_load(
		&command->files, PST_CLI_POLICY_DECIDES, &policy, digest, error);

	if (status == 0) {
		status = fill_order(command, policy, error);
	}
	if (status == 0) {
		status = vault_open(&command->line, error);
	}
	if (status == 0) {
		status = vault_audit_start(&command->line, error);
	}
	if (status == 0) {
		status = pst_vault_lane_issue(
			command->line.vault, &command->order, pst_clock_wall_s(), &bytes, error);
	}
	if (status == 0) {
		status = log_issue(command, bytes.size, error);
	}
	if (status == 0) {
		status = pst_fd_replace_file(
			command->line.words[0], bytes.data, bytes.size, 0644, error);
	}
	int exit = status < 0 ? vault_fail(NAME, error) : print(command, bytes.size);
	pst_bytes_finish(&bytes);
	pst_policy_destroy(&policy);
	return exit;
}

int cmd_vault_lane_export(int argc, char **argv)
{
	static const struct option own[] = {{"lane", required_argument, NULL, OPTION_LANE},
		{"public", required_argument, NULL, OPTION_PUBLIC},
		{"policy", required_argument, NULL, OPTION_POLICY},
		{"choices", required_argument, NULL, OPTION_CHOICES},
		{"operator", required_argument, NULL, OPTION_OPERATOR},
		{"gallery", required_argument, NULL, OPTION_GALLERY},
		{"valid", required_argument, NULL, OPTION_VALID}, {0}};
	struct command command = {.order = {.valid_s = VALID_DEFAULT_S}};
	const struct vault_options options = {.name = NAME,
		.help = help,
		.words_max = 1,
		.options = own,
		.take = take_option,
		.context = &command};
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &command.line);

	if (exit < 0) {
		exit = check(&command);
	}
	if (exit < 0) {
		exit = export(&command, &error);
	}
	vault_finish(&command.line);
	return exit;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "cli/vault.h"
#include "vault/lane_key.h"

#define NEW "vault lane-key new"
#define LIST "vault lane-key list"
#define REVOKE "vault lane-key revoke"

static const char new_help[] =
	"usage: postern vault lane-key new [--state DIR] [--json]\n"
	"\n"
	"On a lane: makes the key pair that signs its log, its receipts and its parcels, unless "
	"it\n"
	"has one, and prints the public half. The secret half never leaves lane.key.\n"
	"\n"
	"  --state DIR        state directory of the lane\n"
	"  --json             JSON\n"
	"\n"
	"Exit status: 0 done; 2 usage, or it cannot be written; 4 others can read lane.key.\n";

static const char list_help[] =
	"usage: postern vault lane-key list [--state DIR] --key FILE [--json]\n"
	"\n"
	"The lanes that may seal for the vault, one line each.\n"
	"\n" VAULT_HELP "\n"
	"Exit status: 0 done; 2 usage; 5 vault, or what is written of a lane was changed.\n";

static const char revoke_help[] =
	"usage: postern vault lane-key revoke NAME [--state DIR] --key FILE [OPTIONS]\n"
	"\n"
	"Revokes a lane's key: no parcel that it signed is taken from now on, also none that is "
	"on\n"
	"its way. What was taken before stays.\n"
	"\n" VAULT_HELP VAULT_CHANGES_HELP "\n"
	"Exit status: 0 done; 1 no such lane, or not confirmed; 2 usage; 4 it could not be "
	"logged;\n"
	"5 vault.\n";

static int make_key(struct vault_line *line, struct pst_error *error)
{
	struct pst_sign_key *key = NULL;
	uint8_t bytes[PST_SIGN_PUBLIC_SIZE];
	char text[2 * PST_SIGN_PUBLIC_SIZE + 1];

	if (pst_cli_lane_key_open(line->state, &key, error) < 0) {
		return pst_cli_fail(NEW, error);
	}
	pst_sign_public(key, bytes);
	pst_sign_key_close(&key);
	pst_bytes_to_hex(bytes, sizeof(bytes), text);
	if (line->json) {
		pst_cli_print_json(json_pack("{s:s, s:s}", "public", text, "state", line->state));
	} else {
		(void)puts(text);
	}
	return PST_EXIT_OK;
}

static int cmd_new(int argc, char **argv)
{
	static const struct vault_options options = {.name = NEW, .help = new_help};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0) {
		exit = make_key(&line, &error);
	}
	vault_finish(&line);
	return exit;
}

struct listing {
	bool json;
	json_t *items;
	struct pst_table table;
	int damaged;
};

static const char *state_of(const struct pst_vault_lane_item *item, int64_t now_s)
{
	return item->damaged		? "damaged"
	       : item->revoked_s != 0	? "revoked"
	       : item->until_s <= now_s ? "ended"
					: "sealing";
}

static int list_lane(void *user, const struct pst_vault_lane_item *item)
{
	struct listing *listing = user;
	char key[2 * PST_SIGN_PUBLIC_SIZE + 1];
	char since[PST_CLOCK_TEXT_SIZE], until[PST_CLOCK_TEXT_SIZE];
	const char *state = state_of(item, pst_clock_wall_s());

	listing->damaged += item->damaged;
	pst_bytes_to_hex(item->key, sizeof(item->key), key);
	pst_clock_format_s(item->since_s, since);
	pst_clock_format_s(item->until_s, until);
	if (listing->json) {
		return json_array_append_new(listing->items,
			       json_pack("{s:s, s:s, s:s, s:s, s:s}", "lane", item->lane, "public",
				       key, "state", state, "since", since, "until", until)) < 0
			       ? -ENOMEM
			       : 0;
	}
	key[16] = 0;
	const char *const row[] = {item->lane, state, since, until, key};
	pst_table_add(&listing->table, row);
	return 0;
}

static int list(struct vault_line *line, struct pst_error *error)
{
	static const char *const heading[] = {"LANE", "STATE", "SINCE", "UNTIL", "KEY"};
	struct listing listing = {.json = line->json, .items = json_array()};
	int count = vault_open(line, error);

	listing.table.columns = sizeof(heading) / sizeof(heading[0]);
	pst_table_add(&listing.table, heading);
	if (count == 0) {
		count = pst_vault_lane_each(
			line->vault, pst_clock_wall_s(), list_lane, &listing, error);
	}
	if (count >= 0 && line->json) {
		pst_cli_print_json(json_incref(listing.items));
	} else if (count == 0) {
		(void)puts("no lanes");
	} else if (count > 0) {
		count = pst_table_print(&listing.table);
	}
	json_decref(listing.items);
	pst_table_finish(&listing.table);
	if (count < 0) {
		return vault_fail(LIST, error);
	}
	return listing.damaged > 0 ? PST_EXIT_VAULT : PST_EXIT_OK;
}

static int cmd_list(int argc, char **argv)
{
	static const struct vault_options options = {.name = LIST, .help = list_help};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0) {
		exit = list(&line, &error);
	}
	vault_finish(&line);
	return exit;
}

static int print_revoked(const struct vault_line *line, const char *lane, int revoked)
{
	if (line->json) {
		pst_cli_print_json(json_pack("{s:s, s:i, s:b}", "lane", lane, "revoked", revoked,
			"dry_run", line->dry_run));
	} else {
		(void)printf("lane '%s' %s: no parcel of it is taken any more\n", lane,
			line->dry_run ? "would be revoked" : "revoked");
	}
	return PST_EXIT_OK;
}

/* The keys of a lane that are not revoked yet, for the log: a restoration reads them there. */
struct doomed {
	const char *lane;
	json_t *keys;
};

static int collect_key(void *user, const struct pst_vault_lane_item *item)
{
	struct doomed *doomed = user;
	char key[2 * PST_SIGN_PUBLIC_SIZE + 1];

	if (strcmp(item->lane, doomed->lane) != 0 || item->revoked_s != 0) {
		return 0;
	}
	pst_bytes_to_hex(item->key, sizeof(item->key), key);
	return json_array_append_new(doomed->keys, json_string(key)) < 0 ? -ENOMEM : 0;
}

static int revoke_and_log(struct vault_line *line, const char *lane, struct pst_error *error)
{
	struct doomed doomed = {.lane = lane, .keys = json_array()};
	int revoked =
		pst_vault_lane_each(line->vault, pst_clock_wall_s(), collect_key, &doomed, error);

	if (revoked >= 0) {
		revoked = pst_vault_lane_revoke(line->vault, lane, pst_clock_wall_s(), error);
	}
	if (revoked >= 0 && vault_audit(line, "vault.lane-revoked",
				    json_pack("{s:s, s:O}", "lane", lane, "keys", doomed.keys),
				    "the lane is revoked", error) < 0) {
		revoked = PST_E_UNSAFE;
	}
	json_decref(doomed.keys);
	return revoked;
}

static int revoke(struct vault_line *line, struct pst_error *error)
{
	const char *lane = line->words[0];
	char question[128];
	int status = vault_open(line, error);

	if (status == 0) {
		status = vault_audit_start(line, error);
	}
	if (status < 0) {
		return vault_fail(REVOKE, error);
	}
	if (line->dry_run) {
		return print_revoked(line, lane, 0);
	}
	(void)snprintf(question, sizeof(question),
		"Revoke lane '%.64s', and refuse what it sealed and is not here yet?", lane);
	int exit = vault_confirm(line, REVOKE, question);
	if (exit >= 0) {
		return exit;
	}
	int revoked = revoke_and_log(line, lane, error);
	return revoked < 0 ? pst_cli_fail(REVOKE, error) : print_revoked(line, lane, revoked);
}

static int cmd_revoke(int argc, char **argv)
{
	static const struct vault_options options = {
		.name = REVOKE, .help = revoke_help, .words_max = 1, .changes = true};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0 && line.word_count != 1) {
		exit = pst_cli_usage(REVOKE, "which lane is missing");
	}
	if (exit < 0) {
		exit = revoke(&line, &error);
	}
	vault_finish(&line);
	return exit;
}

int cmd_vault_lane_key(int argc, char **argv)
{
	static const struct pst_cli_action action[] = {
		{"new", "on a lane: make its key pair, print the public half", cmd_new},
		{"export", "on the vault: register a lane, write its bulletin",
			cmd_vault_lane_export},
		{"list", "the lanes that may seal for the vault", cmd_list},
		{"revoke", "take no more parcels of a lane", cmd_revoke},
	};
	static const struct pst_cli_actions actions = {
		.command = "vault lane-key",
		.help = "usage: postern vault lane-key ACTION [OPTIONS]\n\n"
			"Lanes that seal for a vault elsewhere and cannot read what they sealed.\n",
		.example = "list --key FILE",
		.action = action,
		.count = sizeof(action) / sizeof(action[0]),
	};

	return pst_cli_act(&actions, argc, argv);
}

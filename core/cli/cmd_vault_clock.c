/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/vault.h"

#define NAME "vault clock"
#define OPTION_ACCEPT VAULT_OPTION

static const char help[] =
	"usage: postern vault clock [--state DIR] --key FILE [--json]\n"
	"       postern vault clock --accept [--state DIR] --key FILE [OPTIONS]\n"
	"\n"
	"Keys die by the vault's own time, which never goes back. A wall clock that jumped ahead\n"
	"while nothing keeps it right is not believed: until it is synchronised, or accepted "
	"here,\n"
	"nothing is stored and no key dies by the jump. --accept takes what the clock shows as "
	"true:\n"
	"what has expired by it is erased.\n"
	"\n"
	"  --accept           the clock is right\n" VAULT_HELP VAULT_CHANGES_HELP "\n"
	"Exit status: 0 done, and the clock is believed; 1 it is not, or not confirmed; 2 usage;\n"
	"4 accepted, but not written to the audit log; 5 vault.\n";

static int take_option(void *context, int option)
{
	bool *accept = context;

	*accept = option == OPTION_ACCEPT;
	return PST_EXIT_OK;
}

static int print(const struct vault_line *line, const struct pst_vault_clock_status *clock)
{
	char vault[PST_CLOCK_TEXT_SIZE], shown[PST_CLOCK_TEXT_SIZE], ahead[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_s(clock->now_s, vault);
	pst_clock_format_s(clock->shown_s, shown);
	if (line->json) {
		pst_cli_print_json(json_pack("{s:s, s:s, s:I, s:b, s:b, s:b}", "time", vault,
			"shown", shown, "tolerance_s", (json_int_t)clock->tolerance_s,
			"synchronised", clock->synchronised, "held", clock->held, "dry_run",
			line->dry_run));
	} else {
		(void)printf("vault's time   %s\n", vault);
		(void)printf("clock shows    %s (%s)\n", shown,
			clock->synchronised ? "synchronised" : "not synchronised");
		if (clock->held) {
			vault_until(clock->now_s, clock->shown_s, ahead);
			(void)printf("held           the clock is ahead by %s and not believed; "
				     "'postern vault clock --accept' if it is right\n",
				ahead);
		}
	}
	return clock->held ? PST_EXIT_NO : PST_EXIT_OK;
}

static int accept_clock(struct vault_line *line, const struct pst_vault_clock_status *before,
	struct pst_error *error)
{
	struct pst_vault_clock_status after;
	char question[160], from[PST_CLOCK_TEXT_SIZE], to[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_s(before->now_s, from);
	pst_clock_format_s(before->shown_s, to);
	(void)snprintf(question, sizeof(question),
		"Go from %s to %s, and erase what has expired by then?", from, to);
	int exit = line->dry_run ? print(line, before) : vault_confirm(line, NAME, question);
	if (exit >= 0) {
		return line->dry_run ? PST_EXIT_OK : exit;
	}
	int64_t now_s = pst_clock_wall_s();
	if (pst_vault_clock_accept(line->vault, now_s, error) < 0 ||
		pst_vault_clock_read(line->vault, now_s, &after, error) < 0) {
		return vault_fail(NAME, error);
	}
	pst_clock_format_s(after.now_s, to);
	if (vault_audit(line, "vault.clock",
		    json_pack("{s:s, s:s, s:s}", "is", "accepted", "from", from, "to", to),
		    "the clock is accepted", error) < 0) {
		return vault_fail(NAME, error);
	}
	return print(line, &after);
}

int cmd_vault_clock(int argc, char **argv)
{
	static const struct option own[] = {{"accept", no_argument, NULL, OPTION_ACCEPT}, {0}};
	bool accept = false;
	const struct vault_options options = {.name = NAME,
		.help = help,
		.changes = true,
		.options = own,
		.take = take_option,
		.context = &accept};
	struct pst_vault_clock_status clock = {0};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0 &&
		(vault_open(&line, &error) < 0 ||
			pst_vault_clock_read(line.vault, pst_clock_wall_s(), &clock, &error) < 0)) {
		exit = vault_fail(NAME, &error);
	}
	if (exit < 0) {
		exit = accept ? accept_clock(&line, &clock, &error) : print(&line, &clock);
	}
	vault_finish(&line);
	return exit;
}

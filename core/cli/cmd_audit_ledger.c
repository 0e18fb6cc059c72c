/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/audit.h"
#include "cli/cli.h"

#define NAME "audit ledger"

static const char help[] =
	"usage: postern audit ledger [--state DIR] [--public-key FILE] [--at-least N] [--json]\n"
	"\n"
	"Verifies the log, then recomputes what became of every frame: no number missing, none\n"
	"twice, none leased outside of a permit, and the workers' own counts agree. Prints each\n"
	"encounter with its frames.\n"
	"\n"
	"  --state DIR        state directory\n"
	"  --public-key FILE  your own copy of audit.pub\n"
	"  --at-least N       the log must hold N entries\n"
	"  --json             JSON\n"
	"\n"
	"Exit status: 0 it verifies, and the ledger holds; 1 it does not; 2 usage, or no log "
	"there.\n";

/* An account is worth nothing before the log that holds it is known to be whole. */
int cmd_audit_ledger(int argc, char **argv)
{
	static const struct audit_options options = {
		.name = NAME, .help = help, .takes = AUDIT_PUBLIC_KEY | AUDIT_AT_LEAST};
	struct audit_line line;
	struct pst_audit_report report = {0};
	struct pst_error error = {0};
	int exit = audit_read_line(&options, argc, argv, &line);

	if (exit >= 0) {
		return exit;
	}
	return audit_recompute(&line, &report, &error) < 0
		       ? audit_fail(NAME, &error)
		       : pst_cli_audit_ledger(line.state, line.json);
}

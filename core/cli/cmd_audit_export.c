/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "audit/elsewhere.h"
#include "cli/audit.h"
#include "cli/cli.h"

#define NAME "audit export"

static const char help[] =
	"usage: postern audit export OUT [--state DIR] [--from N] [--to N] [--json]\n"
	"\n"
	"Writes entries, byte for byte, into one file that is verified elsewhere with the public\n"
	"key alone: postern audit verify --file OUT --public-key audit.pub\n"
	"\n"
	"  --state DIR  state directory\n"
	"  --from N     begin at entry N (1)\n"
	"  --to N       end with the checkpoint that signs entry N (with the newest entry)\n"
	"  --json       JSON\n"
	"\n"
	"An existing OUT is not overwritten. Exit status: 0 done; 1 the log does not verify; 2 "
	"usage,\n"
	"or no log there; 3 OUT cannot be written.\n";

int cmd_audit_export(int argc, char **argv)
{
	static const struct audit_options options = {
		.name = NAME, .help = help, .takes = AUDIT_FROM | AUDIT_TO, .word = "OUT"};
	struct audit_line line;
	struct pst_audit_report report;
	struct pst_error error = {0};
	int exit = audit_read_line(&options, argc, argv, &line);

	if (exit >= 0) {
		return exit;
	}
	uint64_t from = line.from ? (uint64_t)line.from : 1;
	if (pst_audit_export(line.state, line.word, from, (uint64_t)line.to, &report, &error) < 0) {
		return audit_fail(NAME, &error);
	}
	uint64_t last = report.first + report.entries - 1;
	if (line.json) {
		pst_cli_print_json(json_pack("{s:s, s:I, s:I, s:I, s:I}", "file", line.word,
			"first", (json_int_t)report.first, "last", (json_int_t)last, "checkpoints",
			(json_int_t)report.checkpoints, "signed_entries",
			(json_int_t)report.signed_entries));
	} else {
		(void)printf("entries %" PRIu64 " to %" PRIu64
			     " written to %s, signed up to %" PRIu64 "\n",
			report.first, last, line.word, report.signed_entries);
	}
	return PST_EXIT_OK;
}

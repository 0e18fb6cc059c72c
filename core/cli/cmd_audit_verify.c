/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/audit.h"
#include "cli/cli.h"
#include "cli/table.h"

#define NAME "audit verify"

static const char help[] =
	"usage: postern audit verify [--state DIR | --file BUNDLE] [--public-key FILE] [--json]\n"
	"                            [--at-least N] [--verification-key FILE]\n"
	"                            [--witness FILE --cosignatures FILE]\n"
	"\n"
	"Recomputes all of a log from its content; needs no vault key. Each option shows more:\n"
	"\n"
	"  --state DIR              state directory\n"
	"  --file BUNDLE            instead: what 'audit export' wrote\n"
	"  --public-key FILE        your own copy of audit.pub: whoever rewrites the log can\n"
	"                           replace the one beside it\n"
	"  --at-least N             the log must hold N entries: a number from a receipt or noted\n"
	"                           before\n"
	"  --verification-key FILE  what 'audit take-key' moved away: shows what was written anew\n"
	"                           with all keys of the machine\n"
	"  --witness FILE           public key of a witness (witness.pub)\n"
	"  --cosignatures FILE      what it signed: nothing up to there is rewritten or cut off\n"
	"  --json                   JSON\n"
	"\n"
	"Exit status: 0 it verifies; 1 it does not; 2 usage, or no log there; 4 the verification\n"
	"key is open to others.\n";

static const char *log_name(const struct audit_line *line, char path[PATH_MAX])
{
	if (line->file) {
		return line->file;
	}
	return pst_text_path(path, PATH_MAX, line->state, PST_AUDIT_LOG) == 0 ? path : line->state;
}

static uint64_t last_entry(const struct pst_audit_report *report)
{
	return report->entries ? report->first + report->entries - 1 : 0;
}

static json_t *state_json(const struct pst_audit_report *report)
{
	char hash[2 * sizeof(report->state.hash) + 1];

	if (!report->has_state) {
		return json_null();
	}
	pst_bytes_to_hex(report->state.hash, sizeof(report->state.hash), hash);
	return json_pack("{s:s, s:I, s:I, s:I}", "hash", hash, "records",
		(json_int_t)report->state.records, "counter", (json_int_t)report->state.counter,
		"sequence", (json_int_t)report->state_sequence);
}

static json_t *report_json(const struct audit_line *line, const struct pst_audit_report *report)
{
	char head[2 * PST_CHAIN_SIZE + 1], key[2 * PST_SIGN_PUBLIC_SIZE + 1];
	char log[2 * PST_MAC_LOG_SIZE + 1], path[PATH_MAX];

	pst_bytes_to_hex(report->head, sizeof(report->head), head);
	pst_bytes_to_hex(report->public_key, sizeof(report->public_key), key);
	pst_bytes_to_hex(report->log, sizeof(report->log), log);
	json_t *json = json_pack(
		"{s:s, s:b, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:b}",
		line->file ? "file" : "state", line->file ? log_name(line, path) : line->state,
		"ok", report->finding == PST_AUDIT_FINDING_OK, "finding",
		pst_audit_finding_name(report->finding), "text", report->text, "bad_sequence",
		(json_int_t)report->bad_sequence, "bad_offset", (json_int_t)report->bad_offset,
		"entries", (json_int_t)report->entries, "checkpoints",
		(json_int_t)report->checkpoints, "signed_entries",
		(json_int_t)report->signed_entries, "first_s", (json_int_t)report->first_s,
		"last_s", (json_int_t)report->last_s, "head", head, "public_key", key, "key_given",
		report->key_given);
	json_t *more = json_pack("{s:s, s:I, s:b, s:I, s:I, s:o, s:o}", "log", log, "first",
		(json_int_t)report->first, "part", report->is_part, "mac_epoch",
		(json_int_t)report->mac_epoch, "tagged", (json_int_t)report->tagged, "vault",
		state_json(report), "cosigned",
		report->cosigned ? json_pack("{s:I, s:I}", "sequence", (json_int_t)report->cosigned,
					   "seen_s", (json_int_t)report->cosigned_s)
				 : json_null());

	(void)json_object_update(json, more);
	json_decref(more);
	return json;
}

static void print_tags(const struct audit_line *line, const struct pst_audit_report *report)
{
	char path[PATH_MAX];

	if (line->seeds) {
		(void)printf("        %" PRIu64 " of %" PRIu64
			     " entries carry the tag of the verification key\n",
			report->tagged, report->entries);
		return;
	}
	if (report->mac_epoch > 0) {
		(void)printf("        tags not recomputed: that needs --verification-key\n");
	}
	if (!line->file && pst_text_path(path, sizeof(path), line->state, PST_AUDIT_SEEDS) == 0 &&
		access(path, F_OK) == 0) {
		(void)printf("        the verification key still lies beside the log; move it away "
			     "with 'postern audit take-key FILE'\n");
	}
}

static void print_cosigned(const struct pst_audit_report *report)
{
	char seen[PST_CLOCK_TEXT_SIZE], since[PST_CLOCK_TEXT_SIZE];
	int64_t ago = pst_clock_wall_s() - report->cosigned_s;
	uint64_t last = last_entry(report);

	if (report->cosigned == 0) {
		return;
	}
	pst_clock_format_s(report->cosigned_s, seen);
	pst_table_span(ago > 0 ? ago : 0, since);
	(void)printf("        the witness signed up to entry %" PRIu64 " at %s; not since: %" PRIu64
		     " entries, %s\n",
		report->cosigned, seen, last > report->cosigned ? last - report->cosigned : 0,
		since);
}

static void print_report(const struct audit_line *line, const struct pst_audit_report *report)
{
	char hex[2 * PST_CHAIN_SIZE + 1], path[PATH_MAX];
	char first[PST_CLOCK_TEXT_SIZE], last[PST_CLOCK_TEXT_SIZE];
	bool ok = report->finding == PST_AUDIT_FINDING_OK;

	(void)printf("%s  %s\n", ok ? "ok    " : "FAILED", log_name(line, path));
	(void)printf("        %s\n", report->text);
	if (report->first > 1 || report->is_part) {
		(void)printf("        a part: entries %" PRIu64 " to %" PRIu64 "%s\n",
			report->first, last_entry(report),
			report->is_part ? "; nothing tells what came after" : "");
	}
	if (report->entries > 0) {
		pst_clock_format_s(report->first_s, first);
		pst_clock_format_s(report->last_s, last);
		(void)printf("        from %s to %s\n", first, last);
		pst_bytes_to_hex(report->head, sizeof(report->head), hex);
		(void)printf("        head %s\n", hex);
	}
	if (ok) {
		print_tags(line, report);
		print_cosigned(report);
	}
	if (!report->key_given) {
		(void)printf("        key from %s; to trust it, give your own copy with "
			     "--public-key\n",
			line->file ? "the file itself" : "beside the log");
	}
}

int cmd_audit_verify(int argc, char **argv)
{
	static const struct audit_options options = {
		.name = NAME,
		.help = help,
		.takes = AUDIT_PUBLIC_KEY | AUDIT_AT_LEAST | AUDIT_FILE | AUDIT_SEEDS |
			 AUDIT_WITNESS | AUDIT_COSIGNATURES,
	};
	struct audit_line line;
	struct pst_audit_report report = {0};
	struct pst_error error = {0};
	int exit = audit_read_line(&options, argc, argv, &line);

	if (exit >= 0) {
		return exit;
	}
	int status = audit_recompute(&line, &report, &error);
	if (status < 0 && status != PST_E_CORRUPT) {
		return pst_cli_fail(NAME, &error);
	}
	if (line.json) {
		pst_cli_print_json(report_json(&line, &report));
	} else {
		print_report(&line, &report);
	}
	return status == 0 ? PST_EXIT_OK : PST_EXIT_NO;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>

#include "audit/account.h"
#include "cli/audit.h"
#include "cli/cli.h"
#include "cli/table.h"

#define COMMAND "audit ledger"
#define COLUMNS 10

struct printing {
	struct pst_account *account;
	struct pst_table table;
	json_t *encounters; /* NULL: text */
};

static void add_row(struct printing *printing, const struct pst_account_encounter *encounter)
{
	char lane[24], number[24], frames[72], leased[24], withheld[24], permits[24], taken[24];
	const char *row[COLUMNS] = {lane, number, encounter->category, encounter->outcome,
		encounter->rule, frames, withheld, leased, permits, taken};

	(void)snprintf(lane, sizeof(lane), "%" PRIu64, encounter->lane);
	(void)snprintf(number, sizeof(number), "%" PRIu64, encounter->encounter);
	(void)snprintf(frames, sizeof(frames), "-");
	if (encounter->session > 0) {
		(void)snprintf(frames, sizeof(frames), "%" PRIu64 ":%" PRIu64 "-%" PRIu64,
			encounter->session, encounter->first, encounter->last);
	}
	(void)snprintf(withheld, sizeof(withheld), "%" PRIu64, encounter->withheld);
	(void)snprintf(leased, sizeof(leased), "%" PRIu64, encounter->leased);
	(void)snprintf(permits, sizeof(permits), "%" PRIu64, encounter->permits);
	(void)snprintf(taken, sizeof(taken), "%" PRIu64, encounter->taken);
	pst_table_add(&printing->table, row);
}

static void add_encounter(void *user, const struct pst_account_encounter *encounter)
{
	struct printing *printing = user;

	if (!printing->encounters) {
		add_row(printing, encounter);
		return;
	}
	(void)json_array_append_new(printing->encounters,
		json_pack("{s:I, s:I, s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			"entry", (json_int_t)encounter->sequence, "lane",
			(json_int_t)encounter->lane, "encounter", (json_int_t)encounter->encounter,
			"category", encounter->category, "outcome", encounter->outcome, "rule",
			encounter->rule, "session", (json_int_t)encounter->session, "first",
			(json_int_t)encounter->first, "last", (json_int_t)encounter->last,
			"withheld", (json_int_t)encounter->withheld, "leased",
			(json_int_t)encounter->leased, "permits", (json_int_t)encounter->permits,
			"taken", (json_int_t)encounter->taken));
}

static int take_item(void *user, const struct pst_audit_item *item)
{
	return pst_account_take(((struct printing *)user)->account, item);
}

static void print_json(struct printing *printing, const struct pst_account_report *report)
{
	pst_cli_print_json(json_pack("{s:b, s:s, s:s, s:I, s:b, s:I, s:I, s:I, s:I, s:{s:I, s:I, "
				     "s:I, s:I, s:I}, s:{s:I, "
				     "s:I}, s:O}",
		"ok", report->finding == PST_ACCOUNT_FINDING_OK, "finding",
		pst_account_finding_name(report->finding), "text", report->text, "bad_sequence",
		(json_int_t)report->bad_sequence, "open", report->open, "cut_short",
		(json_int_t)report->cut_short, "lanes", (json_int_t)report->lanes, "sessions",
		(json_int_t)report->sessions, "permits", (json_int_t)report->permits, "frames",
		"seen", (json_int_t)report->seen, "leased", (json_int_t)report->leased, "withheld",
		(json_int_t)report->withheld, "lost", (json_int_t)report->lost, "damaged",
		(json_int_t)report->damaged, "workers", "taken", (json_int_t)report->taken,
		"unsent", (json_int_t)report->unsent, "encounters", printing->encounters));
}

static void print_text(struct printing *printing, const struct pst_account_report *report)
{
	bool ok = report->finding == PST_ACCOUNT_FINDING_OK;

	if (pst_table_print(&printing->table) < 0) {
		(void)fputs("postern audit ledger: no memory for all lines\n", stderr);
	}
	(void)printf("%s  %s\n", ok ? "ok    " : "FAILED", report->text);
	(void)printf("        %" PRIu64 " lanes, %" PRIu64 " sessions, %" PRIu64
		     " encounters; workers took %" PRIu64 " of the leased, %" PRIu64
		     " were never sent to one\n",
		report->lanes, report->sessions, report->encounters, report->taken, report->unsent);
	if (report->open) {
		(void)printf("        the last lane has not closed: its newest frames are not in "
			     "the account yet\n");
	}
}

int pst_cli_audit_ledger(const char *state, bool json)
{
	static const char *const heading[COLUMNS] = {"lane", "#", "category", "outcome", "rule",
		"frames", "withheld", "leased", "permits", "taken"};
	struct printing printing = {
		.table = {.columns = COLUMNS}, .encounters = json ? json_array() : NULL};
	struct pst_error error = {0};
	int status = -ENOMEM;
	bool holds = false;

	printing.account = pst_account_create(add_encounter, &printing);
	pst_table_add(&printing.table, heading);
	if (printing.account) {
		status = pst_audit_each(state, take_item, &printing, &error);
		const struct pst_account_report *report = pst_account_finish(printing.account);

		holds = status == 0 && report->finding == PST_ACCOUNT_FINDING_OK;
		if (status == 0 || report->finding != PST_ACCOUNT_FINDING_OK) {
			status = 0;
			json ? print_json(&printing, report) : print_text(&printing, report);
		}
	}
	pst_account_destroy(&printing.account);
	pst_table_finish(&printing.table);
	json_decref(printing.encounters);
	if (status < 0) {
		error.status = status;
		return pst_cli_fail(COMMAND, &error);
	}
	return holds ? PST_EXIT_OK : PST_EXIT_NO;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/bytes.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "cli/vault.h"

bool vault_whom_take(struct vault_whom *whom, int option)
{
	switch (option) {
	case VAULT_OPTION_SUBJECT:
		whom->subject = optarg;
		return true;
	case VAULT_OPTION_RECORD:
		whom->record = optarg;
		return true;
	case VAULT_OPTION_RECEIPT:
		whom->receipt = optarg;
		return true;
	default:
		return false;
	}
}

int vault_whom_check(const struct vault_whom *whom, const char *name)
{
	int given = (whom->subject != NULL) + (whom->record != NULL) + (whom->receipt != NULL);

	return given == 1 ? -1
			  : pst_cli_usage(name, "give one of --subject, --record and --receipt");
}

int vault_whom_find(struct vault_whom *whom, const struct vault_line *line,
	struct pst_vault_graves *ret_graves, struct pst_error *error)
{
	struct pst_vault_whom vault = {.subject = whom->subject};
	int status = 0;

	*ret_graves = (struct pst_vault_graves){0};
	if (whom->record) {
		vault.record = whom->id;
		if (pst_bytes_from_hex(whom->record, whom->id, sizeof(whom->id)) < 0) {
			status = pst_error_set(error, PST_E_USAGE,
				"--record: '%.64s' is no record's id: 32 hex digits, as 'postern "
				"vault list --json' says",
				whom->record);
		}
	}
	if (whom->receipt) {
		status = vault_find_receipt(line, whom->receipt, &whom->found, error);
		vault.audit_sequences = whom->found.sequence;
		vault.count = whom->found.count;
	}
	return status < 0
		       ? status
		       : pst_vault_find(line->vault, &vault, pst_clock_wall_s(), ret_graves, error);
}

int vault_whom_print(const struct vault_line *line, const struct pst_vault_graves *graves)
{
	static const char *const heading[] = {"RECORD", "WOULD EXPIRE", "HELD"};
	struct pst_table table = {.columns = 3};

	if (line->json || graves->count == 0) {
		return 0;
	}
	pst_table_add(&table, heading);
	for (size_t i = 0; i < graves->count; i++) {
		char record[2 * PST_VAULT_ID_SIZE + 1], until[PST_CLOCK_TEXT_SIZE];

		pst_bytes_to_hex(graves->grave[i].record, PST_VAULT_ID_SIZE, record);
		pst_clock_format_s(graves->grave[i].tombstone.until_s, until);
		pst_table_add(&table,
			(const char *const[]){record, until, graves->grave[i].held ? "yes" : "no"});
	}
	int status = pst_table_print(&table);
	pst_table_finish(&table);
	return status;
}

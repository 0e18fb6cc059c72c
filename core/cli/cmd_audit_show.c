/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "cli/audit.h"
#include "cli/cli.h"

#define NAME "audit show"

static const char help[] =
	"usage: postern audit show [--state DIR] [--from N] [--last N] [--kind K] [--json]\n"
	"\n"
	"The entries in order, up to the first that does not verify. 'audit verify' checks more.\n"
	"\n"
	"  --state DIR  state directory\n"
	"  --from N     begin at entry N\n"
	"  --last N     only the last N\n"
	"  --kind K     only entries of this kind; how many others there are is said\n"
	"  --json       one object per line\n"
	"\n"
	"Exit status: 0 done; 1 an entry does not verify; 2 usage, or no log there.\n";

struct show {
	struct audit_line line;
	uint64_t total; /* entries, when only the last are shown */
	uint64_t shown, left_out;
};

static int count_item(void *user, const struct pst_audit_item *item)
{
	((struct show *)user)->total = item->sequence;
	return 0;
}

static int show_item(void *user, const struct pst_audit_item *item)
{
	struct show *show = user;
	char time[PST_CLOCK_TEXT_SIZE], hash[2 * PST_CHAIN_SIZE + 1];

	if (item->sequence < (uint64_t)show->line.from ||
		(show->line.last > 0 &&
			item->sequence + (uint64_t)show->line.last <= show->total) ||
		(show->line.kind && strcmp(show->line.kind, item->kind) != 0)) {
		show->left_out++;
		return 0;
	}
	show->shown++;
	pst_clock_format_s(item->wall_s, time);
	pst_bytes_to_hex(item->hash, PST_CHAIN_SIZE, hash);
	if (!show->line.json) {
		(void)printf("%6" PRIu64 "  %s  %-20s  %s\n", item->sequence, time, item->kind,
			item->json);
		return 0;
	}
	json_t *data = json_loads(item->json, 0, NULL);
	json_t *line =
		json_pack("{s:I, s:s, s:s, s:o?, s:s}", "sequence", (json_int_t)item->sequence,
			"time", time, "kind", item->kind, "data", data, "hash", hash);
	(void)json_dumpf(line, stdout, JSON_COMPACT);
	(void)putchar('\n');
	json_decref(line);
	return 0;
}

static int show_entries(struct show *show, struct pst_error *error)
{
	int status = 0;

	if (show->line.last > 0) {
		status = pst_audit_each(show->line.state, count_item, show, error);
	}
	if (status == 0 || status == PST_E_CORRUPT) {
		*error = (struct pst_error){0};
		status = pst_audit_each(show->line.state, show_item, show, error);
	}
	if (show->left_out > 0) {
		(void)fprintf(stderr, "%" PRIu64 " entries shown, %" PRIu64 " left out\n",
			show->shown, show->left_out);
	}
	return status < 0 ? audit_fail(NAME, error) : PST_EXIT_OK;
}

int cmd_audit_show(int argc, char **argv)
{
	static const struct audit_options options = {
		.name = NAME,
		.help = help,
		.takes = AUDIT_FROM | AUDIT_LAST | AUDIT_KIND,
	};
	struct show show = {0};
	struct pst_error error = {0};
	int exit = audit_read_line(&options, argc, argv, &show.line);

	return exit >= 0 ? exit : show_entries(&show, &error);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/policy.h"
#include "cli/policy_card.h"
#include "cli/policy_grid.h"

#define NAME "policy table"

static const char help[] =
	"usage: postern policy table FILE [--date DAY] [INPUTS] [--format NAME] [--json]\n"
	"       postern policy table FILE --card [--date DAY] [INPUTS] [--format NAME] [--json]\n"
	"\n"
	"A policy on one day, as people read it: categories down, directions and environments\n"
	"across, each cell with its rule and how sure its sources are.\n"
	"\n"
	"  --date DAY           today; the calendar date at the port, like 2025-12-27\n"
	"  --format NAME        text; csv (one row per cell, RFC 4180) or html (one page that "
	"needs\n"
	"                       nothing else and can be printed)\n"
	"  --print WHAT         table; card: a page for travelers, or notice: the notice to put "
	"up,\n"
	"                       both with their disclaimer, as text or html\n"
	"  --card               the same as --print card\n"
	"  --language TAG       put the policy's texts on a card or notice in one of its "
	"languages,\n"
	"                       like es or zh-Hant; the rest stays English\n" POLICY_CHOICES_HELP
	"\n"
	"Inputs narrow what is shown to one value: --category, --direction, --environment; for\n"
	"cards also --age-band and --port. The others are held at one value, the policy's default\n"
	"or else: --known-by document, --mode normal, --purpose verify, --modality face,\n"
	"--notice current, --choice none.\n"
	"\n"
	"Exit status: 0 ok; 2 usage, or a file or an input that is not valid; 4 the policy is not\n"
	"total, the choices are not this policy's or not signed, or a card or notice was asked "
	"for\n"
	"and a retention is unset or the notice has lapsed.\n";

enum {
	OPTION_DATE = POLICY_OPTION,
	OPTION_FORMAT,
	OPTION_PRINT,
	OPTION_CARD,
	OPTION_LANGUAGE,
	OPTION_AXIS
};
enum format { FORMAT_TEXT, FORMAT_CSV, FORMAT_HTML };
enum print { PRINT_TABLE, PRINT_CARD, PRINT_NOTICE };

static const char *const format_names[] = {"text", "csv", "html", NULL};
static const char *const print_names[] = {"table", "card", "notice", NULL};

struct asked {
	struct pst_policy_request request;
	bool has_day;
	int format;
	int print;
	const char *language; /* NULL: the policy's own */
	bool json;
};

static int read_word(const char *option, const char *const *names, int *ret_index)
{
	const char *nearest = pst_text_nearest(names, optarg);

	*ret_index = pst_text_index(names, optarg);
	if (*ret_index >= 0) {
		return PST_EXIT_OK;
	}
	return pst_cli_usage(NAME, "unknown value '%s' for %s%s%s%s", optarg, option,
		nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static int take(void *context, int option)
{
	struct asked *asked = context;

	switch (option) {
	case OPTION_DATE:
		asked->has_day = true;
		return policy_read_day(NAME, "--date", optarg, &asked->request.day);
	case OPTION_FORMAT:
		return read_word("--format", format_names, &asked->format);
	case OPTION_PRINT:
		return read_word("--print", print_names, &asked->print);
	case OPTION_CARD:
		asked->print = PRINT_CARD;
		return PST_EXIT_OK;
	case OPTION_LANGUAGE:
		asked->language = optarg;
		return PST_EXIT_OK;
	default:
		asked->request.value[option - OPTION_AXIS] = optarg;
		return PST_EXIT_OK;
	}
}

static int read_line(int argc, char **argv, struct asked *asked, struct policy_line *line)
{
	struct option options[PST_AXIS_COUNT + 5] = {
		{"date", required_argument, NULL, OPTION_DATE},
		{"format", required_argument, NULL, OPTION_FORMAT},
		{"print", required_argument, NULL, OPTION_PRINT},
		{"card", no_argument, NULL, OPTION_CARD},
		{"language", required_argument, NULL, OPTION_LANGUAGE},
	};
	size_t count = 5;
	int status;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (axis != PST_AXIS_PERIOD) {
			options[count++] = (struct option){
				pst_axis_names[axis], required_argument, NULL, OPTION_AXIS + axis};
		}
	}
	status = policy_read_line(&(struct policy_options){.name = NAME,
					  .help = help,
					  .files_max = 1,
					  .takes_choices = true,
					  .options = options,
					  .take = take,
					  .context = asked},
		argc, argv, line);
	if (status >= 0) {
		return status;
	}
	if (asked->print != PRINT_TABLE && asked->format == FORMAT_CSV) {
		return pst_cli_usage(NAME, "a %s is text or html", print_names[asked->print]);
	}
	if (asked->print != PRINT_TABLE &&
		(asked->request.value[PST_AXIS_NOTICE] || asked->request.value[PST_AXIS_CHOICE])) {
		return pst_cli_usage(NAME,
			"a %s speaks of everyone who was told, whatever they choose; leave out "
			"--notice and --choice",
			print_names[asked->print]);
	}
	if (asked->print == PRINT_TABLE && asked->language) {
		return pst_cli_usage(NAME, "--language is for --print card or notice");
	}
	if (line->json && asked->format != FORMAT_TEXT) {
		return pst_cli_usage(NAME, "--json and --format %s are two formats",
			format_names[asked->format]);
	}
	asked->json = line->json;
	return status;
}

static int print_grid(
	const struct pst_policy_view *view, const struct asked *asked, struct pst_error *error)
{
	struct pst_policy_grid grid;
	int status = pst_policy_grid_open(view, &grid);

	if (status < 0) {
		(void)pst_error_set(error, status, "out of memory");
	} else if (asked->json) {
		pst_cli_print_json(policy_grid_json(&grid));
	} else if (asked->format == FORMAT_CSV) {
		policy_grid_print_csv(&grid);
	} else if (asked->format == FORMAT_HTML) {
		policy_grid_print_html(&grid);
	} else {
		policy_grid_print_text(&grid);
	}
	pst_policy_grid_finish(&grid);
	return status;
}

static const struct pst_policy_wording *find_wording(
	const struct pst_policy *policy, const char *language, struct pst_error *error)
{
	const struct pst_policy_wording *wording;

	if (!language) {
		return &policy->texts.own;
	}
	wording = pst_policy_wording(policy, language);
	if (!wording) {
		(void)pst_error_set(error, PST_E_CONFIG,
			"policy %s has no texts in language '%.32s'; add a translation to it",
			policy->id, language);
	}
	return wording;
}

static int print_card(
	const struct pst_policy_view *view, const struct asked *asked, struct pst_error *error)
{
	static json_t *(*const json[])(const struct pst_policy_card *card) = {
		[PRINT_CARD] = policy_card_json, [PRINT_NOTICE] = policy_notice_json};
	static void (*const print[][3])(const struct pst_policy_card *card) = {
		[PRINT_CARD] = {[FORMAT_TEXT] = policy_card_print_text,
			[FORMAT_HTML] = policy_card_print_html},
		[PRINT_NOTICE] = {[FORMAT_TEXT] = policy_notice_print_text,
			[FORMAT_HTML] = policy_notice_print_html},
	};
	const struct pst_policy_wording *wording =
		find_wording(view->policy, asked->language, error);
	struct pst_policy_card card;
	int status;

	if (!wording) {
		return PST_E_CONFIG;
	}
	status = pst_policy_card_open(view, &card);
	card.wording = wording;
	if (status < 0) {
		(void)pst_error_set(error, status, "out of memory");
	} else if (asked->json) {
		pst_cli_print_json(json[asked->print](&card));
	} else {
		print[asked->print][asked->format](&card);
	}
	pst_policy_card_finish(&card);
	return status;
}

/* What is put up or handed out must hold on its day. */
static int check_notice(
	const struct pst_policy *policy, const char *file, int32_t day, struct pst_error *error)
{
	char until[PST_CLOCK_TEXT_SIZE];

	if (day <= policy->texts.notice_until_day) {
		return 0;
	}
	pst_clock_format_day(policy->texts.notice_until_day, until);
	return pst_error_set(error, PST_E_UNSAFE,
		"%s:%d: notice %s is current until %s; renew it and texts.notice-until", file,
		policy->texts.line, policy->texts.notice_version, until);
}

static int show(const struct policy_line *line, const struct asked *asked, struct pst_error *error)
{
	const char *file = line->files[0];
	bool is_table = asked->print == PRINT_TABLE;
	struct pst_policy *policy = NULL;
	struct pst_policy_view view;
	int status = policy_load(line, file,
		is_table ? PST_CLI_POLICY_READS : PST_CLI_POLICY_DECIDES, &policy, error);

	if (status >= 0 && !is_table) {
		status = check_notice(policy, file, asked->request.day, error);
	}
	if (status >= 0) {
		status = pst_policy_view_open(policy, &asked->request,
			is_table ? PST_POLICY_GRID_AXES : PST_POLICY_CARD_AXES, &view, error);
	}
	if (status >= 0) {
		status = is_table ? print_grid(&view, asked, error)
				  : print_card(&view, asked, error);
	}
	pst_policy_destroy(&policy);
	return status;
}

int cmd_policy_table(int argc, char **argv)
{
	struct asked asked = {0};
	struct policy_line line = {0};
	struct pst_error error = {0};
	int status = read_line(argc, argv, &asked, &line);

	if (status >= 0) {
		return status;
	}
	if (!asked.has_day) {
		asked.request.day = policy_today();
	}
	status = show(&line, &asked, &error);
	return status < 0 ? pst_cli_fail(NAME, &error) : pst_cli_finish_output(NAME, PST_EXIT_OK);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/eval_print.h"

#define COMMAND "eval"

static const char help[] =
	"usage: postern eval DATA [OPTIONS]\n"
	"       postern eval --scores FILE [OPTIONS]\n"
	"\n"
	"Error rates of a detector, an extractor and a matcher, measured through the workers of\n"
	"a lane, in the terms of ISO/IEC 19795. DATA is a folder that holds a folder per person\n"
	"with pictures or recordings, or a list of pairs: FILE,FILE,same (or different).\n"
	"\n" PST_EVAL_HELP
	"  --fmr RATE       where cohorts and discarding are looked at (default: 1e-3, or what\n"
	"                   the comparisons carry)\n"
	"  --seed N         of the bootstrap (default 1)\n"
	"  --pad ID         presentation attack detection too, in the terms of ISO/IEC 30107-3:\n"
	"  --attacks DIR    a folder per species of attack; DATA is the bona fide presentations\n"
	"  --report FILE    one HTML page with plots\n"
	"  --csv DIR        scores, curves and failures as CSV\n"
	"  --svg DIR        each plot as a file\n"
	"  --json           JSON instead of tables\n"
	"  --help           this text\n"
	"\n"
	"Pictures are read as they are given, no gate is asked: evaluate only what you may.\n"
	"Templates are kept in memory alone.\n"
	"\n"
	"Exit status: 0 evaluated; 1 there were no scores of both kinds, or with --attacks no\n"
	"answers about both persons and attacks; 2 usage, or data that cannot be read; 3 a file\n"
	"that cannot be written.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_FMR,
	OPTION_SEED,
	OPTION_PAD,
	OPTION_ATTACKS,
	OPTION_REPORT,
	OPTION_CSV,
	OPTION_SVG,
};

static const struct option options[] = {
	PST_EVAL_OPTIONS,
	{"help", no_argument, NULL, OPTION_HELP},
	{"json", no_argument, NULL, OPTION_JSON},
	{"fmr", required_argument, NULL, OPTION_FMR},
	{"seed", required_argument, NULL, OPTION_SEED},
	{"pad", required_argument, NULL, OPTION_PAD},
	{"attacks", required_argument, NULL, OPTION_ATTACKS},
	{"report", required_argument, NULL, OPTION_REPORT},
	{"csv", required_argument, NULL, OPTION_CSV},
	{"svg", required_argument, NULL, OPTION_SVG},
	{0},
};

struct eval {
	struct pst_eval_data data;
	struct pst_evaluation *evaluation; /* owned */
	double fmr;
	int64_t seed;
	bool json;
	const char *report, *csv, *svg;
};

static int take_option(struct eval *eval, int option, struct pst_error *error)
{
	char *end;

	switch (option) {
	case OPTION_JSON:
		eval->json = true;
		return 0;
	case OPTION_FMR:
		eval->fmr = strtod(optarg, &end);
		return *end || !(eval->fmr > 0) || !(eval->fmr < 1)
			       ? pst_error_set(error, PST_E_USAGE,
					 "--fmr: '%.64s' is no rate between 0 and 1, such as 1e-3",
					 optarg)
			       : 0;
	case OPTION_SEED:
		return pst_text_parse_int(optarg, 0, INT64_MAX, &eval->seed) < 0
			       ? pst_error_set(error, PST_E_USAGE,
					 "--seed: '%.64s' is no whole number", optarg)
			       : 0;
	case OPTION_PAD:
		eval->data.pad_id = optarg;
		return 0;
	case OPTION_ATTACKS:
		eval->data.attacks_path = optarg;
		return 0;
	case OPTION_REPORT:
		eval->report = optarg;
		return 0;
	case OPTION_CSV:
		eval->csv = optarg;
		return 0;
	case OPTION_SVG:
		eval->svg = optarg;
		return 0;
	default:
		return pst_eval_data_take(&eval->data, option, optarg, error);
	}
}

/* @return an exit status, or -1 to go on */
static int check_attacks(const struct pst_eval_data *data)
{
	if (!data->pad_id != !data->attacks_path) {
		return pst_cli_usage(COMMAND,
			"--pad and --attacks go together: a detector, and what it is to detect");
	}
	if (data->pad_id && data->scores_path) {
		return pst_cli_usage(COMMAND, "--attacks needs pictures as DATA, not --scores");
	}
	if (data->pad_id && data->chips) {
		return pst_cli_usage(COMMAND, "--attacks needs whole pictures, not --chips");
	}
	return -1;
}

/* @return an exit status, or -1 to go on */
static int parse(struct eval *eval, int argc, char **argv)
{
	struct pst_error error = {0};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) >= 0) {
		if (option == OPTION_HELP) {
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		}
		if (option == '?' || option == ':') {
			return pst_cli_bad_option(COMMAND, option, argv);
		}
		if (take_option(eval, option, &error) < 0) {
			return pst_cli_fail(COMMAND, &error);
		}
	}
	int status = pst_eval_data_take_words(&eval->data, argc, argv);

	return status >= 0 ? status : check_attacks(&eval->data);
}

static int evaluate(struct eval *eval, struct pst_error *error)
{
	struct pst_eval_data *data = &eval->data;
	struct pst_evaluation_input input = {
		.scores = &data->scores,
		.matrix = &data->matrix,
		.samples = data->scores_path ? NULL : &data->samples,
		.people = pst_eval_data_people(data),
		.cohorts = NULL,
		.fmr = eval->fmr,
		.seed = (uint64_t)eval->seed,
	};
	int status = data->scores_path ? 0 : pst_eval_data_choose(data, error);

	if (status == 0) {
		status = pst_eval_data_load(data, error);
	}
	if (status < 0) {
		return status;
	}
	input.cohorts = pst_eval_data_has_cohorts(data) ? &data->cohorts : NULL;
	eval->evaluation = calloc(1, sizeof(*eval->evaluation));
	if (!eval->evaluation) {
		return pst_error_set(error, -ENOMEM, "no memory for the evaluation");
	}
	return pst_evaluation_make(&input, eval->evaluation, error);
}

static int write_report(struct eval *eval, struct pst_error *error)
{
	FILE *file = fopen(eval->report, "we");
	bool good = file != NULL;

	if (file) {
		pst_eval_print_html(&eval->data, eval->evaluation, file);
		good = !ferror(file);
		good = fclose(file) == 0 && good;
	}
	return good ? 0
		    : pst_error_set(error, PST_E_DEVICE, "%s: can't be written: %s", eval->report,
			      strerror(errno));
}

static int tell(struct eval *eval, struct pst_error *error)
{
	int status = 0;

	if (eval->json) {
		pst_cli_print_json(pst_eval_json(&eval->data, eval->evaluation));
	} else {
		status = pst_eval_print_text(&eval->data, eval->evaluation);
	}
	if (status == 0 && eval->csv) {
		status = pst_eval_write_csv(eval->csv, &eval->data, eval->evaluation, error);
	}
	if (status == 0 && eval->svg) {
		status = pst_eval_write_svg(eval->svg, eval->evaluation, error);
	}
	if (status == 0 && eval->report) {
		status = write_report(eval, error);
	}
	return status < 0 ? pst_error_set(error, status, "no memory for tables") : 0;
}

static bool has_both_kinds(const struct eval *eval)
{
	return eval->data.pad ? pst_attacks_has_both(&eval->data.attacks)
			      : !isnan(eval->evaluation->eer);
}

int cmd_eval(int argc, char **argv)
{
	struct eval eval = {.seed = 1};
	struct pst_error error = {0};
	int status;

	pst_eval_data_init(&eval.data, COMMAND);
	int result = parse(&eval, argc, argv);
	if (result >= 0) {
		return result;
	}
	status = evaluate(&eval, &error);
	if (status == 0) {
		status = tell(&eval, &error);
	}
	if (status < 0) {
		result = pst_cli_fail(COMMAND, &error);
	} else {
		result = has_both_kinds(&eval) ? PST_EXIT_OK : PST_EXIT_NO;
	}
	if (eval.evaluation) {
		pst_evaluation_finish(eval.evaluation);
		free(eval.evaluation);
	}
	pst_eval_data_finish(&eval.data);
	return result;
}

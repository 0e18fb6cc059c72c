/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/eval_data.h"
#include "evaluate/calibrate.h"
#include "evaluate/rate.h"

#define COMMAND "calibrate"

static const char help[] =
	"usage: postern calibrate --extractor ID --matcher ID --domain D --out FILE DATA\n"
	"       postern calibrate ... --scores FILE\n"
	"\n"
	"Measures at which score a false match rate is kept, and writes it for lanes: put the\n"
	"file beside the extractor's manifest, with a name that ends in .calibration.yaml. DATA\n"
	"is what 'postern eval' takes.\n"
	"\n"
	"  --domain D       photograph or drawn: what the pictures are\n"
	"  --out FILE       where to; - prints it\n"
	"  --fmr RATE,..    rates (default: 1e-1, 1e-2 .. as far as the comparisons carry)\n"
	"  --origin TEXT    what was measured (default: made from DATA)\n"
	"  --any-library    for plugins that are shipped as source: the file holds for other\n"
	"                   builds of this version too\n" PST_EVAL_HELP
	"  --help           this text\n"
	"\n"
	"With --cohorts each threshold is that of the worst cohort. A rate needs 3/RATE impostor\n"
	"comparisons, within each cohort too.\n"
	"\n"
	"Exit status: 0 written; 1 too few comparisons, nothing is written; 2 usage, or data that\n"
	"cannot be read; 3 a file that cannot be written.\n";

enum {
	OPTION_HELP = 256,
	OPTION_DOMAIN,
	OPTION_OUT,
	OPTION_FMR,
	OPTION_ORIGIN,
	OPTION_ANY_LIBRARY,
};

static const struct option options[] = {
	PST_EVAL_OPTIONS,
	{"help", no_argument, NULL, OPTION_HELP},
	{"domain", required_argument, NULL, OPTION_DOMAIN},
	{"out", required_argument, NULL, OPTION_OUT},
	{"fmr", required_argument, NULL, OPTION_FMR},
	{"origin", required_argument, NULL, OPTION_ORIGIN},
	{"any-library", no_argument, NULL, OPTION_ANY_LIBRARY},
	{0},
};

struct calibrate {
	struct pst_eval_data data;
	const char *domain, *out, *origin;
	bool any_library;
	double fmr[PST_CALIBRATION_POINTS_MAX];
	size_t fmr_count;
};

static int by_falling(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

static int take_rates(struct calibrate *calibrate, const char *text, struct pst_error *error)
{
	calibrate->fmr_count = 0;
	for (const char *at = text;;) {
		char *end;
		double fmr = strtod(at, &end);

		if (end == at || (*end && *end != ',') || !(fmr > 0) || !(fmr < 1) ||
			calibrate->fmr_count == PST_CALIBRATION_POINTS_MAX) {
			return pst_error_set(error, PST_E_USAGE,
				"--fmr: '%.64s' is not 1 to %d rates between 0 and 1, such as "
				"1e-3,1e-4",
				text, PST_CALIBRATION_POINTS_MAX);
		}
		calibrate->fmr[calibrate->fmr_count++] = fmr;
		if (!*end) {
			break;
		}
		at = end + 1;
	}
	qsort(calibrate->fmr, calibrate->fmr_count, sizeof(double), by_falling);
	for (size_t i = 1; i < calibrate->fmr_count; i++) {
		if (calibrate->fmr[i] == calibrate->fmr[i - 1]) {
			return pst_error_set(
				error, PST_E_USAGE, "--fmr: %g twice", calibrate->fmr[i]);
		}
	}
	return 0;
}

static int take_option(struct calibrate *calibrate, int option, struct pst_error *error)
{
	static const char *const domains[] = {"photograph", "drawn", NULL};

	switch (option) {
	case OPTION_DOMAIN:
		calibrate->domain = optarg;
		return pst_text_index(domains, optarg) < 0
			       ? pst_error_set(error, PST_E_USAGE,
					 "--domain: '%.64s' is neither photograph nor drawn",
					 optarg)
			       : 0;
	case OPTION_OUT:
		calibrate->out = optarg;
		return 0;
	case OPTION_FMR:
		return take_rates(calibrate, optarg, error);
	case OPTION_ORIGIN:
		calibrate->origin = optarg;
		return !*optarg || strlen(optarg) >= PST_CALIBRATION_TEXT_SIZE
			       ? pst_error_set(error, PST_E_USAGE,
					 "--origin: a text of 1 to %d bytes is needed",
					 PST_CALIBRATION_TEXT_SIZE - 1)
			       : 0;
	case OPTION_ANY_LIBRARY:
		calibrate->any_library = true;
		return 0;
	default:
		return pst_eval_data_take(&calibrate->data, option, optarg, error);
	}
}

/* @return an exit status, or -1 to go on */
static int parse(struct calibrate *calibrate, int argc, char **argv)
{
	struct pst_eval_data *data = &calibrate->data;
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
		if (take_option(calibrate, option, &error) < 0) {
			return pst_cli_fail(COMMAND, &error);
		}
	}
	int status = pst_eval_data_take_words(data, argc, argv);
	if (status >= 0) {
		return status;
	}
	if (!data->extractor_id || !data->matcher_id || !calibrate->domain || !calibrate->out) {
		return pst_cli_usage(
			COMMAND, "--extractor, --matcher, --domain and --out are needed");
	}
	return -1;
}

static void describe(const struct calibrate *calibrate, struct pst_calibration *calibration)
{
	const struct pst_eval_data *data = &calibrate->data;
	char *to = calibration->origin;
	size_t size = sizeof(calibration->origin);

	if (calibrate->origin) {
		(void)snprintf(to, size, "%s", calibrate->origin);
	} else if (data->scores_path) {
		(void)snprintf(to, size, "scores of %.100s", pst_eval_data_name(data));
	} else {
		(void)snprintf(to, size, "%u templates of %u pictures of %u people (%.80s), %s",
			data->samples.template_count, data->samples.count,
			data->dataset.people.count, pst_eval_data_name(data),
			data->chips ? "ready chips" : "faces found by ");
		if (!data->chips) {
			(void)strncat(to, data->detector->id, size - strlen(to) - 1);
		}
	}
	(void)snprintf(calibration->contract, sizeof(calibration->contract), "%s",
		data->extractor->contract);
	(void)snprintf(calibration->matcher, sizeof(calibration->matcher), "%s", data->matcher->id);
	(void)snprintf(calibration->domain, sizeof(calibration->domain), "%s", calibrate->domain);
	if (!calibrate->any_library) {
		(void)snprintf(calibration->extractor_digest, sizeof(calibration->extractor_digest),
			"%s", data->extractor->manifest->digest);
		(void)snprintf(calibration->matcher_digest, sizeof(calibration->matcher_digest),
			"%s", data->matcher->manifest->digest);
	}
}

static int measure(
	struct calibrate *calibrate, struct pst_calibration *calibration, struct pst_error *error)
{
	struct pst_eval_data *data = &calibrate->data;
	struct pst_calibrate_input input = {
		.scores = &data->scores,
		.fmr = calibrate->fmr_count ? calibrate->fmr : NULL,
		.fmr_count = calibrate->fmr_count,
	};
	uint32_t *subject = NULL;
	int status = pst_eval_data_choose(data, error);

	if (status == 0) {
		status = pst_eval_data_load(data, error);
	}
	if (status == 0 && pst_scores_sort(&data->scores) < 0) {
		status = pst_error_set(error, -ENOMEM, "no memory for scores");
	}
	if (status == 0 && pst_eval_data_has_cohorts(data)) {
		input.cohorts = &data->cohorts;
		input.subject = subject = pst_eval_data_subjects(data);
		status = subject ? 0 : pst_error_set(error, -ENOMEM, "no memory for cohorts");
	}
	if (status == 0) {
		status = pst_calibrate_make(&input, calibration, error);
	}
	free(subject);
	if (status == 0) {
		describe(calibrate, calibration);
	}
	return status;
}

static int save(
	const char *path, const struct pst_calibration *calibration, struct pst_error *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory;
	int status;

	if (strcmp(path, "-") == 0) {
		pst_calibrate_write(calibration, stdout);
		return 0;
	}
	memory = open_memstream(&text, &size);
	if (!memory) {
		return pst_error_set(error, -ENOMEM, "no memory for the file");
	}
	pst_calibrate_write(calibration, memory);
	if (fclose(memory) != 0) {
		free(text);
		return pst_error_set(error, -ENOMEM, "no memory for the file");
	}
	status = pst_fd_replace_file(path, text, size, 0644, error);
	if (status < 0) {
		error->status = PST_E_DEVICE;
	}
	free(text);
	return status;
}

static void tell(const struct calibrate *calibrate, const struct pst_calibration *calibration)
{
	FILE *to = strcmp(calibrate->out, "-") == 0 ? stderr : stdout;

	(void)fprintf(to, "%-8s  %-10s  %-22s  %-10s  %s\n", "FMR", "threshold",
		"impostors that matched", "at most", "FNMR");
	for (uint32_t i = 0; i < calibration->point_count; i++) {
		const struct pst_calibration_point *point = &calibration->point[i];
		char counts[64];

		(void)snprintf(counts, sizeof(counts), "%llu of %llu",
			(unsigned long long)point->matched, (unsigned long long)point->impostor);
		(void)fprintf(to, "%-8g  %-10.6g  %-22s  %-10.2g  %.4g%s%s\n", point->fmr,
			point->score, counts, point->upper, point->fnmr,
			point->cohort[0] ? "  set by cohort " : "", point->cohort);
	}
	(void)fprintf(to,
		"'at most' is the upper end of the 95 %% interval (Clopper and Pearson), which "
		"counts comparisons as independent.\n");
}

int cmd_calibrate(int argc, char **argv)
{
	struct calibrate calibrate = {0};
	struct pst_calibration calibration = {0};
	struct pst_error error = {0};
	int status;

	pst_eval_data_init(&calibrate.data, COMMAND);
	int result = parse(&calibrate, argc, argv);
	if (result >= 0) {
		return result;
	}
	status = measure(&calibrate, &calibration, &error);
	if (status == 0) {
		status = save(calibrate.out, &calibration, &error);
	}
	if (status < 0) {
		result = pst_cli_fail(COMMAND, &error);
	} else {
		tell(&calibrate, &calibration);
		result = PST_EXIT_OK;
	}
	pst_eval_data_finish(&calibrate.data);
	return result;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/eval_data.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/source.h"
#include "evaluate/compare.h"
#include "evaluate/scores_file.h"

static volatile sig_atomic_t interrupted;

static void take_signal(int number)
{
	interrupted = number;
}

void pst_eval_data_init(struct pst_eval_data *data, const char *command)
{
	*data = (struct pst_eval_data){.command = command,
		.min_width = 60,
		.every = 10,
		.sandbox = PST_WORKER_SANDBOX_STRICT};
}

static int take_number(const char *name, const char *value, int64_t high, uint32_t *ret_number,
	struct pst_error *error)
{
	int64_t number;

	if (pst_text_parse_int(value, 1, high, &number) < 0) {
		return pst_error_set(error, PST_E_USAGE,
			"--%s: '%.64s' is not a whole number from 1 to %lld", name, value,
			(long long)high);
	}
	*ret_number = (uint32_t)number;
	return 0;
}

static int take_sandbox(
	const char *value, enum pst_worker_sandbox *ret_sandbox, struct pst_error *error)
{
	if (strcmp(value, "strict") != 0 && strcmp(value, "off") != 0) {
		return pst_error_set(error, PST_E_USAGE,
			"--sandbox: '%.64s' is neither 'strict' nor 'off'", value);
	}
	*ret_sandbox = *value == 's' ? PST_WORKER_SANDBOX_STRICT : PST_WORKER_SANDBOX_OFF;
	return 0;
}

int pst_eval_data_take(
	struct pst_eval_data *data, int option, const char *value, struct pst_error *error)
{
	switch ((enum pst_eval_option)option) {
	case PST_EVAL_DETECTOR:
		data->detector_id = value;
		break;
	case PST_EVAL_EXTRACTOR:
		data->extractor_id = value;
		break;
	case PST_EVAL_MATCHER:
		data->matcher_id = value;
		break;
	case PST_EVAL_QUALITY:
		data->quality_id = value;
		break;
	case PST_EVAL_SANDBOX:
		return take_sandbox(value, &data->sandbox, error);
	case PST_EVAL_SCORES:
		data->scores_path = value;
		break;
	case PST_EVAL_COHORTS:
		data->cohorts_path = value;
		break;
	case PST_EVAL_CHIPS:
		data->chips = true;
		break;
	case PST_EVAL_MIN_FACE:
		return take_number("min-face", value, 2000, &data->min_width, error);
	case PST_EVAL_EVERY:
		return take_number("every", value, 1000000, &data->every, error);
	}
	return 0;
}

int pst_eval_data_take_words(struct pst_eval_data *data, int argc, char **argv)
{
	data->path = argv[optind];
	if (argc - optind > 1) {
		return pst_cli_usage(data->command, "'%s' is one word too many", argv[optind + 1]);
	}
	if (!data->path == !data->scores_path) {
		return pst_cli_usage(data->command, "either DATA or --scores FILE is needed");
	}
	return -1;
}

static int choose(struct pst_eval_data *data, enum pst_plugin_kind kind, const char *id,
	const char *const *ids, const struct pst_plugin **ret_plugin, struct pst_error *error)
{
	if (!id) {
		*ret_plugin = pst_catalog_prefer(data->catalog, kind, ids);
	}
	return *ret_plugin
		       ? 0
		       : pst_catalog_find(data->catalog, kind, id ? id : ids[0], ret_plugin, error);
}

/* What looks at pictures; scores need none of it. */
static int choose_for_pictures(struct pst_eval_data *data, struct pst_error *error)
{
	static const char *const detectors[] = {"yunet", "cascade", NULL};
	static const char *const qualities[] = {"facequal", NULL};
	int status = choose(
		data, PST_PLUGIN_DETECTOR, data->detector_id, detectors, &data->detector, error);

	if (status == 0) {
		status = choose(data, PST_PLUGIN_QUALITY, data->quality_id, qualities,
			&data->quality, error);
	}
	return status;
}

int pst_eval_data_choose(struct pst_eval_data *data, struct pst_error *error)
{
	static const char *const extractors[] = {"arcface", "lbph", NULL};
	static const char *const matchers[] = {"cosine", NULL};
	int status = pst_catalog_load(&data->catalog, error);

	if (status == 0) {
		status = choose(data, PST_PLUGIN_EXTRACTOR, data->extractor_id, extractors,
			&data->extractor, error);
	}
	if (status == 0) {
		status = choose(data, PST_PLUGIN_MATCHER, data->matcher_id, matchers,
			&data->matcher, error);
	}
	if (status == 0 && !data->scores_path) {
		status = choose_for_pictures(data, error);
	}
	if (status == 0 && data->pad_id) {
		status = pst_catalog_find(
			data->catalog, PST_PLUGIN_PAD, data->pad_id, &data->pad, error);
	}
	if (status == PST_E_NOT_FOUND) {
		error->status = status = PST_E_CONFIG;
	}
	return status < 0 ? status : pst_catalog_check_pair(data->extractor, data->matcher, error);
}

static bool go_on(void *user, const char *what, uint64_t done, uint64_t total)
{
	pst_cli_progress_tell(user, what, done, total);
	return !interrupted;
}

static int open_picture(
	void *user, const char *path, struct pst_device **ret_device, struct pst_error *error)
{
	char uri[PATH_MAX + 8];

	(void)snprintf(uri, sizeof(uri), "file:%s", path);
	return pst_cli_source_open(ret_device, uri, PST_PACE_MAX, NULL, NULL, error);
}

static FILE *open_list(const char *path, struct pst_error *error)
{
	FILE *file = fopen(path, "re");

	if (!file) {
		(void)pst_error_set(error, -errno, "%s: can't be read: %s", path, strerror(errno));
	}
	return file;
}

static int load_pairs(struct pst_eval_data *data, struct pst_error *error)
{
	const char *slash = strrchr(data->path, '/');
	FILE *file = open_list(data->path, error);
	char folder[PATH_MAX];
	int status;

	if (!file) {
		return error->status;
	}
	(void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - data->path) + 1 : 1,
		slash ? data->path : ".");
	status = pst_dataset_read_pairs(file, data->path, folder, &data->dataset, error);
	(void)fclose(file);
	return status;
}

static int list_files(struct pst_eval_data *data, struct pst_error *error)
{
	struct stat at;

	if (stat(data->path, &at) < 0) {
		return pst_error_set(
			error, -errno, "%s: can't be read: %s", data->path, strerror(errno));
	}
	if (!S_ISDIR(at.st_mode)) {
		return load_pairs(data, error);
	}
	/* One person may do where it is about attacks, not about telling people apart. */
	return pst_dataset_scan(
		data->path, "person", data->attacks_path ? 1 : 2, &data->dataset, error);
}

/* Pictures of attacks go the way of the others; only what was said of them is kept. */
static int count_attacks(struct pst_eval_data *data, const struct pst_capture_config *capture,
	struct pst_error *error)
{
	const struct pst_attack_source bona_fide = {&data->dataset, &data->samples};
	struct pst_capture_config config = *capture;
	struct pst_samples samples = {0};
	int status;

	config.every = data->every;
	status = pst_capture_run(&config, &data->attack_files, &samples, error);
	if (status == 0) {
		status = pst_attacks_count(bona_fide,
			(struct pst_attack_source){&data->attack_files, &samples}, &data->attacks);
		status = status < 0 ? pst_error_set(error, status, "no memory for attacks") : 0;
	}
	pst_samples_finish(&samples);
	return status;
}

static int make_scores(struct pst_eval_data *data, struct pst_error *error)
{
	struct pst_cli_progress progress = pst_cli_progress_begin();
	const struct pst_capture_config capture = {
		.detector = data->detector,
		.extractor = data->extractor,
		.quality = data->quality,
		.pad = data->pad,
		.sandbox = data->sandbox,
		.chips = data->chips,
		.min_width = data->min_width,
		.every = data->dataset.pair ? 0 : data->every, /* a file of a pair is one picture */
		.open = open_picture,
		.progress = go_on,
		.user = &progress,
	};
	const struct pst_compare_config compare = {.matcher = data->matcher,
		.sandbox = data->sandbox,
		.progress = go_on,
		.user = &progress};
	int status;

	(void)signal(SIGINT, take_signal);
	(void)signal(SIGTERM, take_signal);
	status = pst_capture_run(&capture, &data->dataset, &data->samples, error);
	if (status == 0 && data->dataset.pair) {
		status = pst_compare_pairs(
			&compare, &data->samples, &data->dataset, &data->scores, error);
	} else if (status == 0) {
		status = pst_compare_all(
			&compare, &data->samples, &data->scores, &data->matrix, error);
	}
	if (status == 0 && data->pad) {
		status = count_attacks(data, &capture, error);
	}
	pst_cli_progress_end(&progress);
	return status;
}

static int read_scores(struct pst_eval_data *data, struct pst_error *error)
{
	FILE *file = open_list(data->scores_path, error);
	int status;

	if (!file) {
		return error->status;
	}
	status = pst_scores_read(file, data->scores_path, &data->scores, &data->people, error);
	(void)fclose(file);
	return status;
}

static int read_cohorts(struct pst_eval_data *data, struct pst_error *error)
{
	FILE *file;
	int status;

	if (data->dataset.pair || pst_eval_data_people(data)->count == 0) {
		return pst_error_set(error, PST_E_USAGE,
			"--cohorts names people: give a folder per person, or scores with "
			"subjects");
	}
	file = open_list(data->cohorts_path, error);
	if (!file) {
		return error->status;
	}
	status = pst_cohorts_read(
		file, data->cohorts_path, pst_eval_data_people(data), &data->cohorts, error);
	(void)fclose(file);
	return status;
}

int pst_eval_data_load(struct pst_eval_data *data, struct pst_error *error)
{
	int status = data->scores_path ? read_scores(data, error) : list_files(data, error);

	if (status == 0 && data->attacks_path) {
		status = pst_dataset_scan(
			data->attacks_path, "species", 1, &data->attack_files, error);
	}
	if (status == 0 && data->cohorts_path) {
		status = read_cohorts(data, error);
	}
	if (status == 0 && !data->scores_path) {
		status = make_scores(data, error);
	}
	return status;
}

const struct pst_names *pst_eval_data_people(const struct pst_eval_data *data)
{
	return data->scores_path ? &data->people : &data->dataset.people;
}

const char *pst_eval_data_name(const struct pst_eval_data *data)
{
	const char *path = data->scores_path ? data->scores_path : data->path;
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

uint32_t *pst_eval_data_subjects(const struct pst_eval_data *data)
{
	uint32_t count = data->scores_path ? data->people.count : data->samples.count;
	uint32_t *subject = count > 0 ? malloc(count * sizeof(*subject)) : NULL;

	for (uint32_t i = 0; subject && i < count; i++) {
		subject[i] = data->scores_path ? i : data->samples.at[i].subject;
	}
	return subject;
}

bool pst_eval_data_has_cohorts(const struct pst_eval_data *data)
{
	return data->cohorts.names.count > 0;
}

void pst_eval_data_finish(struct pst_eval_data *data)
{
	pst_attacks_finish(&data->attacks);
	pst_dataset_finish(&data->attack_files);
	pst_cohorts_finish(&data->cohorts);
	pst_names_finish(&data->people);
	pst_matrix_finish(&data->matrix);
	pst_scores_finish(&data->scores);
	pst_samples_finish(&data->samples);
	pst_dataset_finish(&data->dataset);
	pst_catalog_destroy(&data->catalog);
}

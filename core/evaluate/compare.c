/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define START_TIMEOUT_MS 60000
#define CALL_TIMEOUT_MS 20000
#define BLOCK PST_CANDIDATES_MAX

struct compare {
	const struct pst_compare_config *config;
	const struct pst_samples *samples;
	struct pst_worker *worker;
	uint64_t done, total; /* calls */
};

static int open_matcher(struct compare *compare, struct pst_error *error)
{
	const struct pst_worker_config worker = {
		.kind = PST_WORKER_MATCH,
		.matcher = compare->config->matcher,
		.sandbox = compare->config->sandbox,
		.settings = compare->config->settings,
		.setting_count = compare->config->setting_count,
	};
	struct pst_worker_event event;
	int status = pst_worker_create(&worker, &compare->worker, error);

	if (status == 0) {
		status = pst_worker_wait_ready(compare->worker, START_TIMEOUT_MS, error);
		pst_error_prefix(error, "plugin %s", compare->config->matcher->id);
	}
	/* Nobody waits for events: with them kept, a wait for an answer would not sleep. */
	while (status == 0 && pst_worker_receive(compare->worker, &event) == 1) {
	}
	return status;
}

static int tell(struct compare *compare, struct pst_error *error)
{
	const struct pst_compare_config *config = compare->config;

	compare->done++;
	if (config->progress &&
		!config->progress(config->user, "comparisons", compare->done, compare->total)) {
		return pst_error_set(error, -ECANCELED, "given up");
	}
	return 0;
}

static int fill_gallery(
	struct compare *compare, const uint32_t *sample, uint32_t count, struct pst_error *error)
{
	int status = 0;

	for (uint32_t i = 0; status >= 0 && i < count; i++) {
		status = pst_worker_add(compare->worker, i,
			pst_samples_template(compare->samples, sample[i]),
			compare->samples->template_size, CALL_TIMEOUT_MS, error);
	}
	return status < 0 ? status : pst_worker_seal(compare->worker, CALL_TIMEOUT_MS, error);
}

static int empty_gallery(struct compare *compare, uint32_t count, struct pst_error *error)
{
	int status = 0;

	for (uint32_t i = 0; status >= 0 && i < count; i++) {
		status = pst_worker_remove(compare->worker, i, CALL_TIMEOUT_MS, error);
	}
	return status < 0 ? status : 0;
}

/* Scores of one probe with a gallery: each of it comes back once, or the matcher is at fault. */
static int search(struct compare *compare, uint32_t probe, uint32_t count, float *ret_score,
	struct pst_error *error)
{
	struct pst_candidate candidates[BLOCK];
	int found =
		pst_worker_search(compare->worker, pst_samples_template(compare->samples, probe),
			compare->samples->template_size, candidates, count, CALL_TIMEOUT_MS, error);

	if (found < 0) {
		return found;
	}
	for (uint32_t i = 0; i < count; i++) {
		ret_score[i] = NAN;
	}
	for (int i = 0; i < found; i++) {
		if (candidates[i].key < count) {
			ret_score[candidates[i].key] = candidates[i].score;
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!isfinite(ret_score[i])) {
			return pst_error_set(error, PST_E_PLUGIN,
				"matcher %s: a search for the best %u of %u gives %d, or a score "
				"that is no finite number",
				compare->config->matcher->id, count, count, found);
		}
	}
	return 0;
}

static int fill_matrix(struct compare *compare, const uint32_t *sample, struct pst_matrix *matrix,
	struct pst_error *error)
{
	uint32_t size = matrix->size;
	int status = 0;

	compare->total = (uint64_t)(size + BLOCK - 1) / BLOCK * size;
	for (uint32_t begin = 0; status == 0 && begin < size; begin += BLOCK) {
		uint32_t count = size - begin < BLOCK ? size - begin : BLOCK;

		status = fill_gallery(compare, sample + begin, count, error);
		for (uint32_t i = 0; status == 0 && i < size; i++) {
			status = search(compare, sample[i], count,
				matrix->at + (size_t)i * size + begin, error);
			if (status == 0) {
				status = tell(compare, error);
			}
		}
		if (status == 0) {
			status = empty_gallery(compare, count, error);
		}
	}
	return status;
}

/* Of each two the earlier is the reference; two of one person are genuine. */
static int take_scores(
	const struct pst_matrix *matrix, const uint32_t *sample, struct pst_scores *scores)
{
	int status = 0;

	for (uint32_t i = 1; i < matrix->size; i++) {
		for (uint32_t k = 0; status == 0 && k < i; k++) {
			bool same = matrix->subject[i] == matrix->subject[k];

			status = pst_comparisons_put(same ? &scores->genuine : &scores->impostor,
				(double)matrix->at[(size_t)i * matrix->size + k], sample[k],
				sample[i]);
		}
	}
	return status;
}

/* Comparisons that were to be made, of all pictures, less those that were. */
static void count_failed(const struct pst_samples *samples, struct pst_scores *scores)
{
	uint64_t genuine = 0, all = (uint64_t)samples->count * (samples->count - 1) / 2;

	/* Pictures of one person follow each other. */
	for (uint32_t i = 0; i < samples->count;) {
		uint64_t count = 0;
		uint32_t subject = samples->at[i].subject;

		for (; i < samples->count && samples->at[i].subject == subject; i++) {
			count++;
		}
		genuine += count * (count - 1) / 2;
	}
	scores->genuine_failed = genuine - scores->genuine.count;
	scores->impostor_failed = all - genuine - scores->impostor.count;
}

int pst_compare_all(const struct pst_compare_config *config, const struct pst_samples *samples,
	struct pst_scores *ret_scores, struct pst_matrix *ret_matrix, struct pst_error *error)
{
	struct compare compare = {.config = config, .samples = samples};
	uint32_t size = samples->template_count;
	struct pst_matrix matrix = {.size = size};
	struct pst_scores scores = {0};
	uint32_t *sample;
	int status;

	if (size > PST_COMPARE_ALL_MAX) {
		return pst_error_set(error, PST_E_CONFIG,
			"%u pictures to compare with each other, %u at most: choose pairs of them, "
			"or evaluate scores",
			size, PST_COMPARE_ALL_MAX);
	}
	sample = calloc((size_t)size + 1, sizeof(*sample));
	matrix.subject = calloc((size_t)size + 1, sizeof(*matrix.subject));
	matrix.at = calloc((size_t)size * size + 1, sizeof(*matrix.at));
	status = sample && matrix.subject && matrix.at
			 ? open_matcher(&compare, error)
			 : pst_error_set(error, -ENOMEM, "no memory for scores");
	for (uint32_t i = 0, k = 0; status == 0 && i < samples->count; i++) {
		if (samples->at[i].template != PST_SAMPLE_NO_TEMPLATE) {
			sample[k] = i;
			matrix.subject[k++] = samples->at[i].subject;
		}
	}
	if (status == 0) {
		status = fill_matrix(&compare, sample, &matrix, error);
	}
	if (status == 0 && take_scores(&matrix, sample, &scores) < 0) {
		status = pst_error_set(error, -ENOMEM, "no memory for scores");
	}
	pst_worker_destroy(&compare.worker);
	free(sample);
	if (status < 0) {
		pst_matrix_finish(&matrix);
		pst_scores_finish(&scores);
		return status;
	}
	count_failed(samples, &scores);
	*ret_scores = scores;
	*ret_matrix = matrix;
	return 0;
}

/* Orders pairs by reference, so that a gallery of one serves all of its pairs. */
static int by_reference(const void *a, const void *b, void *user)
{
	const struct pst_dataset *dataset = user;
	uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
	uint32_t x = dataset->pair[one].reference, y = dataset->pair[two].reference;

	return x != y ? (x > y) - (x < y) : (one > two) - (one < two);
}

/* Compares one pair; *gallery is the reference that the gallery holds. */
static int take_pair(struct compare *compare, const struct pst_dataset_pair *pair,
	uint32_t *gallery, struct pst_scores *scores, struct pst_error *error)
{
	const uint8_t *probe = pst_samples_template(compare->samples, pair->probe);
	int status = 0;
	float score;

	if (!probe || !pst_samples_template(compare->samples, pair->reference)) {
		scores->genuine_failed += pair->same;
		scores->impostor_failed += !pair->same;
		return 0;
	}
	if (*gallery != pair->reference) {
		status = *gallery == UINT32_MAX ? 0 : empty_gallery(compare, 1, error);
		if (status == 0) {
			status = fill_gallery(compare, &pair->reference, 1, error);
		}
		*gallery = pair->reference;
	}
	if (status == 0) {
		status = search(compare, pair->probe, 1, &score, error);
	}
	if (status == 0 && pst_comparisons_put(pair->same ? &scores->genuine : &scores->impostor,
				   (double)score, pair->reference, pair->probe) < 0) {
		status = pst_error_set(error, -ENOMEM, "no memory for scores");
	}
	return status;
}

int pst_compare_pairs(const struct pst_compare_config *config, const struct pst_samples *samples,
	const struct pst_dataset *dataset, struct pst_scores *ret_scores, struct pst_error *error)
{
	struct compare compare = {.config = config, .samples = samples, .total = dataset->pairs};
	uint32_t *order = malloc(dataset->pairs * sizeof(*order));
	struct pst_scores scores = {0};
	uint32_t gallery = UINT32_MAX;
	int status = order ? open_matcher(&compare, error)
			   : pst_error_set(error, -ENOMEM, "no memory for pairs");

	if (status == 0) {
		for (uint32_t i = 0; i < dataset->pairs; i++) {
			order[i] = i;
		}
		qsort_r(order, dataset->pairs, sizeof(*order), by_reference, (void *)dataset);
	}
	for (uint32_t i = 0; status == 0 && i < dataset->pairs; i++) {
		status = take_pair(&compare, &dataset->pair[order[i]], &gallery, &scores, error);
		if (status == 0) {
			status = tell(&compare, error);
		}
	}
	pst_worker_destroy(&compare.worker);
	free(order);
	if (status < 0) {
		pst_scores_finish(&scores);
		return status;
	}
	*ret_scores = scores;
	return 0;
}

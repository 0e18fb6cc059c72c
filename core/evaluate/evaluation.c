/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/evaluation.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define GRID_PER_DECADE 10
#define FMR_CHOSEN 1e-3

struct work {
	const struct pst_evaluation_input *input;
	struct pst_evaluation *result;
	uint32_t *subject; /* owned; of each sample, NULL: unknown */
	uint8_t *quality;  /* owned; of each sample, NULL: unknown */
};

static int no_memory(struct pst_error *error)
{
	return pst_error_set(error, -ENOMEM, "no memory for the evaluation");
}

static bool has_both(const struct pst_scores *scores)
{
	return scores->genuine.count > 0 && scores->impostor.count > 0;
}

static int count_pictures(struct work *work)
{
	const struct pst_samples *samples = work->input->samples;
	struct pst_evaluation_counts *counts = &work->result->counts;
	uint32_t people = work->input->people->count, without = people;
	bool *enrolled = calloc(people + 1, sizeof(*enrolled));

	if (!enrolled) {
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < samples->count; i++) {
		const struct pst_sample *sample = &samples->at[i];

		counts->pictures++;
		counts->several += sample->faces > 1;
		counts->failure[sample->failure]++;
		if (sample->failure == PST_FAILURE_NONE && !enrolled[sample->subject]) {
			enrolled[sample->subject] = true;
			without--;
		}
	}
	counts->acquire =
		pst_rate_of(counts->pictures - counts->failure[PST_FAILURE_NONE], counts->pictures);
	counts->enrol = pst_rate_of(without, people);
	work->result->has_pictures = true;
	free(enrolled);
	return 0;
}

/* Subject and quality of each sample that the scores name. */
static int index_samples(struct work *work)
{
	const struct pst_samples *samples = work->input->samples;
	uint32_t count = samples ? samples->count : work->input->people->count;
	bool rated = samples != NULL;

	if (work->input->people->count == 0) {
		return 0;
	}
	work->subject = malloc(count * sizeof(*work->subject));
	if (!work->subject) {
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		work->subject[i] = samples ? samples->at[i].subject : i;
		rated = rated && (samples->at[i].has_quality ||
					 samples->at[i].template == PST_SAMPLE_NO_TEMPLATE);
	}
	work->quality = rated ? malloc(count) : NULL;
	if (rated && !work->quality) {
		return -ENOMEM;
	}
	for (uint32_t i = 0; rated && i < count; i++) {
		work->quality[i] = samples->at[i].quality;
	}
	return 0;
}

static void make_points(struct work *work)
{
	static const double fmr[PST_EVALUATION_POINTS_MAX] = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
	struct pst_evaluation *result = work->result;

	for (unsigned i = 0; i < PST_EVALUATION_POINTS_MAX; i++) {
		if (pst_verification_at_fmr(
			    work->input->scores, fmr[i], &result->point[result->points]) < 0) {
			break;
		}
		if (fmr[i] >= FMR_CHOSEN) {
			result->chosen = result->point[result->points];
			result->has_chosen = true;
		}
		result->points++;
	}
}

static int choose_point(struct work *work, struct pst_error *error)
{
	struct pst_evaluation *result = work->result;
	double fmr = work->input->fmr;

	if (fmr > 0 && pst_verification_at_fmr(work->input->scores, fmr, &result->chosen) < 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"fmr %g needs %llu impostor comparisons, and genuine ones; there are %zu "
			"and %zu",
			fmr, (unsigned long long)pst_rate_needed(fmr),
			work->input->scores->impostor.count, work->input->scores->genuine.count);
	}
	result->has_chosen = result->has_chosen || fmr > 0;
	return 0;
}

static int make_bands(struct work *work)
{
	struct pst_evaluation *result = work->result;
	struct pst_bands_input input = {
		.scores = work->input->scores,
		.curve = &result->curve,
		.subject = work->subject,
		.subjects = work->input->people->count,
		.seed = work->input->seed,
	};
	double fmr[PST_EVALUATION_POINTS_MAX + PST_EVALUATION_GRID_MAX];
	struct pst_band band[PST_EVALUATION_POINTS_MAX + PST_EVALUATION_GRID_MAX];
	double least = 1 / (double)input.scores->impostor.count;
	uint32_t count = 0;
	int status;

	if (!work->subject || input.subjects < 2) {
		return 0;
	}
	for (uint32_t i = 0; i < result->points; i++) {
		fmr[count++] = result->point[i].fmr_wanted;
	}
	for (int i = 0; i < PST_EVALUATION_GRID_MAX; i++) {
		double at = pow(10, -(double)i / GRID_PER_DECADE);

		if (at >= least) {
			result->grid_fmr[result->grid++] = at;
			fmr[count++] = at;
		}
	}
	status = pst_bands_make(&input, fmr, count, band, &result->eer_band);
	if (status < 0) {
		return status;
	}
	result->replicates = (uint32_t)status;
	for (uint32_t i = 0; i < count; i++) {
		if (i < result->points) {
			result->point_band[i] = band[i];
		} else {
			result->grid_band[i - result->points] = band[i];
		}
	}
	return 0;
}

static void fill_bins(
	const struct pst_evaluation *result, const struct pst_comparisons *list, uint64_t *bin)
{
	size_t below = 0;

	for (unsigned i = 0; i < PST_EVALUATION_BINS; i++) {
		double end = result->bin_low + (i + 1) * result->bin_width;
		size_t up_to = i + 1 < PST_EVALUATION_BINS ? pst_comparisons_below(list, end)
							   : list->count;

		bin[i] = up_to - below;
		below = up_to;
	}
}

static void make_bins(struct work *work)
{
	const struct pst_comparisons *genuine = &work->input->scores->genuine;
	const struct pst_comparisons *impostor = &work->input->scores->impostor;
	struct pst_evaluation *result = work->result;
	double high = fmax(
		genuine->at[genuine->count - 1].score, impostor->at[impostor->count - 1].score);

	result->bin_low = fmin(genuine->at[0].score, impostor->at[0].score);
	result->bin_width = (high - result->bin_low) / PST_EVALUATION_BINS;
	fill_bins(result, genuine, result->genuine_bin);
	fill_bins(result, impostor, result->impostor_bin);
}

static int make_verification(struct work *work, struct pst_error *error)
{
	struct pst_scores *scores = work->input->scores;
	struct pst_evaluation *result = work->result;
	int status = pst_scores_sort(scores);

	if (status < 0) {
		return no_memory(error);
	}
	result->genuine = scores->genuine.count;
	result->impostor = scores->impostor.count;
	result->genuine_failed = scores->genuine_failed;
	result->impostor_failed = scores->impostor_failed;
	result->eer = pst_verification_eer(scores);
	result->auc = pst_verification_auc(scores);
	if (!has_both(scores)) {
		return choose_point(work, error);
	}
	make_points(work);
	make_bins(work);
	status = pst_curve_make(scores, &result->curve);
	if (status == 0) {
		status = make_bands(work);
	}
	return status < 0 ? no_memory(error) : choose_point(work, error);
}

/* Probes without a template that would have been sought in the gallery. */
static uint64_t failed_searches(const struct work *work, uint32_t *templates)
{
	const struct pst_samples *samples = work->input->samples;
	uint64_t failed = 0;

	for (uint32_t i = 0; i < samples->count; i++) {
		templates[samples->at[i].subject] +=
			samples->at[i].template != PST_SAMPLE_NO_TEMPLATE;
	}
	for (uint32_t i = 0; i < samples->count; i++) {
		failed += samples->at[i].template == PST_SAMPLE_NO_TEMPLATE &&
			  templates[samples->at[i].subject] > 0;
	}
	return failed;
}

static int make_identification(struct work *work)
{
	uint32_t people = work->input->people->count;
	uint32_t *templates = calloc(people + 1, sizeof(*templates));
	int status = templates ? 0 : -ENOMEM;

	if (status == 0) {
		status = pst_identification_make(work->input->matrix, people,
			work->input->samples ? failed_searches(work, templates) : 0,
			&work->result->identification);
		work->result->has_identification =
			status == 0 && work->result->identification.mated > 0;
	}
	free(templates);
	return status;
}

static void make_cohorts(struct work *work)
{
	const struct pst_cohorts *cohorts = work->input->cohorts;
	const struct pst_samples *samples = work->input->samples;
	struct pst_evaluation *result = work->result;
	uint64_t failed[PST_COHORTS_MAX] = {0};

	result->cohorts = cohorts->names.count;
	pst_cohorts_rates(cohorts, work->input->scores, work->subject, result->chosen.threshold,
		result->cohort);
	for (uint32_t i = 0; i < work->input->people->count; i++) {
		if (cohorts->of[i] != PST_NAMES_NONE) {
			result->cohort[cohorts->of[i]].people++;
		}
	}
	for (uint32_t i = 0; samples && i < samples->count; i++) {
		uint32_t cohort = cohorts->of[samples->at[i].subject];

		if (cohort != PST_NAMES_NONE) {
			result->cohort[cohort].pictures++;
			failed[cohort] += samples->at[i].failure != PST_FAILURE_NONE;
		}
	}
	for (uint32_t i = 0; i < result->cohorts; i++) {
		result->cohort[i].failed = pst_rate_of(failed[i], result->cohort[i].pictures);
	}
	result->fmr_spread = pst_cohorts_spread(result->cohort, result->cohorts, true);
	result->fnmr_spread = pst_cohorts_spread(result->cohort, result->cohorts, false);
}

static int make_rest(struct work *work)
{
	const struct pst_evaluation_input *input = work->input;
	struct pst_evaluation *result = work->result;
	int status = 0;

	if (input->matrix && input->matrix->size > 0) {
		status = make_identification(work);
	}
	if (status == 0 && input->cohorts && work->subject && result->has_chosen) {
		make_cohorts(work);
	}
	if (status == 0 && work->quality && result->has_chosen && result->genuine > 0) {
		status = pst_discard_make(
			input->scores, result->chosen.threshold, work->quality, &result->discard);
	}
	return status;
}

int pst_evaluation_make(const struct pst_evaluation_input *input,
	struct pst_evaluation *ret_evaluation, struct pst_error *error)
{
	struct work work = {.input = input, .result = ret_evaluation};
	int status = 0;

	*ret_evaluation = (struct pst_evaluation){0};
	if (!input->samples && input->scores->genuine.count + input->scores->impostor.count == 0) {
		return pst_error_set(error, PST_E_CONFIG, "no scores");
	}
	if (input->samples) {
		status = count_pictures(&work);
	}
	if (status == 0) {
		status = index_samples(&work);
	}
	if (status == 0) {
		status = make_verification(&work, error);
	}
	if (status == 0) {
		status = make_rest(&work);
	}
	free(work.subject);
	free(work.quality);
	if (status < 0) {
		pst_evaluation_finish(ret_evaluation);
		return status == -ENOMEM ? no_memory(error) : status;
	}
	return 0;
}

void pst_evaluation_finish(struct pst_evaluation *evaluation)
{
	pst_curve_finish(&evaluation->curve);
	pst_discard_finish(&evaluation->discard);
	*evaluation = (struct pst_evaluation){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/evaluation.h"

#include "fixture.h"

#include <stdlib.h>

static struct pst_evaluation evaluation;
static struct pst_error error;

/* Three people with three pictures each; the last picture of the last has no template. */
static struct pst_sample sample[9];
static struct pst_samples samples = {.at = sample, .count = 9, .template_count = 8};
static struct pst_names people;

static struct pst_scores make(void)
{
	struct pst_scores scores = {.genuine_failed = 2, .impostor_failed = 6};
	uint32_t index;

	cr_assert_eq(pst_names_put(&people, "a", &index), 0);
	cr_assert_eq(pst_names_put(&people, "b", &index), 0);
	cr_assert_eq(pst_names_put(&people, "c", &index), 0);
	for (uint32_t i = 0; i < 9; i++) {
		sample[i] = (struct pst_sample){.file = i,
			.subject = i / 3,
			.frame = -1,
			.faces = 1 + (i == 2),
			.has_quality = true,
			.quality = (uint8_t)(10 * i),
			.template = i < 8 ? i : PST_SAMPLE_NO_TEMPLATE,
			.failure = i < 8 ? PST_FAILURE_NONE : PST_FAILURE_BLURRED};
		for (uint32_t k = 0; k < i && i < 8; k++) {
			bool same = i / 3 == k / 3;

			cr_assert_eq(pst_comparisons_put(same ? &scores.genuine : &scores.impostor,
					     same ? 0.8 : 0.01 * (i + k), k, i),
				0);
		}
	}
	return scores;
}

Test(evaluation, counts_failures_and_drops_none)
{
	struct pst_scores scores = make();
	struct pst_evaluation_input input = {
		.scores = &scores, .samples = &samples, .people = &people, .seed = 1};

	cr_assert_eq(pst_evaluation_make(&input, &evaluation, &error), 0, "%s", error.text);
	cr_assert_eq(evaluation.counts.pictures, 9);
	cr_assert_eq(evaluation.counts.several, 1);
	cr_assert_eq(evaluation.counts.failure[PST_FAILURE_BLURRED], 1);
	cr_assert_eq(evaluation.counts.acquire.errors, 1);
	cr_assert_eq(evaluation.counts.enrol.errors, 0);
	cr_assert_eq(evaluation.genuine, 7);
	cr_assert_eq(evaluation.impostor, 21);
	cr_assert_eq(evaluation.points, 0, "21 comparisons carry no rate");
	cr_assert_not(evaluation.has_chosen);
	cr_assert_eq(evaluation.eer, 0);
	cr_assert_eq(evaluation.auc, 1);
	uint64_t sum = 0;
	for (int i = 0; i < PST_EVALUATION_BINS; i++) {
		sum += evaluation.genuine_bin[i] + evaluation.impostor_bin[i];
	}
	cr_assert_eq(sum, 28, "each score is in one bin");
	pst_evaluation_finish(&evaluation);
	pst_scores_finish(&scores);
}

Test(evaluation, a_rate_that_is_asked_for_must_be_carried)
{
	struct pst_scores scores = make();
	struct pst_evaluation_input input = {
		.scores = &scores, .samples = &samples, .people = &people, .fmr = 0.2, .seed = 1};

	cr_assert_eq(pst_evaluation_make(&input, &evaluation, &error), 0, "%s", error.text);
	cr_assert(evaluation.has_chosen);
	cr_assert_gt(evaluation.discard.count, 1);
	pst_evaluation_finish(&evaluation);
	input.fmr = 0.1;
	cr_assert_eq(pst_evaluation_make(&input, &evaluation, &error), PST_E_CONFIG);
	cr_assert(strstr(error.text, "needs 30 impostor comparisons"), "%s", error.text);
	pst_scores_finish(&scores);
}

Test(evaluation, scores_of_one_kind_and_none)
{
	struct pst_scores genuine = scores_of(LIST(0.5), LIST(NAN)), none = {0};
	struct pst_names nobody = {0};
	struct pst_evaluation_input input = {.scores = &genuine, .people = &nobody};

	cr_assert_eq(pst_evaluation_make(&input, &evaluation, &error), 0, "%s", error.text);
	cr_assert(isnan(evaluation.eer));
	cr_assert_eq(evaluation.curve.count, 0);
	pst_evaluation_finish(&evaluation);
	input.scores = &none;
	cr_assert_eq(pst_evaluation_make(&input, &evaluation, &error), PST_E_CONFIG);
	pst_scores_finish(&genuine);
}

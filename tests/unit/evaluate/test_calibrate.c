/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/calibrate.h"

#include "fixture.h"

#include <stdlib.h>
#include <unistd.h>

static struct pst_calibration calibration;
static struct pst_error error;

/* Impostors 0 .. count - 1, by a thousandth. */
static struct pst_scores steps(size_t count)
{
	struct pst_scores scores = {0};

	for (size_t i = 0; i < count; i++) {
		cr_assert_eq(pst_comparisons_put(&scores.impostor, (double)i / 1000, 0, 1), 0);
	}
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.9, 0, 0), 0);
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.2, 0, 0), 0);
	cr_assert_eq(pst_scores_sort(&scores), 0);
	return scores;
}

Test(calibrate, keeps_each_rate_and_gives_none_that_the_counts_do_not_carry)
{
	struct pst_scores scores = steps(400);
	struct pst_calibrate_input input = {.scores = &scores};

	cr_assert_eq(pst_calibrate_make(&input, &calibration, &error), 0, "%s", error.text);
	cr_assert_eq(calibration.point_count, 2);
	cr_assert_eq(calibration.genuine, 2);
	cr_assert_eq(calibration.impostor, 400);
	for (uint32_t i = 0; i < 2; i++) {
		const struct pst_calibration_point *point = &calibration.point[i];
		uint64_t allowed = i ? 4 : 40;

		cr_assert_eq(point->matched, allowed);
		cr_assert_eq(point->score, (double)nextafterf((float)(399 - allowed) / 1000, 1));
		cr_assert_float_eq(point->fnmr, 0.5, EPSILON);
		cr_assert_gt(point->upper, point->fmr);
		cr_assert_lt(point->upper, 3 * point->fmr);
	}
	pst_scores_finish(&scores);
}

Test(calibrate, all_impostors_alike)
{
	struct pst_scores scores = {0};
	struct pst_calibrate_input input = {.scores = &scores};

	for (int i = 0; i < 100; i++) {
		cr_assert_eq(pst_comparisons_put(&scores.impostor, 0.5, 0, 1), 0);
	}
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.9, 0, 0), 0);
	cr_assert_eq(pst_calibrate_make(&input, &calibration, &error), 0, "%s", error.text);
	cr_assert_eq(calibration.point[0].score, (double)nextafterf(0.5F, 1));
	cr_assert_eq(calibration.point[0].matched, 0);
	pst_scores_finish(&scores);
}

/* A lane compares floats: what is rounded up to the threshold would match. */
Test(calibrate, doubles_that_round_up_do_not_match)
{
	struct pst_scores scores = {0};
	struct pst_calibrate_input input = {.scores = &scores};
	double above = (double)nextafterf(0.5F, 1) - 1e-12; /* as a float: the next one */

	for (int i = 0; i < 100; i++) {
		cr_assert_eq(pst_comparisons_put(&scores.impostor, above, 0, 1), 0);
	}
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.9, 0, 0), 0);
	cr_assert_eq(pst_calibrate_make(&input, &calibration, &error), 0, "%s", error.text);
	cr_assert_gt((float)calibration.point[0].score, (float)above);
	cr_assert_eq(calibration.point[0].matched, 0);
	pst_scores_finish(&scores);
}

Test(calibrate, a_rate_beyond_the_counts_is_refused)
{
	struct pst_scores scores = steps(2999), few = steps(29);
	double fmr[] = {1e-2, 1e-3};
	struct pst_calibrate_input input = {.scores = &scores, .fmr = fmr, .fmr_count = 2};
	struct pst_calibrate_input none = {.scores = &few};

	cr_assert_eq(pst_calibrate_make(&input, &calibration, &error), PST_E_NOT_FOUND);
	cr_assert(
		strstr(error.text, "fmr 0.001 needs 3000 impostor comparisons"), "%s", error.text);
	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_calibrate_make(&none, &calibration, &error), PST_E_NOT_FOUND);
	cr_assert(strstr(error.text, "there are 29"), "%s", error.text);
	pst_scores_finish(&scores);
	pst_scores_finish(&few);
}

/* People 0 .. 19 are of cohort x, whose scores are low, 20 .. 39 of y, whose are high. */
static struct pst_scores two_cohorts(uint32_t *subject, struct pst_cohorts *cohorts)
{
	struct pst_scores scores = {0};
	uint32_t index;

	cohorts->of = calloc(40, sizeof(*cohorts->of));
	cr_assert_eq(pst_names_put(&cohorts->names, "x", &index), 0);
	cr_assert_eq(pst_names_put(&cohorts->names, "y", &index), 0);
	for (uint32_t i = 0; i < 40; i++) {
		subject[i] = i;
		cohorts->of[i] = i / 20;
		for (uint32_t k = 0; k < i; k++) {
			double score = i < 20 ? 0.1 : k >= 20 ? 0.5 + 0.001 * (i + k) : 0.2;

			cr_assert_eq(pst_comparisons_put(&scores.impostor, score, k, i), 0);
		}
	}
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.54, 0, 0), 0);
	cr_assert_eq(pst_scores_sort(&scores), 0);
	return scores;
}

Test(calibrate, the_worst_cohort_sets_the_threshold)
{
	uint32_t subject[40];
	struct pst_cohorts cohorts = {0};
	struct pst_scores scores = two_cohorts(subject, &cohorts);
	struct pst_calibrate_input input = {.scores = &scores, .subject = subject};
	double all;

	cr_assert_eq(pst_calibrate_make(&input, &calibration, &error), 0, "%s", error.text);
	all = calibration.point[0].score;
	cr_assert_eq(calibration.point_count, 2, "780 comparisons carry 1e-2");
	input.cohorts = &cohorts;
	cr_assert_eq(pst_calibrate_make(&input, &calibration, &error), 0, "%s", error.text);
	cr_assert_eq(calibration.point_count, 1, "190 within a cohort do not");
	cr_assert_gt(calibration.point[0].score, all);
	cr_assert_str_eq(calibration.point[0].cohort, "y");
	cr_assert_eq(calibration.point[0].impostor, 190);
	cr_assert_leq(calibration.point[0].matched, 19);
	cr_assert_eq(calibration.impostor, 780);
	pst_cohorts_finish(&cohorts);
	pst_scores_finish(&scores);
}

Test(calibrate, what_is_written_loads_as_it_was)
{
	struct pst_scores scores = steps(4000);
	struct pst_calibrate_input input = {.scores = &scores};
	struct pst_calibration loaded;
	char path[] = "/tmp/postern-calibrate-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	cr_assert_eq(pst_calibrate_make(&input, &calibration, &error), 0, "%s", error.text);
	strcpy(calibration.contract, "00112233445566778899aabbccddeeff");
	strcpy(calibration.matcher, "cosine");
	strcpy(calibration.domain, "drawn");
	strcpy(calibration.origin, "pictures \"of\" a\\b\nall");
	memset(calibration.extractor_digest, 'a', 64);
	strcpy(calibration.point[0].cohort, "women, 60+");
	calibration.point[0].score = (double)1.2345678e-5F;
	calibration.point[2].score = (double)nextafterf(12345.678F, INFINITY);
	pst_calibrate_write(&calibration, file);
	(void)fclose(file);
	cr_assert_eq(pst_calibration_load(path, &loaded, &error), 0, "%s", error.text);
	cr_assert_eq(loaded.point_count, calibration.point_count);
	cr_assert_str_eq(loaded.origin, "pictures \"of\" a\\b all");
	cr_assert_str_eq(loaded.extractor_digest, calibration.extractor_digest);
	cr_assert_str_eq(loaded.matcher_digest, "");
	for (uint32_t i = 0; i < loaded.point_count; i++) {
		cr_assert_eq((float)loaded.point[i].score, (float)calibration.point[i].score);
		cr_assert_float_eq(loaded.point[i].fmr, calibration.point[i].fmr, EPSILON);
		cr_assert_eq(loaded.point[i].matched, calibration.point[i].matched);
		cr_assert_str_eq(loaded.point[i].cohort, calibration.point[i].cohort);
	}
	(void)unlink(path);
	pst_scores_finish(&scores);
}

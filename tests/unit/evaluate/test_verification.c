/* SPDX-License-Identifier: Apache-2.0 */
/* Hand-worked cases; tests/cli/test_eval.py has the second implementation. */
#include "evaluate/verification.h"

#include "fixture.h"

Test(verification, a_score_at_the_threshold_matches)
{
	struct pst_scores scores =
		scores_of(LIST(0.5, 0.6, 0.7, 0.8), LIST(0.1, 0.5, 0.5, 0.6, 0.7));
	struct pst_operating_point point;

	pst_verification_at(&scores, 0.6, &point);
	cr_assert_eq(point.fmr.errors, 2);
	cr_assert_eq(point.fmr.trials, 5);
	cr_assert_eq(point.fnmr.errors, 1);
	cr_assert_eq(point.fnmr.trials, 4);
	pst_scores_finish(&scores);
}

Test(verification, what_could_not_be_compared_is_a_rejection)
{
	struct pst_scores scores = scores_of(LIST(0.5, 0.9), LIST(0.1, 0.9));
	struct pst_operating_point point;

	scores.genuine_failed = 2;
	scores.impostor_failed = 6;
	pst_verification_at(&scores, 0.8, &point);
	cr_assert_float_eq(point.fnmr.rate, 0.5, EPSILON);
	cr_assert_float_eq(point.gfrr.rate, 0.75, EPSILON);
	cr_assert_float_eq(point.fmr.rate, 0.5, EPSILON);
	cr_assert_float_eq(point.gfar.rate, 0.125, EPSILON);
	pst_scores_finish(&scores);
}

/* 30 impostors: 0.01 .. 0.30; at FMR 0.1 three may match. */
static struct pst_scores thirty(void)
{
	double impostor[31];

	for (int i = 0; i < 30; i++) {
		impostor[i] = (i + 1) / 100.0;
	}
	impostor[30] = NAN;
	return scores_of(LIST(0.27, 0.275, 0.28, 0.4), impostor);
}

Test(verification, the_least_score_that_keeps_a_rate)
{
	struct pst_scores scores = thirty();
	struct pst_operating_point point;

	cr_assert_eq(pst_verification_at_fmr(&scores, 0.1, &point), 0);
	cr_assert_eq(point.fmr.errors, 3);
	cr_assert_eq(point.threshold, 0.275, "the least that occurs above 0.27");
	cr_assert_eq(point.fnmr.errors, 1);
	cr_assert_eq(point.fmr_wanted, 0.1);
	pst_scores_finish(&scores);
}

Test(verification, ties_at_the_threshold_never_raise_the_rate)
{
	double impostor[31];

	for (int i = 0; i < 30; i++) {
		impostor[i] = i < 25 ? 0.1 : 0.2; /* five at 0.2 and three may match */
	}
	impostor[30] = NAN;
	struct pst_scores scores = scores_of(LIST(0.2, 0.2, 0.3), impostor);
	struct pst_operating_point point;

	cr_assert_eq(pst_verification_at_fmr(&scores, 0.1, &point), 0);
	cr_assert_eq(point.fmr.errors, 0);
	cr_assert_eq(point.fnmr.errors, 2);
	cr_assert_eq(point.threshold, 0.3);
	pst_scores_finish(&scores);
}

Test(verification, beyond_all_scores_it_is_the_next_number)
{
	double impostor[31];

	for (int i = 0; i < 30; i++) {
		impostor[i] = 0.5;
	}
	impostor[30] = NAN;
	struct pst_scores scores = scores_of(LIST(0.1), impostor);
	struct pst_operating_point point;

	cr_assert_eq(pst_verification_at_fmr(&scores, 0.1, &point), 0);
	cr_assert_eq(point.threshold, nextafter(0.5, 1));
	cr_assert_eq(point.fmr.errors, 0);
	pst_scores_finish(&scores);
}

Test(verification, too_few_comparisons_carry_no_rate)
{
	struct pst_scores scores = thirty();
	struct pst_operating_point point;

	cr_assert_eq(pst_verification_at_fmr(&scores, 0.09, &point), PST_E_NOT_FOUND);
	cr_assert_eq(pst_verification_at_fmr(&scores, 0, &point), PST_E_NOT_FOUND);
	cr_assert_eq(pst_verification_at_fmr(&scores, 1, &point), PST_E_NOT_FOUND);
	cr_assert_eq(pst_verification_at_fmr(&scores, NAN, &point), PST_E_NOT_FOUND);
	pst_scores_finish(&scores);
}

Test(verification, how_many_a_rate_allows)
{
	cr_assert_eq(pst_verification_allowed(0.29, 100), 29, "0.29 * 100 is below 29 in binary");
	cr_assert_eq(pst_verification_allowed(0.1, 30), 3);
	cr_assert_eq(pst_verification_allowed(1e-3, 3000), 3);
	cr_assert_eq(pst_verification_allowed(1e-3, 2999), 2);
	for (uint64_t n = 1; n < 3000; n++) {
		uint64_t allowed = pst_verification_allowed(0.01, n);

		cr_assert_leq((double)allowed / (double)n, 0.01);
		cr_assert_gt((double)(allowed + 1) / (double)n, 0.01);
	}
}

Test(verification, eer_where_the_rates_meet)
{
	/* At 0.4: FMR 1/4, FNMR 1/4. */
	struct pst_scores met = scores_of(LIST(0.3, 0.5, 0.6, 0.7), LIST(0.1, 0.2, 0.25, 0.4));
	/* From (FMR 1/2, FNMR 0) to (FMR 1/2, FNMR 1): the line has both at 1/2. */
	struct pst_scores tied = scores_of(LIST(0.5, 0.5), LIST(0.1, 0.6));
	struct pst_scores apart = scores_of(LIST(0.8, 0.9), LIST(0.1, 0.2));
	struct pst_scores turned = scores_of(LIST(0.1), LIST(0.9));
	struct pst_scores one = scores_of(LIST(0.8), LIST(NAN));

	cr_assert_float_eq(pst_verification_eer(&met), 0.25, EPSILON);
	cr_assert_float_eq(pst_verification_eer(&tied), 0.5, EPSILON);
	cr_assert_float_eq(pst_verification_eer(&apart), 0, EPSILON);
	cr_assert_float_eq(pst_verification_eer(&turned), 1, EPSILON);
	cr_assert(isnan(pst_verification_eer(&one)));
	pst_scores_finish(&met);
	pst_scores_finish(&tied);
	pst_scores_finish(&apart);
	pst_scores_finish(&turned);
	pst_scores_finish(&one);
}

Test(verification, eer_between_two_scores)
{
	/* Thresholds 0.5 and above: from (1/2, 0) to (0, 1/3): they meet at 1/2 - 3/5 * 1/2 = 1/5.
	 */
	struct pst_scores scores = scores_of(LIST(0.5, 0.6, 0.7), LIST(0.1, 0.5));

	cr_assert_float_eq(pst_verification_eer(&scores), 0.2, EPSILON);
	pst_scores_finish(&scores);
}

Test(verification, area_counts_equal_scores_half)
{
	/* Of six pairs: above in 0.6/0.5, 0.6/0.1, 0.5/0.1 and 0.5/0.5 half; 0.05 in none. */
	struct pst_scores scores = scores_of(LIST(0.6, 0.5, 0.05), LIST(0.5, 0.1));

	cr_assert_float_eq(pst_verification_auc(&scores), 3.5 / 6, EPSILON);
	pst_scores_finish(&scores);
}

/* With 5, 10, 20, 40 impostors 1/n * 1/n / (1/n) is not 1/n. */
Test(verification, scores_that_do_not_overlap_have_no_equal_error)
{
	for (int n = 1; n <= 40; n++) {
		double impostor[41];

		for (int i = 0; i < n; i++) {
			impostor[i] = i / 100.0;
		}
		impostor[n] = NAN;
		struct pst_scores scores = scores_of(LIST(0.9), impostor);

		cr_assert_eq(pst_verification_eer(&scores), 0, "%d impostors", n);
		pst_scores_finish(&scores);
	}
}

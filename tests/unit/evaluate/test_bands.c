/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/bands.h"

#include "fixture.h"
#include "evaluate/verification.h"

#define PEOPLE 40

/* Two pictures each; person i scores like the i-th of as many steps. */
static struct pst_scores make(double step, uint32_t *subject)
{
	struct pst_scores scores = {0};

	for (uint32_t i = 0; i < 2 * PEOPLE; i++) {
		subject[i] = i / 2;
		for (uint32_t k = 0; k < i; k++) {
			bool same = i / 2 == k / 2;
			double score = same ? 0.31 + 2 * step * (i / 2)
					    : 0.3 + step * ((7 * i + 3 * k) % 41);

			cr_assert_eq(pst_comparisons_put(same ? &scores.genuine : &scores.impostor,
					     score, k, i),
				0);
		}
	}
	cr_assert_eq(pst_scores_sort(&scores), 0);
	return scores;
}

static int bands(const struct pst_scores *scores, const uint32_t *subject, uint64_t seed,
	struct pst_band *fnmr, struct pst_band *eer)
{
	struct pst_curve curve;
	struct pst_bands_input input = {scores, &curve, subject, PEOPLE, seed};
	double fmr[] = {0.1, 0.01};

	cr_assert_eq(pst_curve_make(scores, &curve), 0);
	int count = pst_bands_make(&input, fmr, 2, fnmr, eer);
	pst_curve_finish(&curve);
	return count;
}

Test(bands, hold_what_was_measured)
{
	uint32_t subject[2 * PEOPLE];
	struct pst_scores scores = make(0.006, subject);
	struct pst_band fnmr[2], eer;

	cr_assert_eq(bands(&scores, subject, 1, fnmr, &eer), 1024);
	for (int i = 0; i < 2; i++) {
		struct pst_operating_point point;

		cr_assert_eq(pst_verification_at_fmr(&scores, i ? 0.01 : 0.1, &point), 0);
		cr_assert_leq(fnmr[i].low, point.fnmr.rate);
		cr_assert_geq(fnmr[i].high, point.fnmr.rate);
		cr_assert_lt(fnmr[i].low, fnmr[i].high);
		cr_assert_lt(fnmr[i].high - fnmr[i].low, 0.5);
	}
	cr_assert_leq(eer.low, pst_verification_eer(&scores));
	cr_assert_geq(eer.high, pst_verification_eer(&scores));
	cr_assert_lt(eer.low, eer.high);
	pst_scores_finish(&scores);
}

/* Of 40 people k never match: a replicate has so many of them as a binomial draw of 40 has. */
Test(bands, are_as_wide_as_people_differ)
{
	uint32_t subject[2 * PEOPLE];
	struct pst_scores scores = make(0, subject);
	struct pst_band fnmr[2], eer;

	for (size_t i = 0; i < 10; i++) {
		scores.genuine.at[i].score = 0.1;
	}
	cr_assert_eq(bands(&scores, subject, 7, fnmr, &eer), 1024);
	/* 40 draws at 1/4: the middle 95 % are 5 to 16 of 40 (binomial quantiles). */
	cr_assert_float_eq(fnmr[0].low, 5 / 40.0, 0.026);
	cr_assert_float_eq(fnmr[0].high, 16 / 40.0, 0.026);
	pst_scores_finish(&scores);
}

Test(bands, equal_seeds_give_equal_bands)
{
	uint32_t subject[2 * PEOPLE];
	struct pst_scores scores = make(0.006, subject);
	struct pst_band a[2], b[2], c[2], eer[3];

	(void)bands(&scores, subject, 1, a, &eer[0]);
	(void)bands(&scores, subject, 1, b, &eer[1]);
	(void)bands(&scores, subject, 2, c, &eer[2]);
	cr_assert_eq(memcmp(a, b, sizeof(a)), 0);
	cr_assert_eq(memcmp(&eer[0], &eer[1], sizeof(eer[0])), 0);
	cr_assert_neq(memcmp(&eer[0], &eer[2], sizeof(eer[0])), 0);
	pst_scores_finish(&scores);
}

Test(bands, people_who_are_all_alike_leave_no_room)
{
	uint32_t subject[2 * PEOPLE];
	struct pst_scores scores = make(0, subject);
	struct pst_band fnmr[2], eer;

	(void)bands(&scores, subject, 1, fnmr, &eer);
	cr_assert_eq(fnmr[0].low, 0);
	cr_assert_eq(fnmr[0].high, 0);
	cr_assert_eq(eer.high, 0);
	pst_scores_finish(&scores);
}

/* A fifth of the impostors score as the genuine do: at FMR 0.1 no threshold lets any of them in. */
Test(bands, keep_the_rate_in_every_replicate)
{
	uint32_t subject[2 * PEOPLE];
	struct pst_scores scores = make(0, subject);
	struct pst_band fnmr[2], eer;

	for (size_t i = 0; i < scores.impostor.count; i += 5) {
		scores.impostor.at[i].score = scores.genuine.at[0].score;
	}
	cr_assert_eq(pst_scores_sort(&scores), 0);
	cr_assert_eq(bands(&scores, subject, 1, fnmr, &eer), 1024);
	cr_assert_eq(fnmr[0].low, 1);
	cr_assert_eq(fnmr[0].high, 1);
	pst_scores_finish(&scores);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/cohorts.h"

#include "fixture.h"

static struct pst_names people;
static struct pst_cohorts cohorts;
static struct pst_error error;

static void setup(void)
{
	static const char *const names[] = {"ann", "bob", "cem", "dora", "eve"};
	uint32_t index;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cr_assert_eq(pst_names_put(&people, names[i], &index), 0);
		cr_assert_eq(index, i);
	}
}

static void teardown(void)
{
	pst_names_finish(&people);
	pst_cohorts_finish(&cohorts);
}

TestSuite(cohorts, .init = setup, .fini = teardown);

static int read_text(const char *text)
{
	FILE *file = file_of(text);

	memset(&error, 0, sizeof(error));
	int status = pst_cohorts_read(file, "c.csv", &people, &cohorts, &error);
	(void)fclose(file);
	return status;
}

Test(cohorts, comparisons_count_within_their_own)
{
	static const uint32_t subject[] = {0, 1, 2, 3, 4};
	struct pst_scores scores = {0}, within;
	struct pst_cohort_rates rates[PST_COHORTS_MAX] = {0};

	cr_assert_eq(
		read_text("person,cohort\nann,x\nbob,x\ncem,y\ndora,y\n"), 0, "%s", error.text);
	cr_assert_eq(cohorts.of[4], PST_NAMES_NONE);
	cr_assert_eq(pst_comparisons_put(&scores.impostor, 0.9, 0, 1), 0); /* x: matches */
	cr_assert_eq(pst_comparisons_put(&scores.impostor, 0.8, 0, 2), 0); /* across */
	cr_assert_eq(pst_comparisons_put(&scores.impostor, 0.2, 2, 3), 0); /* y */
	cr_assert_eq(pst_comparisons_put(&scores.impostor, 0.6, 3, 2), 0); /* y: matches */
	cr_assert_eq(pst_comparisons_put(&scores.impostor, 0.9, 4, 2), 0); /* of none */
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.3, 0, 0), 0);  /* x: missed */
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.5, 1, 1), 0);  /* x */
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.3, 4, 4), 0);  /* of none */
	cr_assert_eq(pst_scores_sort(&scores), 0);
	pst_cohorts_rates(&cohorts, &scores, subject, 0.5, rates);
	cr_assert_eq(rates[0].fmr.errors, 1);
	cr_assert_eq(rates[0].fmr.trials, 1);
	cr_assert_eq(rates[1].fmr.errors, 1);
	cr_assert_eq(rates[1].fmr.trials, 2);
	cr_assert_eq(rates[0].fnmr.errors, 1);
	cr_assert_eq(rates[0].fnmr.trials, 2);
	cr_assert_eq(rates[1].fnmr.trials, 0);
	cr_assert_eq(pst_cohorts_scores(&cohorts, &scores, subject, 1, &within), 0);
	cr_assert_eq(within.impostor.count, 2);
	cr_assert_eq(within.impostor.at[1].score, 0.6);
	pst_scores_finish(&within);
	pst_scores_finish(&scores);
}

Test(cohorts, spread_by_hand)
{
	struct pst_cohort_rates rates[3] = {
		{.fmr = pst_rate_of(1, 1000), .fnmr = pst_rate_of(0, 10)},
		{.fmr = pst_rate_of(8, 1000), .fnmr = pst_rate_of(1, 10)},
		{.fmr = pst_rate_of(1, 1000), .fnmr = pst_rate_of(0, 0)},
	};
	struct pst_cohort_spread fmr = pst_cohorts_spread(rates, 3, true);
	struct pst_cohort_spread fnmr = pst_cohorts_spread(rates, 3, false);
	struct pst_cohort_spread one = pst_cohorts_spread(rates, 1, true);

	cr_assert_eq(fmr.worst, 1);
	cr_assert_float_eq(fmr.to_least, 8, 1e-9);
	cr_assert_float_eq(fmr.to_geomean, 4, 1e-9, "the geometric mean is 2 of 1000");
	cr_assert_eq(fnmr.worst, 1);
	cr_assert(isnan(fnmr.to_least), "nothing is so many times zero");
	cr_assert_eq(one.worst, PST_NAMES_NONE);
}

Test(cohorts, lists_that_are_wrong_have_their_line)
{
	static const char *const wrong[][2] = {
		{"ann,x\nzoe,x\n", "c.csv:2: there is no person 'zoe'"},
		{"ann,x\nann,y\n", "c.csv:2: 'ann' is in a cohort already"},
		{"ann\n", "PERSON,COHORT"},
		{"ann,\n", "PERSON,COHORT"},
		{"# nobody\n", "no cohort"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(read_text(wrong[i][0]), PST_E_CONFIG, "%s", wrong[i][0]);
		cr_assert(strstr(error.text, wrong[i][1]), "'%s' lacks '%s'", error.text,
			wrong[i][1]);
	}
}

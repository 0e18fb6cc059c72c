/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/attacks.h"

#include "fixture.h"

#define IMPERSONATION PST_PAD_QUESTION_IMPERSONATION
#define EVASION PST_PAD_QUESTION_EVASION
#define SAMPLES_MAX 128

/* Files of two people, or of two species, and what a worker made of them. */
struct shelf {
	struct pst_sample sample[SAMPLES_MAX];
	struct pst_dataset dataset;
	struct pst_samples samples;
	uint32_t file;
};

static struct shelf people, attacks;
static struct pst_attacks result;

static void setup(void)
{
	struct shelf *shelves[] = {&people, &attacks};

	for (int i = 0; i < 2; i++) {
		*shelves[i] = (struct shelf){0};
		shelves[i]->dataset.people.count = 2;
		shelves[i]->samples.at = shelves[i]->sample;
	}
}

static void teardown(void)
{
	pst_attacks_finish(&result);
}

TestSuite(attacks, .init = setup, .fini = teardown);

static struct pst_sample *put_frame(struct shelf *shelf, uint32_t subject)
{
	struct pst_sample *sample = &shelf->sample[shelf->samples.count++];

	cr_assert_leq(shelf->samples.count, SAMPLES_MAX);
	*sample = (struct pst_sample){.file = shelf->file, .subject = subject};
	return sample;
}

/* A frame of the file under way that was judged. */
static void put_judged(struct shelf *shelf, uint32_t subject, uint32_t impersonation, float score)
{
	struct pst_sample *sample = put_frame(shelf, subject);

	sample->pad = PST_SAMPLE_PAD_JUDGED;
	sample->answer[IMPERSONATION] = (struct pst_sample_answer){impersonation, score};
}

static void put(struct shelf *shelf, uint32_t subject, uint32_t impersonation, unsigned times)
{
	while (times-- > 0) {
		put_judged(shelf, subject, impersonation, 0.5f);
		shelf->file++;
	}
}

static void put_failure(struct shelf *shelf, uint32_t subject, enum pst_failure failure)
{
	put_frame(shelf, subject)->failure = failure;
	shelf->file++;
}

static void count(void)
{
	const struct pst_attack_source one = {&people.dataset, &people.samples};
	const struct pst_attack_source other = {&attacks.dataset, &attacks.samples};

	cr_assert_eq(pst_attacks_count(one, other, &result), 0);
}

static void expect_rate(const struct pst_rate *rate, uint64_t errors, uint64_t trials)
{
	cr_expect_eq(rate->errors, errors);
	cr_expect_eq(rate->trials, trials);
}

Test(attacks, only_a_pass_passes_and_silence_is_apart)
{
	put(&people, 0, PST_PAD_PASS, 7);
	put(&people, 1, PST_PAD_FAIL, 1);
	put(&people, 1, PST_PAD_UNCERTAIN, 2);
	put_failure(&people, 1, PST_FAILURE_NO_FACE);
	put(&attacks, 0, PST_PAD_PASS, 2);
	put(&attacks, 0, PST_PAD_FAIL, 3);
	put(&attacks, 0, PST_PAD_UNCERTAIN, 4);
	put(&attacks, 0, PST_PAD_UNSET, 1);
	put_failure(&attacks, 0, PST_FAILURE_TOO_DARK);
	put_frame(&attacks, 0)->pad = PST_SAMPLE_PAD_UNDECIDED;
	attacks.file++;
	count();

	const struct pst_attack_set *species = &result.species[0];
	const struct pst_attack_tally *tally = &species->tally[IMPERSONATION];

	cr_expect_eq(result.bona_fide.presentations, 11);
	expect_rate(&result.bona_fide.tally[IMPERSONATION].error, 3, 10);
	expect_rate(&result.bona_fide.tally[IMPERSONATION].silent, 1, 11);
	cr_expect_eq(species->presentations, 12);
	cr_expect_eq(species->failure[PST_FAILURE_TOO_DARK], 1);
	cr_expect_eq(species->undecided, 1);
	cr_expect_eq(tally->answer[PST_PAD_UNSET], 1);
	expect_rate(&tally->error, 2, 9);
	expect_rate(&tally->silent, 3, 12);
	/* Of the tables: 2 of 9 is 0.0281 to 0.6001. */
	cr_expect_float_eq(tally->error.low, 0.02814, 5e-6);
	cr_expect_float_eq(tally->error.high, 0.60009, 5e-6);
	cr_expect(isnan(result.species[1].tally[IMPERSONATION].error.rate));
}

Test(attacks, a_recording_is_one_presentation)
{
	/* signs of an attack stay, whatever comes after them */
	put_judged(&attacks, 0, PST_PAD_PASS, 0.1f);
	put_judged(&attacks, 0, PST_PAD_FAIL, 0.8f);
	put_judged(&attacks, 0, PST_PAD_PASS, 0.2f);
	attacks.file++;
	/* without them one pass is enough */
	put_frame(&attacks, 0)->failure = PST_FAILURE_NO_FACE;
	put_judged(&attacks, 0, PST_PAD_UNCERTAIN, 0.6f);
	put_judged(&attacks, 0, PST_PAD_PASS, 0.11f);
	put_judged(&attacks, 0, PST_PAD_PASS, 0.26f);
	put_judged(&attacks, 0, PST_PAD_UNCERTAIN, 0.7f);
	put_frame(&attacks, 0)->pad = PST_SAMPLE_PAD_UNDECIDED;
	attacks.file++;
	count();

	const struct pst_attack_tally *tally = &result.species[0].tally[IMPERSONATION];

	cr_expect_eq(result.species[0].presentations, 2);
	expect_rate(&tally->error, 1, 2);
	expect_rate(&tally->silent, 0, 2);
	cr_expect_eq(tally->bin[16], 1, "the score of the sign");
	cr_expect_eq(tally->bin[5], 1, "the higher one of the passes");
}

Test(attacks, the_worst_species_counts_and_every_one_carries_the_claim)
{
	put(&people, 0, PST_PAD_PASS, 1);
	put(&attacks, 0, PST_PAD_FAIL, 59);
	put(&attacks, 1, PST_PAD_FAIL, 58);
	count();
	cr_expect_eq(result.summary[IMPERSONATION].worst, 1, "of two without an error the fewer");
	cr_expect_eq(result.summary[IMPERSONATION].upper_species, 1);
	cr_expect_float_eq(result.summary[IMPERSONATION].upper, 1 - pow(0.05, 1 / 58.0), EPSILON);
	cr_expect_not(result.summary[IMPERSONATION].supported, "58 do not carry 5 %%");
	pst_attacks_finish(&result);

	put(&attacks, 1, PST_PAD_UNCERTAIN, 1);
	count();
	cr_expect(result.summary[IMPERSONATION].supported, "59 do");
	pst_attacks_finish(&result);

	put(&attacks, 0, PST_PAD_PASS, 1);
	count();
	cr_expect_eq(result.summary[IMPERSONATION].worst, 0);
	cr_expect_not(result.summary[IMPERSONATION].supported);
}

Test(attacks, a_species_without_answers_carries_no_claim)
{
	put(&people, 0, PST_PAD_PASS, 1);
	put(&attacks, 0, PST_PAD_FAIL, 100);
	put_failure(&attacks, 1, PST_FAILURE_NO_FACE);
	count();
	cr_expect_eq(result.summary[IMPERSONATION].worst, 0);
	cr_expect_eq(result.summary[IMPERSONATION].upper_species, 1);
	cr_expect_eq(result.summary[IMPERSONATION].upper, 1);
	cr_expect_not(result.summary[IMPERSONATION].supported);
}

Test(attacks, what_is_never_answered_is_not_looked_for)
{
	put(&people, 0, PST_PAD_PASS, 2);
	put(&attacks, 0, PST_PAD_FAIL, 2);
	put(&attacks, 1, PST_PAD_UNSET, 2);
	count();
	cr_expect(result.summary[IMPERSONATION].looked_for);
	cr_expect_not(result.summary[EVASION].looked_for);
	cr_expect_eq(result.summary[EVASION].worst, PST_NAMES_NONE);
	cr_expect(pst_attacks_has_both(&result));
}

Test(attacks, nothing_judged_says_nothing_of_what_is_looked_for)
{
	put_failure(&people, 0, PST_FAILURE_NO_FACE);
	put_frame(&attacks, 0)->pad = PST_SAMPLE_PAD_UNDECIDED;
	count();
	cr_expect(result.summary[IMPERSONATION].looked_for);
	cr_expect_not(pst_attacks_has_both(&result));
}

Test(attacks, answers_about_one_side_alone_are_not_both)
{
	put(&people, 0, PST_PAD_PASS, 3);
	put_failure(&attacks, 0, PST_FAILURE_NO_FACE);
	count();
	cr_expect_not(pst_attacks_has_both(&result));
}

Test(attacks, scores_at_the_ends_have_a_bin)
{
	put_judged(&attacks, 0, PST_PAD_PASS, 0);
	attacks.file++;
	put_judged(&attacks, 0, PST_PAD_FAIL, 1);
	count();
	cr_expect_eq(result.species[0].tally[IMPERSONATION].bin[0], 1);
	cr_expect_eq(result.species[0].tally[IMPERSONATION].bin[PST_ATTACKS_BINS - 1], 1);
}

Test(attacks, answers_that_a_claim_needs)
{
	cr_expect_eq(pst_attacks_needed(0.05), 59);
	cr_expect_eq(pst_attacks_needed(0.01), 299);
	cr_expect_eq(pst_attacks_needed(0.5), 5);
	cr_expect_leq(pst_rate_upper(0, 59, 0.05), 0.05);
	cr_expect_gt(pst_rate_upper(0, 58, 0.05), 0.05);
}

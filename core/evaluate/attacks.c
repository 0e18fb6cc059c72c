/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/attacks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const char *pst_pad_question_name(enum pst_pad_question question)
{
	return question == PST_PAD_QUESTION_EVASION ? "evasion" : "impersonation";
}

/* What stands of several frames is what ranks higher. */
static int rank_of(uint32_t answer)
{
	switch ((enum pst_pad_answer)answer) {
	case PST_PAD_FAIL:
		return 3;
	case PST_PAD_PASS:
		return 2;
	case PST_PAD_UNCERTAIN:
		return 1;
	case PST_PAD_UNSET:
	default:
		return 0;
	}
}

static void merge(struct pst_sample *into, const struct pst_sample *frame)
{
	if (frame->pad > into->pad) {
		into->pad = frame->pad;
	}
	for (int q = 0; q < PST_PAD_QUESTION_COUNT; q++) {
		struct pst_sample_answer *now = &into->answer[q];
		const struct pst_sample_answer *other = &frame->answer[q];
		int more = rank_of(other->answer) - rank_of(now->answer);

		if (more > 0 || (more == 0 && other->score > now->score)) {
			*now = *other;
		}
	}
}

static unsigned bin_of(float score)
{
	unsigned bin = (unsigned)(score * PST_ATTACKS_BINS);

	return bin < PST_ATTACKS_BINS ? bin : PST_ATTACKS_BINS - 1;
}

static void count_one(struct pst_attack_set *set, const struct pst_sample *presentation)
{
	set->presentations++;
	if (presentation->pad == PST_SAMPLE_PAD_NOT_ASKED) {
		set->failure[presentation->failure]++;
		return;
	}
	if (presentation->pad == PST_SAMPLE_PAD_UNDECIDED) {
		set->undecided++;
		return;
	}
	for (int q = 0; q < PST_PAD_QUESTION_COUNT; q++) {
		const struct pst_sample_answer *answer = &presentation->answer[q];

		set->tally[q].answer[answer->answer]++;
		if (answer->answer != PST_PAD_UNSET) {
			set->tally[q].bin[bin_of(answer->score)]++;
		}
	}
}

/* @param sets  one for each subject, or with all_in_one one for all */
static void count_all(
	const struct pst_attack_source *source, struct pst_attack_set *sets, bool all_in_one)
{
	const struct pst_samples *samples = source->samples;

	for (uint32_t i = 0, next; i < samples->count; i = next) {
		struct pst_sample presentation = samples->at[i];

		for (next = i + 1;
			next < samples->count && samples->at[next].file == samples->at[i].file;
			next++) {
			merge(&presentation, &samples->at[next]);
		}
		count_one(&sets[all_in_one ? 0 : presentation.subject], &presentation);
	}
}

uint64_t pst_attacks_answered(const struct pst_attack_tally *tally)
{
	return tally->answer[PST_PAD_PASS] + tally->answer[PST_PAD_FAIL] +
	       tally->answer[PST_PAD_UNCERTAIN];
}

static void make_rates(struct pst_attack_set *set, bool attack)
{
	for (int q = 0; q < PST_PAD_QUESTION_COUNT; q++) {
		struct pst_attack_tally *tally = &set->tally[q];
		uint64_t answered = pst_attacks_answered(tally),
			 passed = tally->answer[PST_PAD_PASS];

		tally->error = pst_rate_of(attack ? passed : answered - passed, answered);
		tally->silent = pst_rate_of(set->presentations - answered, set->presentations);
	}
}

/* Whether a question was answered, of those that a face was judged for at all. */
static bool is_looked_for(const struct pst_attacks *attacks, int question)
{
	const struct pst_attack_tally *tally = &attacks->bona_fide.tally[question];
	uint64_t answered = pst_attacks_answered(tally), unset = tally->answer[PST_PAD_UNSET];

	for (uint32_t i = 0; i < attacks->count; i++) {
		tally = &attacks->species[i].tally[question];
		answered += pst_attacks_answered(tally);
		unset += tally->answer[PST_PAD_UNSET];
	}
	return answered > 0 || unset == 0;
}

static bool is_worse(const struct pst_rate *one, const struct pst_rate *other)
{
	return one->rate > other->rate || (one->rate == other->rate && one->high > other->high);
}

static struct pst_attack_summary summarize(const struct pst_attacks *attacks, int question)
{
	struct pst_attack_summary summary = {.looked_for = is_looked_for(attacks, question),
		.worst = PST_NAMES_NONE,
		.upper_species = PST_NAMES_NONE};

	for (uint32_t i = 0; i < attacks->count; i++) {
		const struct pst_rate *rate = &attacks->species[i].tally[question].error;
		double upper = pst_rate_upper(rate->errors, rate->trials, 1 - PST_RATE_CONFIDENCE);

		if (rate->trials > 0 &&
			(summary.worst == PST_NAMES_NONE ||
				is_worse(rate,
					&attacks->species[summary.worst].tally[question].error))) {
			summary.worst = i;
		}
		if (summary.upper_species == PST_NAMES_NONE || upper > summary.upper) {
			summary.upper = upper;
			summary.upper_species = i;
		}
	}
	summary.supported = summary.worst != PST_NAMES_NONE && summary.upper <= PST_ATTACKS_CLAIM;
	return summary;
}

int pst_attacks_count(struct pst_attack_source bona_fide, struct pst_attack_source attacks,
	struct pst_attacks *ret_attacks)
{
	struct pst_attacks all = {.count = attacks.dataset->people.count};

	all.species = calloc(all.count ? all.count : 1, sizeof(*all.species));
	if (!all.species) {
		return -ENOMEM;
	}
	count_all(&bona_fide, &all.bona_fide, /* all_in_one= */ true);
	count_all(&attacks, all.species, /* all_in_one= */ false);
	make_rates(&all.bona_fide, /* attack= */ false);
	for (uint32_t i = 0; i < all.count; i++) {
		make_rates(&all.species[i], /* attack= */ true);
	}
	for (int q = 0; q < PST_PAD_QUESTION_COUNT; q++) {
		all.summary[q] = summarize(&all, q);
	}
	*ret_attacks = all;
	return 0;
}

bool pst_attacks_has_both(const struct pst_attacks *attacks)
{
	for (int q = 0; q < PST_PAD_QUESTION_COUNT; q++) {
		if (pst_attacks_answered(&attacks->bona_fide.tally[q]) > 0 &&
			attacks->summary[q].worst != PST_NAMES_NONE) {
			return true;
		}
	}
	return false;
}

uint64_t pst_attacks_needed(double rate)
{
	return (uint64_t)ceil(log(1 - PST_RATE_CONFIDENCE) / log1p(-rate) * (1 - 1e-9));
}

void pst_attacks_finish(struct pst_attacks *attacks)
{
	free(attacks->species);
	*attacks = (struct pst_attacks){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/eval_print.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "cli/table.h"

#define SMALL_SAMPLE 30 /* people: fewer and the bootstrap has little to draw from */

const char *pst_eval_rate(const struct pst_rate *rate, char text[PST_EVAL_TEXT_SIZE])
{
	if (rate->trials == 0) {
		return "-";
	}
	(void)snprintf(
		text, PST_EVAL_TEXT_SIZE, "%.3g (%.3g to %.3g)", rate->rate, rate->low, rate->high);
	return text;
}

const char *pst_eval_percent(double rate, char text[PST_EVAL_TEXT_SIZE])
{
	if (isnan(rate)) {
		return "-";
	}
	(void)snprintf(text, PST_EVAL_TEXT_SIZE, rate > 0 && rate < 0.001 ? "%.2g %%" : "%.2f %%",
		rate * 100);
	return text;
}

const char *pst_eval_number(double value, char text[PST_EVAL_TEXT_SIZE])
{
	(void)snprintf(text, PST_EVAL_TEXT_SIZE, "%.6g", value);
	return text;
}

void pst_eval_subject(const struct pst_eval_data *data, const struct pst_evaluation *evaluation,
	char *text, size_t size)
{
	uint32_t people = pst_eval_data_people(data)->count;
	int used;

	if (data->scores_path) {
		used = snprintf(text, size, "scores of %s", pst_eval_data_name(data));
		if (people > 0 && used > 0 && (size_t)used < size) {
			(void)snprintf(text + used, size - (size_t)used, ", %u people", people);
		}
		return;
	}
	(void)snprintf(text, size, "%llu pictures of %u people, by %s%s%s and %s",
		(unsigned long long)evaluation->counts.pictures, people,
		data->chips ? "" : data->detector->id, data->chips ? "" : ", ", data->extractor->id,
		data->matcher->id);
}

size_t pst_eval_cautions(const struct pst_eval_data *data, const struct pst_evaluation *evaluation,
	char lines[8][256])
{
	uint32_t people = pst_eval_data_people(data)->count;
	size_t n = 0;

	if (evaluation->genuine == 0 || evaluation->impostor == 0) {
		(void)snprintf(lines[n++], 256,
			"No %s comparisons: there are no error rates without both kinds.",
			evaluation->genuine == 0 ? "genuine" : "impostor");
		return n;
	}
	if (evaluation->points < PST_EVALUATION_POINTS_MAX) {
		(void)snprintf(lines[n++], 256,
			"%llu impostor comparisons carry a false match rate down to %.2g and no "
			"further: a rate needs 3 for each of its inverse.",
			(unsigned long long)evaluation->impostor,
			PST_RATE_RULE / (double)evaluation->impostor);
	}
	if (evaluation->replicates == 0) {
		(void)snprintf(lines[n++], 256,
			"Whose scores they are is not known: no bands. Intervals take comparisons "
			"as independent, which those of one person are not.");
	} else if (people < SMALL_SAMPLE) {
		(void)snprintf(lines[n++], 256,
			"%u people are few: bands show how far they differ, not how others would.",
			people);
	}
	if (evaluation->genuine_failed + evaluation->impostor_failed > 0) {
		(void)snprintf(lines[n++], 256,
			"%llu genuine and %llu impostor comparisons could not be made, as a "
			"picture "
			"gave no template: GFRR and GFAR count them as rejections.",
			(unsigned long long)evaluation->genuine_failed,
			(unsigned long long)evaluation->impostor_failed);
	}
	if (data->dataset.passed_over > 0) {
		(void)snprintf(lines[n++], 256,
			"%llu files are neither pictures nor recordings and were passed over.",
			(unsigned long long)data->dataset.passed_over);
	}
	return n;
}

static void print_pictures(const struct pst_evaluation *evaluation)
{
	const struct pst_evaluation_counts *counts = &evaluation->counts;
	char text[PST_EVAL_TEXT_SIZE];

	if (!evaluation->has_pictures) {
		return;
	}
	(void)printf("\nfailure to acquire  %s, %llu of %llu pictures\n",
		pst_eval_rate(&counts->acquire, text), (unsigned long long)counts->acquire.errors,
		(unsigned long long)counts->pictures);
	for (int i = PST_FAILURE_NONE + 1; i < PST_FAILURE_COUNT; i++) {
		if (counts->failure[i] > 0) {
			(void)printf("  %-8llu%s\n", (unsigned long long)counts->failure[i],
				pst_failure_text((enum pst_failure)i));
		}
	}
	(void)printf("failure to enrol    %s, %llu of %llu people\n",
		pst_eval_rate(&counts->enrol, text), (unsigned long long)counts->enrol.errors,
		(unsigned long long)counts->enrol.trials);
	if (counts->several > 0) {
		(void)printf("several faces       in %llu pictures: the widest was taken\n",
			(unsigned long long)counts->several);
	}
}

static int print_points(const struct pst_evaluation *evaluation)
{
	static const char *const heading[] = {
		"FMR", "threshold", "matched", "FNMR", "bootstrap", "GFAR", "GFRR"};
	struct pst_table table = {.columns = 7};
	char text[7][PST_EVAL_TEXT_SIZE];
	int status;

	pst_table_add(&table, heading);
	for (uint32_t i = 0; i < evaluation->points; i++) {
		const struct pst_operating_point *point = &evaluation->point[i];
		const struct pst_band *band = &evaluation->point_band[i];

		(void)snprintf(text[0], sizeof(text[0]), "%g", point->fmr_wanted);
		(void)snprintf(text[2], sizeof(text[2]), "%llu of %llu",
			(unsigned long long)point->fmr.errors,
			(unsigned long long)point->fmr.trials);
		(void)snprintf(text[4], sizeof(text[4]),
			evaluation->replicates ? "%.3g to %.3g" : "-", band->low, band->high);
		(void)snprintf(text[5], sizeof(text[5]), "%.3g", point->gfar.rate);
		(void)snprintf(text[6], sizeof(text[6]), "%.3g", point->gfrr.rate);
		const char *const row[] = {text[0], pst_eval_number(point->threshold, text[1]),
			text[2], pst_eval_rate(&point->fnmr, text[3]), text[4], text[5], text[6]};

		pst_table_add(&table, row);
	}
	status = pst_table_print(&table);
	pst_table_finish(&table);
	return status;
}

static int print_verification(const struct pst_evaluation *evaluation)
{
	(void)printf("\n1:1, %llu genuine and %llu impostor comparisons\n",
		(unsigned long long)evaluation->genuine, (unsigned long long)evaluation->impostor);
	if (isnan(evaluation->eer)) {
		return 0;
	}
	(void)printf("EER %.4g", evaluation->eer);
	if (evaluation->replicates) {
		(void)printf(
			" (%.3g to %.3g)", evaluation->eer_band.low, evaluation->eer_band.high);
	}
	(void)printf(", AUC %.6g\n", evaluation->auc);
	return print_points(evaluation);
}

static int print_identification(const struct pst_evaluation *evaluation)
{
	static const char *const heading[] = {
		"FPIR", "threshold", "alarms", "FNIR at rank 1", "DIR"};
	const struct pst_identification *search = &evaluation->identification;
	struct pst_table table = {.columns = 5};
	char text[5][PST_EVAL_TEXT_SIZE];
	int status = 0;

	if (!evaluation->has_identification) {
		return 0;
	}
	(void)printf("\n1:N, leave one out: %llu mated searches among %u people\n",
		(unsigned long long)search->mated, search->people);
	for (uint32_t k = 1; k <= search->ranks; k = k == 1 ? 5 : k + 5) {
		(void)printf("rank %-2u found  %.4f\n", k, 1 - search->rank[k - 1].rate);
	}
	if (search->points > 0) {
		pst_table_add(&table, heading);
	}
	for (uint32_t i = 0; i < search->points; i++) {
		const struct pst_search_point *point = &search->point[i];

		(void)snprintf(text[0], sizeof(text[0]), "%g", point->fpir_wanted);
		(void)snprintf(text[2], sizeof(text[2]), "%llu of %llu",
			(unsigned long long)point->fpir.errors,
			(unsigned long long)point->fpir.trials);
		(void)snprintf(text[4], sizeof(text[4]), "%.4f", 1 - point->fnir.rate);
		const char *const row[] = {text[0], pst_eval_number(point->threshold, text[1]),
			text[2], pst_eval_rate(&point->fnir, text[3]), text[4]};

		pst_table_add(&table, row);
	}
	status = search->points > 0 ? pst_table_print(&table) : 0;
	pst_table_finish(&table);
	return status;
}

static void print_spread(
	const char *what, const struct pst_cohort_spread *spread, const struct pst_names *names)
{
	if (spread->worst == PST_NAMES_NONE) {
		return;
	}
	(void)printf("worst %s: %s", what, names->at[spread->worst]);
	if (isnan(spread->to_least)) {
		(void)puts("; no ratio, as a cohort has no error at all");
		return;
	}
	(void)printf(", %.3g times the best, %.3g times the geometric mean\n", spread->to_least,
		spread->to_geomean);
}

static int print_cohorts(const struct pst_eval_data *data, const struct pst_evaluation *evaluation)
{
	static const char *const heading[] = {"cohort", "people", "FMR", "FNMR", "no template"};
	struct pst_table table = {.columns = 5};
	char text[4][PST_EVAL_TEXT_SIZE];
	int status;

	if (evaluation->cohorts == 0) {
		return 0;
	}
	(void)printf("\nCohorts, comparisons within each, at threshold %.6g (FMR %g of all)\n",
		evaluation->chosen.threshold, evaluation->chosen.fmr_wanted);
	pst_table_add(&table, heading);
	for (uint32_t i = 0; i < evaluation->cohorts; i++) {
		const struct pst_cohort_rates *cohort = &evaluation->cohort[i];

		(void)snprintf(text[0], sizeof(text[0]), "%u", cohort->people);
		const char *const row[] = {data->cohorts.names.at[i], text[0],
			pst_eval_rate(&cohort->fmr, text[1]), pst_eval_rate(&cohort->fnmr, text[2]),
			pst_eval_rate(&cohort->failed, text[3])};

		pst_table_add(&table, row);
	}
	status = pst_table_print(&table);
	pst_table_finish(&table);
	print_spread("FMR", &evaluation->fmr_spread, &data->cohorts.names);
	print_spread("FNMR", &evaluation->fnmr_spread, &data->cohorts.names);
	return status;
}

/* FNMR without the worst tenth, fifth and so on. */
static void print_discard(const struct pst_evaluation *evaluation)
{
	const struct pst_discard *discard = &evaluation->discard;

	if (discard->count < 2) {
		return;
	}
	(void)printf("\nFNMR at threshold %.6g when pictures of worst quality are left out\n",
		evaluation->chosen.threshold);
	for (int part = 0; part <= 50; part += 10) {
		for (size_t i = 0; i < discard->count; i++) {
			const struct pst_discard_point *point = &discard->at[i];

			if (point->discarded * 100 < part - 1e-9) {
				continue;
			}
			(void)printf("%4.1f %% left out, quality %3u and more  %.4g\n",
				point->discarded * 100, point->quality, point->fnmr);
			break;
		}
	}
}

void pst_eval_claim(const struct pst_eval_data *data, enum pst_pad_question question,
	char text[PST_EVAL_CLAIM_SIZE])
{
	const struct pst_attack_summary *summary = &data->attacks.summary[question];
	const char *name = data->attack_files.people.at[summary->upper_species];

	(void)snprintf(text, PST_EVAL_CLAIM_SIZE,
		"APCER <= %g %% of every species: %s, the upper limit at 95 %% is %.3g (%.128s); "
		"it "
		"takes %llu answers of each species at the least, with no attack passed.",
		100 * PST_ATTACKS_CLAIM, summary->supported ? "supported" : "not supported",
		summary->upper, name, (unsigned long long)pst_attacks_needed(PST_ATTACKS_CLAIM));
}

static const char *of_tally(uint64_t count, char text[PST_EVAL_TEXT_SIZE])
{
	(void)snprintf(text, PST_EVAL_TEXT_SIZE, "%llu", (unsigned long long)count);
	return text;
}

static int print_species(const struct pst_eval_data *data, enum pst_pad_question question)
{
	static const char *const heading[] = {
		"species", "n", "pass", "fail", "uncertain", "no answer", "APCER", "APNRR"};
	struct pst_table table = {.columns = 8};
	char text[7][PST_EVAL_TEXT_SIZE];
	int status;

	pst_table_add(&table, heading);
	for (uint32_t i = 0; i < data->attacks.count; i++) {
		const struct pst_attack_set *set = &data->attacks.species[i];
		const struct pst_attack_tally *tally = &set->tally[question];
		const char *const row[] = {data->attack_files.people.at[i],
			of_tally(set->presentations, text[0]),
			of_tally(tally->answer[PST_PAD_PASS], text[1]),
			of_tally(tally->answer[PST_PAD_FAIL], text[2]),
			of_tally(tally->answer[PST_PAD_UNCERTAIN], text[3]),
			of_tally(tally->silent.errors, text[4]),
			pst_eval_rate(&tally->error, text[5]),
			pst_eval_rate(&tally->silent, text[6])};

		pst_table_add(&table, row);
	}
	status = pst_table_print(&table);
	pst_table_finish(&table);
	return status;
}

static int print_question(const struct pst_eval_data *data, enum pst_pad_question question)
{
	const struct pst_attack_summary *summary = &data->attacks.summary[question];
	const struct pst_attack_tally *tally = &data->attacks.bona_fide.tally[question];
	const char *name = pst_pad_question_name(question);
	char text[PST_EVAL_CLAIM_SIZE], error[PST_EVAL_TEXT_SIZE], silent[PST_EVAL_TEXT_SIZE];
	int status;

	if (!summary->looked_for) {
		(void)printf("%s is not looked for\n", name);
		return 0;
	}
	(void)printf("%s: BPCER %s, %llu of %llu; BPNRR %s, %llu of %llu\n", name,
		pst_eval_rate(&tally->error, error), (unsigned long long)tally->error.errors,
		(unsigned long long)tally->error.trials, pst_eval_rate(&tally->silent, silent),
		(unsigned long long)tally->silent.errors, (unsigned long long)tally->silent.trials);
	status = print_species(data, question);
	if (summary->worst != PST_NAMES_NONE) {
		(void)printf("worst species: %s, APCER %s\n",
			data->attack_files.people.at[summary->worst],
			pst_eval_rate(&data->attacks.species[summary->worst].tally[question].error,
				error));
	}
	pst_eval_claim(data, question, text);
	(void)puts(text);
	return status;
}

/* Why attacks got no answer at all. */
static void print_unanswered(const struct pst_attacks *attacks)
{
	uint64_t failure[PST_FAILURE_COUNT] = {0}, undecided = 0;

	for (uint32_t i = 0; i < attacks->count; i++) {
		undecided += attacks->species[i].undecided;
		for (int k = 0; k < PST_FAILURE_COUNT; k++) {
			failure[k] += attacks->species[i].failure[k];
		}
	}
	for (int k = PST_FAILURE_NONE + 1; k < PST_FAILURE_COUNT; k++) {
		if (failure[k] > 0) {
			(void)printf("  %-8llu%s\n", (unsigned long long)failure[k],
				pst_failure_text((enum pst_failure)k));
		}
	}
	if (undecided > 0) {
		(void)printf(
			"  %-8lluthe detector could not tell\n", (unsigned long long)undecided);
	}
}

static int print_attacks(const struct pst_eval_data *data)
{
	uint64_t attacks = 0;
	int status = 0;

	if (!data->pad) {
		return 0;
	}
	for (uint32_t i = 0; i < data->attacks.count; i++) {
		attacks += data->attacks.species[i].presentations;
	}
	(void)printf("\nPresentation attack detection by %s: %llu bona fide presentations, %llu "
		     "attacks of %u species\n",
		data->pad->id, (unsigned long long)data->attacks.bona_fide.presentations,
		(unsigned long long)attacks, data->attacks.count);
	print_unanswered(&data->attacks);
	for (int q = 0; status == 0 && q < PST_PAD_QUESTION_COUNT; q++) {
		status = print_question(data, (enum pst_pad_question)q);
	}
	return status;
}

int pst_eval_print_text(const struct pst_eval_data *data, const struct pst_evaluation *evaluation)
{
	char text[512], lines[8][256];
	size_t count = pst_eval_cautions(data, evaluation, lines);
	int status;

	pst_eval_subject(data, evaluation, text, sizeof(text));
	(void)puts(text);
	print_pictures(evaluation);
	status = print_verification(evaluation);
	if (status == 0) {
		status = print_identification(evaluation);
	}
	if (status == 0) {
		status = print_cohorts(data, evaluation);
	}
	print_discard(evaluation);
	if (status == 0) {
		status = print_attacks(data);
	}
	if (count > 0) {
		(void)putchar('\n');
	}
	for (size_t i = 0; i < count; i++) {
		(void)puts(lines[i]);
	}
	return status;
}

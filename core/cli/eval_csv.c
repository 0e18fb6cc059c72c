/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "cli/eval_plot.h"
#include "cli/eval_print.h"
#include "evaluate/csv.h"

struct writing {
	const struct pst_eval_data *data;
	const struct pst_evaluation *evaluation;
	FILE *to;
};

/* The file of a sample as the user called it, and the frame of a recording. */
static void put_sample(const struct writing *w, uint32_t sample)
{
	const struct pst_sample *at = &w->data->samples.at[sample];
	char text[PATH_MAX + 32];

	(void)snprintf(text, sizeof(text), "%s", w->data->dataset.file[at->file].name);
	if (at->frame >= 0) {
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), ":%lld",
			(long long)at->frame);
	}
	pst_csv_put(text, w->to);
}

static void put_list(const struct writing *w, const struct pst_comparisons *list, int same)
{
	const struct pst_names *people = pst_eval_data_people(w->data);

	for (size_t i = 0; i < list->count; i++) {
		const struct pst_comparison *at = &list->at[i];
		const uint32_t samples[] = {at->reference, at->probe};

		(void)fprintf(w->to, "%.17g,%d", at->score, same);
		for (int k = 0; people->count > 0 && k < 2; k++) {
			(void)fputc(',', w->to);
			pst_csv_put(people->at[w->data->scores_path
						       ? samples[k]
						       : w->data->samples.at[samples[k]].subject],
				w->to);
		}
		for (int k = 0; !w->data->scores_path && k < 2; k++) {
			(void)fputc(',', w->to);
			put_sample(w, samples[k]);
		}
		(void)fputc('\n', w->to);
	}
}

static void put_scores(const struct writing *w)
{
	(void)fprintf(w->to, "score,same%s%s\n",
		pst_eval_data_people(w->data)->count > 0 ? ",subject,subject" : "",
		w->data->scores_path ? "" : ",reference,probe");
	put_list(w, &w->data->scores.genuine, 1);
	put_list(w, &w->data->scores.impostor, 0);
}

static void put_curve(const struct writing *w)
{
	(void)fputs("threshold,fmr,fnmr\n", w->to);
	for (size_t i = 0; i < w->evaluation->curve.count; i++) {
		const struct pst_curve_point *point = &w->evaluation->curve.at[i];

		(void)fprintf(
			w->to, "%.17g,%.12g,%.12g\n", point->threshold, point->fmr, point->fnmr);
	}
}

static void put_band(const struct writing *w)
{
	(void)fputs("fmr,fnmr-low,fnmr-high\n", w->to);
	for (uint32_t i = 0; i < w->evaluation->grid; i++) {
		(void)fprintf(w->to, "%.12g,%.12g,%.12g\n", w->evaluation->grid_fmr[i],
			w->evaluation->grid_band[i].low, w->evaluation->grid_band[i].high);
	}
}

static void put_ranks(const struct writing *w)
{
	const struct pst_identification *search = &w->evaluation->identification;

	(void)fputs("rank,found,low,high\n", w->to);
	for (uint32_t k = 0; k < search->ranks; k++) {
		(void)fprintf(w->to, "%u,%.12g,%.12g,%.12g\n", k + 1, 1 - search->rank[k].rate,
			1 - search->rank[k].high, 1 - search->rank[k].low);
	}
}

static void put_discard(const struct writing *w)
{
	(void)fputs("discarded,quality,fnmr\n", w->to);
	for (size_t i = 0; i < w->evaluation->discard.count; i++) {
		const struct pst_discard_point *point = &w->evaluation->discard.at[i];

		(void)fprintf(
			w->to, "%.12g,%u,%.12g\n", point->discarded, point->quality, point->fnmr);
	}
}

static void put_cohorts(const struct writing *w)
{
	(void)fputs("cohort,people,pictures,no-template,impostor,matched,genuine,missed\n", w->to);
	for (uint32_t i = 0; i < w->evaluation->cohorts; i++) {
		const struct pst_cohort_rates *cohort = &w->evaluation->cohort[i];

		pst_csv_put(w->data->cohorts.names.at[i], w->to);
		(void)fprintf(w->to, ",%u,%llu,%llu,%llu,%llu,%llu,%llu\n", cohort->people,
			(unsigned long long)cohort->pictures,
			(unsigned long long)cohort->failed.errors,
			(unsigned long long)cohort->fmr.trials,
			(unsigned long long)cohort->fmr.errors,
			(unsigned long long)cohort->fnmr.trials,
			(unsigned long long)cohort->fnmr.errors);
	}
}

static void put_pictures(const struct writing *w)
{
	(void)fputs("person,picture,faces,quality,failure\n", w->to);
	for (uint32_t i = 0; i < w->data->samples.count; i++) {
		const struct pst_sample *sample = &w->data->samples.at[i];

		pst_csv_put(w->data->dataset.people.at[sample->subject], w->to);
		(void)fputc(',', w->to);
		put_sample(w, i);
		(void)fprintf(w->to, ",%u,", sample->faces);
		if (sample->has_quality) {
			(void)fprintf(w->to, "%u", sample->quality);
		}
		(void)fputc(',', w->to);
		if (sample->failure != PST_FAILURE_NONE) {
			pst_csv_put(pst_failure_text(sample->failure), w->to);
		}
		(void)fputc('\n', w->to);
	}
}

/* With its limits; empty fields without trials. */
static void put_rate(const struct writing *w, const struct pst_rate *rate)
{
	if (rate->trials == 0) {
		(void)fputs(",,,", w->to);
	} else {
		(void)fprintf(w->to, ",%.12g,%.12g,%.12g", rate->rate, rate->low, rate->high);
	}
}

/* @param name  of the species; NULL the bona fide ones */
static void put_attack_set(const struct writing *w, const struct pst_attack_set *set,
	const char *name, enum pst_pad_question question)
{
	const struct pst_attack_tally *tally = &set->tally[question];

	(void)fprintf(
		w->to, "%s,%s,", pst_pad_question_name(question), name ? "attack" : "bona fide");
	pst_csv_put(name ? name : "", w->to);
	(void)fprintf(w->to, ",%llu,%llu,%llu,%llu,%llu,%llu",
		(unsigned long long)set->presentations,
		(unsigned long long)tally->answer[PST_PAD_PASS],
		(unsigned long long)tally->answer[PST_PAD_FAIL],
		(unsigned long long)tally->answer[PST_PAD_UNCERTAIN],
		(unsigned long long)tally->error.errors, (unsigned long long)tally->silent.errors);
	put_rate(w, &tally->error);
	put_rate(w, &tally->silent);
	(void)fputc('\n', w->to);
}

static void put_attack_scores(const struct writing *w, const struct pst_attack_set *set,
	const char *name, enum pst_pad_question question)
{
	for (int i = 0; i < PST_ATTACKS_BINS; i++) {
		(void)fprintf(w->to, "%s,%s,", pst_pad_question_name(question),
			name ? "attack" : "bona fide");
		pst_csv_put(name ? name : "", w->to);
		(void)fprintf(w->to, ",%g,%g,%llu\n", (double)i / PST_ATTACKS_BINS,
			(double)(i + 1) / PST_ATTACKS_BINS,
			(unsigned long long)set->tally[question].bin[i]);
	}
}

typedef void (*put_set_fn)(const struct writing *w, const struct pst_attack_set *set,
	const char *name, enum pst_pad_question question);

/* Of each question that is looked for, the bona fide presentations and each species. */
static void put_sets(const struct writing *w, put_set_fn put_set)
{
	const struct pst_attacks *attacks = &w->data->attacks;

	for (int q = 0; q < PST_PAD_QUESTION_COUNT; q++) {
		enum pst_pad_question question = (enum pst_pad_question)q;

		if (!attacks->summary[q].looked_for) {
			continue;
		}
		put_set(w, &attacks->bona_fide, NULL, question);
		for (uint32_t i = 0; i < attacks->count; i++) {
			put_set(w, &attacks->species[i], w->data->attack_files.people.at[i],
				question);
		}
	}
}

static void put_attacks(const struct writing *w)
{
	(void)fputs("question,set,species,presentations,pass,fail,uncertain,errors,no-answer,rate,"
		    "low,high,no-answer-rate,no-answer-low,no-answer-high\n",
		w->to);
	put_sets(w, put_attack_set);
}

static void put_attack_histograms(const struct writing *w)
{
	(void)fputs("question,set,species,score-from,score-to,answers\n", w->to);
	put_sets(w, put_attack_scores);
}

static int close_file(FILE *file, const char *path, struct pst_error *error)
{
	bool good = !ferror(file);

	good = fclose(file) == 0 && good;
	return good ? 0
		    : pst_error_set(error, PST_E_DEVICE, "%s: can't be written: %s", path,
			      strerror(errno));
}

static FILE *open_file(
	const char *folder, const char *name, char path[PATH_MAX], struct pst_error *error)
{
	FILE *file = NULL;

	if (pst_text_path(path, PATH_MAX, folder, name) < 0) {
		errno = ENAMETOOLONG;
	} else {
		file = fopen(path, "we");
	}
	if (!file) {
		(void)pst_error_set(error, PST_E_DEVICE, "%.256s/%s: can't be written: %s", folder,
			name, strerror(errno));
	}
	return file;
}

static int make_folder(const char *folder, struct pst_error *error)
{
	int status = pst_fd_make_dirs(folder, error);

	if (status < 0) {
		error->status = status = PST_E_DEVICE;
	}
	return status;
}

int pst_eval_write_csv(const char *folder, const struct pst_eval_data *data,
	const struct pst_evaluation *evaluation, struct pst_error *error)
{
	const struct {
		const char *name;
		bool wanted;
		void (*put)(const struct writing *);
	} files[] = {
		{"scores.csv", true, put_scores},
		{"curve.csv", evaluation->curve.count > 0, put_curve},
		{"band.csv", evaluation->replicates > 0, put_band},
		{"cmc.csv", evaluation->has_identification, put_ranks},
		{"discard.csv", evaluation->discard.count > 0, put_discard},
		{"cohorts.csv", evaluation->cohorts > 0, put_cohorts},
		{"pictures.csv", evaluation->has_pictures, put_pictures},
		{"attacks.csv", data->pad != NULL, put_attacks},
		{"attack-scores.csv", data->pad != NULL, put_attack_histograms},
	};
	struct writing w = {.data = data, .evaluation = evaluation};
	int status = make_folder(folder, error);

	for (size_t i = 0; status == 0 && i < sizeof(files) / sizeof(files[0]); i++) {
		char path[PATH_MAX];

		if (!files[i].wanted) {
			continue;
		}
		w.to = open_file(folder, files[i].name, path, error);
		if (!w.to) {
			return error->status;
		}
		files[i].put(&w);
		status = close_file(w.to, path, error);
	}
	return status;
}

int pst_eval_write_svg(
	const char *folder, const struct pst_evaluation *evaluation, struct pst_error *error)
{
	int status = make_folder(folder, error);

	for (int i = 0; status == 0 && i < PST_EVAL_PLOT_COUNT; i++) {
		enum pst_eval_plot plot = (enum pst_eval_plot)i;
		char path[PATH_MAX], name[32];
		FILE *file;

		if (!pst_eval_plot_has(plot, evaluation)) {
			continue;
		}
		(void)snprintf(name, sizeof(name), "%s.svg", pst_eval_plot_name(plot));
		file = open_file(folder, name, path, error);
		if (!file) {
			return error->status;
		}
		pst_eval_plot_draw(plot, evaluation, /* alone= */ true, file);
		status = close_file(file, path, error);
	}
	return status;
}

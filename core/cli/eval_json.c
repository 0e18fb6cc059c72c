/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "cli/eval_print.h"

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *rate(const struct pst_rate *r)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "errors", count(r->errors), "trials",
		count(r->trials), "rate", number(r->rate), "low", number(r->low), "high",
		number(r->high));
}

static json_t *band(const struct pst_band *b, uint32_t replicates)
{
	return replicates ? json_pack("{s:f, s:f}", "low", b->low, "high", b->high) : json_null();
}

static json_t *failures(const uint64_t counts[PST_FAILURE_COUNT])
{
	json_t *value = json_object();

	for (int i = PST_FAILURE_NONE + 1; i < PST_FAILURE_COUNT; i++) {
		if (counts[i] > 0) {
			(void)json_object_set_new(
				value, pst_failure_text((enum pst_failure)i), count(counts[i]));
		}
	}
	return value;
}

static json_t *pictures(const struct pst_evaluation *evaluation)
{
	const struct pst_evaluation_counts *counts = &evaluation->counts;

	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "count", count(counts->pictures),
		"several-faces", count(counts->several), "failure-to-acquire",
		rate(&counts->acquire), "failure-to-enrol", rate(&counts->enrol), "failures",
		failures(counts->failure));
}

static json_t *operating_point(const struct pst_operating_point *point)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "wanted", number(point->fmr_wanted),
		"threshold", number(point->threshold), "fmr", rate(&point->fmr), "fnmr",
		rate(&point->fnmr), "gfar", rate(&point->gfar), "gfrr", rate(&point->gfrr));
}

static json_t *verification(const struct pst_evaluation *evaluation)
{
	json_t *points = json_array();

	for (uint32_t i = 0; i < evaluation->points; i++) {
		json_t *point = operating_point(&evaluation->point[i]);

		(void)json_object_set_new(point, "fnmr-bootstrap",
			band(&evaluation->point_band[i], evaluation->replicates));
		(void)json_array_append_new(points, point);
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "genuine",
		count(evaluation->genuine), "impostor", count(evaluation->impostor),
		"genuine-not-made", count(evaluation->genuine_failed), "impostor-not-made",
		count(evaluation->impostor_failed), "eer", number(evaluation->eer), "eer-bootstrap",
		band(&evaluation->eer_band, evaluation->replicates), "auc", number(evaluation->auc),
		"replicates", count(evaluation->replicates), "points", points);
}

static json_t *identification(const struct pst_identification *search)
{
	json_t *ranks = json_array(), *points = json_array();

	for (uint32_t k = 0; k < search->ranks; k++) {
		(void)json_array_append_new(ranks, rate(&search->rank[k]));
	}
	for (uint32_t i = 0; i < search->points; i++) {
		const struct pst_search_point *point = &search->point[i];

		(void)json_array_append_new(
			points, json_pack("{s:f, s:o, s:o, s:o}", "wanted", point->fpir_wanted,
					"threshold", number(point->threshold), "fpir",
					rate(&point->fpir), "fnir", rate(&point->fnir)));
	}
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "protocol", "leave-one-out", "probes",
		count(search->probes), "mated", count(search->mated), "people",
		count(search->people), "missed-by-rank", ranks, "points", points);
}

static json_t *spread(const struct pst_cohort_spread *s, const struct pst_names *names)
{
	if (s->worst == PST_NAMES_NONE) {
		return json_null();
	}
	return json_pack("{s:s, s:o, s:o}", "worst", names->at[s->worst], "max-to-min",
		number(s->to_least), "max-to-geometric-mean", number(s->to_geomean));
}

static json_t *cohorts(const struct pst_eval_data *data, const struct pst_evaluation *evaluation)
{
	const struct pst_names *names = &data->cohorts.names;
	json_t *list = json_array();

	for (uint32_t i = 0; i < evaluation->cohorts; i++) {
		const struct pst_cohort_rates *cohort = &evaluation->cohort[i];

		(void)json_array_append_new(
			list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "cohort", names->at[i],
				      "people", count(cohort->people), "pictures",
				      count(cohort->pictures), "fmr", rate(&cohort->fmr), "fnmr",
				      rate(&cohort->fnmr), "no-template", rate(&cohort->failed)));
	}
	return json_pack("{s:o, s:o, s:o, s:o}", "at", operating_point(&evaluation->chosen),
		"cohorts", list, "fmr", spread(&evaluation->fmr_spread, names), "fnmr",
		spread(&evaluation->fnmr_spread, names));
}

static json_t *discard(const struct pst_evaluation *evaluation)
{
	json_t *list = json_array();

	for (size_t i = 0; i < evaluation->discard.count; i++) {
		const struct pst_discard_point *point = &evaluation->discard.at[i];

		(void)json_array_append_new(
			list, json_pack("{s:f, s:f, s:i}", "discarded", point->discarded, "fnmr",
				      point->fnmr, "quality", (int)point->quality));
	}
	return json_pack("{s:o, s:o}", "at", operating_point(&evaluation->chosen), "curve", list);
}

static json_t *plugin(const struct pst_plugin *p)
{
	json_t *value = json_pack("{s:s, s:s}", "id", p->id, "version", p->manifest->version);

	if (p->contract[0]) {
		(void)json_object_set_new(value, "contract", json_string(p->contract));
	}
	return value;
}

static json_t *tally(const struct pst_attack_tally *t, bool attack)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "pass", count(t->answer[PST_PAD_PASS]),
		"fail", count(t->answer[PST_PAD_FAIL]), "uncertain",
		count(t->answer[PST_PAD_UNCERTAIN]), "missing", count(t->answer[PST_PAD_UNSET]),
		attack ? "apcer" : "bpcer", rate(&t->error), attack ? "apnrr" : "bpnrr",
		rate(&t->silent));
}

static json_t *attack_set(const struct pst_attack_set *set, const char *species,
	const struct pst_attack_summary summary[PST_PAD_QUESTION_COUNT])
{
	json_t *value = json_pack("{s:o, s:o, s:o}", "presentations", count(set->presentations),
		"failures", failures(set->failure), "could-not-tell", count(set->undecided));

	if (species) {
		(void)json_object_set_new(value, "species", json_string(species));
	}
	for (int q = 0; q < PST_PAD_QUESTION_COUNT; q++) {
		(void)json_object_set_new(value, pst_pad_question_name((enum pst_pad_question)q),
			summary[q].looked_for ? tally(&set->tally[q], species != NULL)
					      : json_null());
	}
	return value;
}

static json_t *attack_summary(
	const struct pst_attack_summary *summary, const struct pst_names *species)
{
	json_t *claim = json_pack("{s:f, s:b, s:f, s:s, s:o}", "apcer", PST_ATTACKS_CLAIM,
		"supported", summary->supported, "upper", summary->upper, "upper-species",
		species->at[summary->upper_species], "needs-at-least",
		count(pst_attacks_needed(PST_ATTACKS_CLAIM)));

	return json_pack("{s:o, s:o}", "worst-species",
		summary->worst == PST_NAMES_NONE ? json_null()
						 : json_string(species->at[summary->worst]),
		"claim", claim);
}

static json_t *attacks(const struct pst_eval_data *data)
{
	const struct pst_names *names = &data->attack_files.people;
	const struct pst_attacks *all = &data->attacks;
	json_t *list = json_array();
	json_t *value = json_pack("{s:o, s:o, s:o}", "pad", plugin(data->pad), "bona-fide",
		attack_set(&all->bona_fide, NULL, all->summary), "species", list);

	for (uint32_t i = 0; i < all->count; i++) {
		(void)json_array_append_new(
			list, attack_set(&all->species[i], names->at[i], all->summary));
	}
	for (int q = 0; q < PST_PAD_QUESTION_COUNT; q++) {
		(void)json_object_set_new(value, pst_pad_question_name((enum pst_pad_question)q),
			all->summary[q].looked_for ? attack_summary(&all->summary[q], names)
						   : json_null());
	}
	return value;
}

json_t *pst_eval_json(const struct pst_eval_data *data, const struct pst_evaluation *evaluation)
{
	json_t *all = json_pack("{s:i, s:s}", "evaluation", 1, "data", pst_eval_data_name(data));

	if (!data->scores_path) {
		if (!data->chips) {
			(void)json_object_set_new(all, "detector", plugin(data->detector));
		}
		(void)json_object_set_new(all, "extractor", plugin(data->extractor));
		(void)json_object_set_new(all, "matcher", plugin(data->matcher));
	}
	(void)json_object_set_new(all, "people", count(pst_eval_data_people(data)->count));
	if (evaluation->has_pictures) {
		(void)json_object_set_new(all, "pictures", pictures(evaluation));
	}
	(void)json_object_set_new(all, "verification", verification(evaluation));
	if (evaluation->has_identification) {
		(void)json_object_set_new(
			all, "identification", identification(&evaluation->identification));
	}
	if (evaluation->cohorts > 0) {
		(void)json_object_set_new(all, "cohorts", cohorts(data, evaluation));
	}
	if (evaluation->discard.count > 0) {
		(void)json_object_set_new(all, "discard", discard(evaluation));
	}
	if (data->pad) {
		(void)json_object_set_new(all, "attacks", attacks(data));
	}
	return all;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/cohorts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/csv.h"

static int take_record(const struct pst_csv *csv, const struct pst_names *people,
	struct pst_cohorts *cohorts, struct pst_error *error)
{
	uint32_t person, cohort;

	if (csv->fields != 2 || !csv->field[0][0] || !csv->field[1][0]) {
		return pst_csv_fail(csv, error, "a line is PERSON,COHORT");
	}
	person = pst_names_find(people, csv->field[0]);
	if (person == PST_NAMES_NONE) {
		return pst_csv_fail(
			csv, error, "there is no person '%.64s' in the data", csv->field[0]);
	}
	if (pst_names_put(&cohorts->names, csv->field[1], &cohort) < 0) {
		return pst_error_set(error, -ENOMEM, "no memory for cohorts");
	}
	if (cohort >= PST_COHORTS_MAX) {
		return pst_csv_fail(csv, error, "more than %d cohorts", PST_COHORTS_MAX);
	}
	if (cohorts->of[person] != PST_NAMES_NONE && cohorts->of[person] != cohort) {
		return pst_csv_fail(csv, error, "'%.64s' is in a cohort already", csv->field[0]);
	}
	cohorts->of[person] = cohort;
	return 0;
}

int pst_cohorts_read(FILE *file, const char *name, const struct pst_names *people,
	struct pst_cohorts *ret_cohorts, struct pst_error *error)
{
	struct pst_cohorts cohorts = {.of = malloc((people->count + 1) * sizeof(*cohorts.of))};
	struct pst_csv csv;
	int status;

	if (!cohorts.of) {
		return pst_error_set(error, -ENOMEM, "no memory for cohorts");
	}
	for (uint32_t i = 0; i < people->count; i++) {
		cohorts.of[i] = PST_NAMES_NONE;
	}
	pst_csv_init(&csv, file, name);
	while ((status = pst_csv_next(&csv, error)) == 1) {
		bool heading = csv.line == 1 && csv.fields == 2 &&
			       strcmp(csv.field[0], "person") == 0 &&
			       strcmp(csv.field[1], "cohort") == 0;

		status = heading ? 0 : take_record(&csv, people, &cohorts, error);
		if (status < 0) {
			break;
		}
	}
	if (status == 0 && cohorts.names.count == 0) {
		status = pst_csv_fail(&csv, error, "no cohort is named");
	}
	pst_csv_finish(&csv);
	if (status < 0) {
		pst_cohorts_finish(&cohorts);
		return status;
	}
	*ret_cohorts = cohorts;
	return 0;
}

void pst_cohorts_finish(struct pst_cohorts *cohorts)
{
	pst_names_finish(&cohorts->names);
	free(cohorts->of);
	*cohorts = (struct pst_cohorts){0};
}

/* @return the group that both belong to, or PST_NAMES_NONE */
static uint32_t common(
	const struct pst_cohorts *cohorts, const uint32_t *subject, const struct pst_comparison *at)
{
	uint32_t one = cohorts->of[subject[at->reference]];

	return one == cohorts->of[subject[at->probe]] ? one : PST_NAMES_NONE;
}

static void count_list(const struct pst_cohorts *cohorts, const uint32_t *subject,
	const struct pst_comparisons *list, double threshold, uint64_t *all, uint64_t *matches)
{
	for (size_t i = 0; i < list->count; i++) {
		uint32_t cohort = common(cohorts, subject, &list->at[i]);

		if (cohort != PST_NAMES_NONE) {
			all[cohort]++;
			matches[cohort] += list->at[i].score >= threshold;
		}
	}
}

void pst_cohorts_rates(const struct pst_cohorts *cohorts, const struct pst_scores *scores,
	const uint32_t *subject, double threshold, struct pst_cohort_rates *ret_rates)
{
	uint64_t genuine[PST_COHORTS_MAX] = {0}, found[PST_COHORTS_MAX] = {0};
	uint64_t impostor[PST_COHORTS_MAX] = {0}, matches[PST_COHORTS_MAX] = {0};

	count_list(cohorts, subject, &scores->genuine, threshold, genuine, found);
	count_list(cohorts, subject, &scores->impostor, threshold, impostor, matches);
	for (uint32_t i = 0; i < cohorts->names.count; i++) {
		ret_rates[i].fmr = pst_rate_of(matches[i], impostor[i]);
		ret_rates[i].fnmr = pst_rate_of(genuine[i] - found[i], genuine[i]);
	}
}

static int copy_list(const struct pst_cohorts *cohorts, const uint32_t *subject, uint32_t cohort,
	const struct pst_comparisons *from, struct pst_comparisons *to)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < from->count; i++) {
		const struct pst_comparison *at = &from->at[i];

		if (common(cohorts, subject, at) == cohort) {
			status = pst_comparisons_put(to, at->score, at->reference, at->probe);
		}
	}
	return status;
}

int pst_cohorts_scores(const struct pst_cohorts *cohorts, const struct pst_scores *scores,
	const uint32_t *subject, uint32_t cohort, struct pst_scores *ret_scores)
{
	int status;

	*ret_scores = (struct pst_scores){0};
	status = copy_list(cohorts, subject, cohort, &scores->genuine, &ret_scores->genuine);
	if (status == 0) {
		status = copy_list(
			cohorts, subject, cohort, &scores->impostor, &ret_scores->impostor);
	}
	if (status < 0) {
		pst_scores_finish(ret_scores);
	}
	return status;
}

struct pst_cohort_spread pst_cohorts_spread(
	const struct pst_cohort_rates *rates, uint32_t count, bool of_fmr)
{
	struct pst_cohort_spread spread = {PST_NAMES_NONE, NAN, NAN};
	double highest = -1, lowest = INFINITY, logs = 0;
	uint32_t groups = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct pst_rate *rate = of_fmr ? &rates[i].fmr : &rates[i].fnmr;

		if (rate->trials == 0) {
			continue;
		}
		groups++;
		logs += log(rate->rate);
		lowest = fmin(lowest, rate->rate);
		if (rate->rate > highest) {
			highest = rate->rate;
			spread.worst = i;
		}
	}
	if (groups < 2) {
		spread.worst = PST_NAMES_NONE;
	} else if (lowest > 0) {
		spread.to_least = highest / lowest;
		spread.to_geomean = highest / exp(logs / groups);
	}
	return spread;
}

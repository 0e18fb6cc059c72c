/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/scores_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/csv.h"

struct reading {
	struct pst_csv csv;
	struct pst_scores *scores;
	struct pst_names *people;
	bool begun;
	bool subjects; /* given */
};

static int take_people(
	struct reading *r, int same, uint32_t ret_person[2], struct pst_error *error)
{
	const struct pst_csv *csv = &r->csv;

	if (r->begun && r->subjects != (csv->fields > 2)) {
		return pst_csv_fail(
			csv, error, "subjects are given in all lines or in none");
	}
	r->subjects = csv->fields > 2;
	r->begun = true;
	ret_person[0] = ret_person[1] = 0;
	if (!r->subjects) {
		return 0;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!csv->field[2 + i][0]) {
			return pst_csv_fail(csv, error, "a subject without a name");
		}
		if (pst_names_put(r->people, csv->field[2 + i], &ret_person[i]) < 0) {
			return pst_error_set(error, -ENOMEM, "no memory for subjects");
		}
	}
	if ((ret_person[0] == ret_person[1]) != same) {
		return pst_csv_fail(csv, error, "it says %s, and the subjects are '%.64s', '%.64s'",
			same ? "same" : "different", csv->field[2], csv->field[3]);
	}
	return 0;
}

static int take_record(struct reading *r, struct pst_error *error)
{
	const struct pst_csv *csv = &r->csv;
	uint32_t person[2];
	int same, status;
	char *end;

	if (csv->fields != 2 && csv->fields != 4 && csv->fields != 6) {
		return pst_csv_fail(
			csv, error, "a line is SCORE,SAME[,SUBJECT,SUBJECT[,FILE,FILE]]");
	}
	double score = strtod(csv->field[0], &end);

	if (end == csv->field[0] || *end || !isfinite(score)) {
		return pst_csv_fail(csv, error, "'%.64s' is no finite number", csv->field[0]);
	}
	same = pst_csv_same(csv, 1, error);
	if (same < 0) {
		return same;
	}
	status = take_people(r, same, person, error);
	if (status < 0) {
		return status;
	}
	status = pst_comparisons_put(same ? &r->scores->genuine : &r->scores->impostor, score,
		person[0], person[1]);
	return status < 0 ? pst_csv_fail(csv, error, "too many scores for this machine") : 0;
}

int pst_scores_read(FILE *file, const char *name, struct pst_scores *ret_scores,
	struct pst_names *ret_people, struct pst_error *error)
{
	struct pst_scores scores = {0};
	struct pst_names people = {0};
	struct reading r = {.scores = &scores, .people = &people};
	int status;

	pst_csv_init(&r.csv, file, name);
	while ((status = pst_csv_next(&r.csv, error)) == 1) {
		if (r.csv.line == 1 && strcmp(r.csv.field[0], "score") == 0) {
			continue;
		}
		status = take_record(&r, error);
		if (status < 0) {
			break;
		}
	}
	pst_csv_finish(&r.csv);
	if (status < 0) {
		pst_scores_finish(&scores);
		pst_names_finish(&people);
		return status;
	}
	*ret_scores = scores;
	*ret_people = people;
	return 0;
}

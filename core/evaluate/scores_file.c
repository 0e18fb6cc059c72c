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

static int take_people(struct reading *r, int same, uint32_t ret_person[2], struct pst_error *error)
{
	const struct pst_csv *csv = &r->csv;

	if (r->begun && r->subjects != (csv->fields > 2)) {
		return pst_csv_fail(csv, error, "subjects are given in all lines or in none");
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

/*
 * A number of up to 15 digits and a point, which is most of them: both its digits and the power of
 * ten are doubles without error, so that one division rounds as strtod does (W. Clinger, "How to
 * read floating point numbers accurately", PLDI 1990), five times as fast.
 */
static bool read_plain(const char *text, double *ret_score)
{
	static const double tens[] = {
		1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	bool negative = *text == '-';
	const char *at = text + negative, *point = NULL;
	unsigned digits = 0, behind = 0;
	int64_t value = 0;

	for (; (*at >= '0' && *at <= '9') || (*at == '.' && !point); at++) {
		if (*at == '.') {
			point = at;
			continue;
		}
		value = value * 10 + (*at - '0');
		behind += point != NULL;
		if (++digits > 15) {
			return false;
		}
	}
	if (*at || digits == 0) {
		return false;
	}
	*ret_score = (double)(negative ? -value : value) / tens[behind];
	return true;
}

static int read_score(const struct pst_csv *csv, double *ret_score, struct pst_error *error)
{
	char *end;

	if (read_plain(csv->field[0], ret_score)) {
		return 0;
	}
	*ret_score = strtod(csv->field[0], &end);
	if (end == csv->field[0] || *end || !isfinite(*ret_score)) {
		return pst_csv_fail(csv, error, "'%.64s' is no finite number", csv->field[0]);
	}
	return 0;
}

static int take_record(struct reading *r, struct pst_error *error)
{
	const struct pst_csv *csv = &r->csv;
	uint32_t person[2] = {0};
	double score;
	int same, status;

	if (csv->fields != 2 && csv->fields != 4 && csv->fields != 6) {
		return pst_csv_fail(
			csv, error, "a line is SCORE,SAME[,SUBJECT,SUBJECT[,FILE,FILE]]");
	}
	status = read_score(csv, &score, error);
	if (status < 0) {
		return status;
	}
	same = pst_csv_same(csv, 1, error);
	if (same < 0) {
		return same;
	}
	status = take_people(r, same, person, error);
	if (status < 0) {
		return status;
	}
	status = pst_comparisons_put(
		same ? &r->scores->genuine : &r->scores->impostor, score, person[0], person[1]);
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

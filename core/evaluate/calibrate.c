/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/calibrate.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "evaluate/verification.h"

/*
 * The least float above so many of the highest. Doubles are made floats first, as a lane compares
 * floats: one that is rounded up must not become a match.
 */
static float threshold_of(const struct pst_comparisons *impostor, double fmr)
{
	uint64_t allowed = pst_verification_allowed(fmr, impostor->count);

	return nextafterf((float)impostor->at[impostor->count - 1 - allowed].score, INFINITY);
}

static int check_count(double fmr, size_t count, const char *cohort, struct pst_error *error)
{
	if (count >= pst_rate_needed(fmr)) {
		return 0;
	}
	return pst_error_set(error, PST_E_NOT_FOUND,
		"fmr %g needs %llu impostor comparisons%s%s%s; there are %zu", fmr,
		(unsigned long long)pst_rate_needed(fmr), cohort ? " within cohort '" : "",
		cohort ? cohort : "", cohort ? "'" : "", count);
}

/* The point of one list of impostor scores; genuine scores are always those of all people. */
static void set_point(const struct pst_calibrate_input *input,
	const struct pst_comparisons *impostor, float threshold, const char *cohort,
	struct pst_calibration_point *point)
{
	const struct pst_comparisons *genuine = &input->scores->genuine;
	size_t matched = 0, missed = 0;

	for (size_t i = impostor->count; i > 0 && (float)impostor->at[i - 1].score >= threshold;
		i--) {
		matched++;
	}
	for (; missed < genuine->count && (float)genuine->at[missed].score < threshold; missed++) {
	}
	point->score = (double)threshold;
	point->fnmr = (double)missed / (double)genuine->count;
	point->impostor = impostor->count;
	point->matched = matched;
	point->upper = pst_rate_of(matched, impostor->count).high;
	(void)snprintf(point->cohort, sizeof(point->cohort), "%s", cohort ? cohort : "");
}

static int make_cohort_point(const struct pst_calibrate_input *input, uint32_t cohort,
	struct pst_calibration_point *point, struct pst_error *error)
{
	const char *name = input->cohorts->names.at[cohort];
	struct pst_scores within;
	float threshold;
	int status =
		pst_cohorts_scores(input->cohorts, input->scores, input->subject, cohort, &within);

	if (status < 0) {
		return pst_error_set(error, status, "no memory for cohorts");
	}
	status = check_count(point->fmr, within.impostor.count, name, error);
	if (status == 0) {
		threshold = threshold_of(&within.impostor, point->fmr);
		if ((double)threshold > point->score) {
			set_point(input, &within.impostor, threshold, name, point);
		}
	}
	pst_scores_finish(&within);
	return status;
}

static int make_point(const struct pst_calibrate_input *input, double fmr,
	struct pst_calibration_point *ret_point, struct pst_error *error)
{
	const struct pst_comparisons *impostor = &input->scores->impostor;
	struct pst_calibration_point point = {.fmr = fmr};
	int status = check_count(fmr, impostor->count, NULL, error);

	if (status == 0) {
		set_point(input, impostor, threshold_of(impostor, fmr), NULL, &point);
	}
	for (uint32_t i = 0; status == 0 && input->cohorts && i < input->cohorts->names.count;
		i++) {
		status = make_cohort_point(input, i, &point, error);
	}
	if (status == 0) {
		*ret_point = point;
	}
	return status;
}

int pst_calibrate_make(const struct pst_calibrate_input *input, struct pst_calibration *ret,
	struct pst_error *error)
{
	static const double usual[] = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
	const double *fmr = input->fmr ? input->fmr : usual;
	size_t count = input->fmr ? input->fmr_count : sizeof(usual) / sizeof(usual[0]);
	int status = 0;

	if (input->scores->genuine.count == 0) {
		return pst_error_set(error, PST_E_NOT_FOUND, "no genuine comparisons");
	}
	ret->genuine = input->scores->genuine.count;
	ret->impostor = input->scores->impostor.count;
	ret->point_count = 0;
	for (size_t i = 0; status == 0 && i < count; i++) {
		struct pst_error why = {0};

		status = make_point(input, fmr[i], &ret->point[ret->point_count], &why);
		if (status == PST_E_NOT_FOUND && !input->fmr && ret->point_count > 0) {
			return 0;
		}
		if (status < 0) {
			return pst_error_set(error, status, "%s", why.text);
		}
		ret->point_count++;
	}
	return status;
}

static void write_text(const char *name, const char *text, FILE *to)
{
	(void)fprintf(to, "%s: \"", name);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\') {
			(void)fputc('\\', to);
		}
		(void)fputc((unsigned char)*text < ' ' ? ' ' : *text, to);
	}
	(void)fputs("\"\n", to);
}

/* In decimal digits, so many that the float comes back. */
static void write_number(const char *name, double value, FILE *to)
{
	int before = value == 0 ? 0 : (int)floor(log10(fabs(value)));

	(void)fprintf(to, "    %s: %.*f\n", name, before < 8 ? 8 - before : 0, value);
}

void pst_calibrate_write(const struct pst_calibration *calibration, FILE *to)
{
	(void)fprintf(to, "calibration: 1\ncontract: %s\nmatcher: %s\ndomain: %s\n",
		calibration->contract, calibration->matcher, calibration->domain);
	write_text("origin", calibration->origin, to);
	if (calibration->extractor_digest[0]) {
		(void)fprintf(to, "extractor-sha256: %s\n", calibration->extractor_digest);
	}
	if (calibration->matcher_digest[0]) {
		(void)fprintf(to, "matcher-sha256: %s\n", calibration->matcher_digest);
	}
	(void)fprintf(to, "genuine: %llu\nimpostor: %llu\nthresholds:\n",
		(unsigned long long)calibration->genuine,
		(unsigned long long)calibration->impostor);
	for (uint32_t i = 0; i < calibration->point_count; i++) {
		const struct pst_calibration_point *point = &calibration->point[i];

		(void)fprintf(to, "  - fmr: \"%g\"\n", point->fmr);
		write_number("score", point->score, to);
		write_number("fnmr", point->fnmr, to);
		(void)fprintf(to, "    impostor: %llu\n    matched: %llu\n",
			(unsigned long long)point->impostor, (unsigned long long)point->matched);
		write_number("upper", point->upper, to);
		if (point->cohort[0]) {
			(void)fputs("    ", to);
			write_text("cohort", point->cohort, to);
		}
	}
}

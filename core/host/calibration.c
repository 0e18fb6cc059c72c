/* SPDX-License-Identifier: Apache-2.0 */
#include "host/calibration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/yaml.h"

#define FILE_MAX (64 * 1024)
#define RULE_OF_THREE 3.0 /* comparisons needed: 3 / FMR (ISO/IEC 19795-1, the rule of 3) */

struct file_point {
	char *fmr; /* text: a number with an exponent */
	double score;
	double fnmr;
	uint64_t impostor;
	uint64_t matched;
	double upper;
	char *cohort;
};

struct file {
	int32_t calibration;
	char *contract;
	char *matcher;
	char *domain;
	char *origin;
	char *extractor_digest;
	char *matcher_digest;
	uint64_t genuine;
	uint64_t impostor;
	struct file_point *thresholds;
	uint32_t thresholds_count;
};

static const char *const domains[] = {"photograph", "drawn", NULL};

static const cyaml_schema_field_t point_fields[] = {
	CYAML_FIELD_STRING_PTR("fmr", CYAML_FLAG_POINTER, struct file_point, fmr, 1, 32),
	CYAML_FIELD_FLOAT("score", CYAML_FLAG_DEFAULT, struct file_point, score),
	CYAML_FIELD_FLOAT("fnmr", CYAML_FLAG_DEFAULT, struct file_point, fnmr),
	CYAML_FIELD_UINT("impostor", CYAML_FLAG_OPTIONAL, struct file_point, impostor),
	CYAML_FIELD_UINT("matched", CYAML_FLAG_OPTIONAL, struct file_point, matched),
	CYAML_FIELD_FLOAT("upper", CYAML_FLAG_OPTIONAL, struct file_point, upper),
	CYAML_FIELD_STRING_PTR("cohort", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct file_point, cohort, 1, 64),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t point_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_point, point_fields),
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_INT("calibration", CYAML_FLAG_DEFAULT, struct file, calibration),
	CYAML_FIELD_STRING_PTR("contract", CYAML_FLAG_POINTER, struct file, contract, 1, 64),
	CYAML_FIELD_STRING_PTR("matcher", CYAML_FLAG_POINTER, struct file, matcher, 1, 64),
	CYAML_FIELD_STRING_PTR("domain", CYAML_FLAG_POINTER, struct file, domain, 1, 32),
	CYAML_FIELD_STRING_PTR("origin", CYAML_FLAG_POINTER, struct file, origin, 1,
		PST_CALIBRATION_TEXT_SIZE - 1),
	CYAML_FIELD_STRING_PTR("extractor-sha256", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct file, extractor_digest, 1, 64),
	CYAML_FIELD_STRING_PTR("matcher-sha256", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct file, matcher_digest, 1, 64),
	CYAML_FIELD_UINT("genuine", CYAML_FLAG_DEFAULT, struct file, genuine),
	CYAML_FIELD_UINT("impostor", CYAML_FLAG_DEFAULT, struct file, impostor),
	CYAML_FIELD_SEQUENCE("thresholds", CYAML_FLAG_POINTER, struct file, thresholds,
		&point_schema, 1, PST_CALIBRATION_POINTS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields),
};

static int check_digest(
	const struct pst_yaml *yaml, const char *name, const char *digest, struct pst_error *error)
{
	uint8_t bytes[32];

	if (digest && pst_bytes_from_hex(digest, bytes, sizeof(bytes)) < 0) {
		return pst_yaml_fail(
			yaml, error, name, "a SHA-256 is 64 hex digits, not '%.64s'", digest);
	}
	return 0;
}

static int check_header(
	const struct pst_yaml *yaml, const struct file *file, struct pst_error *error)
{
	uint8_t contract[(PST_CONTRACT_TEXT - 1) / 2];

	if (file->calibration != 1) {
		return pst_yaml_fail(yaml, error, "calibration",
			"calibration format %d is not known; this postern reads 1",
			file->calibration);
	}
	if (pst_bytes_from_hex(file->contract, contract, sizeof(contract)) < 0) {
		return pst_yaml_fail(yaml, error, "contract",
			"a contract id is 32 hex digits, not '%.64s'", file->contract);
	}
	if (!pst_text_is_id(file->matcher)) {
		return pst_yaml_fail(
			yaml, error, "matcher", "'%.64s' is no plugin id", file->matcher);
	}
	if (pst_text_index(domains, file->domain) < 0) {
		return pst_yaml_fail_name(yaml, error, "domain", "domain", file->domain, domains);
	}
	int status = check_digest(yaml, "extractor-sha256", file->extractor_digest, error);

	return status < 0 ? status
			  : check_digest(yaml, "matcher-sha256", file->matcher_digest, error);
}

/* Counts of a point agree with what it promises, and with the file's. */
static int check_counts(const struct pst_yaml *yaml, const struct file *file, const char *where,
	const struct pst_calibration_point *point, struct pst_error *error)
{
	double counted = (double)point->matched / (double)point->impostor;

	if (point->impostor > file->impostor || point->matched > point->impostor) {
		return pst_yaml_fail(yaml, error, where,
			"more impostor comparisons than there are: %llu matched of %llu, in all "
			"%llu",
			(unsigned long long)point->matched, (unsigned long long)point->impostor,
			(unsigned long long)file->impostor);
	}
	if (point->matched > 0 && counted > point->fmr * (1 + 1e-9)) {
		return pst_yaml_fail(yaml, error, where,
			"%llu of %llu matched: that is a false match rate of %g, not %g",
			(unsigned long long)point->matched, (unsigned long long)point->impostor,
			counted, point->fmr);
	}
	if (!(point->upper >= 0) || !(point->upper <= 1) ||
		(point->upper > 0 && point->matched > 0 && point->upper < counted)) {
		return pst_yaml_fail(yaml, error, where,
			"upper must lie between the rate that was counted and 1");
	}
	return 0;
}

static int read_point(const struct pst_yaml *yaml, const struct file *file, uint32_t index,
	struct pst_calibration *calibration, struct pst_error *error)
{
	const struct file_point *from = &file->thresholds[index];
	struct pst_calibration_point *to = &calibration->point[index];
	char where[48], *end;

	(void)snprintf(where, sizeof(where), "thresholds[%u]", index);
	to->fmr = strtod(from->fmr, &end);
	to->score = from->score;
	to->fnmr = from->fnmr;
	to->impostor = from->impostor ? from->impostor : file->impostor;
	to->matched = from->matched;
	to->upper = from->upper;
	(void)snprintf(to->cohort, sizeof(to->cohort), "%s", from->cohort ? from->cohort : "");
	if (*end || !(to->fmr > 0) || !(to->fmr < 1)) {
		return pst_yaml_fail(yaml, error, where,
			"fmr '%s' is no rate between 0 and 1, such as \"1e-3\"", from->fmr);
	}
	if (!(to->fnmr >= 0) || !(to->fnmr <= 1) || !isfinite(to->score)) {
		return pst_yaml_fail(yaml, error, where, "fnmr must lie between 0 and 1");
	}
	if (index > 0 && (to->fmr >= to[-1].fmr || to->score < to[-1].score)) {
		return pst_yaml_fail(yaml, error, where,
			"thresholds go from the highest fmr to the lowest, with rising scores");
	}
	return check_counts(yaml, file, where, to, error);
}

static void copy_header(const struct file *file, const char *path, struct pst_calibration *to)
{
	const char *extractor = file->extractor_digest, *matcher = file->matcher_digest;

	(void)snprintf(to->path, sizeof(to->path), "%s", path);
	(void)snprintf(to->contract, sizeof(to->contract), "%s", file->contract);
	(void)snprintf(to->matcher, sizeof(to->matcher), "%s", file->matcher);
	(void)snprintf(to->domain, sizeof(to->domain), "%s", file->domain);
	(void)snprintf(to->origin, sizeof(to->origin), "%s", file->origin);
	(void)snprintf(to->extractor_digest, sizeof(to->extractor_digest), "%s",
		extractor ? extractor : "");
	(void)snprintf(
		to->matcher_digest, sizeof(to->matcher_digest), "%s", matcher ? matcher : "");
	to->genuine = file->genuine;
	to->impostor = file->impostor;
	to->point_count = file->thresholds_count;
}

int pst_calibration_load(
	const char *path, struct pst_calibration *ret_calibration, struct pst_error *error)
{
	struct pst_calibration calibration = {0};
	struct pst_yaml *yaml = NULL;
	const struct file *file;
	int status = pst_yaml_open(&yaml, path, &file_schema, FILE_MAX, error);

	if (status < 0) {
		return status;
	}
	file = pst_yaml_data(yaml);
	status = check_header(yaml, file, error);
	for (uint32_t i = 0; status == 0 && i < file->thresholds_count; i++) {
		status = read_point(yaml, file, i, &calibration, error);
	}
	if (status == 0) {
		copy_header(file, path, &calibration);
		*ret_calibration = calibration;
	}
	pst_yaml_close(&yaml);
	return status;
}

const struct pst_calibration *pst_calibration_select(const struct pst_calibration *calibrations,
	uint32_t count, const char *contract, const char *matcher, const char *domain)
{
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(calibrations[i].contract, contract) == 0 &&
			strcmp(calibrations[i].matcher, matcher) == 0 &&
			strcmp(calibrations[i].domain, domain) == 0) {
			return &calibrations[i];
		}
	}
	return NULL;
}

int pst_calibration_check_libraries(const struct pst_calibration *calibration,
	const char *extractor_digest, const char *matcher_digest, struct pst_error *error)
{
	const char *measured[] = {calibration->extractor_digest, calibration->matcher_digest};
	const char *at_hand[] = {extractor_digest, matcher_digest};

	for (int i = 0; i < 2; i++) {
		if (measured[i][0] && strcasecmp(measured[i], at_hand[i]) != 0) {
			return pst_error_set(error, PST_E_NOT_FOUND,
				"uncalibrated: %s was measured with another library of the %s; "
				"measure again with 'postern calibrate'",
				calibration->path, i ? "matcher" : "extractor");
		}
	}
	return 0;
}

int pst_calibration_threshold(const struct pst_calibration *calibration, double fmr,
	struct pst_threshold *ret_threshold, struct pst_error *error)
{
	const struct pst_calibration_point *point = NULL;

	if (!calibration) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"uncalibrated: no calibration for this extractor, matcher and domain");
	}
	for (uint32_t i = 0; i < calibration->point_count && !point; i++) {
		if (calibration->point[i].fmr <= fmr * (1 + 1e-9)) {
			point = &calibration->point[i];
		}
	}
	if (!point || !(fmr > 0)) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"uncalibrated: %s lists no threshold as strict as fmr %g",
			calibration->path, fmr);
	}
	if ((double)point->impostor < RULE_OF_THREE / point->fmr * (1 - 1e-9)) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"uncalibrated: fmr %g needs %.0f impostor comparisons, %s rests on %llu",
			point->fmr, ceil(RULE_OF_THREE / point->fmr), calibration->path,
			(unsigned long long)point->impostor);
	}
	*ret_threshold = (struct pst_threshold){
		.score = (float)point->score,
		.fmr = point->fmr,
		.fnmr = point->fnmr,
	};
	return 0;
}

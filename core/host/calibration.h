/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_CALIBRATION_H
#define PST_HOST_CALIBRATION_H

#include <stdint.h>

#include "base/error.h"

#define PST_CONTRACT_TEXT 33 /* 32 hex digits and a NUL */
#define PST_CALIBRATION_POINTS_MAX 16
#define PST_CALIBRATION_TEXT_SIZE 256

/** One operating point. */
struct pst_calibration_point {
	double fmr;	   /* false match rate aimed at, 0 < fmr < 1 */
	double score;	   /* least score that counts as a match */
	double fnmr;	   /* false non-match rate measured there, 0..1 */
	uint64_t impostor; /* comparisons that it rests on; of the file where it says none itself */
	uint64_t matched;  /* of those, at or above the score; 0 if not said */
	double upper;	   /* 95 % upper limit of the false match rate there; 0 if not said */
	char cohort[65];   /* the one that it was set by; "" all people together */
};

/** What a calibration file says: scores of one contract with one matcher in one domain. */
struct pst_calibration {
	char path[256]; /* for messages; cut if longer */
	char contract[PST_CONTRACT_TEXT];
	char matcher[65];
	char domain[16]; /* "photograph" or "drawn" */
	char origin[PST_CALIBRATION_TEXT_SIZE];
	char extractor_digest[65]; /* SHA-256 of the library measured, in hex; "" if not said */
	char matcher_digest[65];
	uint64_t genuine;  /* comparisons */
	uint64_t impostor; /* comparisons */
	uint32_t point_count;
	struct pst_calibration_point point[PST_CALIBRATION_POINTS_MAX]; /* falling fmr */
};

/** A threshold, with what it rests on. */
struct pst_threshold {
	float score;
	double fmr;  /* of the point used: the one asked for or the next stricter */
	double fnmr; /* measured there */
};

/**
 * Reads and checks a calibration file: known keys only, rates within (0, 1), scores rising as the
 * FMR falls, no more matches than the FMR allows, and an upper limit above what was counted.
 *
 * @return 0; PST_E_CONFIG with the error naming file and field; -errno
 */
int pst_calibration_load(const char *path, struct pst_calibration *ret_calibration,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Finds the one measured for a contract, a matcher and a domain.
 *
 * @return borrowed from the array, or NULL: uncalibrated
 */
const struct pst_calibration *pst_calibration_select(const struct pst_calibration *calibrations,
	uint32_t count, const char *contract, const char *matcher, const char *domain);

/**
 * Checks that the libraries are those that were measured, where the file says which.
 *
 * @param extractor_digest, matcher_digest  SHA-256 of the libraries at hand, in hex
 * @return 0, or PST_E_NOT_FOUND: uncalibrated, the error says which
 */
int pst_calibration_check_libraries(const struct pst_calibration *calibration,
	const char *extractor_digest, const char *matcher_digest,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * The threshold for a false match rate: of the point listed for it, else of the next stricter.
 *
 * @param calibration  may be NULL: uncalibrated
 * @param fmr          0 < fmr < 1
 * @return 0; PST_E_NOT_FOUND uncalibrated: nothing as strict is listed, or fewer than 3 / fmr
 *         impostor comparisons stand behind the point (the error says which)
 */
int pst_calibration_threshold(const struct pst_calibration *calibration, double fmr,
	struct pst_threshold *ret_threshold, struct pst_error *error) PST_MUST_CHECK;

#endif

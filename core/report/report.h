/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_REPORT_REPORT_H
#define PST_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/chain.h"
#include "crypto/sign.h"
#include "gate/verdict.h"
#include "report/times.h"

/*
 * What lanes did, in numbers: how often, why, how fast; never who. Counted from audit logs that
 * verify. Small numbers are hidden, and so is what would give them away (suppress.h).
 *
 * Every encounter counts once, in one branch of one tree:
 *
 *   encounters
 *     captured             verified, enrolled, refer-no-match, refer-uncalibrated
 *     recorded             by a lane that keeps frames and compares nobody
 *     refer-not-captured   by reason
 *     refer-no-notice      by what the notice was
 *     refer-opted-out, refer-withdrawn, refer-exempt, refer-no-consent,
 *     refer-unknown-category    by rule
 *     refer-fault
 *     not stated           the entry does not say
 */

#define PST_REPORT_THRESHOLD 5 /* people; fewer are not told */
#define PST_REPORT_SLOWER 1.10 /* times as long: opting out is held up */
#define PST_REPORT_NAME_SIZE 72
#define PST_REPORT_GROUPS_MAX 256 /* categories, and lanes */
#define PST_REPORT_RULES_MAX 1000

/** What is counted: an index into a group's counts. Those of lists are consecutive. */
enum pst_measure {
	PST_MEASURE_ENCOUNTERS = 0,
	PST_MEASURE_CAPTURED,
	PST_MEASURE_RECORDED,
	PST_MEASURE_OUTCOME, /* + enum pst_outcome; UNSET: not stated */
	PST_MEASURE_REASON = PST_MEASURE_OUTCOME + PST_OUTCOME_COUNT, /* + pst_capture_reason */
	PST_MEASURE_NOTICE = PST_MEASURE_REASON + PST_CAPTURE_REASON_COUNT, /* + pst_notice */
	PST_MEASURE_RULE = PST_MEASURE_NOTICE + PST_NOTICE_COUNT, /* + index in report->rules */
};

/** A rule under which people were not captured. */
struct pst_report_rule {
	enum pst_outcome outcome;
	char name[PST_REPORT_NAME_SIZE];
};

/** All, or those of one category, or of one lane. */
struct pst_report_group {
	char name[PST_REPORT_NAME_SIZE];
	uint64_t *counts;	  /* owned; per measure */
	bool *hidden;		  /* owned; the same, once concluded */
	size_t room;		  /* of both */
	struct pst_times consent; /* from the notice to the choice */
	struct pst_times decline;
	/* Of lanes and of all alone: */
	uint64_t runs;	 /* times that it was opened */
	uint64_t losses; /* times that its camera went away */
	uint64_t cut;	 /* permits whose encounter was never closed, as after a crash */
	uint64_t open;	 /* encounter with a permit that is not closed yet; 0: none */
};

struct pst_report_log {
	char *dir;		      /* owned */
	uint8_t head[PST_CHAIN_SIZE]; /* of the last entry that was counted */
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	int64_t first_s, last_s; /* wall clock of the first and last entry */
};

struct pst_report {
	int32_t from_day;  /* since 1970-01-01, UTC; INT32_MIN: since ever */
	int32_t until_day; /* included; INT32_MAX: to the end */
	struct pst_report_log *logs;
	size_t log_count;
	struct pst_report_rule *rules;
	size_t rule_count;
	struct pst_report_group all;
	struct pst_report_group *categories; /* by name, once concluded */
	size_t category_count;
	struct pst_report_group *lanes; /* by name, once concluded */
	size_t lane_count;
	size_t hidden; /* numbers that are not told */
};

/** @return 0 or -ENOMEM */
int pst_report_create(
	struct pst_report **ret_report, int32_t from_day, int32_t until_day) PST_MUST_CHECK;

/** Accepts NULL inside. */
void pst_report_destroy(struct pst_report **report);

/**
 * Counts what a state directory's log says of the days in question, once all of it verifies.
 *
 * Lanes of one name in several directories are one lane. Memory does not grow with the log.
 *
 * @param public_key  as pst_audit_verify()
 * @return 0; PST_E_CORRUPT the log does not verify, -EEXIST it is counted
 *         already, -errno it cannot be read, -E2BIG more lanes,
 *         categories or rules than can be told; the error is filled
 */
int pst_report_add(struct pst_report *report, const char *dir, const uint8_t *public_key,
	struct pst_error *error) PST_MUST_CHECK;

/** Orders the groups and decides what is hidden; after the last log. @return 0 or -ENOMEM */
int pst_report_conclude(struct pst_report *report) PST_MUST_CHECK;

/** @return whether the number may be told; then it is in ret_count */
bool pst_report_count(const struct pst_report_group *group, unsigned measure, uint64_t *ret_count);

/** A share of people. */
enum pst_rate {
	PST_RATE_CAPTURE = 0,  /* captured, of those captured or not captured */
	PST_RATE_MATCH,	       /* verified, of those verified or refer-no-match */
	PST_RATE_UNCALIBRATED, /* refer-uncalibrated, of those captured */
	PST_RATE_REFER,	       /* referred to a human, of all */
	PST_RATE_COUNT
};

/** Whether a number is told. */
enum pst_told {
	PST_TOLD_HIDDEN = 0,
	PST_TOLD_NOBODY, /* there are no people that it would be a share of */
	PST_TOLD_YES,
};

/** @param ret_share  0..1, set with PST_TOLD_YES */
enum pst_told pst_report_rate(
	const struct pst_report_group *group, enum pst_rate rate, double *ret_share);

/**
 * How long choosing took: half of the people no longer than the median, 9 of 10 than p90.
 *
 * @return whether there were enough people to tell
 */
bool pst_report_times(const struct pst_times *times, int64_t *ret_median_ms, int64_t *ret_p90_ms);

/** @return median time to opt out by median time to consent; 0: it can't be told */
double pst_report_slowness(const struct pst_report_group *group);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_REPORT_H
#define PST_CONFORM_REPORT_H

#include <stddef.h>

#include "base/error.h"
#include "conform/checks.h"

/**
 * What postern and postern-conform say to each other, over the socket of a worker: one message, one
 * packet, little-endian. First the plugin goes over as a START of wire/message.h, then one plan.
 * The answer is, for each check of the plan in its order, BEGIN and END; at any time TOLD, what the
 * plugin did that a check of conduct forbids; and DONE last. A plugin runs where these are written,
 * so whatever comes is bounded and checked, and what does not fit is the end of that process.
 */

#define PST_REPORT_TEXT_SIZE 400 /* with its NUL */
#define PST_REPORT_SIZE_MAX 512	 /* bytes of a report */
#define PST_PLAN_SIZE_MAX 8192	 /* bytes of a plan */
#define PST_PLAN_OPTIONS_MAX 32	 /* PST_MANIFEST_OPTIONS_MAX */
#define PST_PLAN_BOUND_SIZE 65	 /* PST_MANIFEST_ID_SIZE */
#define PST_REPORT_LIMIT_MAX_MS 60000

enum pst_report_type {
	PST_REPORT_UNSET = 0,
	PST_REPORT_BEGIN,
	PST_REPORT_END,
	PST_REPORT_TOLD,
	PST_REPORT_DONE,
	PST_REPORT_TYPES,
};

struct pst_report {
	enum pst_report_type type;
	enum pst_check check;		 /* not of DONE */
	uint32_t limit_ms;		 /* BEGIN: the check hangs if it takes longer */
	enum pst_mark mark;		 /* END; FAIL of TOLD */
	char text[PST_REPORT_TEXT_SIZE]; /* END, TOLD: one printable line, or "" */
};

/** What a run needs to know of the manifest beyond wire/message.h, and what it shall check. */
struct pst_plan {
	uint32_t threads;	 /* declared */
	uint32_t template_types; /* mask of 1 << enum pst_template_type; extractor, matcher */
	uint32_t option_count;
	struct {
		char low[PST_PLAN_BOUND_SIZE]; /* "" is no limit */
		char high[PST_PLAN_BOUND_SIZE];
	} option[PST_PLAN_OPTIONS_MAX]; /* in the order of the START's */
	uint32_t count;
	enum pst_check check[PST_CHECKS];
};

/** Makes a text one line of printable ASCII, cut to its room. */
void pst_report_clean(char *text);

/** @return bytes written to buffer (PST_REPORT_SIZE_MAX), or PST_E_CORRUPT a field is wrong */
int pst_report_encode(const struct pst_report *report, uint8_t *buffer) PST_MUST_CHECK;

/** @return 0, or PST_E_CORRUPT: then ret_report is void */
int pst_report_decode(
	const uint8_t *data, size_t size, struct pst_report *ret_report) PST_MUST_CHECK;

/** @return bytes written to buffer (PST_PLAN_SIZE_MAX), or PST_E_CORRUPT a field is wrong */
int pst_plan_encode(const struct pst_plan *plan, uint8_t *buffer) PST_MUST_CHECK;

/** @return 0, or PST_E_CORRUPT: then ret_plan is void */
int pst_plan_decode(const uint8_t *data, size_t size, struct pst_plan *ret_plan) PST_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_REPORT_PRINT_H
#define PST_CLI_REPORT_PRINT_H

#include <stdio.h>

#include <jansson.h>

#include "report/report.h"

/** Each takes a report that is concluded. @return 0 or -ENOMEM */
int pst_report_print_text(const struct pst_report *report, FILE *to) PST_MUST_CHECK;
int pst_report_print_html(const struct pst_report *report, FILE *to) PST_MUST_CHECK;

/** @return the report as JSON, the caller's; NULL: out of memory */
json_t *pst_report_json(const struct pst_report *report);

/* What the pages share. */

/** Every group in order: all, the categories, the lanes. */
struct pst_report_row {
	const char *kind; /* "all", "category", "lane" */
	const struct pst_report_group *group;
};
size_t pst_report_row_count(const struct pst_report *report);
struct pst_report_row pst_report_row(const struct pst_report *report, size_t index);

#define PST_REPORT_TEXT_SIZE 48

/** A number for people; "*" where it is not told. @return text */
const char *pst_report_number(
	const struct pst_report_group *group, unsigned measure, char text[PST_REPORT_TEXT_SIZE]);

/** "93.1 %"; "*" where it is not told, "-" where there is nobody. */
const char *pst_report_percent(
	const struct pst_report_group *group, enum pst_rate rate, char text[PST_REPORT_TEXT_SIZE]);

/** "1.2 s"; "*" where it is not told. @param p90  the time of 9 of 10, not the median */
const char *pst_report_seconds(
	const struct pst_times *times, bool p90, char text[PST_REPORT_TEXT_SIZE]);

/** "from 2026-01-01 to 2026-01-31", as far as it is limited; else the days of the logs. */
void pst_report_span(const struct pst_report *report, char text[128]);

/** A sentence on a lane where opting out is held up. */
void pst_report_warning(const struct pst_report_group *lane, char *text, size_t size);

#define PST_REPORT_MARK                                                                            \
	"*: not told. Fewer than 5 people, or a number that would give such a one away."

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_REPORT_TALLY_H
#define PST_REPORT_TALLY_H

#include "audit/audit.h"
#include "report/report.h"

/* Inside the report room only. */

/**
 * Counts one entry of a log.
 *
 * @return 0, -ENOMEM, -E2BIG
 */
int pst_tally_entry(struct pst_report *report, const struct pst_audit_item *item) PST_MUST_CHECK;

/** @return which measure a measure is a part of; encounters: itself */
unsigned pst_tally_parent(const struct pst_report *report, unsigned measure);

/** @return measures in all */
unsigned pst_tally_measures(const struct pst_report *report);

#endif

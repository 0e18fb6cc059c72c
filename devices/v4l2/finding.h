/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_FINDING_H
#define PST_DEVICES_V4L2_FINDING_H

#include "devices/v4l2/doctor.h"

/**
 * Adds a finding; beyond PST_V4L2_FINDINGS_MAX they are left out.
 *
 * @param camera  node, or ""
 * @return it, with text and fix empty, for pst_v4l2_finding_text and _fix
 */
struct pst_v4l2_finding *pst_v4l2_finding_add(
	struct pst_v4l2_checkup *checkup, enum pst_v4l2_cause cause, const char *camera);

/** Writes what is wrong. Accepts NULL. */
void pst_v4l2_finding_text(struct pst_v4l2_finding *finding, const char *format, ...)
	PST_PRINTF(2, 3);

/** Writes what to do. Accepts NULL. */
void pst_v4l2_finding_fix(struct pst_v4l2_finding *finding, const char *format, ...)
	PST_PRINTF(2, 3);

#endif

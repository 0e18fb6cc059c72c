/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WIRE_PAD_H
#define PST_WIRE_PAD_H

#include <stdint.h>

#include "base/error.h"
#include "postern/pad.h"

/** What a presentation attack detector said of the face that a template is made from. */
struct pst_wire_pad {
	int32_t status; /* 0; PST_E_NOT_IMPLEMENTED there is no detector; PST_E_NO_FACE,
			 * PST_E_POOR_QUALITY it could not tell */
	struct pst_pad_result result; /* zeroed unless status is 0 */
};

/**
 * Holds an answer against what the ABI demands: known answers, scores of 0..1, reasons that end and
 * are printable.
 *
 * @param ret_problem  NULL, or on error what is wrong
 * @return 0; PST_E_PLUGIN
 */
int pst_pad_check(const struct pst_pad_result *result, const char **ret_problem) PST_MUST_CHECK;

#endif

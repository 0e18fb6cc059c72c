/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WIRE_QUALITY_H
#define PST_WIRE_QUALITY_H

#include <stdint.h>

#include "base/error.h"
#include "postern/quality.h"

#define PST_QUALITY_FACES_MAX 8 /* the widest of a frame are measured, no others */

/** Why a face is not fit for a template; travels as a mask. */
enum pst_quality_flag {
	PST_QUALITY_TOO_SMALL = 1 << 0,
	PST_QUALITY_BLURRED = 1 << 1,
	PST_QUALITY_TOO_DARK = 1 << 2,
	PST_QUALITY_TOO_BRIGHT = 1 << 3,
	PST_QUALITY_TURNED = 1 << 4,
};

/** How fit a face is for a template, as a quality plugin measured it. */
struct pst_quality {
	uint8_t overall; /* the unified quality score, 0 worst to 100 best */
	uint32_t flags;	 /* PST_QUALITY_*, by the core's own thresholds */
	uint32_t count;	 /* of the components; 0: the face was not measured */
	struct pst_quality_component component[PST_MEASURES_MAX]; /* the unified score first */
};

/**
 * Holds the components against what the ABI demands, then concludes overall and flags from them:
 *
 *   too-small   inter-eye distance below 20 px of the full picture
 *   blurred     sharpness scored below 20
 *   too-dark    luminance mean below 40
 *   too-bright  luminance mean above 225
 *   turned      yaw or roll beyond 35 degrees either way, pitch beyond 40
 *
 * A measure that is missing or could not be told raises no flag.
 *
 * @param ret_problem  NULL, or on error what is wrong, for after "face 3: "
 * @return 0; PST_E_PLUGIN the components break the ABI, overall and flags are 0 then
 */
int pst_quality_conclude(struct pst_quality *quality, const char **ret_problem) PST_MUST_CHECK;

/** @return "sharpness", ...; NULL for what is no measure */
const char *pst_measure_name(uint32_t measure);

#endif

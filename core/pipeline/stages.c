/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stages.h"

const char *pst_stage_name(enum pst_stage stage)
{
	static const char *const names[PST_STAGE_COUNT] = {[PST_STAGE_MAP] = "map",
		[PST_STAGE_COPY] = "copy",
		[PST_STAGE_DECODE_WHOLE] = "decode-whole",
		[PST_STAGE_DETECT_WHOLE] = "detect-whole",
		[PST_STAGE_DECODE_NEAR] = "decode-near",
		[PST_STAGE_DETECT_NEAR] = "detect-near",
		[PST_STAGE_QUALITY] = "quality",
		[PST_STAGE_ALIGN] = "align",
		[PST_STAGE_PAD] = "pad",
		[PST_STAGE_EXTRACT] = "extract"};

	return names[stage];
}

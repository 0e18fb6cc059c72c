/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_STAGES_H
#define PST_PIPELINE_STAGES_H

#include <stdint.h>

/** What is done with a frame that is leased, in the order in which it is. */
enum pst_stage {
	PST_STAGE_MAP,		/* the lane: the device makes its bytes valid and checks them */
	PST_STAGE_COPY,		/* the lane: into a slot, and told to the worker */
	PST_STAGE_DECODE_WHOLE, /* the worker from here on: for a search of the whole picture */
	PST_STAGE_DETECT_WHOLE, /* the detector alone */
	PST_STAGE_DECODE_NEAR,	/* for one near the person */
	PST_STAGE_DETECT_NEAR,
	PST_STAGE_QUALITY, /* of all faces that are measured */
	PST_STAGE_ALIGN,   /* full decode and warp */
	PST_STAGE_PAD,	   /* the presentation attack detector alone */
	PST_STAGE_EXTRACT, /* the extractor alone */
	PST_STAGE_COUNT,
};

/** @return "map", "decode-whole", ... */
const char *pst_stage_name(enum pst_stage stage);

/** Is told how long a stage took. [control] */
typedef void (*pst_stage_fn)(void *user, enum pst_stage stage, int64_t took_ns);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WIRE_RESULT_H
#define PST_WIRE_RESULT_H

#include <stdint.h>

#include "postern/detector.h"
#include "postern/extractor.h"
#include "postern/matcher.h"
#include "wire/pad.h"
#include "wire/quality.h"

/** A face found in a frame, in full image space. */
struct pst_wire_face {
	struct pst_face face; /* always with landmarks: mean positions if the detector gave none */
	struct pst_quality quality;
};

/** A box in full image space, px. */
struct pst_wire_box {
	float x;
	float y;
	float width;
	float height;
};

/** How a frame is searched for faces. */
enum pst_wire_how {
	PST_WIRE_HOW_UNSET = 0,
	PST_WIRE_HOW_WHOLE, /* all of it, at the detector's input size */
	PST_WIRE_HOW_NEAR,  /* around the box of one face; the whole frame if it is not there */
	PST_WIRE_HOW_AGAIN, /* asked only: the whole of a frame that was searched NEAR a box */
	PST_WIRE_HOWS,
};

/** Where to look for faces in a frame, told with FRAME. */
struct pst_wire_search {
	uint32_t how;		  /* enum pst_wire_how */
	struct pst_wire_box near; /* NEAR: where the face was; else zeroed */
};

/** The faces of one frame. */
struct pst_wire_faces {
	uint64_t sequence;
	uint64_t permit;
	uint32_t slot;
	int32_t status; /* 0; PST_E_CORRUPT the picture is damaged, count is 0 then */
	uint32_t how;	/* enum pst_wire_how: WHOLE, or NEAR, then that one face at most */
	uint32_t decode_us;
	uint32_t detect_us;
	uint32_t quality_us;
	uint32_t count;
	struct pst_wire_face face[PST_FACES_MAX]; /* best first, as the detector gave them */
};

/** A template, or why there is none. */
struct pst_wire_template {
	uint64_t sequence;
	uint64_t permit;
	uint32_t slot;
	int32_t status;	   /* 0; PST_E_NO_FACE, PST_E_POOR_QUALITY, PST_E_ELECTIVE, PST_E_CORRUPT */
	uint32_t align_us; /* full decode and warp */
	uint32_t pad_us;
	uint32_t extract_us;
	struct pst_quality quality; /* of the face it was made from */
	struct pst_wire_pad pad;
	uint32_t size; /* bytes, 0 unless status is 0 */
	uint8_t bytes[PST_TEMPLATE_MAX];
};

#define PST_WIRE_PICTURE_SIDE 480    /* px, longer side of a masked picture */
#define PST_WIRE_PICTURE_BYTES 47104 /* of its JPEG: as text it fits into a line of 64 KiB */

/** A frame's picture in which one person at most is seen, or why there is none. */
struct pst_wire_masked {
	uint64_t sequence;
	uint64_t permit;
	uint32_t slot;
	int32_t status; /* 0; PST_E_CORRUPT, PST_E_FORMAT, PST_E_NOT_FOUND: the rest is 0 then */
	uint32_t took_us;
	uint32_t width;	 /* px */
	uint32_t height; /* px */
	uint32_t size;	 /* bytes of the JPEG */
	uint8_t bytes[PST_WIRE_PICTURE_BYTES];
};

/** The answer of a matcher. */
struct pst_wire_match {
	int32_t status; /* 0 or a count; PST_E_NOT_FOUND, PST_E_FORMAT, -ENOMEM */
	uint32_t search_us;
	float score;					    /* verify; 0 otherwise */
	uint32_t count;					    /* search */
	struct pst_candidate candidate[PST_CANDIDATES_MAX]; /* best first */
};

#define PST_WIRE_BATCH_BYTES 65536     /* of the probes of one message together */
#define PST_WIRE_BATCH_CANDIDATES 4096 /* in the answer to one message */

/** The answer of a matcher to several probes. */
struct pst_wire_matches {
	int32_t status; /* 0; PST_E_FORMAT, -ENOMEM: count is 0 then */
	uint32_t search_us;
	uint32_t count;			/* probes */
	uint32_t cap;			/* candidates wanted of each; count * cap fit */
	uint32_t found[PST_PROBES_MAX]; /* candidates of each probe, at most cap */
	struct pst_candidate candidate[PST_WIRE_BATCH_CANDIDATES]; /* of probe i: from i * cap on */
};

#endif

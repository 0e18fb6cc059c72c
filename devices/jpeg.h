/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_JPEG_H
#define PST_DEVICES_JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Tells a whole JPEG from a damaged one by its structure, without decoding a pixel: the markers of
 * ITU-T T.81 Annex B, and the entropy-coded blocks of Annex F, which are counted, not inverted.
 * It reads bytes: call it only under a live permit, or on a recording or a synthetic frame where a
 * notice was given.
 */

/** What a frame turned out to be. X(name, text, sentence) */
#define PST_JPEG_FINDING_MAP(X)                                                                    \
	X(WHOLE, "whole", "whole")                                                                 \
	X(NOT_A_JPEG, "not-a-jpeg", "does not begin as a JPEG does")                               \
	X(BAD_MARKER, "bad-marker", "a marker segment breaks the standard or is not supported")    \
	X(WRONG_SIZE, "wrong-size", "another size than the source declared")                       \
	X(NO_SCAN, "no-scan", "ends before any picture data")                                      \
	X(BAD_CODE, "bad-code", "picture data that no code table has")                             \
	X(TOO_FEW_BLOCKS, "too-few-blocks", "picture data ends before the picture is filled")      \
	X(RESTART_ORDER, "restart-order", "restart markers are missing or out of place")           \
	X(TRUNCATED, "truncated", "cut off: no end marker")

enum pst_jpeg_finding {
	PST_JPEG_FINDING_UNSET = 0,
#define PST_JPEG_FINDING_ENUM(name, text, sentence) PST_JPEG_FINDING_##name,
	PST_JPEG_FINDING_MAP(PST_JPEG_FINDING_ENUM)
#undef PST_JPEG_FINDING_ENUM
		PST_JPEG_FINDING_COUNT,
};

/** How deep to look. */
enum pst_jpeg_depth {
	PST_JPEG_DEPTH_UNSET = 0,
	PST_JPEG_DEPTH_MARKERS, /* segments, restart markers, end marker: finds frames cut short */
	PST_JPEG_DEPTH_BLOCKS,	/* and every code of the picture data: finds holes in it too */
};

/** Where and how much; filled for every finding, as far as the look went. */
struct pst_jpeg_report {
	enum pst_jpeg_finding finding;
	size_t offset;	     /* bytes from the start to what was found; whole: to behind the end */
	size_t filling;	     /* bytes between the last unit and the end marker, if counted */
	size_t padding;	     /* bytes behind the end marker, of any value */
	uint32_t units;	     /* minimum coded units counted; 0 where they are not */
	uint32_t units_due;  /* of the scan reached last */
	uint32_t restarts;   /* markers passed in that scan */
	uint32_t scans;	     /* reached */
	bool counted;	     /* every scan was looked through; progressive and arithmetic are not */
	bool standard_codes; /* no code tables of its own: those of Annex K, as Motion JPEG may */
};

/** Keeps the code tables from frame to frame: a camera sends the same ones over and over. */
struct pst_jpeg_check;

/** @return 0 or -ENOMEM */
int pst_jpeg_check_create(struct pst_jpeg_check **ret_check) PST_MUST_CHECK;

/** Accepts NULL inside. */
void pst_jpeg_check_destroy(struct pst_jpeg_check **check);

/**
 * Looks through one frame. No answer depends on the frames before.
 *
 * Passes what a decoder that tolerates no warning takes: sequential Huffman with or without its
 * own code tables, progressive and arithmetic (these by their markers only), 8 bits, one or three
 * components, restart intervals, application and comment segments, filling before a marker and
 * anything behind the end marker. It is stricter in two things: the end marker must be there, and
 * a code that no table has, or a coefficient outside its block, is damage wherever it stands.
 *
 * @param data    borrowed until return; size may be 0
 * @param width   px, as declared by the source; so height
 * @param report  filled in any case; may be NULL
 * @return the finding, never UNSET
 * [capture]
 */
enum pst_jpeg_finding pst_jpeg_check(struct pst_jpeg_check *check, const uint8_t *data, size_t size,
	uint32_t width, uint32_t height, enum pst_jpeg_depth depth, struct pst_jpeg_report *report);

/** @return "whole", "truncated", ...; "unset" */
const char *pst_jpeg_finding_name(enum pst_jpeg_finding finding);

/** @return what it means, for a person: "cut off: no end marker"; "unset" */
const char *pst_jpeg_finding_text(enum pst_jpeg_finding finding);

#endif

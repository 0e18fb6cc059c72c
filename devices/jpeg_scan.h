/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_JPEG_SCAN_H
#define PST_DEVICES_JPEG_SCAN_H

#include "devices/jpeg.h"

/* For devices/jpeg.c alone: the entropy-coded part of a JPEG. */

#define PST_JPEG_UNIT_BLOCKS_MAX 10 /* T.81 B.2.3 */
#define PST_JPEG_LOOK 11	    /* bits looked up at once */

/** A code table as a DHT segment carries it; unused values are 0. */
struct pst_jpeg_code {
	uint8_t counts[17]; /* codes of each length 1..16 */
	uint8_t values[256];
};

/** A code table made ready for looking up one code. */
struct pst_jpeg_lookup {
	struct pst_jpeg_code code;	  /* what it was made from */
	uint16_t one[1 << PST_JPEG_LOOK]; /* length << 8 | value; 0: longer code or none */
	int32_t last[17];		  /* largest code of each length, -1: none */
	int32_t first_value[17];	  /* values[first_value + code] */
};

/** The two code tables of a block, made ready for looking up as many codes as fit. */
struct pst_jpeg_table {
	bool made;
	bool valid;
	struct pst_jpeg_lookup dc;
	struct pst_jpeg_lookup ac;
	uint16_t begin[1 << PST_JPEG_LOOK]; /* from a block's begin on, see jpeg_scan.c */
	uint16_t middle[1 << PST_JPEG_LOOK];
};

/** One sequential scan. */
struct pst_jpeg_scan {
	const struct pst_jpeg_table *table[PST_JPEG_UNIT_BLOCKS_MAX];
	unsigned blocks;   /* in a unit */
	uint32_t units;	   /* due */
	uint32_t interval; /* units between restart markers; 0: none */
	unsigned surplus;  /* bytes, set by counting: taken up, but no unit wanted them */
};

/** @return whether the table was made of these codes, and need not be made again */
bool pst_jpeg_table_is(const struct pst_jpeg_table *table, const struct pst_jpeg_code *dc,
	const struct pst_jpeg_code *ac);

/** Makes a table; it is valid if T.81 C.2 can mean these codes. */
void pst_jpeg_table_make(struct pst_jpeg_table *table, const struct pst_jpeg_code *dc,
	const struct pst_jpeg_code *ac);

/**
 * Counts the units of a scan from data[*at] on.
 *
 * @param at      moved to behind the last byte used, or to where the damage stands
 * @param report  units and restarts are filled
 * @return WHOLE: all units are there; else the damage
 */
enum pst_jpeg_finding pst_jpeg_scan_count(struct pst_jpeg_scan *scan, const uint8_t *data,
	size_t size, size_t *at, struct pst_jpeg_report *report);

/**
 * Goes over a scan without counting: to the first marker that isn't one of its restarts.
 *
 * @param restarts  due; these many are in order, or RESTART_ORDER
 * @return WHOLE: *at is at a marker; TRUNCATED; TOO_FEW_BLOCKS: restarts are missing
 */
enum pst_jpeg_finding pst_jpeg_scan_skip(const uint8_t *data, size_t size, uint32_t restarts,
	size_t *at, struct pst_jpeg_report *report);

/**
 * Finds the next marker, over filling and over anything else.
 *
 * @param at       moved to behind the marker
 * @param skipped  bytes that belong to no marker
 * @return the marker's second byte; 0: none before the end of the data
 */
uint8_t pst_jpeg_next_marker(const uint8_t *data, size_t size, size_t *at, size_t *skipped);

#endif

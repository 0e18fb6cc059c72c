/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COSINE_SEARCH_H
#define COSINE_SEARCH_H

#include <stdint.h>

#include "postern/matcher.h"

#include "gallery.h"
#include "probes.h"
#include "simd.h"

/**
 * The best candidates of a probe so far, each key once with its best score: higher scores first, of
 * equal ones the lower key. The order is total, so the result doesn't depend on the order of
 * offers.
 */
struct ranking {
	struct pst_candidate *candidates; /* borrowed, room for cap */
	uint32_t count;
	uint32_t cap; /* at least 1 */
};

/** @param score as simd.h gives it; what rounding carried beyond -1 and 1 is cut off here */
void ranking_offer(struct ranking *ranking, uint64_t key, float score);

/** @return a score below this one changes nothing; -infinity while there is room */
float ranking_threshold(const struct ranking *ranking);

/** @return the score cut to -1..1 */
float search_bounded(float score);

/**
 * Compares every row with every probe.
 *
 * @param rankings  one of each probe
 */
void search_float(const struct simd *simd, const struct gallery *gallery,
	const struct probes *probes, struct ranking *rankings);

/**
 * The same rankings, bit for bit, from the codes: only rows whose bound reaches the worst score in
 * the ranking are compared. The gallery has codes, the probes are encoded.
 */
void search_coarse(const struct simd *simd, const struct gallery *gallery,
	const struct probes *probes, struct ranking *rankings);

#endif

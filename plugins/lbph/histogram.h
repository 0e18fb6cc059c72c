/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LBPH_HISTOGRAM_H
#define LBPH_HISTOGRAM_H

#include <stdint.h>

#include "lbph.h"

/** Tables for local binary patterns on a grid (Ahonen, Hadid, Pietikäinen 2006). */
struct patterns {
	uint8_t bin[256]; /* pattern to bin: uniform ones get their own, the others share the last
			   */
	uint32_t column[CHIP_WIDTH]; /* left one of the two grid columns a pixel counts for */
	uint32_t row[CHIP_HEIGHT];
	float column_share[CHIP_WIDTH]; /* of the right column */
	float row_share[CHIP_HEIGHT];
};

void patterns_init(struct patterns *patterns);

/**
 * Counts patterns of all radii in all cells; each pixel counts for the four cells around it.
 *
 * @param plane  CHIP_WIDTH x CHIP_HEIGHT
 * @param ret_bins  DIMENSION floats
 */
void patterns_count(const struct patterns *patterns, const float *plane, float *ret_bins);

/** Square root of each cell's shares, all together of unit length: the cosine of two such vectors
 * is the mean Bhattacharyya coefficient of their cells. */
void patterns_normalise(float *bins);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LBPH_LBPH_H
#define LBPH_LBPH_H

#include <stddef.h>

/* What every template depends on; a change here needs another version in the manifest. */
#define CHIP_WIDTH ((size_t)96)	  /* px, as in the manifest */
#define CHIP_HEIGHT ((size_t)112) /* px */
#define CHIP_PIXELS (CHIP_WIDTH * CHIP_HEIGHT)

#define GRID_COLUMNS ((size_t)7)
#define GRID_ROWS ((size_t)8)
#define RADII ((size_t)2)
#define BINS ((size_t)59) /* 58 uniform patterns of 8 neighbours and one for all others */
#define DIMENSION (GRID_COLUMNS * GRID_ROWS * BINS * RADII)

#endif

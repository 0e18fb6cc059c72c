/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LBPH_LBPH_H
#define LBPH_LBPH_H

/* What every template depends on; a change here needs another version in the manifest. */
#define CHIP_WIDTH 96u	 /* px, as in the manifest */
#define CHIP_HEIGHT 112u /* px */
#define CHIP_PIXELS (CHIP_WIDTH * CHIP_HEIGHT)

#define GRID_COLUMNS 7u
#define GRID_ROWS 8u
#define RADII 2u
#define BINS 59u /* 58 uniform patterns of 8 neighbours and one for all others */
#define DIMENSION (GRID_COLUMNS * GRID_ROWS * BINS * RADII)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "histogram.h"

#include <math.h>
#include <string.h>

#define NEIGHBOURS 8

/* A neighbour counts as brighter from this much on: less is camera noise on smooth skin. */
#define TOLERANCE 0.004f

static const float radii[RADII] = {1.5f, 3.0f}; /* px */

/* Of the two cells whose centres are nearest: the first one, and the second one's share. */
static void share(uint32_t pixels, uint32_t cells, uint32_t *ret_cell, float *ret_share)
{
	for (uint32_t i = 0; i < pixels; i++) {
		float at = ((float)i + 0.5f) * (float)cells / (float)pixels - 0.5f;

		at = at < 0 ? 0 : at > (float)(cells - 1) ? (float)(cells - 1) : at;
		ret_cell[i] = (uint32_t)at < cells - 1 ? (uint32_t)at : cells - 2;
		ret_share[i] = at - (float)ret_cell[i];
	}
}

void patterns_init(struct patterns *patterns)
{
	uint8_t next = 0;

	for (uint32_t code = 0; code < 256; code++) {
		uint32_t turned = ((code << 1) | (code >> 7)) & 0xff;
		int changes = __builtin_popcount(code ^ turned);

		patterns->bin[code] = changes <= 2 ? next++ : (uint8_t)(BINS - 1);
	}
	share(CHIP_WIDTH, GRID_COLUMNS, patterns->column, patterns->column_share);
	share(CHIP_HEIGHT, GRID_ROWS, patterns->row, patterns->row_share);
}

/* The plane between its pixels, bilinearly. */
static float at(const float *plane, float x, float y)
{
	uint32_t left = (uint32_t)x, top = (uint32_t)y;
	float u = x - (float)left, v = y - (float)top;
	const float *p = plane + top * CHIP_WIDTH + left;

	return (p[0] * (1 - u) + p[1] * u) * (1 - v) +
	       (p[CHIP_WIDTH] * (1 - u) + p[CHIP_WIDTH + 1] * u) * v;
}

static void count_radius(
	const struct patterns *patterns, const float *plane, float radius, float *bins)
{
	static const float cosine[NEIGHBOURS] = {
		1, 0.70710678f, 0, -0.70710678f, -1, -0.70710678f, 0, 0.70710678f};
	const uint32_t margin = (uint32_t)ceilf(radius) + 1;

	for (uint32_t y = margin; y < CHIP_HEIGHT - margin; y++) {
		for (uint32_t x = margin; x < CHIP_WIDTH - margin; x++) {
			float centre = plane[y * CHIP_WIDTH + x] + TOLERANCE;
			float *cell =
				bins +
				(patterns->row[y] * GRID_COLUMNS + patterns->column[x]) * BINS;
			float u = patterns->column_share[x], v = patterns->row_share[y];
			uint32_t code = 0;

			for (uint32_t i = 0; i < NEIGHBOURS; i++) {
				float dx = radius * cosine[i],
				      dy = radius * cosine[(i + 6) % NEIGHBOURS];

				code |= (uint32_t)(at(plane, (float)x + dx, (float)y + dy) >=
						   centre)
					<< i;
			}
			cell += patterns->bin[code];
			cell[0] += (1 - u) * (1 - v);
			cell[BINS] += u * (1 - v);
			cell[GRID_COLUMNS * BINS] += (1 - u) * v;
			cell[(GRID_COLUMNS + 1) * BINS] += u * v;
		}
	}
}

void patterns_count(const struct patterns *patterns, const float *plane, float *ret_bins)
{
	memset(ret_bins, 0, DIMENSION * sizeof(*ret_bins));
	for (uint32_t i = 0; i < RADII; i++) {
		count_radius(
			patterns, plane, radii[i], ret_bins + i * GRID_COLUMNS * GRID_ROWS * BINS);
	}
}

void patterns_normalise(float *bins)
{
	const uint32_t cells = DIMENSION / BINS;

	for (uint32_t cell = 0; cell < cells; cell++) {
		float *values = bins + cell * BINS;
		float sum = 0;

		for (uint32_t i = 0; i < BINS; i++) {
			sum += values[i];
		}
		for (uint32_t i = 0; i < BINS; i++) {
			values[i] = sqrtf(values[i] / (sum * (float)cells));
		}
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_CANVAS_H
#define PST_DEVICES_SYNTHETIC_CANVAS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/**
 * Where a head is modelled: colour, cover and depth of every point of a rectangle.
 *
 * Lengths are decimetres on an average adult's face, origin between the eyes, x to the right of
 * the picture, y down, z towards the viewer. Colour is sRGB 0..1 before light.
 */
struct pst_canvas_point {
	float r, g, b;
	float cover; /* 0..1 */
	float z;
};

struct pst_canvas {
	struct pst_canvas_point *points; /* owned, width * height */
	float *scratch;			 /* owned, 2 * width * height */
	int width, height;
	float scale;	 /* points per decimetre */
	float left, top; /* decimetres, of the first point's corner */
};

/** @return 0 or -ENOMEM */
int pst_canvas_init(struct pst_canvas *canvas, float scale, float left, float top, float right,
	float bottom) PST_MUST_CHECK;

/** Frees the points. Accepts a zeroed canvas. */
void pst_canvas_finish(struct pst_canvas *canvas);

/** Makes all of it transparent, black, depth 0. */
void pst_canvas_clear(struct pst_canvas *canvas);

/** Darkens hollows: the deeper a point lies under its surroundings, the less light it gets. */
void pst_canvas_shade_hollows(struct pst_canvas *canvas, float radius, float strength);

struct pst_colour {
	float r, g, b;
};

/** A rectangle of points, clipped to the canvas: first .. last - 1. */
struct pst_canvas_area {
	int x0, y0, x1, y1;
};

struct pst_canvas_area pst_canvas_area(
	const struct pst_canvas *canvas, float left, float top, float right, float bottom);

static inline float pst_canvas_x(const struct pst_canvas *canvas, int column)
{
	return canvas->left + ((float)column + 0.5f) / canvas->scale;
}

static inline float pst_canvas_y(const struct pst_canvas *canvas, int row)
{
	return canvas->top + ((float)row + 0.5f) / canvas->scale;
}

static inline struct pst_canvas_point *pst_canvas_at(
	const struct pst_canvas *canvas, int column, int row)
{
	return &canvas->points[(size_t)row * (size_t)canvas->width + (size_t)column];
}

static inline float pst_clampf(float value, float low, float high)
{
	return value < low ? low : value > high ? high : value;
}

static inline float pst_mixf(float a, float b, float t)
{
	return a + (b - a) * t;
}

/** @return 0 at low, 1 at high and beyond, smooth between; low may be the larger */
static inline float pst_stepf(float low, float high, float value)
{
	float t = pst_clampf((value - low) / (high - low), 0, 1);
	return t * t * (3 - 2 * t);
}

/** @return exp(-(d / sigma)^2 / 2) */
static inline float pst_bellf(float d, float sigma)
{
	float t = d / sigma;
	return expf(-0.5f * t * t);
}

static inline struct pst_colour pst_colour_mix(struct pst_colour a, struct pst_colour b, float t)
{
	return (struct pst_colour){
		pst_mixf(a.r, b.r, t), pst_mixf(a.g, b.g, t), pst_mixf(a.b, b.b, t)};
}

static inline struct pst_colour pst_colour_scale(struct pst_colour c, float by)
{
	return (struct pst_colour){c.r * by, c.g * by, c.b * by};
}

/** Lays a colour over a point with a strength of 0..1, leaving its cover. */
static inline void pst_canvas_tint(struct pst_canvas_point *point, struct pst_colour c, float t)
{
	point->r = pst_mixf(point->r, c.r, t);
	point->g = pst_mixf(point->g, c.g, t);
	point->b = pst_mixf(point->b, c.b, t);
}

/** Lays a colour over a point, covering what was not covered. */
static inline void pst_canvas_lay(struct pst_canvas_point *point, struct pst_colour c, float t)
{
	float cover = t + point->cover * (1 - t);
	if (cover > 0) {
		pst_canvas_tint(point, c, t / cover);
		point->cover = cover;
	}
}

#endif

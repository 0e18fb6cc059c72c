/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/head.h"

#include "devices/synthetic/grain.h"

#define MIDDLE_Y (-0.15f) /* above it the hair's outline is half an ellipse, below it falls */

/* A hair style as lengths; what a person adds to it is in the identity. */
struct cut {
	float top, side;  /* how far the hair stands off the head */
	float end_y;	  /* where it ends at the sides */
	float spread;	  /* how much wider it gets on the way down */
	float open;	  /* half width of the face's opening, in widths of the face */
	float open_power; /* 2 round .. 5 square */
	float lower;	  /* how far the hairline moves down (a fringe) */
	float rough;	  /* raggedness of its edges */
	float dense;
};

static const struct cut cuts[PST_HAIR_COUNT] = {
	[PST_HAIR_BUZZ] = {0.03f, 0.02f, 0.06f, 0, 0.93f, 3.2f, 0, 0.02f, 0.72f},
	[PST_HAIR_CROP] = {0.12f, 0.04f, 0.14f, 0, 0.92f, 3.0f, 0.02f, 0.04f, 1},
	[PST_HAIR_RECEDING] = {0.03f, 0.06f, 0.16f, 0, 0.92f, 2.4f, -0.42f, 0.03f, 0.9f},
	[PST_HAIR_SIDE_PART] = {0.20f, 0.06f, 0.16f, 0, 0.90f, 2.8f, 0.02f, 0.03f, 1},
	[PST_HAIR_FRINGE] = {0.15f, 0.10f, 0.22f, 0, 0.86f, 4.5f, 0.26f, 0.07f, 1},
	[PST_HAIR_AFRO] = {0.34f, 0.30f, 0.30f, 0, 0.88f, 2.6f, 0, 0.07f, 1},
	[PST_HAIR_TIED] = {0.06f, 0.03f, 0.05f, 0, 0.95f, 2.2f, 0, 0.02f, 1},
	[PST_HAIR_BOB] = {0.14f, 0.16f, 0.92f, 0.12f, 0.84f, 2.4f, 0.02f, 0.03f, 1},
	[PST_HAIR_LONG] = {0.14f, 0.13f, 1.62f, 0.22f, 0.86f, 2.1f, 0, 0.03f, 1},
	[PST_HAIR_LONG_FRINGE] = {0.13f, 0.14f, 1.55f, 0.15f, 0.80f, 4.5f, 0.25f, 0.06f, 1},
	[PST_HAIR_SCARF] = {0.13f, 0.14f, 1.75f, 0.35f, 0.93f, 2.2f, 0.10f, 0, 1},
};

/* Where a point lies between the face and the outside of the hair, in decimetres. */
struct hair_place {
	float outer; /* > 0 inside the hair's outline */
	float open;  /* > 0 inside the face's opening */
	float round; /* 0 in the middle of the head .. 1 at the outline */
};

static float hairline_at(const struct pst_identity *p, const struct cut *cut, float x)
{
	float ax = fabsf(x), line = p->hairline + cut->lower;
	if (cut->lower > 0.2f) {
		line = p->brow_y - 0.10f - 0.10f * p->hair_curl +
		       0.03f * pst_grain_noise(p->key + 60, x * 16, 0);
	}
	line -= 0.16f * p->temple_recess * pst_bellf(ax - 0.36f, 0.14f);
	if (p->hair == PST_HAIR_SIDE_PART) {
		line += 0.22f * (x - p->hair_part) * (p->hair_part > 0 ? -1.0f : 1.0f);
	}
	if (p->hair == PST_HAIR_LONG || p->hair == PST_HAIR_BOB) {
		line -= 0.16f * pst_bellf(x - 0.4f * p->hair_part, 0.12f);
	}
	return line;
}

static struct hair_place hair_place(
	const struct pst_identity *p, const struct cut *cut, float x, float y)
{
	struct hair_place h;
	float ax = fabsf(x);
	float loose = 0.55f + 0.75f * p->hair_volume;
	float half = p->temple + cut->side * loose, tall = MIDDLE_Y - p->crown_y + cut->top * loose;
	float edge = cut->rough * pst_grain_fractal(p->key + 61, x * 9, y * 9);
	if (y < MIDDLE_Y) {
		float v = (y - MIDDLE_Y) / tall;
		h.round = powf(powf(ax / half, 2.4f) + powf(fabsf(v), 2.4f), 1 / 2.4f);
		h.outer = (1 - h.round) * half + edge;
	} else {
		float below = y - MIDDLE_Y;
		float here = cut->end_y < 0.5f ? pst_head_width_at(p, y) + cut->side * loose
					       : half + cut->spread * pst_stepf(0, 1.6f, below);
		float wave =
			p->hair == PST_HAIR_SCARF ? 0 : 0.06f * p->hair_curl * sinf(y * 9 + ax * 3);
		h.round = ax / here;
		float tip = cut->end_y - 0.18f * cut->spread * powf(h.round, 4) * 8;
		h.outer = fminf(here + wave - ax, (tip - y) * 0.8f) + edge;
	}
	float a = cut->open *
		  (y < 0.3f ? p->cheek : pst_mixf(p->cheek, p->jaw, pst_stepf(0.3f, 1.1f, y)));
	float centre = 0.25f, b = centre - hairline_at(p, cut, x);
	float v = y < centre ? (centre - y) / b : 0;
	if (p->hair == PST_HAIR_SCARF && y > centre) {
		v = (y - centre) / (p->chin_y - 0.01f - centre);
	}
	float r =
		powf(powf(ax / a, cut->open_power) + powf(v, cut->open_power), 1 / cut->open_power);
	h.open = (1 - r) * fminf(a, b) + 0.7f * edge;
	return h;
}

static float strands(const struct pst_identity *p, float x, float y)
{
	float dx = x - p->hair_part * 0.5f, dy = y - p->crown_y - 0.12f;
	if (p->hair == PST_HAIR_SCARF) {
		return 0.5f * pst_grain_noise(p->key + 62, x * 3 + y * 2, y * 5 - fabsf(x) * 4);
	}
	if (p->hair == PST_HAIR_AFRO || p->hair == PST_HAIR_BUZZ) {
		return pst_grain_fractal(p->key + 63, x * 20, y * 20);
	}
	float angle = atan2f(dx, dy), r = sqrtf(dx * dx + dy * dy);
	float curl = 0.10f * p->hair_curl *
		     sinf(r * 16 + 2 * pst_grain_noise(p->key + 64, x * 4, y * 4));
	return pst_grain_fractal(p->key + 65, (angle + curl) * 17, r * 1.7f);
}

static void lay_hair(struct pst_canvas_point *point, const struct pst_identity *p,
	const struct cut *cut, const struct hair_place *h, float x, float y, float scale)
{
	float soft = 1 / scale + 0.01f + 0.3f * cut->rough;
	float shadow = pst_stepf(0.13f, 0, h->open) * pst_stepf(-0.1f, 0.02f, h->outer);
	point->r *= 1 - 0.22f * shadow;
	point->g *= 1 - 0.25f * shadow;
	point->b *= 1 - 0.26f * shadow;
	float cover =
		pst_stepf(-soft, soft, h->outer) * pst_stepf(soft, -soft, h->open) * cut->dense;
	if (cover <= 0) {
		return;
	}
	float strand = strands(p, x, y);
	float dark = 1 - 0.35f * pst_stepf(0.12f, 0, -h->open) * (y > MIDDLE_Y ? 1 : 0.3f);
	float shade = (1 + 0.32f * strand) * dark;
	struct pst_colour c = pst_colour_scale(p->hair_colour, shade);
	float sheen =
		0.035f * pst_clampf(1 + 1.5f * strand, 0, 3) * pst_bellf(h->round - 0.62f, 0.2f);
	c = (struct pst_colour){c.r + sheen, c.g + sheen, c.b + sheen};
	pst_canvas_lay(point, c, cover);
	float ball = 0.98f * sqrtf(pst_clampf(1 - h->round * h->round, 0, 1));
	if (y > MIDDLE_Y) {
		float lock = pst_clampf(-h->open / (h->outer - h->open + 0.01f), 0, 1);
		float fall = 0.12f + 0.25f * sqrtf(4 * lock * (1 - lock) + 0.01f);
		ball = pst_mixf(ball, fall, pst_stepf(MIDDLE_Y, 0.35f, y));
	}
	float z = fmaxf(ball, point->z * (cut->end_y < 0.5f ? 1 : 0.6f)) + 0.02f + 0.018f * strand;
	point->z = pst_mixf(point->z, z, cover);
}

/* The knot of tied hair, above the crown. */
static void lay_knot(struct pst_canvas *canvas, const struct pst_identity *p)
{
	float radius = 0.17f + 0.12f * p->hair_volume, middle = p->crown_y - 0.4f * radius;
	struct pst_canvas_area area =
		pst_canvas_area(canvas, -radius, middle - radius, radius, middle + radius);
	for (int j = area.y0; j < area.y1; j++) {
		float y = pst_canvas_y(canvas, j);
		for (int i = area.x0; i < area.x1; i++) {
			float x = pst_canvas_x(canvas, i);
			float r = sqrtf(x * x + (y - middle) * (y - middle)) / radius;
			float cover = pst_stepf(1, 0.94f, r);
			struct pst_canvas_point *point = pst_canvas_at(canvas, i, j);
			float strand = pst_grain_fractal(p->key + 66, x * 6 + r * 9, y * 18);
			pst_canvas_lay(point,
				pst_colour_scale(p->hair_colour, 0.95f + 0.3f * strand), cover);
			point->z = pst_mixf(
				point->z, 0.35f * sqrtf(pst_clampf(1 - r * r, 0, 1)), cover);
		}
	}
}

void pst_head_grow_hair(struct pst_canvas *canvas, const struct pst_identity *p)
{
	const struct cut *cut = &cuts[p->hair];
	if (p->hair == PST_HAIR_BALD) {
		return;
	}
	if (p->hair == PST_HAIR_TIED) {
		lay_knot(canvas, p);
	}
	for (int j = 0; j < canvas->height; j++) {
		float y = pst_canvas_y(canvas, j);
		if (y > cut->end_y + 0.1f) {
			break;
		}
		for (int i = 0; i < canvas->width; i++) {
			float x = pst_canvas_x(canvas, i);
			struct hair_place h = hair_place(p, cut, x, y);
			if (h.outer > -0.12f) {
				lay_hair(pst_canvas_at(canvas, i, j), p, cut, &h, x, y,
					canvas->scale);
			}
		}
	}
}

/* The part of a beard around the mouth: nowhere on the lips. */
static float mouth_beard_at(const struct pst_identity *p, float x, float y, float edge)
{
	float ax = fabsf(x), u = x / p->mouth_width, line = p->mouth_y - p->mouth_bend * u * u;
	float lip = y < line ? 1.1f * p->lip_upper : 1.1f * p->lip_lower;
	float off = sqrtf(u * u * 0.92f + (y - line) * (y - line) / (lip * lip));
	float bare = pst_stepf(1.0f, 1.3f, off + 2 * edge);
	float under_nose = pst_stepf(p->nose_y + 0.015f, p->nose_y + 0.06f, y + edge);
	float droop = 0.12f * pst_stepf(0.6f, 1.2f, fabsf(u));
	float moustache = pst_stepf(droop + 0.02f, droop - 0.03f, y - line) *
			  pst_stepf(1.24f, 1.08f, fabsf(u) + 3 * edge);
	float around = pst_stepf(1.34f, 1.20f, fabsf(u) + 3 * edge);
	if (p->beard == PST_BEARD_MOUSTACHE) {
		return under_nose * moustache * bare;
	}
	float soul = pst_stepf(0.25f, 0.18f, ax - 0.2f * p->mouth_width) *
		     pst_stepf(0.01f, 0.03f, y - line);
	float cleft = 1 - 0.75f * pst_bellf(ax - 0.6f * p->mouth_width, 0.05f) *
				  pst_bellf(y - line - p->lip_lower - 0.06f, 0.035f);
	return under_nose * bare * fmaxf(around * cleft, soul);
}

/* How much beard grows at a point: the parts of a beard, put together by style. */
static float beard_at(const struct pst_identity *p, float x, float y, float edge)
{
	float ax = fabsf(x), width = pst_head_width_at(p, y);
	float t = pst_clampf((y - 0.10f) / (p->mouth_y - 0.10f), 0, 1);
	float bound = pst_mixf(p->cheek * 0.88f, p->mouth_width * 1.12f, powf(t, 1.7f));
	float cheeks =
		pst_stepf(bound - 0.03f, bound + 0.05f, ax + edge) * pst_stepf(0.02f, 0.12f, y);
	float strap = pst_stepf(0.20f, 0.13f, width - ax + edge) * pst_stepf(0.02f, 0.12f, y);
	strap = fmaxf(strap, pst_stepf(p->chin_y - 0.20f, p->chin_y - 0.12f, y + edge));
	switch (p->beard) {
	case PST_BEARD_MOUSTACHE:
	case PST_BEARD_GOATEE:
		return mouth_beard_at(p, x, y, edge);
	case PST_BEARD_CHINSTRAP:
		return strap;
	case PST_BEARD_STUBBLE:
	case PST_BEARD_SHORT:
	case PST_BEARD_FULL:
		return fmaxf(mouth_beard_at(p, x, y, edge), cheeks);
	case PST_BEARD_NONE:
	case PST_BEARD_COUNT:
		break;
	}
	return 0;
}

/* The part of a full beard that hangs below and beside the face. */
static void hang_beard(struct pst_canvas *canvas, const struct pst_identity *p)
{
	float bottom = p->chin_y + 0.12f + 0.25f * p->hair_volume, half = p->jaw + 0.04f;
	struct pst_canvas_area area = pst_canvas_area(canvas, -half, p->mouth_y, half, bottom);
	for (int j = area.y0; j < area.y1; j++) {
		float y = pst_canvas_y(canvas, j);
		float t = pst_clampf((y - p->mouth_y) / (bottom - p->mouth_y), 0, 1);
		float hang = half * powf(1 - t * t * t, 0.6f);
		float width = fminf(hang, pst_head_width_at(p, y) + 0.6f * t);
		for (int i = area.x0; i < area.x1; i++) {
			float x = pst_canvas_x(canvas, i), ax = fabsf(x);
			float edge = 0.05f * pst_grain_fractal(p->key + 70, x * 12, y * 5);
			float cover = pst_stepf(-0.02f, 0.03f, width - ax + edge);
			struct pst_canvas_point *point = pst_canvas_at(canvas, i, j);
			float free = 1 - point->cover;
			float strand = pst_grain_fractal(p->key + 71, x * 26, y * 7);
			pst_canvas_lay(point,
				pst_colour_scale(p->beard_colour, 0.75f + 0.3f * strand),
				cover * free);
			float z = 0.55f *
				  sqrtf(pst_clampf(1 - ax * ax / (width * width + 0.01f), 0, 1));
			point->z = fmaxf(point->z, z * cover);
		}
	}
}

void pst_head_grow_beard(struct pst_canvas *canvas, const struct pst_identity *p)
{
	if (p->beard == PST_BEARD_NONE) {
		return;
	}
	if (p->beard == PST_BEARD_FULL) {
		hang_beard(canvas, p);
	}
	bool stubble = p->beard == PST_BEARD_STUBBLE;
	float full = stubble ? 0.45f : p->beard == PST_BEARD_FULL ? 1 : 0.92f;
	struct pst_canvas_area area = pst_canvas_area(canvas, -0.9f, 0, 0.9f, p->chin_y + 0.4f);
	for (int j = area.y0; j < area.y1; j++) {
		float y = pst_canvas_y(canvas, j);
		for (int i = area.x0; i < area.x1; i++) {
			float x = pst_canvas_x(canvas, i);
			struct pst_canvas_point *point = pst_canvas_at(canvas, i, j);
			if (point->cover <= 0) {
				continue;
			}
			float edge = 0.045f * pst_grain_fractal(p->key + 72, x * 14, y * 14);
			float fine = stubble ? pst_grain_noise(p->key + 73, x * 60, y * 60)
					     : pst_grain_fractal(p->key + 73, x * 30, y * 11);
			float t = beard_at(p, x, y, edge) * full * p->beard_dense *
				  (0.9f + 0.25f * fine);
			t = pst_clampf(t, 0, 1);
			pst_canvas_tint(
				point, pst_colour_scale(p->beard_colour, 0.9f + 0.35f * fine), t);
			point->z += stubble ? 0 : t * (0.03f + 0.015f * fine);
		}
	}
}

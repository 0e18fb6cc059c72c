/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/head.h"

#include "devices/synthetic/grain.h"

/* Where a face catches light: the forehead, the cheeks below the eyes, the bridge of the nose. */
static float shine_at(const struct pst_identity *p, float ax, float y)
{
	return pst_bellf(ax - p->eye_x - 0.04f, 0.16f) * pst_bellf(y - 0.29f, 0.10f) +
	       0.8f * pst_bellf(ax, 0.30f) * pst_bellf(y + 0.42f, 0.13f) +
	       pst_bellf(ax, 0.06f) * pst_bellf(y - 0.12f, 0.16f);
}

static void paint_skin_point(
	const struct pst_identity *p, struct pst_canvas_point *point, float x, float y)
{
	float ax = fabsf(x);
	float patch = pst_grain_fractal(p->key, x * 3.1f, y * 3.1f) * 0.05f * p->blotches;
	float c_turn = cosf(p->grain_turn), s_turn = sinf(p->grain_turn);
	float pores =
		p->grain_deep * pst_grain_noise(p->key + 20, (x * c_turn - y * s_turn) * p->grain_x,
					(x * s_turn + y * c_turn) * p->grain_y);
	float light = 1 + patch + pores;
	float red = p->blush *
		    (pst_bellf(ax - 0.42f, 0.15f) * pst_bellf(y - 0.36f, 0.14f) +
			    0.7f * pst_bellf(x, 0.13f) * pst_bellf(y - p->nose_y + 0.1f, 0.1f));
	red += 0.15f * pst_grain_noise(p->key + 5, x * 5, y * 5) * p->blotches;
	float lid = pst_bellf(ax - p->eye_x, 0.15f) * pst_bellf(y, 0.085f);
	float under =
		p->bags * pst_bellf(ax - p->eye_x + 0.02f, 0.12f) * pst_bellf(y - 0.14f, 0.045f);
	light *= 1 - (0.22f + 0.16f * p->tone) * lid - 0.16f * under;
	light *= 1 + 0.16f * p->tone * shine_at(p, ax, y);
	if (p->freckles > 0) {
		float dots = pst_grain_noise(p->key + 7, x * 30, y * 30);
		float place = pst_bellf(y - 0.22f, 0.17f) * pst_bellf(ax - 0.3f, 0.3f);
		light *= 1 - 0.30f * p->freckles * place * pst_stepf(0.25f, 0.6f, dots);
	}
	struct pst_colour c = p->skin;
	point->r = c.r * light * (1 - 0.02f * red);
	point->g = c.g * light * (1 - 0.22f * red - 0.03f * lid);
	point->b = c.b * light * (1 - 0.20f * red - 0.02f * lid);
	for (uint32_t i = 0; i < p->mark_count; i++) {
		const struct pst_identity_mark *mark = &p->marks[i];
		float dx = x - mark->x, dy = y - mark->y, reach = mark->radius * 2;
		if (dx * dx + dy * dy < reach * reach) {
			float t = mark->strength *
				  pst_bellf(sqrtf(dx * dx + dy * dy), 0.6f * mark->radius);
			pst_canvas_tint(point,
				(struct pst_colour){c.r * 0.35f, c.g * 0.27f, c.b * 0.25f}, t);
		}
	}
	if (p->eye_paint > 0) {
		float shadow =
			pst_bellf(ax - p->eye_x - 0.02f, 0.12f) * pst_bellf(y + 0.085f, 0.035f);
		struct pst_colour tone = {c.r * 0.55f, c.g * 0.42f, c.b * 0.50f};
		pst_canvas_tint(point, tone, 0.6f * p->eye_paint * shadow);
	}
}

/* The shadows in the nostrils and under the wings of the nose. */
static void paint_nostrils(
	const struct pst_identity *p, struct pst_canvas_point *point, float x, float y)
{
	float ax = fabsf(x);
	if (ax > 0.4f || fabsf(y - p->nose_y) > 0.2f) {
		return;
	}
	float dx = (ax - p->nose_wing * 0.52f) / (p->nose_wing * 0.30f);
	float dy = (y - (p->nose_y - 0.012f) + 0.3f * (ax - p->nose_wing * 0.52f)) / 0.024f;
	float hole = pst_stepf(1.25f, 0.55f, dx * dx + dy * dy);
	struct pst_colour dark = {p->skin.r * 0.25f, p->skin.g * 0.16f, p->skin.b * 0.15f};
	pst_canvas_tint(point, dark, 0.85f * hole);
	float crease = pst_bellf(ax - p->nose_wing - 0.006f, 0.016f) *
		       pst_bellf(y - (p->nose_y - 0.06f), 0.05f);
	float under = pst_bellf(y - (p->nose_y + 0.022f), 0.022f) *
		      pst_stepf(p->nose_wing + 0.03f, p->nose_wing - 0.06f, ax);
	struct pst_colour shade = {p->skin.r * 0.55f, p->skin.g * 0.42f, p->skin.b * 0.38f};
	pst_canvas_tint(point, shade, 0.55f * crease + 0.35f * under);
}

void pst_head_paint_skin(struct pst_canvas *canvas, const struct pst_identity *p)
{
	for (int j = 0; j < canvas->height; j++) {
		float y = pst_canvas_y(canvas, j);
		for (int i = 0; i < canvas->width; i++) {
			struct pst_canvas_point *point = pst_canvas_at(canvas, i, j);
			if (point->cover > 0) {
				float x = pst_canvas_x(canvas, i);
				paint_skin_point(p, point, x, y);
				paint_nostrils(p, point, x, y);
			}
		}
	}
}

void pst_head_paint_mouth(struct pst_canvas *canvas, const struct pst_identity *p)
{
	struct pst_canvas_area area = pst_canvas_area(canvas, -p->mouth_width - 0.1f,
		p->mouth_y - 0.2f, p->mouth_width + 0.1f, p->mouth_y + 0.25f);
	struct pst_colour dark = pst_colour_scale(p->lip_colour, 0.28f);
	float soft = 1.2f / canvas->scale + 0.006f;
	for (int j = area.y0; j < area.y1; j++) {
		float y = pst_canvas_y(canvas, j);
		for (int i = area.x0; i < area.x1; i++) {
			float x = pst_canvas_x(canvas, i), u = x / p->mouth_width;
			float across = pst_clampf(1 - u * u, 0, 1);
			float line = p->mouth_y - p->mouth_bend * u * u +
				     0.010f * p->cupid * (pst_bellf(u, 0.18f) - 0.4f);
			float bow = 1 - 0.28f * p->cupid * pst_bellf(u, 0.13f) +
				    0.12f * p->cupid * pst_bellf(fabsf(u) - 0.28f, 0.15f);
			float top = line - p->lip_upper * powf(across, 0.75f) * bow;
			float low = line + p->lip_lower * powf(across, 0.62f);
			float lip = pst_stepf(top - soft, top + soft, y) *
				    pst_stepf(low + soft, low - soft, y) *
				    pst_stepf(0, 0.12f, across);
			struct pst_canvas_point *point = pst_canvas_at(canvas, i, j);
			float grooves = 0.06f * pst_grain_noise(p->key + 30, x * 45, y * 6);
			float upper = y < line ? 0.86f : 1.04f;
			pst_canvas_tint(point, pst_colour_scale(p->lip_colour, upper + grooves),
				lip * (0.75f + 0.2f * p->lip_paint));
			float seam = pst_bellf(y - line, 0.011f + 0.004f * across) *
				     pst_stepf(1.12f, 0.9f, fabsf(u));
			pst_canvas_tint(point, dark, 0.85f * seam);
			float corner =
				pst_bellf(fabsf(u) - 1.02f, 0.06f) * pst_bellf(y - line, 0.02f);
			pst_canvas_tint(point, dark, 0.4f * corner);
		}
	}
}

struct eye_place {
	float u;	    /* -1 inner corner .. 1 outer corner */
	float across;	    /* 1 in the middle, 0 at the corners */
	float v;	    /* down from the line between the corners */
	float upper, lower; /* v of the lids' edges */
	float x;	    /* outward from the middle of the eye */
};

static struct eye_place eye_place(const struct pst_identity *p, float x, float y)
{
	struct eye_place e;
	e.x = fabsf(x) - p->eye_x;
	e.v = y + p->eye_tilt * e.x;
	e.u = e.x / p->eye_width;
	e.across = pst_clampf(1 - e.u * e.u, 0, 1);
	float skew = 1 - 0.18f * e.u;
	e.upper = -p->eye_open * 1.15f * powf(e.across, 0.72f) * skew;
	e.lower = p->eye_open * 0.80f * powf(e.across, 0.85f) * (2 - skew);
	return e;
}

static void paint_eyeball(const struct pst_identity *p, struct pst_canvas_point *point,
	const struct eye_place *e, float x, float cover)
{
	struct pst_colour white =
		pst_colour_mix((struct pst_colour){0.80f, 0.77f, 0.74f}, p->skin, 0.35f);
	float shade = 0.72f + 0.28f * pst_stepf(0, 1.1f * p->eye_open, e->v - e->upper);
	shade *= 1 - 0.22f * pst_stepf(0.55f, 1, fabsf(e->u));
	pst_canvas_tint(point, pst_colour_scale(white, shade), cover);
	float iy = e->v + 0.12f * p->eye_open;
	float r = sqrtf(e->x * e->x + iy * iy);
	float iris = pst_stepf(p->iris + 0.007f, p->iris - 0.007f, r) * cover;
	float angle = atan2f(iy, e->x);
	float rays = 0.85f + 0.25f * pst_grain_noise(p->key + 40, angle * 5, r * 20);
	float rim = 1 - 0.55f * pst_stepf(0.7f * p->iris, p->iris, r);
	pst_canvas_tint(
		point, pst_colour_scale(p->iris_colour, rays * rim * (0.7f + 0.3f * shade)), iris);
	float pupil = pst_stepf(0.027f, 0.017f, r) * cover;
	pst_canvas_tint(point, (struct pst_colour){0.03f, 0.03f, 0.03f}, pupil);
	float side = x > 0 ? e->x : -e->x;
	float dx = side + 0.018f, dy = iy + 0.020f;
	float glint = pst_stepf(0.016f, 0.008f, sqrtf(dx * dx + dy * dy)) * cover;
	pst_canvas_tint(point, (struct pst_colour){0.95f, 0.96f, 0.97f}, 0.85f * glint);
}

static void paint_lids(
	const struct pst_identity *p, struct pst_canvas_point *point, const struct eye_place *e)
{
	struct pst_colour dark = {p->skin.r * 0.30f, p->skin.g * 0.22f, p->skin.b * 0.20f};
	struct pst_colour lash = pst_colour_mix(p->brow_colour,
		(struct pst_colour){0.04f, 0.03f, 0.03f}, 0.4f + 0.6f * p->eye_paint);
	float inside = pst_stepf(1.10f, 0.95f, fabsf(e->u));
	float thick = 0.013f + 0.012f * p->eye_paint;
	float wing = 0.5f + 0.5f * pst_stepf(-0.8f, 0.6f, e->u);
	pst_canvas_tint(
		point, lash, 0.9f * inside * wing * pst_bellf(e->v - e->upper, thick * 0.75f));
	float wet = pst_bellf(e->v - e->lower, 0.010f) * inside;
	pst_canvas_tint(point, dark, (0.35f + 0.3f * p->eye_paint) * wet);
	float fold = e->upper - (0.020f + 0.045f * p->lid_fold) * (0.5f + 0.5f * e->across);
	float deep = 0.55f * pst_stepf(0.15f, 0.5f, p->lid_fold);
	pst_canvas_tint(point, dark,
		deep * pst_bellf(e->v - fold, 0.010f) * pst_stepf(1.25f, 0.9f, fabsf(e->u)));
	float duct = pst_bellf(e->u + 0.95f, 0.08f) * pst_bellf(e->v, 0.014f);
	pst_canvas_tint(point, (struct pst_colour){0.72f, 0.45f, 0.42f}, 0.6f * duct);
}

void pst_head_paint_eyes(struct pst_canvas *canvas, const struct pst_identity *p)
{
	float reach = p->eye_x + p->eye_width * 1.5f;
	struct pst_canvas_area area = pst_canvas_area(canvas, -reach, -0.25f, reach, 0.25f);
	float soft = 0.7f / canvas->scale + 0.002f;
	for (int j = area.y0; j < area.y1; j++) {
		float y = pst_canvas_y(canvas, j);
		for (int i = area.x0; i < area.x1; i++) {
			float x = pst_canvas_x(canvas, i);
			struct eye_place e = eye_place(p, x, y);
			if (fabsf(e.u) > 1.4f) {
				continue;
			}
			struct pst_canvas_point *point = pst_canvas_at(canvas, i, j);
			float cover = pst_stepf(e.upper - soft, e.upper + soft, e.v) *
				      pst_stepf(e.lower + soft, e.lower - soft, e.v) *
				      (e.across > 0 ? 1 : 0);
			if (cover > 0) {
				paint_eyeball(p, point, &e, x, cover);
			}
			paint_lids(p, point, &e);
		}
	}
}

void pst_head_paint_brows(struct pst_canvas *canvas, const struct pst_identity *p)
{
	float end = p->brow_gap + 2 * p->brow_width;
	struct pst_canvas_area area = pst_canvas_area(
		canvas, -end - 0.1f, p->brow_y - 0.25f, end + 0.1f, p->brow_y + 0.25f);
	for (int j = area.y0; j < area.y1; j++) {
		float y = pst_canvas_y(canvas, j);
		for (int i = area.x0; i < area.x1; i++) {
			float x = pst_canvas_x(canvas, i);
			float u = (fabsf(x) - p->brow_gap) / p->brow_width - 1;
			if (fabsf(u) > 1.15f) {
				continue;
			}
			float middle = p->brow_y - p->brow_tilt * 0.2f * u -
				       p->brow_arch * (1 - 1.2f * (u - 0.25f) * (u - 0.25f));
			float thick = p->brow_thick * (1 - 0.55f * pst_stepf(-0.2f, 1.1f, u)) *
				      (0.8f + 0.2f * pst_stepf(-1.1f, -0.5f, u));
			float off = (y - middle) / thick;
			float hair = pst_grain_noise(
				p->key + 50, (x + (x > 0 ? y : -y)) * 55, y * 22 + fabsf(x) * 14);
			float body = pst_stepf(1.25f, 0.55f, fabsf(off) + 0.30f * hair);
			float ends = pst_stepf(-1.12f, -0.86f, u + 0.05f * hair) *
				     pst_stepf(1.12f, 0.8f, u);
			float t = body * ends * p->brow_dense * (0.88f + 0.12f * hair);
			pst_canvas_tint(
				pst_canvas_at(canvas, i, j), p->brow_colour, pst_clampf(t, 0, 1));
		}
	}
}

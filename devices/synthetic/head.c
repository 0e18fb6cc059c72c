/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/head.h"

#include "devices/synthetic/grain.h"

#define CHEEK_Y 0.12f
#define TEMPLE_Y (-0.42f)

float pst_head_width_at(const struct pst_identity *p, float y)
{
	if (y <= p->crown_y || y >= p->chin_y) {
		return 0;
	}
	if (y < TEMPLE_Y) {
		float t = (TEMPLE_Y - y) / (TEMPLE_Y - p->crown_y);
		return p->temple * sqrtf(1 - powf(t, 2.3f));
	}
	if (y < CHEEK_Y) {
		return pst_mixf(p->temple, p->cheek, pst_stepf(TEMPLE_Y, CHEEK_Y, y));
	}
	float t = (y - CHEEK_Y) / (p->chin_y - CHEEK_Y);
	float square = 1.4f + 7.5f * (p->jaw / p->cheek - 0.7f);
	return pst_mixf(p->cheek, p->chin_width, powf(t, square)) *
	       sqrtf(1 - powf(t, p->chin_round));
}

/* How far the middle of the face stands out at height y. */
static float profile(const struct pst_identity *p, float y)
{
	float depth = 0.93f - 0.05f * pst_stepf(-0.3f, 0.9f, y);
	if (y < -0.35f) {
		float t = (-0.35f - y) / (-0.35f - p->crown_y);
		depth *= sqrtf(pst_clampf(1 - powf(t, 2.6f), 0, 1));
	}
	float low = 0.3f + 0.4f * p->chin_y;
	if (y > low) {
		float t = (y - low) / (p->chin_y - low);
		depth *= sqrtf(pst_clampf(1 - t * t * t * t, 0, 1));
	}
	return depth;
}

static float nose_at(const struct pst_identity *p, float x, float y)
{
	float root = -0.06f, tip = p->nose_y - 0.10f - p->nose_turn, base = p->nose_y + 0.02f;
	if (y < root - 0.3f || y > base + 0.2f || fabsf(x) > 0.5f) {
		return 0;
	}
	float t = pst_clampf((y - root) / (tip - root), 0, 1);
	float rise =
		p->nose_out * powf(t, 1.25f) + 0.02f * pst_stepf(root - 0.25f, root + 0.05f, y);
	rise += p->nose_hump * pst_bellf(t - 0.45f, 0.2f) * pst_stepf(0, 0.3f, t);
	if (y > tip) {
		float s = (y - tip) / (base + 0.05f - tip);
		rise *= pst_clampf(1 - s * s, 0, 1);
	}
	float half = pst_mixf(p->nose_bridge, p->nose_tip, t * t);
	float ridge = rise * expf(-powf(fabsf(x) / half, 2.4f) * 0.6f);
	float wing_y = p->nose_y - 0.065f;
	float wing = 0.5f * p->nose_out * pst_bellf(fabsf(x) - (p->nose_wing - 0.055f), 0.042f) *
		     pst_bellf(y - wing_y, 0.05f);
	float ball = 0.05f * pst_bellf(x, p->nose_tip * 0.75f) * pst_bellf(y - tip, 0.06f);
	return ridge + wing + ball;
}

static float mouth_relief(const struct pst_identity *p, float x, float y)
{
	float u = x / p->mouth_width;
	if (fabsf(x) > 0.9f || fabsf(y - p->mouth_y) > 0.6f) {
		return 0;
	}
	float line = p->mouth_y - p->mouth_bend * u * u;
	float across = pst_clampf(1 - u * u, 0, 1);
	float z = 0.03f * pst_bellf(y - (line - 0.5f * p->lip_upper), 0.6f * p->lip_upper) * across;
	z += 0.05f * pst_bellf(y - (line + 0.5f * p->lip_lower), 0.55f * p->lip_lower) * across;
	z -= 0.03f * pst_bellf(y - line, 0.014f) * pst_bellf(u, 0.7f);
	z -= 0.02f * pst_bellf(fabsf(u) - 1.05f, 0.12f) * pst_bellf(y - line, 0.05f);
	z -= 0.045f * pst_bellf(y - (line + p->lip_lower + 0.055f), 0.035f) * pst_bellf(x, 0.2f);
	float between = 0.5f * (p->nose_y + line - p->lip_upper);
	z -= 0.014f * pst_bellf(x, 0.035f) * pst_bellf(y - between, 0.06f);
	return z + 0.05f * pst_bellf(x, 0.26f) * pst_bellf(y - line, 0.16f);
}

static float eye_relief(const struct pst_identity *p, float ax, float y)
{
	float dx = ax - p->eye_x;
	float z = -p->socket * pst_bellf(dx, 0.17f) * pst_bellf(y + 0.02f, 0.10f);
	z -= 0.35f * p->socket * pst_bellf(ax - 0.13f, 0.06f) * pst_bellf(y + 0.02f, 0.09f);
	z += 0.055f * pst_bellf(dx, 0.11f) * pst_bellf(y, 0.075f);
	z += p->brow_ridge * pst_bellf(y - (p->brow_y + 0.05f), 0.07f) *
	     pst_bellf(ax - 0.33f, 0.22f);
	float bag = 0.09f + p->eye_open;
	z += 0.028f * p->bags * pst_bellf(dx, 0.13f) * pst_bellf(y - bag, 0.035f);
	z -= 0.024f * p->bags * pst_bellf(dx, 0.14f) * pst_bellf(y - bag - 0.075f, 0.022f);
	return z;
}

static float cheek_relief(const struct pst_identity *p, float ax, float y)
{
	float z = p->cheekbone * pst_bellf(ax - 0.46f, 0.15f) * pst_bellf(y - 0.24f, 0.10f);
	z -= p->hollow_cheek * pst_bellf(ax - 0.44f, 0.12f) * pst_bellf(y - 0.58f, 0.16f);
	z += p->chubby * pst_bellf(ax - 0.38f, 0.17f) * pst_bellf(y - 0.45f, 0.18f);
	float chin = p->chin_y - 0.17f;
	z += p->chin_out * pst_bellf(ax, 0.17f) * pst_bellf(y - chin, 0.10f);
	z -= 0.05f * p->chin_cleft * pst_bellf(ax, 0.022f) * pst_bellf(y - chin, 0.06f);
	/* the fold from the wing of the nose past the corner of the mouth */
	float from = p->nose_y - 0.06f, to = p->mouth_y + 0.08f;
	float t = (y - from) / (to - from);
	float ends = pst_stepf(-0.2f, 0.15f, t) * pst_stepf(1.4f, 0.9f, t);
	if (ends > 0) {
		float fold = pst_mixf(p->nose_wing + 0.02f, p->mouth_width + 0.09f, t);
		float deep = (0.006f + 0.035f * p->age) * ends;
		z -= deep * pst_bellf(ax - fold, 0.022f + 0.01f * p->age);
		z += 0.6f * deep * pst_bellf(ax - fold - 0.06f, 0.05f);
	}
	return z;
}

static float wrinkles(const struct pst_identity *p, float x, float y)
{
	float old = pst_stepf(0.4f, 1.0f, p->age);
	if (old <= 0) {
		return 0;
	}
	float ax = fabsf(x);
	float wave = y * 62 + 1.6f * pst_grain_noise(p->key + 9, x * 3, y * 2) - 3 * x * x;
	float lines = pst_clampf(sinf(wave) - 0.55f, 0, 1) * pst_bellf(y + 0.46f, 0.09f) *
		      pst_stepf(0.55f, 0.3f, ax);
	float frown = pst_bellf(ax - 0.06f, 0.012f) * pst_bellf(y + 0.17f, 0.06f);
	float crow = 0;
	float dx = ax - (p->eye_x + p->eye_width);
	if (dx > 0 && dx < 0.2f) {
		float fan = y / (dx + 0.08f) * 9;
		crow = pst_clampf(sinf(fan) - 0.4f, 0, 1) * pst_bellf(dx - 0.08f, 0.04f) *
		       pst_bellf(y, 0.08f);
	}
	return -old * (0.022f * lines + 0.016f * frown + 0.02f * crow);
}

static void shape_ears(struct pst_canvas *canvas, const struct pst_identity *p)
{
	float tall = 0.30f * p->ear_size, wide = p->ear_out + 0.05f, middle = 0.20f;
	float inner = pst_head_width_at(p, middle);
	struct pst_canvas_area area =
		pst_canvas_area(canvas, -inner - 0.3f, middle - tall, inner + 0.3f, middle + tall);
	for (int j = area.y0; j < area.y1; j++) {
		float y = pst_canvas_y(canvas, j), v = (y - middle) / tall;
		for (int i = area.x0; i < area.x1; i++) {
			float x = pst_canvas_x(canvas, i);
			float u = (fabsf(x) - inner + 0.03f + 0.04f * v) / (wide * (1 - 0.25f * v));
			float r = sqrtf(u * u + v * v);
			float cover = pst_clampf((1 - r) * wide * canvas->scale, 0, 1);
			if (cover > 0) {
				struct pst_canvas_point *point = pst_canvas_at(canvas, i, j);
				point->cover = cover;
				point->z = 0.04f + 0.09f * pst_bellf(r - 0.8f, 0.16f) -
					   0.05f * pst_bellf(r - 0.45f, 0.2f);
			}
		}
	}
}

static float depth_at(const struct pst_identity *p, float x, float y, float width, float depth)
{
	float ax = fabsf(x), across = pst_clampf(1 - powf(ax / width, 2.5f), 0, 1);
	float relief = nose_at(p, x, y) + mouth_relief(p, x, y) + eye_relief(p, ax, y) +
		       cheek_relief(p, ax, y) + wrinkles(p, x, y);
	return depth * sqrtf(across) + relief * pst_stepf(0, 0.3f, across);
}

float pst_head_depth_at(const struct pst_identity *p, float x, float y)
{
	float width = pst_head_width_at(p, y);
	return width > 0 ? depth_at(p, x, y, width, profile(p, y)) : 0;
}

void pst_head_shape(struct pst_canvas *canvas, const struct pst_identity *p)
{
	shape_ears(canvas, p);
	for (int j = 0; j < canvas->height; j++) {
		float y = pst_canvas_y(canvas, j), width = pst_head_width_at(p, y);
		if (width <= 0) {
			continue;
		}
		float slope = (pst_head_width_at(p, y + 0.01f) - width) * 100;
		float sharp = canvas->scale / sqrtf(1 + slope * slope), depth = profile(p, y);
		struct pst_canvas_area row =
			pst_canvas_area(canvas, -width - 0.02f, y, width + 0.02f, y);
		for (int i = row.x0; i < row.x1; i++) {
			float x = pst_canvas_x(canvas, i);
			float cover = pst_clampf((width - fabsf(x)) * sharp + 0.5f, 0, 1);
			float z = depth_at(p, x, y, width, depth);
			struct pst_canvas_point *point = pst_canvas_at(canvas, i, j);
			point->z = pst_mixf(point->z, z, cover);
			point->cover = point->cover > cover ? point->cover : cover;
		}
	}
}

void pst_head_model(struct pst_canvas *canvas, const struct pst_identity *p)
{
	pst_canvas_clear(canvas);
	pst_head_shape(canvas, p);
	pst_head_paint_skin(canvas, p);
	pst_head_paint_mouth(canvas, p);
	pst_canvas_shade_hollows(canvas, 0.05f, 4.0f);
	pst_head_paint_eyes(canvas, p);
	pst_head_paint_brows(canvas, p);
	pst_head_grow_beard(canvas, p);
	pst_head_grow_hair(canvas, p);
	pst_head_put_glasses(canvas, p);
}

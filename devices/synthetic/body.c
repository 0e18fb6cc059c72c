/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/body.h"

#include "devices/synthetic/grain.h"
#include "devices/synthetic/head.h"

struct clothes {
	struct pst_colour cloth, shirt;
	float neck;	/* half width, dm */
	float shoulder; /* half width, dm */
	float collar_y; /* where the clothes begin at the throat */
	float vee;	/* how deep the front opens, dm */
};

static struct clothes clothes_of(const struct pst_identity *p)
{
	struct pst_grain g = {pst_grain_mix(p->key + 900)};
	struct clothes c;
	float dark = pst_grain_between(&g, 0.25f, 1);
	c.cloth = (struct pst_colour){pst_grain_between(&g, 0.12f, 0.75f) * dark,
		pst_grain_between(&g, 0.12f, 0.70f) * dark,
		pst_grain_between(&g, 0.12f, 0.80f) * dark};
	float pale = pst_grain_between(&g, 0.6f, 0.92f);
	c.shirt = (struct pst_colour){pale, pale * pst_grain_between(&g, 0.9f, 1), pale};
	c.neck = p->jaw * pst_mixf(0.66f, 0.84f, p->manly);
	c.shoulder = pst_mixf(1.75f, 2.25f, p->manly) * (0.7f + 0.3f * p->cheek / 0.7f);
	c.collar_y = p->chin_y + pst_grain_between(&g, 0.28f, 0.45f);
	c.vee = pst_grain_between(&g, 0, 1) < 0.5f ? pst_grain_between(&g, 0.5f, 1.3f) : 0;
	return c;
}

static void model_point(const struct clothes *c, const struct pst_identity *p,
	struct pst_canvas_point *point, float x, float y, float scale)
{
	float ax = fabsf(x), base = p->chin_y + 0.45f;
	float flare = pst_stepf(base - 0.35f, base + 0.25f, y) * fminf(y - base + 0.35f, 0.8f);
	float neck = c->neck + 0.5f * flare;
	float in_neck = pst_clampf((neck - ax) * scale + 0.5f, 0, 1);
	float t = pst_clampf((ax - c->neck) / (c->shoulder - c->neck), 0, 1);
	float slope = base - 0.08f + 0.42f * t + 0.9f * powf(t, 6);
	float arm = c->shoulder;
	float in_body = pst_clampf((y - slope) * scale * 0.8f + 0.5f, 0, 1) *
			pst_clampf((arm - ax) * scale + 0.5f, 0, 1);
	float cover = fmaxf(in_neck, in_body);
	if (cover <= 0) {
		return;
	}
	float throat =
		c->collar_y + 0.12f * (1 - ax / (c->neck + 0.1f)) * (ax < c->neck + 0.1f ? 1 : 0);
	float skin = pst_stepf(0.02f, -0.02f, y - throat) * in_neck;
	float shade = 1 - 0.45f * pst_stepf(p->chin_y + 0.55f, p->chin_y - 0.1f, y);
	float fold = 0.09f * pst_grain_fractal(p->key + 91, x * 1.1f + 0.3f * y, y * 0.8f);
	float weave = 0.02f * pst_grain_noise(p->key + 92, x * 28, y * 28);
	struct pst_colour wear = c->cloth;
	if (c->vee > 0) {
		float open = (c->collar_y + c->vee - y) * 0.42f;
		wear = pst_colour_mix(wear, c->shirt, pst_stepf(0.01f, -0.01f, ax - open));
		wear = pst_colour_scale(
			wear, 1 - 0.35f * pst_bellf(ax - open, 0.025f) * (open > 0 ? 1 : 0));
	} else {
		wear = pst_colour_scale(wear, 1 - 0.3f * pst_bellf(y - throat - 0.07f, 0.02f));
	}
	struct pst_colour colour = pst_colour_mix(
		pst_colour_scale(wear, 1 + fold + weave), pst_colour_scale(p->skin, shade), skin);
	pst_canvas_lay(point, colour, cover);
	float round = skin > 0.5f ? ax / (c->neck + 0.02f) : ax / (arm + 0.05f);
	point->z = (skin > 0.5f ? 0.35f : 0.6f) * sqrtf(pst_clampf(1 - round * round, 0, 1)) +
		   0.4f * fold;
}

void pst_body_model(struct pst_canvas *canvas, const struct pst_identity *p)
{
	struct clothes clothes = clothes_of(p);
	pst_canvas_clear(canvas);
	for (int j = 0; j < canvas->height; j++) {
		float y = pst_canvas_y(canvas, j);
		for (int i = 0; i < canvas->width; i++) {
			model_point(&clothes, p, pst_canvas_at(canvas, i, j),
				pst_canvas_x(canvas, i), y, canvas->scale);
		}
	}
}

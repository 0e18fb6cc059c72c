/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/backdrop.h"

#include "devices/synthetic/grain.h"

#define PANELS 7

struct panel {
	float left, right, top, bottom; /* in picture heights */
	float soft;
	struct pst_colour colour;
};

static void place_panels(struct pst_grain *g, struct panel panels[PANELS], float wide)
{
	for (int i = 0; i < PANELS; i++) {
		struct panel *panel = &panels[i];
		panel->left = pst_grain_between(g, -0.2f, wide);
		panel->right = panel->left + pst_grain_between(g, 0.08f, 0.5f);
		panel->top = pst_grain_between(g, -0.3f, 0.6f);
		panel->bottom = panel->top + pst_grain_between(g, 0.2f, 1.2f);
		panel->soft = pst_grain_between(g, 0.008f, 0.03f);
		float level = pst_grain_between(g, 0.42f, 0.86f);
		panel->colour = (struct pst_colour){level * pst_grain_between(g, 0.92f, 1),
			level * pst_grain_between(g, 0.94f, 1),
			level * pst_grain_between(g, 0.92f, 1.05f)};
	}
}

static void put_pixel(const struct pst_picture *picture, int x, int y, struct pst_colour c)
{
	uint8_t *out = picture->rgb + (size_t)y * picture->stride + (size_t)x * 3;
	out[0] = (uint8_t)(255 * pst_clampf(c.r, 0, 1));
	out[1] = (uint8_t)(255 * pst_clampf(c.g, 0, 1));
	out[2] = (uint8_t)(255 * pst_clampf(c.b, 0, 1));
}

void pst_backdrop_paint(uint64_t key, const struct pst_picture *picture)
{
	struct pst_grain g = {pst_grain_mix(key + 1)};
	struct panel panels[PANELS];
	float unit = 1 / (float)picture->height;
	place_panels(&g, panels, (float)picture->width * unit);
	struct pst_colour wall = {pst_grain_between(&g, 0.60f, 0.74f),
		pst_grain_between(&g, 0.62f, 0.74f), pst_grain_between(&g, 0.62f, 0.78f)};
	for (int j = 0; j < picture->height; j++) {
		float y = (float)j * unit;
		for (int i = 0; i < picture->width; i++) {
			float x = (float)i * unit;
			struct pst_colour c = wall;
			for (int k = 0; k < PANELS; k++) {
				const struct panel *p = &panels[k];
				float inside = pst_stepf(-p->soft, p->soft,
					fminf(fminf(x - p->left, p->right - x),
						fminf(y - p->top, p->bottom - y)));
				c = pst_colour_mix(c, p->colour, 0.75f * inside);
			}
			float light = 1.06f - 0.22f * y +
				      0.04f * pst_grain_noise((uint32_t)key, x * 3, y * 3);
			put_pixel(picture, i, j, pst_colour_scale(c, light));
		}
	}
}

void pst_backdrop_paint_plain(uint64_t key, const struct pst_picture *picture)
{
	struct pst_grain g = {pst_grain_mix(key + 2)};
	float level = pst_grain_between(&g, 0.68f, 0.86f),
	      tint = pst_grain_between(&g, -0.03f, 0.03f);
	float unit = 1 / (float)picture->height;
	for (int j = 0; j < picture->height; j++) {
		for (int i = 0; i < picture->width; i++) {
			float light = level + 0.06f * pst_grain_noise((uint32_t)key,
							      (float)i * unit, (float)j * unit);
			put_pixel(picture, i, j,
				(struct pst_colour){light + tint, light, light - tint});
		}
	}
}

void pst_noise_fill(struct pst_noise *noise, uint64_t key)
{
	struct pst_grain g = {pst_grain_mix(key + 3)};
	for (uint32_t i = 0; i < PST_NOISE_SIZE; i += 3) {
		float grey = 1.3f * pst_grain_normal(&g);
		for (uint32_t k = i; k < i + 3 && k < PST_NOISE_SIZE; k++) {
			noise->steps[k] = (int8_t)lroundf(grey + 0.6f * pst_grain_normal(&g));
		}
	}
	for (uint32_t i = 0; i < PST_NOISE_TAIL; i++) {
		noise->steps[PST_NOISE_SIZE + i] = noise->steps[i];
	}
}

void pst_noise_add(const struct pst_noise *noise, uint64_t key, const struct pst_picture *picture)
{
	for (int j = 0; j < picture->height; j++) {
		uint64_t at = pst_grain_mix(key + (uint64_t)j) % (PST_NOISE_SIZE / 3) * 3;
		const int8_t *steps = noise->steps + at;
		uint8_t *row = picture->rgb + (size_t)j * picture->stride;
		for (int i = 0; i < picture->width * 3; i++) {
			int16_t value = (int16_t)(row[i] + steps[i]);
			value = value < 0 ? 0 : value;
			row[i] = (uint8_t)(value > 255 ? 255 : value);
		}
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/canvas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int pst_canvas_init(
	struct pst_canvas *canvas, float scale, float left, float top, float right, float bottom)
{
	*canvas = (struct pst_canvas){.scale = scale, .left = left, .top = top};
	canvas->width = (int)ceilf((right - left) * scale);
	canvas->height = (int)ceilf((bottom - top) * scale);
	size_t count = (size_t)canvas->width * (size_t)canvas->height;
	canvas->points = calloc(count, sizeof(*canvas->points));
	canvas->scratch = calloc(count, 2 * sizeof(*canvas->scratch));
	if (!canvas->points || !canvas->scratch) {
		pst_canvas_finish(canvas);
		return -ENOMEM;
	}
	return 0;
}

void pst_canvas_finish(struct pst_canvas *canvas)
{
	free(canvas->points);
	free(canvas->scratch);
	*canvas = (struct pst_canvas){0};
}

void pst_canvas_clear(struct pst_canvas *canvas)
{
	memset(canvas->points, 0,
		(size_t)canvas->width * (size_t)canvas->height * sizeof(*canvas->points));
}

struct pst_canvas_area pst_canvas_area(
	const struct pst_canvas *canvas, float left, float top, float right, float bottom)
{
	struct pst_canvas_area area = {
		(int)floorf((left - canvas->left) * canvas->scale),
		(int)floorf((top - canvas->top) * canvas->scale),
		(int)ceilf((right - canvas->left) * canvas->scale),
		(int)ceilf((bottom - canvas->top) * canvas->scale),
	};
	area.x0 = area.x0 < 0 ? 0 : area.x0;
	area.y0 = area.y0 < 0 ? 0 : area.y0;
	area.x1 = area.x1 > canvas->width ? canvas->width : area.x1;
	area.y1 = area.y1 > canvas->height ? canvas->height : area.y1;
	return area;
}

/* Running mean over 2 * reach + 1 values, step apart; the ends repeat. */
static void blur_line(const float *from, float *to, int count, size_t step, int reach)
{
	float sum = from[0] * (float)(reach + 1);
	for (int i = 0; i < reach; i++) {
		sum += from[(size_t)(i < count ? i : count - 1) * step];
	}
	for (int i = 0; i < count; i++) {
		int ahead = i + reach < count ? i + reach : count - 1;
		int behind = i - reach - 1 > 0 ? i - reach - 1 : 0;
		sum += from[(size_t)ahead * step];
		if (i > 0) {
			sum -= from[(size_t)behind * step];
		} else {
			sum -= from[0];
		}
		to[(size_t)i * step] = sum / (float)(2 * reach + 1);
	}
}

void pst_canvas_shade_hollows(struct pst_canvas *canvas, float radius, float strength)
{
	size_t width = (size_t)canvas->width, count = width * (size_t)canvas->height;
	float *a = canvas->scratch, *b = canvas->scratch + count;
	int reach = (int)lroundf(radius * canvas->scale);
	reach = reach < 1 ? 1 : reach;
	for (size_t i = 0; i < count; i++) {
		a[i] = canvas->points[i].z;
	}
	for (int pass = 0; pass < 2; pass++) {
		for (int y = 0; y < canvas->height; y++) {
			blur_line(a + (size_t)y * width, b + (size_t)y * width, canvas->width, 1,
				reach);
		}
		for (int x = 0; x < canvas->width; x++) {
			blur_line(b + x, a + x, canvas->height, width, reach);
		}
	}
	for (size_t i = 0; i < count; i++) {
		struct pst_canvas_point *point = &canvas->points[i];
		float hollow = pst_clampf((a[i] - point->z) * strength, -0.12f, 0.45f);
		point->r *= 1 - hollow;
		point->g *= 1 - hollow * 1.05f;
		point->b *= 1 - hollow * 1.08f;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/chip.h"

#include <math.h>
#include <stdlib.h>

static uint32_t channels(uint32_t format)
{
	return format == PST_PIXELS_GREY8 ? 1 : 3;
}

static void put(struct pst_image *image, uint8_t *at, const float rgb[3])
{
	if (image->format == PST_PIXELS_GREY8) {
		*at = (uint8_t)(0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2] + 0.5f);
		return;
	}
	for (int c = 0; c < 3; c++) {
		at[image->format == PST_PIXELS_BGR24 ? 2 - c : c] = (uint8_t)(rgb[c] + 0.5f);
	}
}

static uint8_t *make(struct pst_image *image, uint32_t width, uint32_t height, uint32_t format)
{
	uint8_t *pixels = calloc((size_t)width * height, channels(format));

	*image = (struct pst_image){
		.size = sizeof(*image),
		.format = format,
		.width = width,
		.height = height,
		.stride = width * channels(format),
		.pixels = pixels,
	};
	return pixels;
}

void chip_scale(const uint8_t *rgb, uint32_t width, uint32_t height, uint32_t size,
	uint32_t multiple, uint32_t format, struct pst_image *ret_image, float *ret_scale)
{
	uint32_t longer = width > height ? width : height;
	float scale = longer > size ? (float)size / (float)longer : 1.0f;
	uint32_t w = (uint32_t)((float)width * scale), h = (uint32_t)((float)height * scale);
	uint8_t *out = make(ret_image, (w + multiple - 1) / multiple * multiple,
		(h + multiple - 1) / multiple * multiple, format);

	for (uint32_t y = 0; y < h; y++) {
		uint32_t top = (uint32_t)((float)y / scale),
			 end = (uint32_t)((float)(y + 1) / scale);

		end = end > height ? height : end > top ? end : top + 1;
		for (uint32_t x = 0; x < w; x++) {
			uint32_t left = (uint32_t)((float)x / scale);
			uint32_t right = (uint32_t)((float)(x + 1) / scale);
			float sum[3] = {0}, count = 0;

			right = right > width ? width : right > left ? right : left + 1;
			for (uint32_t v = top; v < end; v++) {
				for (uint32_t u = left; u < right; u++, count++) {
					const uint8_t *p = rgb + ((size_t)v * width + u) * 3;

					for (int c = 0; c < 3; c++) {
						sum[c] += p[c];
					}
				}
			}
			for (int c = 0; c < 3; c++) {
				sum[c] /= count;
			}
			put(ret_image, out + (size_t)y * ret_image->stride + x * channels(format),
				sum);
		}
	}
	*ret_scale = scale;
}

/* From chip to picture: x' = a x - b y + tx, y' = b x + a y + ty, least squares. */
static void solve(const struct pst_point *from, const struct pst_point *to, float ret[4])
{
	float fx = 0, fy = 0, tx = 0, ty = 0, dot = 0, cross = 0, square = 0;

	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		fx += from[i].x / PST_LANDMARK_COUNT;
		fy += from[i].y / PST_LANDMARK_COUNT;
		tx += to[i].x / PST_LANDMARK_COUNT;
		ty += to[i].y / PST_LANDMARK_COUNT;
	}
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		float x = from[i].x - fx, y = from[i].y - fy;
		float u = to[i].x - tx, v = to[i].y - ty;

		dot += x * u + y * v;
		cross += x * v - y * u;
		square += x * x + y * y;
	}
	ret[0] = dot / square;
	ret[1] = cross / square;
	ret[2] = tx - ret[0] * fx + ret[1] * fy;
	ret[3] = ty - ret[1] * fx - ret[0] * fy;
}

static void sample(const uint8_t *rgb, int width, int height, float x, float y, float sum[3])
{
	int left = (int)floorf(x), top = (int)floorf(y);
	float u = x - (float)left, v = y - (float)top;

	for (int corner = 0; corner < 4; corner++) {
		int cx = left + (corner & 1), cy = top + (corner >> 1);
		float weight = ((corner & 1) ? u : 1 - u) * ((corner >> 1) ? v : 1 - v);

		if (cx >= 0 && cy >= 0 && cx < width && cy < height) {
			const uint8_t *p = rgb + ((size_t)cy * (size_t)width + (size_t)cx) * 3;

			for (int c = 0; c < 3; c++) {
				sum[c] += weight * p[c];
			}
		}
	}
}

void chip_align(const uint8_t *rgb, uint32_t width, uint32_t height,
	const struct pst_point *landmarks, const struct pst_point *reference, uint32_t chip_width,
	uint32_t chip_height, uint32_t format, struct pst_image *ret_image)
{
	uint8_t *out = make(ret_image, chip_width, chip_height, format);
	float m[4];
	int fine;

	solve(reference, landmarks, m);
	fine = (int)ceilf(hypotf(m[0], m[1]));
	fine = fine < 1 ? 1 : fine > 8 ? 8 : fine;
	for (uint32_t y = 0; y < chip_height; y++) {
		for (uint32_t x = 0; x < chip_width; x++) {
			float sum[3] = {0};

			for (int s = 0; s < fine * fine; s++) {
				float cx =
					(float)x + ((float)(s % fine) + 0.5f) / (float)fine - 0.5f;
				float cy =
					(float)y + ((float)(s / fine) + 0.5f) / (float)fine - 0.5f;

				sample(rgb, (int)width, (int)height, m[0] * cx - m[1] * cy + m[2],
					m[1] * cx + m[0] * cy + m[3], sum);
			}
			for (int c = 0; c < 3; c++) {
				sum[c] /= (float)(fine * fine);
			}
			put(ret_image, out + (size_t)y * ret_image->stride + x * channels(format),
				sum);
		}
	}
}

void chip_free(struct pst_image *image)
{
	free((void *)(uintptr_t)image->pixels);
	*image = (struct pst_image){0};
}

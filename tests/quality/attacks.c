/* SPDX-License-Identifier: Apache-2.0 */
#include "attacks.h"

#include <math.h>
#include <string.h>

#include "support/drawn.h"

#define TURN (2 * (float)M_PI)

const char *const attack_names[ATTACK_COUNT] = {
	[ATTACK_NONE] = "person",
	[ATTACK_SCREEN] = "screen",
	[ATTACK_MOIRE] = "screen, moire",
	[ATTACK_HALFTONE] = "print in dots",
	[ATTACK_PAPER] = "print in continuous tone",
	[ATTACK_FINE_SCREEN] = "screen too fine to see",
};

static uint8_t level(float value)
{
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* Stripes of the three colours one beside the other, dark rows between the pixels. */
static void lay_pixels(uint8_t *rgb, uint32_t width, uint32_t height, float pitch, float angle)
{
	float c = cosf(angle) / pitch, s = sinf(angle) / pitch;

	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			uint8_t *pixel = rgb + ((size_t)y * width + x) * 3;
			float u = (float)x * c + (float)y * s, v = (float)y * c - (float)x * s;
			float row = 0.75f + 0.25f * cosf(TURN * v);

			for (int k = 0; k < 3; k++) {
				float stripe = 0.6f + 0.4f * cosf(TURN * (u - (float)k / 3));

				pixel[k] = level(1.5f * (float)pixel[k] * stripe * row);
			}
		}
	}
}

/* Ink in dots that grow with the dark. */
static void lay_dots(uint8_t *rgb, uint32_t width, uint32_t height, float pitch, float angle)
{
	float c = cosf(angle) / pitch, s = sinf(angle) / pitch;

	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			uint8_t *pixel = rgb + ((size_t)y * width + x) * 3;
			float u = (float)x * c + (float)y * s, v = (float)y * c - (float)x * s;
			float raster = 128 + 60 * (cosf(TURN * u) + cosf(TURN * v));

			for (int k = 0; k < 3; k++) {
				float white = 1 / (1 + expf(-0.03f * ((float)pixel[k] - raster)));

				pixel[k] = level(30 + 205 * white);
			}
		}
	}
}

static void soften(uint8_t *rgb, uint8_t *from, uint32_t width, uint32_t height, float part)
{
	size_t row = (size_t)width * 3;

	memcpy(from, rgb, row * height);
	for (size_t i = row + 3; i + row + 3 < row * height; i++) {
		float around = (float)from[i - 3] + from[i + 3] + from[i - row] + from[i + row];

		rgb[i] = level((1 - part) * (float)from[i] + part * around / 4);
	}
}

void attack_draw(enum attack attack, uint64_t key, uint32_t width, uint32_t height, uint8_t *rgb,
	uint8_t *scratch)
{
	float angle = 0.12f * (drawn_number(key) - 0.5f), size = drawn_number(key + 1);

	if (attack == ATTACK_SCREEN) {
		lay_pixels(rgb, width, height, 2.6f + 2.4f * size, angle);
	} else if (attack == ATTACK_MOIRE) {
		lay_pixels(rgb, width, height, 1.25f + 0.6f * size, angle);
	} else if (attack == ATTACK_HALFTONE) {
		lay_dots(rgb, width, height, 3 + 4 * size, (float)M_PI / 4 + angle);
	} else if (attack == ATTACK_PAPER) {
		for (size_t i = 0; i < (size_t)width * height * 3; i++) {
			rgb[i] = level(50 + 0.65f * (float)rgb[i]);
		}
		soften(rgb, scratch, width, height, 0.4f);
	} else if (attack == ATTACK_FINE_SCREEN) {
		soften(rgb, scratch, width, height, 0.3f);
	}
	/* the camera's lens and sensor, whatever stands before it */
	soften(rgb, scratch, width, height, 0.4f);
	for (size_t i = 0; i < (size_t)width * height * 3; i++) {
		float noise = drawn_number(key + 16 + 2 * i) + drawn_number(key + 17 + 2 * i) - 1;

		rgb[i] = level((float)rgb[i] + 6 * noise + 0.5f);
	}
}

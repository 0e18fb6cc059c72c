/* SPDX-License-Identifier: Apache-2.0 */
#include "light.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Standard deviations of the two blurs, px. */
#define SIGMA_FINE 1.0f
#define SIGMA_COARSE 3.0f

static void make_kernel(float *kernel, float sigma)
{
	float sum = 0;

	for (int i = -LIGHT_REACH; i <= LIGHT_REACH; i++) {
		kernel[i + LIGHT_REACH] = expf(-(float)(i * i) / (2 * sigma * sigma));
		sum += kernel[i + LIGHT_REACH];
	}
	for (int i = 0; i <= 2 * LIGHT_REACH; i++) {
		kernel[i] /= sum;
	}
}

void light_init(struct light *light)
{
	for (int i = 0; i < 256; i++) {
		light->gamma[i] = sqrtf(sqrtf((float)i / 255.0f));
	}
	make_kernel(light->fine, SIGMA_FINE);
	make_kernel(light->coarse, SIGMA_COARSE);
}

static int mirrored(int at, int count)
{
	if (at < 0) {
		return -at - 1;
	}
	return at >= count ? 2 * count - 1 - at : at;
}

static void blur(struct light *light, const float *kernel, float *ret_plane)
{
	const int width = (int)CHIP_WIDTH, height = (int)CHIP_HEIGHT;

	for (int y = 0; y < height; y++) {
		const float *row = light->input + (size_t)y * CHIP_WIDTH;

		for (int x = 0; x < width; x++) {
			float sum = 0;

			for (int k = -LIGHT_REACH; k <= LIGHT_REACH; k++) {
				sum += kernel[k + LIGHT_REACH] * row[mirrored(x + k, width)];
			}
			light->rows[(size_t)(y * width + x)] = sum;
		}
	}
	for (int y = 0; y < height; y++) {
		float *out = ret_plane + (size_t)y * CHIP_WIDTH;

		for (int x = 0; x < width; x++) {
			out[x] = 0;
		}
		for (int k = -LIGHT_REACH; k <= LIGHT_REACH; k++) {
			const float *row =
				light->rows + (size_t)mirrored(y + k, height) * CHIP_WIDTH;

			for (int x = 0; x < width; x++) {
				out[x] += kernel[k + LIGHT_REACH] * row[x];
			}
		}
	}
}

void light_normalise(struct light *light, const struct pst_image *chip, float *ret_plane)
{
	for (uint32_t y = 0; y < CHIP_HEIGHT; y++) {
		const uint8_t *row = chip->pixels + (size_t)y * chip->stride;

		for (uint32_t x = 0; x < CHIP_WIDTH; x++) {
			light->input[y * CHIP_WIDTH + x] = light->gamma[row[x]];
		}
	}
	blur(light, light->fine, ret_plane);
	blur(light, light->coarse, light->blurred);
	for (uint32_t i = 0; i < CHIP_PIXELS; i++) {
		ret_plane[i] -= light->blurred[i];
	}
}

void light_wipe(struct light *light)
{
	explicit_bzero(light->input, sizeof(light->input));
	explicit_bzero(light->rows, sizeof(light->rows));
	explicit_bzero(light->blurred, sizeof(light->blurred));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "light.h"

#include <math.h>

#define BLACK 25 /* luma, as ISO/IEC 29794-5 draws the line of under-exposure */
#define WHITE 247
#define GRAIN 25.0F /* variance that a sensor's noise may have */

static bool is_inner(const struct patch *p, uint32_t j, uint32_t i)
{
	return p->luma[j][i] >= 0 && p->luma[j - 1][i] >= 0 && p->luma[j + 1][i] >= 0 &&
	       p->luma[j][i - 1] >= 0 && p->luma[j][i + 1] >= 0;
}

static float laplacian_variance(const struct patch *p)
{
	float sum = 0, squares = 0, count = 0;

	for (uint32_t j = 1; j + 1 < p->rows; j++) {
		for (uint32_t i = 1; i + 1 < p->columns; i++) {
			if (is_inner(p, j, i)) {
				float value = 4 * p->luma[j][i] - p->luma[j - 1][i] -
					      p->luma[j + 1][i] - p->luma[j][i - 1] -
					      p->luma[j][i + 1];

				sum += value;
				squares += value * value;
				count++;
			}
		}
	}
	return count > 0 ? fmaxf(squares / count - sum / count * (sum / count), 0) : 0;
}

static float entropy_of(const uint16_t bins[256], uint32_t count)
{
	float bits = 0;

	for (int i = 0; i < 256; i++) {
		float part = (float)bins[i] / (float)count;

		bits -= part > 0 ? part * log2f(part) : 0;
	}
	return bits;
}

void light_measure(const struct patch *patch, struct light *ret_light)
{
	struct light light = {0};
	uint16_t bins[256] = {0};
	float sum = 0, squares = 0, n, variance;

	for (uint32_t j = 0; j < patch->rows; j++) {
		for (uint32_t i = 0; i < patch->columns; i++) {
			float luma = patch->luma[j][i];

			if (luma >= 0) {
				bins[(uint32_t)(luma + 0.5F)]++;
				sum += luma;
				squares += luma * luma;
				light.under += luma < BLACK;
				light.over += luma > WHITE;
				light.count++;
			}
		}
	}
	if (light.count > 0) {
		n = (float)light.count;
		light.mean = sum / n;
		variance = fmaxf(squares / n - light.mean * light.mean, 0);
		light.deviation = sqrtf(variance);
		light.under /= n;
		light.over /= n;
		light.entropy = entropy_of(bins, light.count);
		light.detail = sqrtf(laplacian_variance(patch) / (variance + GRAIN));
	}
	*ret_light = light;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "spectrum.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define SIDE SPECTRUM_SIDE
#define RINGS (SIDE / 2)
#define RING_FIRST 14 /* below lie the features of a face themselves */
#define RING_FINE 40
#define RING_LAST 60
#define FAINT 1.0F /* power that counts as none, so that black has no peaks */

void spectrum_init(struct spectrum *spectrum)
{
	for (int i = 0; i < SIDE; i++) {
		spectrum->window[i] =
			0.5F - 0.5F * cosf(2 * (float)M_PI * ((float)i + 0.5F) / SIDE);
	}
}

static void swap_order(float re[SIDE], float im[SIDE])
{
	for (int i = 1, j = 0; i < SIDE; i++) {
		int bit = SIDE >> 1;

		for (; j & bit; bit >>= 1) {
			j ^= bit;
		}
		j ^= bit;
		if (i < j) {
			float r = re[i], m = im[i];

			re[i] = re[j];
			im[i] = im[j];
			re[j] = r;
			im[j] = m;
		}
	}
}

/* J. W. Cooley and J. W. Tukey, "An algorithm for the machine calculation of complex Fourier
 * series", 1965: in place, by halves. */
static void transform(float re[SIDE], float im[SIDE])
{
	swap_order(re, im);
	for (int half = 1; half < SIDE; half *= 2) {
		float c = cosf((float)M_PI / (float)half), s = -sinf((float)M_PI / (float)half);

		for (int start = 0; start < SIDE; start += 2 * half) {
			float wr = 1, wi = 0;

			for (int k = start; k < start + half; k++) {
				float r = re[k + half] * wr - im[k + half] * wi;
				float m = re[k + half] * wi + im[k + half] * wr;
				float next = wr * c - wi * s;

				re[k + half] = re[k] - r;
				im[k + half] = im[k] - m;
				re[k] += r;
				im[k] += m;
				wi = wr * s + wi * c;
				wr = next;
			}
		}
	}
}

static void load(struct spectrum *spectrum, const struct pst_image *image)
{
	uint32_t left = (image->width - SIDE) / 2, top = (image->height - SIDE) / 2;
	float sum = 0;

	for (uint32_t y = 0; y < SIDE; y++) {
		const uint8_t *row = image->pixels + (size_t)(top + y) * image->stride + left;

		for (uint32_t x = 0; x < SIDE; x++) {
			spectrum->re[y][x] = row[x];
			sum += row[x];
		}
	}
	for (uint32_t y = 0; y < SIDE; y++) {
		for (uint32_t x = 0; x < SIDE; x++) {
			spectrum->re[y][x] = (spectrum->re[y][x] - sum / (SIDE * SIDE)) *
					     spectrum->window[x] * spectrum->window[y];
		}
	}
	memset(spectrum->im, 0, sizeof(spectrum->im));
}

static void transform_columns(struct spectrum *spectrum)
{
	for (int x = 0; x < SIDE; x++) {
		float re[SIDE], im[SIDE];

		for (int y = 0; y < SIDE; y++) {
			re[y] = spectrum->re[y][x];
			im[y] = spectrum->im[y][x];
		}
		transform(re, im);
		for (int y = 0; y < SIDE; y++) {
			/* from here on the logarithm of the power */
			spectrum->re[y][x] = logf(re[y] * re[y] + im[y] * im[y] + FAINT);
		}
	}
}

static int ring_of(int x, int y)
{
	float fx = (float)(x < SIDE / 2 ? x : x - SIDE), fy = (float)(y < SIDE / 2 ? y : y - SIDE);

	return (int)(sqrtf(fx * fx + fy * fy) + 0.5F);
}

struct reading spectrum_read(struct spectrum *spectrum, const struct pst_image *image)
{
	float mean[RINGS] = {0}, most[RINGS] = {0};
	struct reading reading = {0};
	int count[RINGS] = {0};

	load(spectrum, image);
	for (int y = 0; y < SIDE; y++) {
		transform(spectrum->re[y], spectrum->im[y]);
	}
	transform_columns(spectrum);
	for (int y = 0; y < SIDE; y++) {
		for (int x = 0; x < SIDE; x++) {
			int ring = ring_of(x, y);

			if (ring >= RING_FIRST && ring <= RING_LAST) {
				mean[ring] += spectrum->re[y][x];
				most[ring] = fmaxf(most[ring], spectrum->re[y][x]);
				count[ring]++;
			}
		}
	}
	for (int ring = RING_FIRST; ring <= RING_LAST; ring++) {
		mean[ring] /= (float)count[ring];
		reading.peak = fmaxf(reading.peak, most[ring] - mean[ring]);
	}
	for (int ring = RING_FINE; ring <= RING_LAST; ring++) {
		reading.detail += mean[ring] / (RING_LAST - RING_FINE + 1);
	}
	return reading;
}

void spectrum_wipe(struct spectrum *spectrum)
{
	explicit_bzero(spectrum->re, sizeof(spectrum->re));
	explicit_bzero(spectrum->im, sizeof(spectrum->im));
}

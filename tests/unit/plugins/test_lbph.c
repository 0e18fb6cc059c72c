/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "support/guest.h"

#define WIDTH 96u
#define HEIGHT 112u
#define STRIDE 100u
#define BYTES (6608u * 4u)
#define CANARY 64u

static struct guest guest;
static uint8_t pixels[STRIDE * HEIGHT];
static uint8_t bytes[BYTES + CANARY];
static const struct pst_image chip = {
	.size = sizeof(chip),
	.format = PST_PIXELS_GREY8,
	.width = WIDTH,
	.height = HEIGHT,
	.stride = STRIDE,
	.pixels = pixels,
};

static void start(void)
{
	cr_assert_eq(guest_open(&guest, NULL, "lbph", NULL, NULL), 0);
}

/* A picture of waves, whole numbers only, so that it is the same on every machine. */
static void paint(uint32_t seed)
{
	for (uint32_t y = 0; y < HEIGHT; y++) {
		for (uint32_t x = 0; x < STRIDE; x++) {
			uint32_t wave = (x * x * seed + y * y * 3 + x * y) >> 7;

			pixels[y * STRIDE + x] = (uint8_t)(40 + wave % 171);
		}
	}
}

static int extract(const struct pst_image *image, uint8_t *to, uint32_t cap)
{
	return guest_extractor(&guest)->extract(
		guest.instance, image, &(struct pst_face){0}, PST_ROLE_PROBE, to, cap);
}

static double cosine(const uint8_t *a, const uint8_t *b)
{
	double sum = 0;

	for (size_t i = 0; i < BYTES; i += sizeof(float)) {
		float x, y;

		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		sum += (double)x * (double)y;
	}
	return sum;
}

Test(lbph, declares_what_its_manifest_says)
{
	start();
	cr_assert_eq(guest.entry->kind, PST_PLUGIN_EXTRACTOR);
	cr_assert_str_eq(guest_field(&guest, "id"), guest.entry->id);
	cr_assert_str_eq(guest_field(&guest, "version"), guest.entry->version);
	cr_assert_str_eq(guest_field(&guest, "template"), "{type: float32, dimension: 6608}");
	guest_close(&guest);
}

Test(lbph, fills_its_template_and_not_a_byte_more)
{
	start();
	paint(1);
	memset(bytes, 0xa5, sizeof(bytes));
	cr_assert_eq(extract(&chip, bytes, BYTES), (int)BYTES);
	cr_assert_float_eq(cosine(bytes, bytes), 1, 1e-5);
	for (size_t i = BYTES; i < sizeof(bytes); i++) {
		cr_assert_eq(bytes[i], 0xa5);
	}
	guest_close(&guest);
}

Test(lbph, same_chip_gives_the_same_bytes)
{
	static uint8_t again[BYTES];

	start();
	paint(1);
	cr_assert_eq(extract(&chip, bytes, BYTES), (int)BYTES);
	paint(2);
	cr_assert_eq(extract(&chip, again, BYTES), (int)BYTES);
	cr_assert_neq(memcmp(bytes, again, BYTES), 0);
	cr_assert_lt(cosine(bytes, again), 0.99);
	paint(1);
	cr_assert_eq(extract(&chip, again, BYTES), (int)BYTES);
	cr_assert_arr_eq(bytes, again, BYTES);
	guest_close(&guest);
}

/* Templates of two builds are compared with each other: what they hold is part of the contract,
 * and a change of it needs another version in the manifest, and new calibrations. */
Test(lbph, template_is_the_one_of_this_version)
{
	static const double wanted[] = {896.6037, 1024.5586, 1138.6663};

	start();
	cr_assert_str_eq(guest.entry->version, "1.0.0");
	for (uint32_t seed = 1; seed <= 3; seed++) {
		double sum = 0;

		paint(seed);
		cr_assert_eq(extract(&chip, bytes, BYTES), (int)BYTES);
		for (size_t i = 0; i < BYTES / sizeof(float); i++) {
			float value;

			memcpy(&value, bytes + i * sizeof(value), sizeof(value));
			sum += (double)value * (double)(i * 37 % 101);
		}
		cr_expect_float_eq(sum, wanted[seed - 1], 0.01, "%u: %.4f", seed, sum);
	}
	guest_close(&guest);
}

Test(lbph, half_the_light_hardly_matters)
{
	static uint8_t dim[BYTES];

	start();
	paint(1);
	cr_assert_eq(extract(&chip, bytes, BYTES), (int)BYTES);
	for (size_t i = 0; i < sizeof(pixels); i++) {
		pixels[i] /= 2;
	}
	cr_assert_eq(extract(&chip, dim, BYTES), (int)BYTES);
	cr_assert_gt(cosine(bytes, dim), 0.97);
	guest_close(&guest);
}

Test(lbph, refuses_other_chips_and_too_little_room)
{
	struct pst_image other = chip;

	start();
	paint(1);
	cr_assert_eq(extract(&chip, bytes, BYTES - 1), PST_E_FORMAT);
	other.format = PST_PIXELS_RGB24;
	cr_assert_eq(extract(&other, bytes, BYTES), PST_E_FORMAT);
	other = chip;
	other.width = WIDTH - 1;
	cr_assert_eq(extract(&other, bytes, BYTES), PST_E_FORMAT);
	other = chip;
	other.height = HEIGHT + 1;
	cr_assert_eq(extract(&other, bytes, BYTES), PST_E_FORMAT);
	guest_close(&guest);
}

Test(lbph, a_chip_without_contrast_gives_no_template)
{
	start();
	memset(pixels, 80, sizeof(pixels));
	cr_assert_eq(extract(&chip, bytes, BYTES), PST_E_POOR_QUALITY);
	pixels[STRIDE * 50 + 50] = 95;
	cr_assert_eq(extract(&chip, bytes, BYTES), PST_E_POOR_QUALITY);
	pixels[STRIDE * 50 + 50] = 96;
	cr_assert_eq(extract(&chip, bytes, BYTES), (int)BYTES);
	guest_close(&guest);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "portrait.h"
#include "support/reader.h"

#define DIMENSION 128u
#define BYTES (DIMENSION * 4u)
#define PEOPLE 6u

static struct reader reader;
static struct portrait portrait;

static void start(void)
{
	int status = reader_open(&reader, NULL, "yunet", "arcface");

	if (status == -ENOENT) {
		cr_skip_test("the models of yunet or arcface are in no model folder "
			     "(POSTERN_MODELS)");
	}
	cr_assert_eq(status, 0, "status %d: %s", status, reader.extractor.log[0]);
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

static void read_person(uint32_t identity, uint32_t variation, uint8_t *template)
{
	struct pst_face face;

	portrait_draw(&portrait, identity, variation, 640, 480);
	cr_assert_eq(reader_detect(&reader, &portrait.frame, &face, 1), 1);
	cr_assert_eq(reader_extract(&reader, &portrait.frame, &face, template), (int)BYTES);
	portrait_free(&portrait);
}

Test(arcface, tells_drawn_people_apart)
{
	static uint8_t one[PEOPLE][PST_TEMPLATE_MAX], two[PEOPLE][PST_TEMPLATE_MAX];

	start();
	cr_assert_eq(reader.extractor.entry->kind, PST_PLUGIN_EXTRACTOR);
	cr_assert_str_eq(guest_field(&reader.extractor, "id"), reader.extractor.entry->id);
	cr_assert_str_eq(
		guest_field(&reader.extractor, "version"), reader.extractor.entry->version);
	for (uint32_t i = 0; i < PEOPLE; i++) {
		read_person(i, 0, one[i]);
		read_person(i, 1, two[i]);
		cr_assert_float_eq(cosine(one[i], one[i]), 1, 1e-5, "unit length");
	}
	for (uint32_t i = 0; i < PEOPLE; i++) {
		for (uint32_t k = 0; k < PEOPLE; k++) {
			cr_assert(k == i || cosine(one[i], two[i]) > cosine(one[i], two[k]),
				"%u is taken for %u", i, k);
		}
	}
	reader_close(&reader);
}

Test(arcface, same_chip_gives_the_same_bytes_and_not_one_more)
{
	static uint8_t first[BYTES + 64], again[BYTES + 64];
	const struct pst_extractor *calls;
	struct pst_face face;
	struct pst_image other;

	start();
	calls = guest_extractor(&reader.extractor);
	portrait_draw(&portrait, 3, 0, 640, 480);
	cr_assert_eq(reader_detect(&reader, &portrait.frame, &face, 1), 1);
	cr_assert_eq(reader_align(&reader, &portrait.frame, &face), 0);
	memset(first, 0xa5, sizeof(first));
	memset(again, 0xa5, sizeof(again));
	cr_assert_eq(calls->extract(reader.extractor.instance, &reader.chip.image,
			     &reader.chip_face, PST_ROLE_ENROL, first, BYTES),
		(int)BYTES);
	cr_assert_eq(calls->extract(reader.extractor.instance, &reader.chip.image,
			     &reader.chip_face, PST_ROLE_PROBE, again, BYTES),
		(int)BYTES);
	cr_assert_arr_eq(first, again, sizeof(first));
	for (size_t i = BYTES; i < sizeof(first); i++) {
		cr_assert_eq(first[i], 0xa5);
	}
	cr_assert_eq(calls->extract(reader.extractor.instance, &reader.chip.image,
			     &reader.chip_face, PST_ROLE_PROBE, again, BYTES - 1),
		PST_E_FORMAT);
	other = reader.chip.image;
	other.format = PST_PIXELS_BGR24;
	cr_assert_eq(calls->extract(reader.extractor.instance, &other, &reader.chip_face,
			     PST_ROLE_PROBE, again, BYTES),
		PST_E_FORMAT);
	other = reader.chip.image;
	other.width--;
	cr_assert_eq(calls->extract(reader.extractor.instance, &other, &reader.chip_face,
			     PST_ROLE_PROBE, again, BYTES),
		PST_E_FORMAT);
	portrait_free(&portrait);
	reader_close(&reader);
}

Test(arcface, refuses_models_and_options_that_do_not_fit)
{
	const char *const wrong[] = {"channels", "grey", NULL};
	struct guest guest = {0};
	char path[512];

	cr_assert_eq(guest_open(&guest, NULL, "arcface", NULL, "/proc/self/cmdline"), PST_E_CONFIG);
	cr_assert_not_null(strstr(guest.log[0], "not a net"));
	guest_close(&guest);
	cr_assert_eq(
		guest_open(&guest, NULL, "arcface", wrong, "/proc/self/cmdline"), PST_E_CONFIG);
	cr_assert_not_null(strstr(guest.log[0], "rgb or bgr"));
	guest_close(&guest);
	if (guest_find_model("face_detection_yunet_2023mar.onnx", path)) {
		cr_assert_lt(guest_open(&guest, NULL, "arcface", NULL, path), 0);
		guest_close(&guest);
	}
}

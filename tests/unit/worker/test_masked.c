/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pictures that people look at: their size, their memory, and what is left of them. Every call of
 * the allocator is counted, and can be made to fail.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "worker/arena.h"
#include "worker/mask.h"
#include "worker/masked.h"

static volatile bool counting;
static volatile size_t calls;
static volatile size_t fails_at; /* the call that finds no memory; 0: none */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED false /* the sanitizer brings its own allocator */
#else
#define COUNTED true

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool is_refused(void)
{
	calls += counting;
	return counting && calls == fails_at;
}

void *malloc(size_t size)
{
	return is_refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : __libc_calloc(count, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return is_refused() ? NULL : __libc_memalign(alignment, size);
}
#endif

#define WIDTH 1280
#define HEIGHT 720

static struct pst_masked masked;
static struct pst_decoder decoder;
static struct pst_wire_masked made;
static uint8_t pixels[3 * WIDTH * HEIGHT];
static struct pst_frame frame = {.sequence = 1,
	.format = PST_FRAME_FORMAT_BGR24,
	.width = WIDTH,
	.height = HEIGHT,
	.plane[0] = {pixels, 3 * WIDTH, sizeof(pixels)}};
static const struct pst_wire_face face = {
	.face = {.x = 500, .y = 200, .width = 200, .height = 250, .score = 1}};

static void set_up(void)
{
	uint32_t state = 1;

	for (size_t i = 0; i < sizeof(pixels); i++) {
		state = state * 1664525 + 1013904223;
		pixels[i] = (uint8_t)(state >> 24);
	}
	cr_assert_eq(pst_decoder_init(&decoder), 0);
}

static void tear_down(void)
{
	pst_masked_finish(&masked);
	pst_decoder_finish(&decoder);
}

TestSuite(masked, .init = set_up, .fini = tear_down, .timeout = 60);

static int make(uint32_t subject)
{
	return pst_masked_make(&masked, &decoder, &frame, &face, 1, subject, &made);
}

static void decode(uint8_t *to, uint32_t stride)
{
	cr_assert_eq(pst_jpeg_decode(decoder.jpeg, made.bytes, made.size, made.width, made.height,
			     1, PST_JPEG_PIXELS_BGR24, true, to, stride),
		0);
}

Test(masked, is_small_and_holds_the_subject_alone)
{
	static uint8_t back[480 * 270 * 3];

	cr_assert_eq(pst_masked_init(&masked, WIDTH, HEIGHT), 0);
	cr_assert_eq(make(0), 0);
	cr_expect_eq(made.width, 480);
	cr_expect_eq(made.height, 270);
	decode(back, 480 * 3);
	cr_expect_leq(abs(back[0] - PST_MASK_GREY), 1);
	cr_expect_leq(abs(back[sizeof(back) - 1] - PST_MASK_GREY), 1);
	unsigned different = 0;

	for (size_t i = 0; i < sizeof(back); i++) {
		different += abs(back[i] - PST_MASK_GREY) > 10;
	}
	cr_expect_gt(different, 1000, "the subject is seen");
}

Test(masked, a_frame_that_stands_upright_is_as_small)
{
	struct pst_frame upright = frame;

	upright.width = HEIGHT;
	upright.height = WIDTH;
	upright.plane[0].stride = 3 * HEIGHT;
	cr_assert_eq(pst_masked_init(&masked, HEIGHT, WIDTH), 0);
	cr_assert_eq(
		pst_masked_make(&masked, &decoder, &upright, &face, 1, PST_MASK_NOBODY, &made), 0);
	cr_expect_eq(made.width, 270);
	cr_expect_eq(made.height, 480);
}

/* The worst there is, noise from edge to edge, still fits into an answer. */
Test(masked, fits_whatever_it_shows)
{
	static const struct pst_wire_face all = {
		.face = {.x = 0, .y = 0, .width = HEIGHT, .height = HEIGHT}};
	struct pst_frame square = frame;

	square.width = 480;
	square.height = 480;
	square.plane[0].stride = 3 * 480;
	square.plane[0].size = 3 * 480 * 480;
	cr_assert_eq(pst_masked_init(&masked, 480, 480), 0);
	cr_assert_eq(pst_masked_make(&masked, &decoder, &square, &all, 1, 0, &made), 0);
	cr_expect_gt(made.size, 20000);
	cr_expect_leq(made.size, PST_WIRE_PICTURE_BYTES);
	cr_expect_eq(made.bytes[made.size - 1], 0xd9, "it is whole");
}

Test(masked, nothing_is_allocated_for_a_picture)
{
	/* Where a picture is scaled, libyuv takes a row. */
	frame.width = 480;
	frame.height = 270;
	cr_assert_eq(pst_masked_init(&masked, 480, 270), 0);
	cr_assert_eq(make(0), 0); /* the decoder's memory grows with its first frame */
	calls = 0;
	counting = true;
	for (int i = 0; i < 20; i++) {
		cr_assert_eq(make(i % 2 ? 0 : PST_MASK_NOBODY), 0);
	}
	counting = false;
	cr_expect_eq(calls, 0, "%zu calls of the allocator", calls);
}

Test(masked, without_memory_there_is_none)
{
	size_t needed, refused = 0;

	if (!COUNTED) {
		cr_skip_test("the sanitizer's allocator does not fail");
	}
	calls = 0;
	counting = true;
	cr_assert_eq(pst_masked_init(&masked, WIDTH, HEIGHT), 0);
	counting = false;
	needed = calls;
	cr_assert_gt(needed, 3);
	for (size_t i = 1; i <= needed; i++) {
		pst_masked_finish(&masked);
		calls = 0;
		fails_at = i;
		counting = true;
		int status = pst_masked_init(&masked, WIDTH, HEIGHT);

		counting = false;
		/* libjpeg asks for less where it does not get all that it would like. */
		cr_expect(status == 0 || status == -ENOMEM, "call %zu: %d", i, status);
		refused += status < 0;
		pst_masked_wipe(&masked);
	}
	cr_expect_geq(refused, 3);
	fails_at = 0;
	pst_masked_finish(&masked);
	cr_assert_eq(pst_masked_init(&masked, WIDTH, HEIGHT), 0);
	cr_expect_eq(make(0), 0);
}

Test(masked, nothing_is_left_once_it_is_wiped)
{
	cr_assert_eq(pst_masked_init(&masked, WIDTH, HEIGHT), 0);
	cr_assert_eq(make(0), 0);
	pst_masked_wipe(&masked);
	for (size_t i = 0; i < masked.picture.scratch.room; i++) {
		cr_assert_eq(masked.picture.scratch.data[i], 0);
	}
}

Test(masked, a_damaged_frame_is_told)
{
	struct pst_frame torn = frame;

	torn.format = PST_FRAME_FORMAT_MJPEG;
	torn.plane[0].size = 1000;
	cr_assert_eq(pst_masked_init(&masked, WIDTH, HEIGHT), 0);
	cr_expect_eq(pst_masked_make(&masked, &decoder, &torn, &face, 1, 0, &made), PST_E_CORRUPT);
}

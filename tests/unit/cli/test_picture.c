/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <turbojpeg.h>

#include "base/fd.h"
#include "cli/picture.h"

#define WIDTH 34 /* px; not whole blocks, rows padded */
#define HEIGHT 18
#define STRIDE 160

static char path[] = "/tmp/postern-picture-XXXXXX";
static uint8_t bytes[3][STRIDE * HEIGHT];
static struct pst_error error;

static void setup(void)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	(void)close(fd);
}

static void teardown(void)
{
	(void)unlink(path);
}

TestSuite(picture, .init = setup, .fini = teardown);

/* The bytes of a plane are these, over and over. */
static void fill(unsigned plane, const uint8_t *pattern, size_t size)
{
	for (size_t i = 0; i < sizeof(bytes[0]); i++) {
		bytes[plane][i] = pattern[i % STRIDE % size];
	}
}

/* Saves it, and expects one colour from corner to corner. */
static void expect_colour(enum pst_frame_format format, int y, int cb, int cr)
{
	struct pst_frame frame = {.format = format, .width = WIDTH, .height = HEIGHT};
	uint8_t *data;
	size_t size;
	int width = 0, height = 0, sampling = 0, space = 0;
	uint8_t planes[3][64 * 64];
	uint8_t *to[3] = {planes[0], planes[1], planes[2]};
	struct stat at;

	for (unsigned i = 0; i < pst_frame_format_planes(format); i++) {
		frame.plane[i] = (struct pst_frame_plane){bytes[i], STRIDE, sizeof(bytes[i])};
	}
	cr_assert_eq(pst_frame_check(&frame, &error), 0, "%s", error.text);
	cr_assert_eq(pst_cli_picture_save(&frame, path, &error), 0, "%s", error.text);
	cr_assert_eq(stat(path, &at), 0);
	cr_expect_eq(at.st_mode & 0777, 0600);
	cr_assert_eq(pst_fd_read_file(path, 1 << 20, &data, &size, &error), 0);
	tjhandle codec = tjInitDecompress();

	cr_assert_eq(tjDecompressHeader3(codec, data, size, &width, &height, &sampling, &space), 0);
	cr_assert_eq(width, WIDTH);
	cr_assert_eq(height, HEIGHT);
	cr_assert_eq(sampling, cb < 0 ? TJSAMP_GRAY : TJSAMP_420);
	cr_assert_eq(tjDecompressToYUVPlanes(codec, data, size, to, WIDTH, NULL, HEIGHT, 0), 0);
	const int wanted[3] = {y, cb, cr};

	for (int i = 0; i < (cb < 0 ? 1 : 3); i++) {
		int stride = tjPlaneWidth(i, WIDTH, sampling);
		int last = stride * tjPlaneHeight(i, HEIGHT, sampling) - 1;

		cr_expect_leq(abs(planes[i][0] - wanted[i]), 3, "%s plane %d: %d",
			pst_frame_format_name(format), i, planes[i][0]);
		cr_expect_leq(abs(planes[i][last] - wanted[i]), 3, "%s plane %d, last: %d",
			pst_frame_format_name(format), i, planes[i][last]);
	}
	(void)tjDestroy(codec);
	free(data);
}

Test(picture, of_every_raw_format)
{
	fill(0, (const uint8_t[]){120, 90, 120, 170}, 4);
	expect_colour(PST_FRAME_FORMAT_YUYV, 120, 90, 170);
	fill(0, (const uint8_t[]){90, 120, 170, 120}, 4);
	expect_colour(PST_FRAME_FORMAT_UYVY, 120, 90, 170);
	fill(0, (const uint8_t[]){120}, 1);
	fill(1, (const uint8_t[]){90, 170}, 2);
	expect_colour(PST_FRAME_FORMAT_NV12, 120, 90, 170);
	fill(1, (const uint8_t[]){90}, 1);
	fill(2, (const uint8_t[]){170}, 1);
	expect_colour(PST_FRAME_FORMAT_I420, 120, 90, 170);
	expect_colour(PST_FRAME_FORMAT_GREY, 120, -1, -1);
	fill(0, (const uint8_t[]){200, 100, 50}, 3); /* B, G, R; ITU-T T.871 */
	expect_colour(PST_FRAME_FORMAT_BGR24, 96, 186, 95);
}

Test(picture, sixteen_bits_by_those_that_are_used)
{
	fill(0, (const uint8_t[]){0x80, 0x01}, 2); /* 384, */
	bytes[0][9 * STRIDE + 2 * 20 + 1] = 0x03;  /* and one sample tells of 10 bits */
	expect_colour(PST_FRAME_FORMAT_Y16, 0x60, -1, -1);
}

Test(picture, of_a_jpeg_is_the_jpeg)
{
	struct pst_frame frame = {.format = PST_FRAME_FORMAT_MJPEG,
		.width = WIDTH,
		.height = HEIGHT,
		.plane = {{bytes[0], 0, 100}}};
	uint8_t *data;
	size_t size;

	fill(0, (const uint8_t[]){1, 2, 3}, 3);
	cr_assert_eq(pst_cli_picture_save(&frame, path, &error), 0, "%s", error.text);
	cr_assert_eq(pst_fd_read_file(path, 1 << 20, &data, &size, &error), 0);
	cr_assert_eq(size, 100);
	cr_expect_arr_eq(data, bytes[0], 100);
	free(data);
}

Test(picture, where_nothing_can_be_written)
{
	struct pst_frame frame = {.format = PST_FRAME_FORMAT_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.plane = {{bytes[0], STRIDE, sizeof(bytes[0])}}};

	cr_expect_lt(pst_cli_picture_save(&frame, "/nowhere/x.jpg", &error), 0);
	cr_expect(strstr(error.text, "/nowhere/x.jpg"), "%s", error.text);
}

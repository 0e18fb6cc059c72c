/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "clip.h"
#include "convert.h"
#include "counter.h"
#include "jpegs.h"

#define FRAMES 3

static const struct size vga = {640, 480};
static struct pst_error error;
static char path[64];

static void put_chunk(struct pst_bytes *to, const char *name, const void *data, uint32_t size)
{
	uint8_t length[4];

	pst_bytes_put32(length, size);
	cr_assert_eq(pst_bytes_append(to, name, 4), 0);
	cr_assert_eq(pst_bytes_append(to, length, 4), 0);
	cr_assert_eq(pst_bytes_append(to, data, size), 0);
	if (size & 1) {
		cr_assert_eq(pst_bytes_append(to, "", 1), 0);
	}
}

/* An AVI of counters 11, 12 and 13, with chunks of other kinds between them; or only the JPEGs. */
static struct pst_bytes make_clip(bool avi)
{
	struct pst_bytes bytes = {0};
	struct counter *counter = NULL;

	cr_assert_eq(counter_create(&counter, FORMAT_MJPEG, vga, COUNTER_LIGHT_FULL, &error), 0);
	if (avi) {
		cr_assert_eq(pst_bytes_append(&bytes, "RIFF\0\0\0\0AVI LIST\4\0\0\0hdrl", 24), 0);
		put_chunk(&bytes, "avih", "header", 6);
		cr_assert_eq(pst_bytes_append(&bytes, "LIST\0\0\0\0movi", 12), 0);
		put_chunk(&bytes, "01wb", "sound", 5);
	}
	for (uint32_t i = 0; i < FRAMES; i++) {
		const uint8_t *data;
		size_t size = counter_draw(counter, 'A', 11 + i, &data);

		if (avi) {
			put_chunk(&bytes, "00dc", data, (uint32_t)size);
			put_chunk(&bytes, "JUNK", "x", 1);
		} else {
			cr_assert_eq(pst_bytes_append(&bytes, data, size), 0);
		}
	}
	counter_destroy(&counter);
	return bytes;
}

static void write_file(const void *data, size_t size)
{
	strcpy(path, "/tmp/postern-clip-XXXXXX");
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, data, size), (ssize_t)size);
	(void)close(fd);
}

static void remove_file(void)
{
	if (path[0]) {
		(void)unlink(path);
	}
}

static uint32_t number_of(const struct clip *clip, enum format format, uint64_t index)
{
	const uint8_t *data;
	uint32_t number = 0;
	size_t size;
	char mark;

	cr_assert(clip_frame(clip, format, vga, index, &data, &size));
	cr_assert_eq(counter_read(format, vga, data, size, &mark, &number, &error), 0, "%s: %s",
		format_name(format), error.text);
	return number;
}

TestSuite(clip, .fini = remove_file);

Test(clip, is_read_and_converted_for_every_mode)
{
	struct modes modes = {.sizes = {{640, 480}, {320, 240}}, .size_count = 2};
	struct clip *clip = NULL;
	const uint8_t *data;
	size_t size;

	for (int i = FORMAT_MJPEG; i < FORMAT_COUNT; i++) {
		modes.formats[modes.format_count++] = (enum format)i;
	}
	for (int avi = 0; avi < 2; avi++) {
		struct pst_bytes bytes = make_clip(avi);

		write_file(bytes.data, bytes.size);
		cr_assert_eq(clip_open(&clip, path, &modes, &error), 0, "%s", error.text);
		for (int i = FORMAT_MJPEG; i < FORMAT_COUNT; i++) {
			cr_assert_eq(number_of(clip, (enum format)i, 1), 11);
			cr_assert_eq(number_of(clip, (enum format)i, 3), 13);
			cr_assert_eq(number_of(clip, (enum format)i, 4), 11, "again");
		}
		cr_assert(clip_frame(clip, FORMAT_YUYV, modes.sizes[1], 2, &data, &size));
		cr_assert_eq(size, 320 * 240 * 2);
		cr_assert(clip_frame(clip, FORMAT_MJPEG, modes.sizes[1], 2, &data, &size));
		struct size scaled;

		cr_assert_eq(planar_size(data, size, &scaled, &error), 0);
		cr_assert(scaled.width == 320 && scaled.height == 240);
		cr_assert_not(
			clip_frame(clip, FORMAT_MJPEG, (struct size){160, 120}, 1, &data, &size));
		clip_close(&clip);
		pst_bytes_finish(&bytes);
		remove_file();
	}
}

Test(clip, drawn_faces_are_one_too)
{
	struct modes modes = {.formats = {FORMAT_MJPEG},
		.format_count = 1,
		.sizes = {{320, 240}},
		.size_count = 1};
	struct clip *clip = NULL;
	const uint8_t *data;
	size_t size;

	cr_assert_eq(
		clip_open(&clip, "synth:?people=1&seconds=0.5&fps=10&size=320x240", &modes, &error),
		0, "%s", error.text);
	cr_assert(clip_frame(clip, FORMAT_MJPEG, modes.sizes[0], 1, &data, &size));
	cr_assert_arr_eq(data, "\xff\xd8", 2);
	clip_close(&clip);
	cr_assert_eq(clip_open(&clip, "synth:?people=many", &modes, &error), PST_E_CONFIG);
}

Test(clip, what_is_none_is_refused)
{
	struct modes modes = {.formats = {FORMAT_YUYV},
		.format_count = 1,
		.sizes = {{640, 480}},
		.size_count = 1};
	struct clip *clip = NULL;
	struct pst_bytes bytes = make_clip(false);

	cr_assert_lt(clip_open(&clip, "/nowhere/clip.avi", &modes, &error), 0);
	cr_assert(strstr(error.text, "/nowhere/clip.avi"), "%s", error.text);
	error = (struct pst_error){0};
	write_file("no picture", 10);
	cr_assert_eq(clip_open(&clip, path, &modes, &error), PST_E_DEVICE);
	cr_assert(strstr(error.text, "no MJPEG AVI"), "%s", error.text);
	remove_file();
	error = (struct pst_error){0};
	write_file(bytes.data, 100);
	cr_assert_eq(clip_open(&clip, path, &modes, &error), PST_E_CORRUPT);
	cr_assert(strstr(error.text, "frame 1"), "%s", error.text);
	cr_assert_null(clip);
	pst_bytes_finish(&bytes);
}

Test(clip, an_avi_that_ends_anywhere_is_walked_to_its_end)
{
	struct pst_bytes bytes = make_clip(true);

	for (size_t size = 0; size < bytes.size; size += size < 200 ? 1 : 331) {
		uint8_t *exact = malloc(size + 1);
		const uint8_t *data;
		struct jpegs jpegs;
		size_t found;
		int count = 0;

		memcpy(exact, bytes.data, size);
		jpegs_init(&jpegs, exact, size);
		while (jpegs_next(&jpegs, &data, &found)) {
			cr_assert(data >= exact && data + found <= exact + size);
			count++;
		}
		cr_assert_leq(count, FRAMES);
		free(exact);
	}
	pst_bytes_finish(&bytes);
}

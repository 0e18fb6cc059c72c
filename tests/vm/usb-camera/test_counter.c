/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"

static const struct size sizes[] = {{640, 480}, {160, 120}, {352, 288}, {1280, 720}};
static struct pst_error error;

static struct counter *make(enum format format, struct size size)
{
	struct counter *counter = NULL;

	error = (struct pst_error){0};
	cr_assert_eq(counter_create(&counter, format, size, COUNTER_LIGHT_FULL, &error), 0, "%s",
		error.text);
	return counter;
}

/* @return a copy of a frame */
static uint8_t *draw(struct counter *counter, char mark, uint32_t number, size_t *size)
{
	const uint8_t *data;

	*size = counter_draw(counter, mark, number, &data);
	uint8_t *copy = malloc(*size);

	memcpy(copy, data, *size);
	return copy;
}

static int read_back(enum format format, struct size size, const uint8_t *data, size_t bytes,
	char *mark, uint32_t *number)
{
	error = (struct pst_error){0};
	return counter_read(format, size, data, bytes, mark, number, &error);
}

Test(counter, carries_mark_and_number_in_every_format_and_size)
{
	static const uint32_t numbers[] = {1, 2, 3, 255, 256, 65535, 0xdeadbeef};

	for (int format = FORMAT_MJPEG; format < FORMAT_COUNT; format++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct counter *counter = make((enum format)format, sizes[i]);

			for (size_t j = 0; j < sizeof(numbers) / sizeof(numbers[0]); j++) {
				const uint8_t *data;
				size_t bytes = counter_draw(counter, 'C', numbers[j], &data);
				uint32_t number = 0;
				char mark = 0;

				cr_assert_eq(read_back((enum format)format, sizes[i], data, bytes,
						     &mark, &number),
					0, "%s %ux%u: %s", format_name((enum format)format),
					sizes[i].width, sizes[i].height, error.text);
				cr_assert_eq(number, numbers[j]);
				cr_assert_eq(mark, 'C');
			}
			counter_destroy(&counter);
		}
	}
}

Test(counter, a_frame_of_two_halves_gives_itself_away)
{
	struct counter *counter = make(FORMAT_YUYV, sizes[0]);
	size_t bytes;
	uint8_t *one = draw(counter, 'A', 100, &bytes), *two = draw(counter, 'A', 101, &bytes);
	uint32_t number;
	char mark;

	memcpy(one + bytes / 2, two + bytes / 2, bytes / 2);
	cr_assert_eq(read_back(FORMAT_YUYV, sizes[0], one, bytes, &mark, &number), PST_E_CORRUPT);
	cr_assert(strstr(error.text, "not as above"), "%s", error.text);
	free(one);
	free(two);
	counter_destroy(&counter);
}

Test(counter, a_frame_of_another_camera_is_told_apart)
{
	struct counter *counter = make(FORMAT_MJPEG, sizes[0]);
	size_t bytes;
	uint8_t *frame = draw(counter, 'B', 7, &bytes);
	uint32_t number;
	char mark;

	cr_assert_eq(read_back(FORMAT_MJPEG, sizes[0], frame, bytes, &mark, &number), 0);
	cr_assert_eq(mark, 'B');
	free(frame);
	counter_destroy(&counter);
}

Test(counter, a_jpeg_says_its_number_in_the_comment)
{
	struct counter *counter = make(FORMAT_MJPEG, sizes[1]);
	size_t bytes;
	uint8_t *frame = draw(counter, 'A', 42, &bytes);

	cr_assert_arr_eq(frame, "\xff\xd8\xff\xfe", 4);
	cr_assert_arr_eq(frame + 6, "postern frame 0000000042 of A", 29);
	cr_assert_arr_eq(frame + bytes - 2, "\xff\xd9", 2);
	free(frame);
	counter_destroy(&counter);
}

Test(counter, jpegs_are_as_large_as_those_of_cameras)
{
	struct counter *counter = make(FORMAT_MJPEG, sizes[0]);
	const uint8_t *data;
	size_t bytes = counter_draw(counter, 'A', 1, &data);

	cr_assert(bytes > 18000 && bytes < 40000, "%zu", bytes);
	counter_destroy(&counter);
}

Test(counter, in_less_light_it_is_darker_and_smaller_and_says_the_same)
{
	for (int format = FORMAT_MJPEG; format <= FORMAT_YUYV; format++) {
		size_t last = 0, sum = 0;

		for (unsigned light = 1; light <= COUNTER_LIGHT_FULL; light++) {
			struct counter *counter = NULL;
			const uint8_t *data;
			uint32_t number = 0;
			size_t now = 0;
			char mark = 0;

			cr_assert_eq(counter_create(&counter, (enum format)format, sizes[0], light,
					     &error),
				0);
			size_t bytes = counter_draw(counter, 'A', 77, &data);

			cr_assert_eq(read_back((enum format)format, sizes[0], data, bytes, &mark,
					     &number),
				0, "%s", error.text);
			cr_assert_eq(number, 77);
			for (size_t i = 0; i < bytes; i += 2) {
				now += data[i];
			}
			if (format == FORMAT_MJPEG) {
				cr_assert_gt(bytes, last * 11 / 10, "%zu", bytes);
			} else {
				cr_assert_gt(now, sum);
			}
			last = bytes;
			sum = now;
			counter_destroy(&counter);
		}
	}
}

Test(counter, damage_is_seen)
{
	struct counter *counter = make(FORMAT_MJPEG, sizes[0]);
	size_t bytes;
	uint8_t *frame = draw(counter, 'A', 9, &bytes);
	uint32_t number;
	char mark;

	for (size_t cut = 0; cut < bytes - 2; cut += 997) {
		cr_assert_eq(read_back(FORMAT_MJPEG, sizes[0], frame, cut, &mark, &number),
			PST_E_CORRUPT, "%zu bytes of it", cut);
	}
	cr_assert_eq(read_back(FORMAT_MJPEG, sizes[1], frame, bytes, &mark, &number), PST_E_CORRUPT,
		"of another size");
	memmove(frame + bytes / 2, frame + bytes / 2 + 3000, bytes - bytes / 2 - 3000);
	cr_assert_eq(read_back(FORMAT_MJPEG, sizes[0], frame, bytes - 3000, &mark, &number),
		PST_E_CORRUPT, "with a hole");
	free(frame);
	counter_destroy(&counter);
}

Test(counter, a_short_raw_frame_is_seen)
{
	struct counter *counter = make(FORMAT_NV12, sizes[0]);
	const uint8_t *data;
	size_t bytes = counter_draw(counter, 'A', 9, &data);
	uint32_t number;
	char mark;

	cr_assert_eq(
		read_back(FORMAT_NV12, sizes[0], data, bytes - 1, &mark, &number), PST_E_CORRUPT);
	cr_assert(strstr(error.text, "bytes instead of 460800"), "%s", error.text);
	counter_destroy(&counter);
}

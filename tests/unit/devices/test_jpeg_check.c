/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "devices/jpeg.h"
#include "jpegs.h"

#define WIDTH 64
#define HEIGHT 48

static struct pst_jpeg_check *check;
static struct pst_bytes jpeg;
static struct pst_jpeg_report report;

static void draw(struct jpegs_options options)
{
	options.width = WIDTH;
	options.height = HEIGHT;
	options.quality = 85;
	pst_bytes_finish(&jpeg);
	jpegs_draw(&options, &jpeg);
}

/* As a camera sends it: 4:2:0, 12 units. */
static void setup(void)
{
	cr_assert_eq(pst_jpeg_check_create(&check), 0);
	draw((struct jpegs_options){.across = 2, .down = 2});
}

static void teardown(void)
{
	pst_jpeg_check_destroy(&check);
	cr_assert_null(check);
	pst_jpeg_check_destroy(&check);
	pst_bytes_finish(&jpeg);
}

TestSuite(jpeg_check, .init = setup, .fini = teardown);

static const char *look(enum pst_jpeg_depth depth)
{
	return pst_jpeg_finding_name(
		pst_jpeg_check(check, jpeg.data, jpeg.size, WIDTH, HEIGHT, depth, &report));
}

static const char *blocks(void)
{
	return look(PST_JPEG_DEPTH_BLOCKS);
}

static const char *markers(void)
{
	return look(PST_JPEG_DEPTH_MARKERS);
}

/* Where the segment with that marker begins, at its 0xff. */
static size_t find(uint8_t marker)
{
	for (size_t at = 2; at + 1 < jpeg.size; at++) {
		if (jpeg.data[at] == 0xff && jpeg.data[at + 1] == marker) {
			return at;
		}
	}
	cr_assert_fail("no marker %02x", marker);
	return 0;
}

static void insert(size_t at, const void *data, size_t size)
{
	uint8_t room[64] = {0};

	cr_assert_eq(pst_bytes_append(&jpeg, room, size), 0);
	memmove(jpeg.data + at + size, jpeg.data + at, jpeg.size - size - at);
	memcpy(jpeg.data + at, data, size);
}

Test(jpeg_check, a_whole_frame)
{
	cr_expect_str_eq(blocks(), "whole");
	cr_expect_eq(report.finding, PST_JPEG_FINDING_WHOLE);
	cr_expect_eq(report.offset, jpeg.size);
	cr_expect_eq(report.padding, 0);
	cr_expect_eq(report.units, 12);
	cr_expect_eq(report.units_due, 12);
	cr_expect_eq(report.scans, 1);
	cr_expect(report.counted);
	cr_expect_not(report.standard_codes);
	cr_expect_str_eq(markers(), "whole");
	cr_expect_not(report.counted);
	cr_expect_eq(report.units, 0);
	cr_expect_eq(report.units_due, 12);
}

Test(jpeg_check, the_report_may_be_left_out)
{
	cr_expect_eq(pst_jpeg_check(check, jpeg.data, jpeg.size, WIDTH, HEIGHT,
			     PST_JPEG_DEPTH_BLOCKS, NULL),
		PST_JPEG_FINDING_WHOLE);
}

Test(jpeg_check, every_cut_is_found_at_both_depths)
{
	size_t whole = jpeg.size;
	size_t scan = find(0xda);

	for (jpeg.size = 0; jpeg.size < whole; jpeg.size++) {
		const char *wanted = jpeg.size < 2	     ? "not-a-jpeg"
				     : jpeg.size < scan + 14 ? "no-scan"
							     : "truncated";

		cr_expect_str_eq(blocks(), wanted, "%zu: %s", jpeg.size, blocks());
		cr_expect_str_eq(markers(), wanted, "%zu: %s", jpeg.size, markers());
		cr_expect_leq(report.offset, jpeg.size);
	}
}

Test(jpeg_check, anything_may_follow_the_end)
{
	static const uint8_t tail[] = {0, 0, 0xff, 0xd8, 0xff, 0xd9, 0xff, 7};
	size_t whole = jpeg.size;

	insert(whole, tail, sizeof(tail));
	cr_expect_str_eq(blocks(), "whole");
	cr_expect_eq(report.offset, whole);
	cr_expect_eq(report.padding, sizeof(tail));
	cr_expect_str_eq(markers(), "whole");
	cr_expect_eq(report.padding, sizeof(tail));
}

Test(jpeg_check, filling_before_the_end_is_no_damage)
{
	cr_expect_str_eq(blocks(), "whole");
	cr_expect_eq(report.filling, 0);
	insert(jpeg.size - 2, "\0\0\0\0\0", 5);
	cr_expect_str_eq(blocks(), "whole");
	cr_expect_eq(report.filling, 5);
	cr_expect_str_eq(markers(), "whole");
	insert(jpeg.size - 2, "\xff\xff\xff", 3);
	cr_expect_str_eq(blocks(), "whole");
}

Test(jpeg_check, another_beginning)
{
	jpeg.data[0] = 0;
	cr_expect_str_eq(blocks(), "not-a-jpeg");
	cr_expect_eq(report.offset, 0);
	jpeg.data[0] = 0xff;
	jpeg.data[1] = 0xd9;
	cr_expect_str_eq(blocks(), "not-a-jpeg");
}

Test(jpeg_check, another_size)
{
	cr_expect_eq(pst_jpeg_check(check, jpeg.data, jpeg.size, WIDTH + 1, HEIGHT,
			     PST_JPEG_DEPTH_MARKERS, NULL),
		PST_JPEG_FINDING_WRONG_SIZE);
	cr_expect_eq(pst_jpeg_check(check, jpeg.data, jpeg.size, WIDTH, HEIGHT - 1,
			     PST_JPEG_DEPTH_BLOCKS, NULL),
		PST_JPEG_FINDING_WRONG_SIZE);
}

Test(jpeg_check, segments_that_break_the_standard)
{
	static const struct {
		uint8_t marker;
		size_t at; /* from the marker on */
		uint8_t value;
	} breaks[] = {
		{0xc0, 1, 0xc3},  /* lossless */
		{0xc0, 4, 12},	  /* bits */
		{0xc0, 9, 2},	  /* components */
		{0xc0, 3, 18},	  /* length */
		{0xc0, 11, 0x51}, /* sampling */
		{0xc0, 11, 0x32}, /* 3 : 2 in chroma, see below */
		{0xc0, 12, 3},	  /* a quantiser that was never sent */
		{0xdb, 4, 4},	  /* quantiser slot */
		{0xdb, 4, 0x10},  /* 16 bits: longer than the segment */
		{0xc4, 4, 4},	  /* code slot */
		{0xc4, 5, 3},	  /* more codes than fit */
		{0xda, 4, 4},	  /* components in the scan */
		{0xda, 5, 9},	  /* one that is none */
		{0xda, 6, 0x30},  /* a code table that was never sent */
		{0xda, 11, 1},	  /* spectral selection */
		{0xe0, 1, 0x80},  /* no marker */
		{0xe0, 9, 2},	  /* JFIF 2 */
	};
	struct pst_bytes whole = jpeg;

	jpeg.data[find(0xc0) + 14] = 0x21;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		size_t at = find(breaks[i].marker) + breaks[i].at;
		uint8_t before = jpeg.data[at];

		jpeg.data[at] = breaks[i].value;
		cr_expect_str_eq(blocks(), "bad-marker", "%zu: %s", i, blocks());
		cr_expect_str_eq(markers(), "bad-marker", "%zu: %s", i, markers());
		jpeg.data[at] = before;
	}
	jpeg = whole;
}

Test(jpeg_check, code_tables_only_matter_where_they_are_used)
{
	size_t at = find(0xc4) + 4;

	jpeg.data[at] = 3; /* then slot 0 is the standard's, which is the same */
	cr_expect_str_eq(blocks(), "whole");
	jpeg.data[at] = 0;
	jpeg.data[at + 17] = 16; /* a DC difference of 16 bits */
	cr_expect_str_eq(blocks(), "bad-marker");
}

Test(jpeg_check, no_code_tables_are_those_of_the_standard)
{
	jpegs_strip(&jpeg, 0xc4);
	cr_expect_str_eq(blocks(), "whole");
	cr_expect(report.standard_codes);
}

Test(jpeg_check, no_answer_depends_on_the_frame_before)
{
	draw((struct jpegs_options){.across = 2, .down = 2, .optimal = true});
	cr_expect_str_eq(blocks(), "whole");
	jpegs_strip(&jpeg, 0xc4);
	cr_expect_str_neq(blocks(), "whole");
	draw((struct jpegs_options){.across = 2, .down = 2});
	cr_expect_str_eq(blocks(), "whole");
	jpegs_strip(&jpeg, 0xdb);
	cr_expect_str_eq(blocks(), "bad-marker");
}

Test(jpeg_check, no_scan)
{
	size_t scan = find(0xda);

	memcpy(jpeg.data + scan, "\xff\xd9", 2);
	cr_expect_str_eq(blocks(), "no-scan");
	jpeg.size = scan;
	cr_expect_str_eq(blocks(), "no-scan");
	cr_expect_str_eq(markers(), "no-scan");
}

Test(jpeg_check, a_frame_without_its_middle)
{
	size_t from = find(0xda) + 14;
	size_t middle = (from + jpeg.size) / 2;

	memmove(jpeg.data + middle, jpeg.data + jpeg.size - 2, 2);
	jpeg.size = middle + 2;
	cr_expect_str_eq(blocks(), "too-few-blocks");
	cr_expect_lt(report.units, 12);
	cr_expect_str_eq(markers(), "whole"); /* that is as deep as markers go */
}

Test(jpeg_check, an_endless_row_of_ones_is_no_code)
{
	size_t at = find(0xda) + 14;

	for (int i = 0; i < 8; i++) {
		jpeg.data[at + 2 * (size_t)i] = 0xff;
		jpeg.data[at + 2 * (size_t)i + 1] = 0;
	}
	cr_expect_str_eq(blocks(), "bad-code");
}

Test(jpeg_check, restart_markers)
{
	draw((struct jpegs_options){.across = 2, .down = 2, .interval = 3});
	cr_expect_str_eq(blocks(), "whole");
	cr_expect_eq(report.restarts, 3);
	cr_expect_str_eq(markers(), "whole");
	cr_expect_eq(report.restarts, 3);

	size_t second = find(0xd1);

	jpeg.data[second + 1] = 0xd2;
	cr_expect_str_eq(blocks(), "restart-order");
	cr_expect_str_eq(markers(), "restart-order");
	cr_expect_eq(report.restarts, 1);
	jpeg.data[second + 1] = 0xd1;
	insert(second, "\xff\xff", 2);
	cr_expect_str_eq(blocks(), "whole");
	insert(second, "\x55", 1);
	cr_expect_str_eq(blocks(), "restart-order");
	cr_expect_str_eq(markers(), "whole");
}

Test(jpeg_check, a_lost_interval)
{
	draw((struct jpegs_options){.across = 2, .down = 2, .interval = 3});
	size_t first = find(0xd0);
	size_t second = find(0xd1);

	memmove(jpeg.data + first, jpeg.data + second, jpeg.size - second);
	jpeg.size -= second - first;
	cr_expect_str_eq(blocks(), "restart-order");
	cr_expect_str_eq(markers(), "restart-order");
	draw((struct jpegs_options){.across = 2, .down = 2, .interval = 3});
	first = find(0xd2);
	memmove(jpeg.data + first, jpeg.data + jpeg.size - 2, 2);
	jpeg.size = first + 2;
	cr_expect_str_eq(blocks(), "too-few-blocks");
	cr_expect_str_eq(markers(), "too-few-blocks");
}

Test(jpeg_check, other_codings)
{
	draw((struct jpegs_options){.across = 2, .down = 2, .progressive = true});
	cr_expect_str_eq(blocks(), "whole");
	cr_expect_not(report.counted);
	cr_expect_gt(report.scans, 5);
	draw((struct jpegs_options){.arithmetic = true});
	cr_expect_str_eq(blocks(), "whole");
	cr_expect_not(report.counted);
	draw((struct jpegs_options){.separate = true, .across = 2});
	cr_expect_str_eq(blocks(), "whole");
	cr_expect_eq(report.scans, 3);
	cr_expect(report.counted);
	cr_expect_eq(report.units_due, 24);
	draw((struct jpegs_options){.grey = true});
	cr_expect_str_eq(blocks(), "whole");
	cr_expect_eq(report.units, 48);
}

Test(jpeg_check, a_component_that_never_came)
{
	draw((struct jpegs_options){.separate = true});
	size_t scan = find(0xda);

	for (size_t at = scan + 2; at + 1 < jpeg.size; at++) {
		if (jpeg.data[at] == 0xff && jpeg.data[at + 1] != 0) {
			jpeg.data[at + 1] = 0xd9; /* behind the first scan */
			break;
		}
	}
	cr_expect_str_eq(blocks(), "too-few-blocks");
	cr_expect_str_eq(markers(), "too-few-blocks");
}

Test(jpeg_check, segments_that_are_skipped)
{
	insert(2, "\xff\xfe\0\5abc", 7);
	insert(2, "\xff\xe5\0\2", 4);
	insert(2, "\xff\xe6\0\0", 4); /* a length that does not count itself */
	insert(2, "\xff\xff\xff\x01", 4);
	cr_expect_str_eq(blocks(), "whole");
	insert(2, "x", 1);
	cr_expect_str_eq(blocks(), "bad-marker");
}

Test(jpeg_check, names_and_sentences)
{
	cr_expect_str_eq(pst_jpeg_finding_name(PST_JPEG_FINDING_UNSET), "unset");
	cr_expect_str_eq(pst_jpeg_finding_name(PST_JPEG_FINDING_COUNT), "unset");
	cr_expect_str_eq(pst_jpeg_finding_name((enum pst_jpeg_finding) - 1), "unset");
	cr_expect_str_eq(
		pst_jpeg_finding_text(PST_JPEG_FINDING_TRUNCATED), "cut off: no end marker");
}

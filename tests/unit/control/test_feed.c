/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "control/feed.h"

static struct pst_feed feed;

static void tear_down(void)
{
	pst_feed_finish(&feed);
}

TestSuite(feed, .fini = tear_down);

static void put(unsigned from, unsigned until)
{
	char text[16];

	for (unsigned i = from; i < until; i++) {
		int size = snprintf(text, sizeof(text), "%u", i);

		pst_feed_put(&feed, text, (size_t)size);
	}
}

static void expect_next(uint64_t *at, const char *text, uint64_t lost)
{
	uint64_t gone = 99;
	struct pst_feed_line *line = pst_feed_next(&feed, at, &gone);

	cr_assert_not_null(line);
	cr_expect_eq(line->size, strlen(text));
	cr_expect_eq(memcmp(line->text, text, line->size), 0);
	cr_expect_eq(gone, lost);
	pst_feed_line_unref(&line);
	cr_expect_null(line);
}

static void expect_none(uint64_t *at)
{
	uint64_t gone = 99;

	cr_expect_null(pst_feed_next(&feed, at, &gone));
	cr_expect_eq(gone, 0);
}

Test(feed, each_reader_gets_each_line_once)
{
	uint64_t one = 0;
	uint64_t other = 0;

	expect_none(&one);
	put(0, 3);
	expect_next(&one, "0\n", 0);
	expect_next(&one, "1\n", 0);
	expect_next(&other, "0\n", 0);
	expect_next(&one, "2\n", 0);
	expect_none(&one);
	put(3, 4);
	expect_next(&one, "3\n", 0);
	expect_next(&other, "1\n", 0);
}

Test(feed, who_falls_behind_is_told_how_many_are_gone)
{
	uint64_t at = 0;

	put(0, PST_FEED_LINES);
	expect_next(&at, "0\n", 0);
	put(PST_FEED_LINES, PST_FEED_LINES + 10);
	expect_next(&at, "10\n", 9);
	expect_next(&at, "11\n", 0);
}

Test(feed, a_line_under_way_outlives_its_place)
{
	uint64_t at = 0;
	uint64_t gone;

	put(0, 1);
	struct pst_feed_line *line = pst_feed_next(&feed, &at, &gone);
	put(1, 2 * PST_FEED_LINES);
	pst_feed_finish(&feed);
	cr_expect_eq(memcmp(line->text, "0\n", 2), 0);
	cr_expect_eq(line->refs, 1);
	pst_feed_line_unref(&line);
}

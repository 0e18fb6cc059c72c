/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const categories[] = {
	"us-citizen", "us-national", "permanent-resident", "diplomat", "unknown", NULL};

Test(text, copy_fits_or_leaves_an_empty_text)
{
	char to[6] = "?????";

	cr_assert_eq(pst_text_copy(to, sizeof(to), "hello"), 0);
	cr_assert_str_eq(to, "hello");
	cr_assert_eq(pst_text_copy(to, sizeof(to), "hello!"), -ENAMETOOLONG);
	cr_assert_str_eq(to, "");
	cr_assert_eq(pst_text_copy(to, 1, ""), 0);
	cr_assert_eq(pst_text_copy(to, 1, "x"), -ENAMETOOLONG);
}

Test(text, path_joins_with_one_slash)
{
	char to[12];

	cr_assert_eq(pst_text_path(to, sizeof(to), "a", "b"), 0);
	cr_assert_str_eq(to, "a/b");
	cr_assert_eq(pst_text_path(to, sizeof(to), "a/", "b"), 0);
	cr_assert_str_eq(to, "a/b");
	cr_assert_eq(pst_text_path(to, sizeof(to), "/", "b"), 0);
	cr_assert_str_eq(to, "/b");
	cr_assert_eq(pst_text_path(to, sizeof(to), "12345", "67890"), 0);
	cr_assert_str_eq(to, "12345/67890");
	cr_assert_eq(pst_text_path(to, sizeof(to), "123456", "67890"), -ENAMETOOLONG);
	cr_assert_str_eq(to, "");
}

Test(text, ids_are_safe_in_file_names)
{
	static const char *const good[] = {"a", "Z", "7", "S001", "us-border", "a_b.c-d", "a.b.c",
		"0123456789012345678901234567890123456789012345678901234567890123"};
	static const char *const bad[] = {"", ".", "..", ".a", "-a", "_a", "a..b", "a/b", "a b",
		"a\n", "a:b", "a*", "\xc3\xa4", "a\x80", "a%", "~a", "a'b", "a\\b",
		"01234567890123456789012345678901234567890123456789012345678901234"};

	for (size_t i = 0; i < COUNT(good); i++) {
		cr_assert(pst_text_is_id(good[i]), "%s", good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		cr_assert_not(pst_text_is_id(bad[i]), "%s", bad[i]);
	}
}

Test(text, whole_numbers_within_their_range_are_read)
{
	static const struct {
		const char *text;
		int64_t value;
	} cases[] = {{"0", 0}, {"-0", 0}, {"007", 7}, {"100", 100}, {"-100", -100}};
	int64_t value;

	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_assert_eq(pst_text_parse_int(cases[i].text, -100, 100, &value), 0, "%s",
			cases[i].text);
		cr_assert_eq(value, cases[i].value);
	}
	cr_assert_eq(pst_text_parse_int("9223372036854775807", 0, INT64_MAX, &value), 0);
	cr_assert_eq(value, INT64_MAX);
	cr_assert_eq(pst_text_parse_int("-9223372036854775808", INT64_MIN, 0, &value), 0);
	cr_assert_eq(value, INT64_MIN);
}

Test(text, what_is_no_whole_number_is_refused)
{
	static const char *const wrong[] = {
		"", "-", "+1", " 1", "1 ", "1.0", "1x", "x", "--1", "0x10", "1e3", "- 1"};
	static const char *const outside[] = {"101", "-101", "9223372036854775808",
		"-9223372036854775809", "99999999999999999999999"};
	int64_t value = 4711;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		cr_assert_eq(
			pst_text_parse_int(wrong[i], -100, 100, &value), -EINVAL, "%s", wrong[i]);
	}
	for (size_t i = 0; i < COUNT(outside); i++) {
		cr_assert_eq(pst_text_parse_int(outside[i], -100, 100, &value), -ERANGE, "%s",
			outside[i]);
	}
	cr_assert_eq(
		pst_text_parse_int("9223372036854775808", INT64_MIN, INT64_MAX, &value), -ERANGE);
	cr_assert_eq(value, 4711);
}

Test(text, index_finds_exact_names_only)
{
	static const char *const none[] = {NULL};

	cr_assert_eq(pst_text_index(categories, "us-citizen"), 0);
	cr_assert_eq(pst_text_index(categories, "unknown"), 4);
	cr_assert_eq(pst_text_index(categories, "us-citize"), -1);
	cr_assert_eq(pst_text_index(categories, "US-citizen"), -1);
	cr_assert_eq(pst_text_index(categories, ""), -1);
	cr_assert_eq(pst_text_index(none, "x"), -1);
}

Test(text, the_nearest_name_is_proposed_for_a_misspelt_one)
{
	static const struct {
		const char *text;
		const char *nearest;
	} cases[] = {
		{"us-citizn", "us-citizen"},
		{"us-citizens", "us-citizen"},
		{"uscitizen", "us-citizen"},
		{"us_national", "us-national"},
		{"permanent_resident", "permanent-resident"},
		{"diplomta", "diplomat"},
		{"unkown", "unknown"},
		{"us-citizen", "us-citizen"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *nearest = pst_text_nearest(categories, cases[i].text);

		cr_assert_not_null(nearest, "%s", cases[i].text);
		cr_assert_str_eq(nearest, cases[i].nearest, "%s: %s", cases[i].text, nearest);
	}
}

Test(text, nothing_is_proposed_for_something_else)
{
	static const char *const none[] = {NULL};
	static const char *const strange[] = {"", "x", "traveler", "zzzzzzzzzz", "kangaroo"};
	char endless[300];

	for (size_t i = 0; i < COUNT(strange); i++) {
		cr_assert_null(pst_text_nearest(categories, strange[i]), "%s", strange[i]);
	}
	memset(endless, 'u', sizeof(endless));
	endless[sizeof(endless) - 1] = 0;
	cr_assert_null(pst_text_nearest(categories, endless));
	cr_assert_null(pst_text_nearest(none, "us-citizen"));
}

Test(text, a_name_too_long_to_compare_is_passed_over)
{
	char endless[300];
	const char *names[] = {endless, "notice", NULL};

	memset(endless, 'n', sizeof(endless));
	endless[sizeof(endless) - 1] = 0;
	cr_assert_str_eq(pst_text_nearest(names, "notise"), "notice");
}

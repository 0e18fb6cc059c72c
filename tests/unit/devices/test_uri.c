/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "devices/impl.h"

static char path[64];
static char size[PST_DEVICE_TEXT_SIZE];
static char fps[PST_DEVICE_TEXT_SIZE];
static struct pst_error error;

static const struct pst_uri_option known[] = {{"size", size}, {"fps", fps}, {NULL, NULL}};

static int parse(const char *uri)
{
	strcpy(size, "unset");
	strcpy(fps, "unset");
	path[0] = 0;
	error = (struct pst_error){0};
	return pst_uri_parse(uri, "v4l2", known, path, sizeof(path), &error);
}

static void refused(const char *uri, const char *why)
{
	cr_assert_eq(parse(uri), PST_E_CONFIG, "%s", uri);
	cr_assert(strstr(error.text, why), "%s: %s", uri, error.text);
}

Test(uri, splits_path_and_options)
{
	cr_assert_eq(parse("v4l2:/dev/video0?size=1280x720&fps=30"), 0);
	cr_assert_str_eq(path, "/dev/video0");
	cr_assert_str_eq(size, "1280x720");
	cr_assert_str_eq(fps, "30");
}

Test(uri, a_path_without_scheme_is_a_path)
{
	cr_assert_eq(parse("clips/a:b.avi"), 0);
	cr_assert_str_eq(path, "clips/a:b.avi");
	cr_assert_str_eq(size, "unset");
	cr_assert_eq(parse("v4l2x:/a"), 0);
	cr_assert_str_eq(path, "v4l2x:/a");
}

Test(uri, path_and_query_may_be_empty)
{
	cr_assert_eq(parse("v4l2:"), 0);
	cr_assert_str_eq(path, "");
	cr_assert_eq(parse("v4l2:?"), 0);
	cr_assert_str_eq(path, "");
	cr_assert_eq(parse("v4l2:?fps="), 0);
	cr_assert_str_eq(fps, "");
}

Test(uri, values_are_percent_decoded)
{
	cr_assert_eq(parse("v4l2:?size=a%26b%3d%25"), 0);
	cr_assert_str_eq(size, "a&b=%");
}

Test(uri, wrong_encodings_are_refused)
{
	refused("v4l2:?size=%", "size");
	refused("v4l2:?size=%4", "size");
	refused("v4l2:?size=%4g", "size");
	refused("v4l2:?size=a%00b", "size");
}

Test(uri, unknown_repeated_and_bare_keys_are_refused_by_name)
{
	refused("v4l2:?sise=1x1", "unknown option 'sise'; known are size, fps");
	refused("v4l2:?siz=1x1", "unknown option 'siz'");
	refused("v4l2:?fps=1&fps=2", "fps=VALUE");
	refused("v4l2:?fps", "fps=VALUE");
	refused("v4l2:?&fps=1", "unknown option ''");
	refused("v4l2:?fps=1&=2", "unknown option ''");
}

Test(uri, too_long_is_refused)
{
	char uri[512];

	memset(uri, 'a', sizeof(uri));
	uri[63] = 0;
	cr_assert_eq(parse(uri), 0);
	uri[63] = 'a';
	uri[64] = 0;
	refused(uri, "path too long");
	memset(uri, 'a', sizeof(uri));
	memcpy(uri, "v4l2:?fps=", 10);
	uri[10 + PST_DEVICE_TEXT_SIZE - 1] = 0;
	cr_assert_eq(parse(uri), 0);
	uri[10 + PST_DEVICE_TEXT_SIZE - 1] = 'a';
	uri[10 + PST_DEVICE_TEXT_SIZE] = 0;
	refused(uri, "too long");
}

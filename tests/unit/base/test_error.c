/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

Test(error, set_fills_and_returns_the_status)
{
	struct pst_error error = {0};

	cr_assert_eq(pst_error_set(&error, PST_E_CONFIG, "%s:%d: no", "a.yaml", 12), PST_E_CONFIG);
	cr_assert_eq(error.status, PST_E_CONFIG);
	cr_assert_str_eq(error.text, "a.yaml:12: no");
}

Test(error, without_an_error_only_the_status_is_returned)
{
	cr_assert_eq(pst_error_set(NULL, -ENOENT, "%s", "gone"), -ENOENT);
	pst_error_prefix(NULL, "x");
}

Test(error, the_first_message_wins)
{
	struct pst_error error = {0};

	(void)pst_error_set(&error, -ENOENT, "cause");
	cr_assert_eq(pst_error_set(&error, PST_E_CONFIG, "consequence"), PST_E_CONFIG);
	cr_assert_eq(error.status, -ENOENT);
	cr_assert_str_eq(error.text, "cause");
}

Test(error, prefixes_stand_from_outer_to_inner)
{
	struct pst_error error = {0};

	(void)pst_error_set(&error, -ENOENT, "cause");
	pst_error_prefix(&error, "inner %d", 1);
	pst_error_prefix(&error, "outer");
	cr_assert_str_eq(error.text, "outer: inner 1: cause");
}

Test(error, an_empty_error_takes_no_prefix)
{
	struct pst_error error = {0};

	pst_error_prefix(&error, "outer");
	cr_assert_eq(error.status, 0);
	cr_assert_str_eq(error.text, "");
}

Test(error, a_message_is_one_line_without_control_characters)
{
	struct pst_error error = {0};

	(void)pst_error_set(&error, -EINVAL, "a\nb\tc\033[31md\177e\r");
	cr_assert_str_eq(error.text, "a b c [31md e ");
	pst_error_prefix(&error, "p\nq");
	cr_assert_str_eq(error.text, "p q: a b c [31md e ");
}

Test(error, a_long_message_is_cut_and_terminated)
{
	struct pst_error error = {0};
	char text[2000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	(void)pst_error_set(&error, -EINVAL, "%s", text);
	cr_assert_eq(strlen(error.text), sizeof(error.text) - 1);
	pst_error_prefix(&error, "path");
	cr_assert_eq(strlen(error.text), sizeof(error.text) - 1);
	cr_assert_eq(strncmp(error.text, "path: xxx", 9), 0);
	pst_error_prefix(&error, "%s", text);
	cr_assert_eq(strncmp(error.text, "path: xxx", 9), 0, "a prefix that long is left out");
}

Test(error, each_status_has_its_own_name_and_text)
{
	static const struct {
		int status;
		const char *name;
		const char *text;
	} all[] = {
#define ROW(name, value, text) {name, #name, text},
		PST_STATUS_MAP(ROW)
#undef ROW
	};
	size_t count = sizeof(all) / sizeof(all[0]);

	for (size_t i = 0; i < count; i++) {
		cr_assert_leq(all[i].status, -4097);
		cr_assert_str_eq(pst_status_name(all[i].status), all[i].name);
		cr_assert_str_eq(pst_status_text(all[i].status), all[i].text);
		for (size_t j = 0; j < i; j++) {
			cr_assert_neq(all[i].status, all[j].status);
			cr_assert_str_neq(all[i].text, all[j].text);
		}
	}
}

Test(error, errno_and_strangers_have_a_name_too)
{
	cr_assert_str_eq(pst_status_name(0), "PST_OK");
	cr_assert_str_eq(pst_status_name(-ENOENT), "ENOENT");
	cr_assert_str_eq(pst_status_text(-ENOENT), "No such file or directory");
	cr_assert_str_eq(pst_status_name(-4096), "unknown");
	cr_assert_str_eq(pst_status_name(-9999), "unknown");
	cr_assert_str_eq(pst_status_name(7), "unknown");
	cr_assert_str_eq(pst_status_text(7), "unknown status");
	cr_assert_str_eq(pst_status_text(INT32_MIN), "unknown status");
	cr_assert_str_eq(pst_status_name(-4000), "unknown");
	cr_assert_not_null(pst_status_text(0));
}

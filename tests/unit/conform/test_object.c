/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "base/fd.h"
#include "base/text.h"
#include "conform/object.h"

static uint8_t *data;
static size_t size;
static struct pst_object object;
static struct pst_error error;

static void load(const char *name)
{
	char path[4096];

	cr_assert(getenv("OBJECTS"));
	cr_assert_eq(pst_text_path(path, sizeof(path), getenv("OBJECTS"), name), 0);
	cr_assert_eq(pst_fd_read_file(path, 1 << 20, &data, &size, &error), 0);
}

#if defined(__x86_64__) /* what the files are made for */
Test(object, a_plain_one_exports_its_entry_alone)
{
	load("plain");
	cr_assert_eq(pst_object_read(data, size, &object, &error), 0, "%s", error.text);
	cr_assert(object.exports_entry);
	cr_assert_str_eq(object.exports_other, "");
	cr_assert_str_eq(object.needs_host, "");
	cr_assert_str_eq(object.run_path, "");
	cr_assert_not(object.executable_stack);
	cr_assert_not(object.writable_code);
	cr_assert_not(object.text_relocations);
	free(data);
}

Test(object, more_than_that_is_named)
{
	load("more");
	cr_assert_eq(pst_object_read(data, size, &object, &error), 0, "%s", error.text);
	cr_assert(object.exports_entry);
	cr_assert_str_eq(object.exports_other, "other");
	cr_assert_str_eq(object.needs_host, "pst_guest_open");
	cr_assert_str_eq(object.run_path, "/opt/lib");
	cr_assert(object.executable_stack);
	free(data);
}
#endif

Test(object, what_is_cut_short_is_refused)
{
	load("plain");
	for (size_t cut = 0; cut < size - 64; cut += 37) {
		cr_assert_eq(pst_object_read(data, cut, &object, &error), PST_E_FORMAT, "%zu", cut);
	}
	free(data);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <signal.h>
#include <string.h>

#include "conform/pages.h"

static struct pst_pages pages;

static void open_pages(enum pst_pages_guard guard)
{
	cr_assert_eq(pst_pages_open(&pages, "the room", 100, 4, guard, 0x11), 0);
	for (size_t i = 0; i < pages.size; i++) {
		cr_assert_eq(pages.data[i], 0x11);
	}
	cr_assert_eq((uintptr_t)pages.data % 4, 0);
	cr_assert(pst_pages_are_intact(&pages));
}

Test(pages, who_writes_around_a_loose_one_is_told)
{
	open_pages(PST_PAGES_LOOSE);
	memset(pages.data, 0, pages.size);
	cr_assert(pst_pages_are_intact(&pages));
	pages.data[pages.size] = 0;
	cr_assert_not(pst_pages_are_intact(&pages));
	pages.data[pages.size] = 0xc5;
	pages.data[-1] ^= 1;
	cr_assert_not(pst_pages_are_intact(&pages));
	pst_pages_close(&pages);
}

#ifndef __SANITIZE_ADDRESS__ /* which takes these signals itself */
Test(pages, behind_the_end_there_is_nothing, .signal = SIGSEGV)
{
	open_pages(PST_PAGES_END);
	((volatile uint8_t *)pages.data)[pages.size] = 1;
}

Test(pages, before_the_beginning_there_is_nothing, .signal = SIGSEGV)
{
	open_pages(PST_PAGES_BEGIN);
	((volatile uint8_t *)pages.data)[-1] = 1;
}

Test(pages, a_locked_one_is_not_written, .signal = SIGSEGV)
{
	open_pages(PST_PAGES_LOOSE);
	pst_pages_lock(&pages, true);
	((volatile uint8_t *)pages.data)[0] = 1;
}
#endif

Test(pages, an_address_has_a_name)
{
	char text[64];

	open_pages(PST_PAGES_END);
	cr_assert(pst_pages_describe(pages.data + pages.size + 3, text, sizeof(text)));
	cr_assert_str_eq(text, "4 bytes behind the end of the room");
	cr_assert(pst_pages_describe(pages.data - 2, text, sizeof(text)));
	cr_assert_str_eq(text, "2 bytes before the beginning of the room");
	cr_assert(pst_pages_describe(pages.data, text, sizeof(text)));
	cr_assert_str_eq(text, "read-only memory, the room");
	cr_assert_not(pst_pages_describe(&pages, text, sizeof(text)));
	pst_pages_close(&pages);
	cr_assert_not(pst_pages_describe(pages.data, text, sizeof(text)));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "console/recent.h"

static struct pst_console_recent recent;

static void keep(const char *question, int value, uint64_t now_ms)
{
	json_t *answer = json_integer(value);

	pst_console_recent_keep(&recent, strdup(question), answer, now_ms);
	json_decref(answer);
}

static int find(const char *question, uint64_t now_ms)
{
	const json_t *answer = pst_console_recent_find(&recent, question, now_ms);

	return answer ? (int)json_integer_value(answer) : -1;
}

static void leave(void)
{
	pst_console_recent_forget(&recent);
}

TestSuite(recent, .fini = leave);

Test(recent, an_answer_is_known_for_a_moment)
{
	cr_expect_eq(find("a", 1000), -1);
	keep("a", 1, 1000);
	keep("b", 2, 1001);
	cr_expect_eq(find("a", 1000 + PST_CONSOLE_RECENT_MS - 1), 1);
	cr_expect_eq(find("b", 1001), 2);
	cr_expect_eq(find("a", 1000 + PST_CONSOLE_RECENT_MS), -1);
}

Test(recent, the_oldest_makes_room)
{
	char question[] = "0";

	for (int i = 0; i <= PST_CONSOLE_RECENT_ANSWERS; i++) {
		question[0] = (char)('0' + i);
		keep(question, i, 1000 + (uint64_t)i);
	}
	cr_expect_eq(find("0", 1010), -1);
	cr_expect_eq(find("1", 1010), 1);
	cr_expect_eq(find("8", 1010), 8);
}

Test(recent, what_is_forgotten_is_gone)
{
	keep("a", 1, 1000);
	pst_console_recent_forget(&recent);
	cr_expect_eq(find("a", 1000), -1);
	keep("a", 2, 1000);
	cr_expect_eq(find("a", 1000), 2);
}

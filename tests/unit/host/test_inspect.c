/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "host/inspect.h"

static struct pst_error error;

static int inspect(const char *text, uint32_t inherited, uint32_t threads)
{
	memset(&error, 0, sizeof(error));
	return pst_inspect_status(text, inherited, threads, &error);
}

#define GOOD "Name:\tx\nThreads:\t2\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t2\n"

Test(inspect, takes_a_worker_as_it_should_be)
{
	cr_expect_eq(inspect(GOOD, 0, 2), 0, "%s", error.text);
	cr_expect_eq(inspect(GOOD, 0, 3), 0, "fewer threads than declared do no harm");
}

Test(inspect, refuses_whatever_is_otherwise)
{
	static const char *const bad[] = {
		"Threads:\t1\nNoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t2\n",
		"Threads:\t1\nNoNewPrivs:\t1\nSeccomp:\t0\nSeccomp_filters:\t0\n",
		"Threads:\t1\nNoNewPrivs:\t1\nSeccomp:\t1\nSeccomp_filters:\t2\n",
		"Threads:\t1\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n",
		"Threads:\t1\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n",
		"Threads:\t3\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t2\n",
		"Threads:\t0\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t2\n",
		"Threads:\t\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t2\n",
		"NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t2\n",
		"Threads:\t1\nNoNewPrivs:\t1\nSeccomp:\t2\n",
		"",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_eq(inspect(bad[i], 0, 2), PST_E_UNSAFE, "case %zu", i);
		cr_expect(strlen(error.text) > 10, "case %zu", i);
	}
}

Test(inspect, takes_none_that_is_dying)
{
	cr_expect_eq(inspect("State:\tR (running)\nSigPnd:\t0000000000000000\n" GOOD, 0, 2), 0);
	cr_expect_eq(
		inspect("State:\tR (running)\nSigPnd:\t0000000000000100\n" GOOD, 0, 2), -ESRCH);
	cr_expect_eq(inspect("State:\tZ (zombie)\nSigPnd:\t0000000000000000\n" GOOD, 0, 2), -ESRCH);
}

Test(inspect, counts_filters_beyond_those_that_were_there)
{
	cr_expect_eq(inspect(GOOD, 1, 2), PST_E_UNSAFE);
	cr_expect_eq(
		inspect("Threads:\t1\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n", 1, 2),
		0);
}

Test(inspect, finds_this_very_process_unconfined)
{
	cr_expect_eq(pst_inspect_worker(getpid(), 100, &error), PST_E_UNSAFE);
	cr_expect_eq(pst_inspect_worker(0x3fffffff, 100, &error), -ESRCH);
}

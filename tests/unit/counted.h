/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_COUNTED_H
#define PST_TEST_COUNTED_H

#include <criterion/criterion.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Counts of tests that try many cases, held against a floor and printed at the end. Each test runs
 * in a process of its own whose output is dropped: the counts come back in a file.
 */

#define COUNTED_FILE "POSTERN_COUNTED"

static void counted_print(void)
{
	FILE *file = fopen(getenv(COUNTED_FILE), "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		(void)fputs(line, stdout);
	}
	if (file) {
		(void)fclose(file);
	}
	(void)unlink(getenv(COUNTED_FILE));
}

/* Runs in every process; the first one is the program that starts the others. */
__attribute__((constructor)) static void counted_make(void)
{
	char path[] = "/tmp/postern-counted-XXXXXX";
	int fd = getenv(COUNTED_FILE) ? -1 : mkstemp(path);

	if (fd >= 0) {
		(void)close(fd);
		(void)setenv(COUNTED_FILE, path, 1);
		(void)atexit(counted_print);
	}
}

/** Fails the test where fewer were tried than should be. */
static inline void counted_tell(const char *what, uint64_t count, uint64_t floor)
{
	FILE *file = fopen(getenv(COUNTED_FILE), "ae");

	cr_expect_geq(count, floor, "%s: only %ju tried", what, (uintmax_t)count);
	if (file) {
		(void)fprintf(file, "# %s: %ju (at least %ju)\n", what, (uintmax_t)count,
			(uintmax_t)floor);
		(void)fclose(file);
	}
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_HOST_FILES_H
#define TEST_HOST_FILES_H

#include <criterion/criterion.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of a test's own, gone after it. */
static char files_folder[64];

static inline void files_setup(void)
{
	strcpy(files_folder, "/tmp/postern-test-XXXXXX");
	cr_assert_not_null(mkdtemp(files_folder));
}

static inline int files_remove(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
	return remove(path);
}

static inline void files_teardown(void)
{
	(void)nftw(files_folder, files_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/** @return path of name in the test's folder; valid until the fourth call from now */
static inline const char *files_path(const char *name)
{
	static char paths[4][256];
	static int next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, 256, "%s/%s", files_folder, name);
	return path;
}

static inline const char *files_write(const char *name, const char *text)
{
	const char *path = files_path(name);
	FILE *file = fopen(path, "we");

	cr_assert_not_null(file, "%s", path);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
	return path;
}

#endif

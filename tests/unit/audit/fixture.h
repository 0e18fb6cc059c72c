/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_AUDIT_FIXTURE_H
#define PST_TEST_AUDIT_FIXTURE_H

#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/entry.h"
#include "base/fd.h"

/* A log in a folder of its own, and its bytes between closing and verifying. */

static char fixture_dir[64];
static struct pst_sign_key *fixture_key;
static struct pst_audit *audit;
static struct pst_error error;

/* Again in each forked child: locked memory is empty there. */
static inline void fixture_load_key(void)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {42};

	cr_assert_eq(pst_sign_key_open(&fixture_key, seed), 0);
}

static inline void fixture_make(void)
{
	/* In memory where that can be: some tests sync thousands of times. */
	(void)snprintf(fixture_dir, sizeof(fixture_dir), "%s/postern-audit-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	cr_assert_not_null(mkdtemp(fixture_dir));
	fixture_load_key();
}

static inline const char *fixture_path(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", fixture_dir, name);
	return path;
}

static inline void fixture_remove(void)
{
	DIR *dir = opendir(fixture_dir);
	const struct dirent *entry;

	(void)pst_audit_close(&audit);
	pst_sign_key_close(&fixture_key);
	while (dir && (entry = readdir(dir))) {
		(void)unlink(fixture_path(entry->d_name));
	}
	(void)closedir(dir);
	(void)rmdir(fixture_dir);
}

static inline int fixture_try_open(void)
{
	error = (struct pst_error){0};
	return pst_audit_open(&audit, fixture_dir, fixture_key, &error);
}

static inline void fixture_open(void)
{
	cr_assert_eq(fixture_try_open(), 0, "%s", error.text);
}

static inline int fixture_append(int number)
{
	char json[64];

	(void)snprintf(json, sizeof(json), "{\"encounter\":%d}", number);
	error = (struct pst_error){0};
	return pst_audit_append(audit, "encounter.closed", json, NULL, &error);
}

/* Appends entries and closes, which signs a checkpoint. */
static inline void fixture_fill(int count)
{
	fixture_open();
	for (int i = 1; i <= count; i++) {
		cr_assert_eq(fixture_append(i), 0, "%s", error.text);
	}
	cr_assert_eq(pst_audit_close(&audit), 0);
}

static inline struct pst_audit_report fixture_verify(int expected)
{
	struct pst_audit_report report;

	error = (struct pst_error){0};
	int status = pst_audit_verify(fixture_dir, NULL, 0, &report, &error);
	cr_expect_eq(status, expected, "%d: %s", status, error.text);
	return report;
}

/* A file of the state directory as it was, to be put back. */
struct fixture_file {
	const char *name;
	uint8_t *data;
	size_t size;
};

static inline struct fixture_file fixture_keep(const char *name)
{
	struct fixture_file file = {.name = name};

	cr_assert_eq(pst_fd_read_file(fixture_path(name), 1u << 26, &file.data, &file.size, NULL),
		0, "%s", name);
	return file;
}

static inline void fixture_put_back(const struct fixture_file *file)
{
	cr_assert_eq(
		pst_fd_replace_file(fixture_path(file->name), file->data, file->size, 0600, NULL),
		0);
}

static inline void fixture_drop(struct fixture_file *file)
{
	free(file->data);
	file->data = NULL;
}

struct fixture_bytes {
	uint8_t *data;
	size_t size;
	size_t at[512]; /* where entry n begins, n from 1; at[count + 1] is the end */
	int count;
};

static inline struct fixture_bytes fixture_read(void)
{
	struct fixture_bytes bytes = {0};
	struct pst_audit_entry entry;
	size_t at = PST_AUDIT_HEADER_SIZE;

	cr_assert_eq(pst_fd_read_file(
			     fixture_path(PST_AUDIT_LOG), 1u << 26, &bytes.data, &bytes.size, NULL),
		0);
	while (at < bytes.size &&
		pst_audit_entry_decode(bytes.data + at, bytes.size - at, &entry) == 1) {
		bytes.at[++bytes.count] = at;
		at += entry.size;
	}
	bytes.at[bytes.count + 1] = at;
	return bytes;
}

static inline void fixture_write(const void *data, size_t size)
{
	cr_assert_eq(pst_fd_replace_file(fixture_path(PST_AUDIT_LOG), data, size, 0600, NULL), 0);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "faulty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PENDING_MAX 64
#define KEPT_MAX 8192 /* bytes of a write that can be undone */

ssize_t __real_pwrite64(int fd, const void *data, size_t size, off_t at);
ssize_t __real_write(int fd, const void *data, size_t size);
int __real_fdatasync(int fd);
int __real_fsync(int fd);
int __real_ftruncate64(int fd, off_t size);
int __real_rename(const char *from, const char *to);

ssize_t __wrap_pwrite64(int fd, const void *data, size_t size, off_t at);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_rename(const char *from, const char *to);

/* What a write in place covered, until it is synced. */
struct pending {
	char path[PATH_MAX];
	off_t at, old_end;
	size_t size, old_size;
	uint8_t old[KEPT_MAX];
};

static struct pending pending[PENDING_MAX];
static unsigned pending_count;
static unsigned calls, chosen, met;
static enum fault active;
static bool lasting;

void faulty_set(unsigned number, enum fault fault, bool lasts)
{
	calls = met = pending_count = 0;
	chosen = number;
	active = fault;
	lasting = lasts;
}

unsigned faulty_clear(void)
{
	active = FAULT_NONE;
	return calls;
}

unsigned faulty_met(void)
{
	return met;
}

static void path_of(int fd, char path[PATH_MAX])
{
	char link[64];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, PATH_MAX - 1);
	path[n > 0 ? n : 0] = 0;
}

static void remember(int fd, size_t size, off_t at)
{
	struct pending *p = &pending[pending_count % PENDING_MAX];
	struct stat st;

	path_of(fd, p->path);
	if (strstr(p->path, ".lock")) {
		return; /* what stands in a lock is never synced */
	}
	if (size > KEPT_MAX || fstat(fd, &st) < 0 || pending_count >= PENDING_MAX) {
		abort();
	}
	pending_count++;
	p->at = at;
	p->size = size;
	p->old_end = st.st_size;
	int reader = open(p->path, O_RDONLY | O_CLOEXEC);
	ssize_t n = pread(reader, p->old, size, at);
	p->old_size = n > 0 ? (size_t)n : 0;
	(void)close(reader);
}

static void forget(int fd)
{
	char path[PATH_MAX];
	unsigned kept = 0;

	path_of(fd, path);
	for (unsigned i = 0; i < pending_count; i++) {
		if (strcmp(pending[i].path, path) != 0) {
			pending[kept++] = pending[i];
		}
	}
	pending_count = kept;
}

/* Puts a write back to what a disk may have of it. */
static void damage(const struct pending *p, enum fault fault)
{
	static const uint8_t zeroes[KEPT_MAX];
	int fd = open(p->path, O_WRONLY | O_CLOEXEC);
	size_t from = fault == FAULT_DIE_HALVING ? p->size / 2 : 0;

	if (fault == FAULT_DIE_ZEROING) {
		(void)!__real_pwrite64(fd, zeroes, p->size, p->at);
	} else {
		if (p->old_size > from) {
			(void)!__real_pwrite64(
				fd, p->old + from, p->old_size - from, p->at + (off_t)from);
		}
		off_t end = p->at + (off_t)from;
		if (p->old_end < p->at + (off_t)p->size) {
			(void)!__real_ftruncate64(fd, end > p->old_end ? end : p->old_end);
		}
	}
	(void)close(fd);
}

static void die(enum fault fault)
{
	for (unsigned i = pending_count; fault != FAULT_DIE_BEFORE && i-- > 0;) {
		bool newest = i + 1 == pending_count;

		damage(&pending[i], newest ? fault : FAULT_DIE_LOSING);
	}
	_exit(77);
}

/* @return what this call meets */
static enum fault meet(void)
{
	unsigned number = calls++;

	if (active == FAULT_NONE || (lasting ? number < chosen : number != chosen)) {
		return FAULT_NONE;
	}
	met++;
	if (active >= FAULT_DIE_BEFORE) {
		die(active);
	}
	return active;
}

/* @return whether the write goes on, with so many bytes; else errno is set */
static bool let_write(size_t *size)
{
	switch (meet()) {
	case FAULT_EIO:
		errno = EIO;
		return false;
	case FAULT_ENOSPC:
		errno = ENOSPC;
		return false;
	case FAULT_EINTR:
		errno = EINTR;
		return false;
	case FAULT_SHORT:
		*size = *size > 1 ? *size / 2 : *size;
		return true;
	default:
		return true;
	}
}

static bool let_sync(void)
{
	enum fault fault = meet();

	errno = EIO;
	return fault != FAULT_EIO && fault != FAULT_SYNC;
}

ssize_t __wrap_pwrite64(int fd, const void *data, size_t size, off_t at)
{
	if (!let_write(&size)) {
		return -1;
	}
	remember(fd, size, at);
	return __real_pwrite64(fd, data, size, at);
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	return let_write(&size) ? __real_write(fd, data, size) : -1;
}

int __wrap_fdatasync(int fd)
{
	if (!let_sync()) {
		return -1;
	}
	forget(fd);
	return __real_fdatasync(fd);
}

int __wrap_fsync(int fd)
{
	if (!let_sync()) {
		return -1;
	}
	forget(fd);
	return __real_fsync(fd);
}

int __wrap_ftruncate64(int fd, off_t size)
{
	if (meet() == FAULT_EIO) {
		errno = EIO;
		return -1;
	}
	return __real_ftruncate64(fd, size);
}

int __wrap_rename(const char *from, const char *to)
{
	if (meet() == FAULT_EIO) {
		errno = EIO;
		return -1;
	}
	return __real_rename(from, to);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "disk_inside.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <sqlite3.h>

#define FIRST_FD 5000000
#define FDS 64
#define BLOCK 4096

struct handle {
	bool used;
	int file;
	int64_t at;
	char path[DISK_PATH];
};

static struct handle handles[FDS];

static bool is_ours(const char *path)
{
	size_t length = sizeof(DISK_ROOT) - 1;

	return strncmp(path, DISK_ROOT, length) == 0 && (path[length] == '/' || path[length] == 0);
}

void disk_forget_handles(void)
{
	memset(handles, 0, sizeof(handles));
}

int disk_open_count(void)
{
	int count = 0;

	for (int i = 0; i < FDS; i++) {
		count += handles[i].used;
	}
	return count;
}

/* The calls. */

static struct handle *handle_of(int fd)
{
	if (fd < FIRST_FD || fd >= FIRST_FD + FDS || !handles[fd - FIRST_FD].used) {
		return NULL;
	}
	return &handles[fd - FIRST_FD];
}

static int new_handle(int file, const char *path)
{
	for (int i = 0; i < FDS; i++) {
		if (!handles[i].used) {
			handles[i] = (struct handle){.used = true, .file = file};
			(void)snprintf(handles[i].path, DISK_PATH, "%s", path);
			return FIRST_FD + i;
		}
	}
	errno = EMFILE;
	return -1;
}

static int fail(int code)
{
	errno = code;
	return -1;
}

static int make(const char *path, bool is_folder)
{
	char parent[DISK_PATH];

	disk_parent_of(path, parent);
	if (disk_find(&disk_now, parent) < 0) {
		return fail(ENOENT);
	}
	if (disk_meet(CALL_GROW, NULL) < 0) {
		return -1;
	}
	int file = disk_new_file(&disk_now, is_folder);
	disk_record(DISK_LINK, file, 0, NULL, is_folder, path, NULL);
	return file;
}

static int disk_open(const char *given, int flags)
{
	char path[DISK_PATH];

	(void)snprintf(path, sizeof(path), "%s", given);
	if (path[strlen(path) - 1] == '/') {
		path[strlen(path) - 1] = 0;
	}
	int place = disk_find(&disk_now, path);
	int file = place < 0 ? -1 : disk_now.names[place].file;

	if (place >= 0 && (flags & O_CREAT) && (flags & O_EXCL)) {
		return fail(EEXIST);
	}
	if (place < 0 && !(flags & O_CREAT)) {
		return fail(ENOENT);
	}
	if (disk_meet(CALL_CHANGE, NULL) < 0) {
		return -1;
	}
	if (place < 0) {
		file = make(path, false);
		if (file < 0) {
			return -1;
		}
	}
	if ((flags & O_TRUNC) && disk_now.files[file].size > 0) {
		disk_record(DISK_TRUNCATE, file, 0, NULL, 0, path, NULL);
	}
	return new_handle(file, path);
}

static ssize_t disk_read(const struct handle *handle, void *data, size_t size, int64_t at)
{
	const struct disk_file *file = &disk_now.files[handle->file];

	if (disk_meet(CALL_READ, &size) < 0) {
		return -1;
	}
	int64_t end = at + (int64_t)size < file->size ? at + (int64_t)size : file->size;
	if (end <= at) {
		return 0;
	}
	memset(data, 0, (size_t)(end - at));
	if (at < file->filled) {
		int64_t filled = end < file->filled ? end : file->filled;

		memcpy(data, file->data + at, (size_t)(filled - at));
	}
	return end - at;
}

static ssize_t disk_write(struct handle *handle, const void *data, size_t size, int64_t at)
{
	if (disk_meet(CALL_WRITE, &size) < 0) {
		return -1;
	}
	disk_record(DISK_WRITE, handle->file, at, data, (int64_t)size, handle->path, NULL);
	return (ssize_t)size;
}

static int disk_truncate(struct handle *handle, int64_t size)
{
	struct disk_file *file = &disk_now.files[handle->file];

	if (disk_meet(size > file->size ? CALL_GROW : CALL_CHANGE, NULL) < 0) {
		return -1;
	}
	file->allocated = size < file->allocated ? size : file->allocated;
	disk_record(DISK_TRUNCATE, handle->file, 0, NULL, size, handle->path, NULL);
	return 0;
}

static int disk_sync(const struct handle *handle)
{
	bool is_folder = disk_now.files[handle->file].is_folder;
	enum disk_op_kind kind = is_folder ? DISK_SYNC_FOLDER : DISK_SYNC;

	if (disk_meet(CALL_SYNC, NULL) < 0) {
		if (disk_armed() == DISK_EFSYNC && !is_folder) {
			disk_record(DISK_LOSE, handle->file, 0, NULL, 0, handle->path, NULL);
		}
		errno = EIO;
		return -1;
	}
	disk_record(kind, handle->file, 0, NULL, 0, handle->path, NULL);
	return 0;
}

static int disk_stat(int file, struct stat *st)
{
	const struct disk_file *f = &disk_now.files[file];
	int64_t held = f->filled > f->allocated ? f->filled : f->allocated;

	memset(st, 0, sizeof(*st));
	st->st_dev = 77;
	st->st_ino = (ino_t)file + 1;
	st->st_mode = f->is_folder ? S_IFDIR | 0700 : S_IFREG | 0600;
	st->st_nlink = 1;
	st->st_uid = geteuid();
	st->st_size = f->size;
	st->st_blksize = BLOCK;
	st->st_blocks = (held + BLOCK - 1) / BLOCK * (BLOCK / 512);
	return 0;
}

static int disk_stat_path(const char *path, struct stat *st)
{
	int place = disk_find(&disk_now, path);

	return place < 0 ? fail(ENOENT) : disk_stat(disk_now.names[place].file, st);
}

static int disk_unlink(const char *path)
{
	int place = disk_find(&disk_now, path);

	if (place < 0) {
		return fail(ENOENT);
	}
	if (disk_meet(CALL_CHANGE, NULL) < 0) {
		return -1;
	}
	disk_record(DISK_UNLINK, disk_now.names[place].file, 0, NULL, 0, path, NULL);
	return 0;
}

static int disk_rmdir(const char *path)
{
	size_t length = strlen(path);

	for (int i = 0; i < disk_now.name_count; i++) {
		if (strncmp(disk_now.names[i].path, path, length) == 0 &&
			disk_now.names[i].path[length] == '/') {
			return fail(ENOTEMPTY);
		}
	}
	return disk_unlink(path);
}

static int disk_rename(const char *path, const char *to)
{
	int place = disk_find(&disk_now, path);

	if (place < 0) {
		return fail(ENOENT);
	}
	if (disk_meet(CALL_CHANGE, NULL) < 0) {
		return -1;
	}
	disk_record(DISK_RENAME, disk_now.names[place].file, 0, NULL, 0, path, to);
	return 0;
}

/* NAME: what the linker calls in place of it; disk_depth tells whose memory is asked for. */
#define INSIDE(expression)                                                                         \
	({                                                                                         \
		disk_depth++;                                                                      \
		__auto_type result_ = (expression);                                                \
		disk_depth--;                                                                      \
		result_;                                                                           \
	})

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	unsigned mode = flags & O_CREAT ? va_arg(args, unsigned) : 0;
	va_end(args);
	return is_ours(path) ? INSIDE(disk_open(path, flags)) : __real_open64(path, flags, mode);
}

int __real_openat64(int folder, const char *path, int flags, ...);
int __wrap_openat64(int folder, const char *path, int flags, ...);
int __wrap_openat64(int folder, const char *path, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	unsigned mode = flags & O_CREAT ? va_arg(args, unsigned) : 0;
	va_end(args);
	assert(!handle_of(folder));
	return is_ours(path) ? INSIDE(disk_open(path, flags))
			     : __real_openat64(folder, path, flags, mode);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	struct handle *handle = handle_of(fd);

	if (!handle) {
		return fd >= FIRST_FD ? fail(EBADF) : __real_close(fd);
	}
	handle->used = false;
	return 0;
}

ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size)
{
	struct handle *handle = handle_of(fd);

	if (!handle) {
		return __real_read(fd, data, size);
	}
	ssize_t n = INSIDE(disk_read(handle, data, size, handle->at));
	handle->at += n > 0 ? n : 0;
	return n;
}

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	struct handle *handle = handle_of(fd);

	if (!handle) {
		return __real_write(fd, data, size);
	}
	ssize_t n = INSIDE(disk_write(handle, data, size, handle->at));
	handle->at += n > 0 ? n : 0;
	return n;
}

ssize_t __real_pread64(int fd, void *data, size_t size, off_t at);
ssize_t __wrap_pread64(int fd, void *data, size_t size, off_t at);
ssize_t __wrap_pread64(int fd, void *data, size_t size, off_t at)
{
	struct handle *handle = handle_of(fd);

	return handle ? INSIDE(disk_read(handle, data, size, at))
		      : __real_pread64(fd, data, size, at);
}

ssize_t __real_pwrite64(int fd, const void *data, size_t size, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t size, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t size, off_t at)
{
	struct handle *handle = handle_of(fd);

	return handle ? INSIDE(disk_write(handle, data, size, at))
		      : __real_pwrite64(fd, data, size, at);
}

off_t __real_lseek64(int fd, off_t offset, int whence);
off_t __wrap_lseek64(int fd, off_t offset, int whence);
off_t __wrap_lseek64(int fd, off_t offset, int whence)
{
	struct handle *handle = handle_of(fd);

	if (!handle) {
		return __real_lseek64(fd, offset, whence);
	}
	int64_t from = whence == SEEK_SET   ? 0
		       : whence == SEEK_CUR ? handle->at
					    : disk_now.files[handle->file].size;
	handle->at = from + offset;
	return handle->at;
}

int __real_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size)
{
	struct handle *handle = handle_of(fd);

	return handle ? INSIDE(disk_truncate(handle, size)) : __real_ftruncate64(fd, size);
}

int __real_posix_fallocate64(int fd, off_t at, off_t size);
int __wrap_posix_fallocate64(int fd, off_t at, off_t size);
int __wrap_posix_fallocate64(int fd, off_t at, off_t size)
{
	struct handle *handle = handle_of(fd);

	if (!handle) {
		return __real_posix_fallocate64(fd, at, size);
	}
	if (disk_meet(CALL_GROW, NULL) < 0) {
		return errno;
	}
	struct disk_file *file = &disk_now.files[handle->file];
	file->allocated = at + size > file->allocated ? at + size : file->allocated;
	if (at + size > file->size) {
		(void)INSIDE((disk_record(DISK_TRUNCATE, handle->file, 0, NULL, at + size,
				      handle->path, NULL),
			0));
	}
	return 0;
}

int __real_fstat64(int fd, struct stat *st);
int __wrap_fstat64(int fd, struct stat *st);
int __wrap_fstat64(int fd, struct stat *st)
{
	struct handle *handle = handle_of(fd);

	return handle ? disk_stat(handle->file, st) : __real_fstat64(fd, st);
}

int __real_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st)
{
	return is_ours(path) ? disk_stat_path(path, st) : __real_stat64(path, st);
}

int __real_lstat64(const char *path, struct stat *st);
int __wrap_lstat64(const char *path, struct stat *st);
int __wrap_lstat64(const char *path, struct stat *st)
{
	return is_ours(path) ? disk_stat_path(path, st) : __real_lstat64(path, st);
}

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	if (!is_ours(path)) {
		return __real_access(path, mode);
	}
	return disk_find(&disk_now, path) < 0 ? fail(ENOENT) : 0;
}

char *__real_realpath(const char *path, char *ret);
char *__wrap_realpath(const char *path, char *ret);
char *__wrap_realpath(const char *path, char *ret)
{
	if (!is_ours(path)) {
		return __real_realpath(path, ret);
	}
	if (disk_find(&disk_now, path) < 0) {
		errno = ENOENT;
		return NULL;
	}
	return strcpy(ret, path);
}

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path)
{
	return is_ours(path) ? INSIDE(disk_unlink(path)) : __real_unlink(path);
}

int __real_rmdir(const char *path);
int __wrap_rmdir(const char *path);
int __wrap_rmdir(const char *path)
{
	return is_ours(path) ? INSIDE(disk_rmdir(path)) : __real_rmdir(path);
}

int __real_rename(const char *path, const char *to);
int __wrap_rename(const char *path, const char *to);
int __wrap_rename(const char *path, const char *to)
{
	return is_ours(path) ? INSIDE(disk_rename(path, to)) : __real_rename(path, to);
}

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode)
{
	if (!is_ours(path)) {
		return __real_mkdir(path, mode);
	}
	if (disk_find(&disk_now, path) >= 0) {
		return fail(EEXIST);
	}
	return INSIDE(make(path, true)) < 0 ? -1 : 0;
}

int __real_mkostemp64(char *path, int flags);
int __wrap_mkostemp64(char *path, int flags);
int __wrap_mkostemp64(char *path, int flags)
{
	static unsigned number;

	if (!is_ours(path)) {
		return __real_mkostemp64(path, flags);
	}
	(void)snprintf(path + strlen(path) - 6, 7, "%06u", number++ % 1000000);
	return INSIDE(disk_open(path, O_RDWR | O_CREAT | O_EXCL));
}

int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode)
{
	return handle_of(fd) ? 0 : __real_fchmod(fd, mode);
}

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
	return handle_of(fd) ? 0 : __real_flock(fd, operation);
}

/* SQLite calls these two directly: the program's own come before those of the C library. */
int fdatasync(int fd)
{
	struct handle *handle = handle_of(fd);

	return handle ? INSIDE(disk_sync(handle)) : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	struct handle *handle = handle_of(fd);

	return handle ? INSIDE(disk_sync(handle)) : (int)syscall(SYS_fsync, fd);
}

static int sqlite_open(const char *path, int flags, int mode)
{
	return __wrap_open64(path, flags, (unsigned)mode);
}

static int sqlite_fcntl(int fd, int command, ...)
{
	va_list args;

	va_start(args, command);
	void *argument = va_arg(args, void *);
	va_end(args);
	return handle_of(fd) ? 0 : fcntl(fd, command, argument);
}

static ssize_t sqlite_readlink(const char *path, char *to, size_t size)
{
	return is_ours(path) ? fail(EINVAL) : readlink(path, to, size);
}

static int sqlite_fchown(int fd, uid_t user, gid_t group)
{
	return handle_of(fd) ? 0 : fchown(fd, user, group);
}

void disk_install(void)
{
	const struct {
		const char *name;
		sqlite3_syscall_ptr call;
	} calls[] = {
		{"open", (sqlite3_syscall_ptr)sqlite_open},
		{"close", (sqlite3_syscall_ptr)__wrap_close},
		{"access", (sqlite3_syscall_ptr)__wrap_access},
		{"stat", (sqlite3_syscall_ptr)__wrap_stat64},
		{"fstat", (sqlite3_syscall_ptr)__wrap_fstat64},
		{"lstat", (sqlite3_syscall_ptr)__wrap_lstat64},
		{"ftruncate", (sqlite3_syscall_ptr)__wrap_ftruncate64},
		{"fcntl", (sqlite3_syscall_ptr)sqlite_fcntl},
		{"read", (sqlite3_syscall_ptr)__wrap_read},
		{"pread", (sqlite3_syscall_ptr)__wrap_pread64},
		{"pread64", (sqlite3_syscall_ptr)__wrap_pread64},
		{"write", (sqlite3_syscall_ptr)__wrap_write},
		{"pwrite", (sqlite3_syscall_ptr)__wrap_pwrite64},
		{"pwrite64", (sqlite3_syscall_ptr)__wrap_pwrite64},
		{"fchmod", (sqlite3_syscall_ptr)__wrap_fchmod},
		{"unlink", (sqlite3_syscall_ptr)__wrap_unlink},
		{"fchown", (sqlite3_syscall_ptr)sqlite_fchown},
		{"readlink", (sqlite3_syscall_ptr)sqlite_readlink},
	};
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int code = vfs->xSetSystemCall(vfs, calls[i].name, calls[i].call);

		/* Of the two names of a call, SQLite has the one it was built with. */
		assert(code == SQLITE_OK || code == SQLITE_NOTFOUND);
	}
	disk_now.name_count = disk_now.file_count = 0;
	disk_add_name(&disk_now, DISK_ROOT, disk_new_file(&disk_now, true));
}

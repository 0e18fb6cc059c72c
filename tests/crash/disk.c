/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

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

volatile int disk_depth;

/* The disk's own memory. */
static void *resize(void *memory, size_t size)
{
	disk_depth++;
	void *moved = realloc(memory, size);
	disk_depth--;
	assert(moved);
	return moved;
}

static void release(void *memory)
{
	disk_depth++;
	free(memory);
	disk_depth--;
}

struct handle {
	bool used;
	int file;
	int64_t at;
	char path[DISK_PATH];
};

static struct disk_state disk;
static struct handle handles[FDS];
static struct disk_op *op_log;
static size_t log_count, log_room;

static struct {
	enum disk_fault fault;
	uint64_t at;
	bool lasting;
	uint64_t met;
} armed;

/* What a call does, as far as faults are concerned. */
enum call { CALL_READ, CALL_WRITE, CALL_SYNC, CALL_GROW, CALL_CHANGE };

static bool can_meet(enum disk_fault fault, enum call call, size_t size)
{
	switch (fault) {
	case DISK_EIO:
		return true;
	case DISK_ENOSPC:
		return call == CALL_WRITE || call == CALL_GROW;
	case DISK_SHORT:
		return (call == CALL_READ || call == CALL_WRITE) && size > 1;
	case DISK_EINTR:
		return call == CALL_READ || call == CALL_WRITE;
	case DISK_EFSYNC:
		return call == CALL_SYNC;
	case DISK_NO_FAULT:
	case DISK_FAULTS:
		break;
	}
	return false;
}

static bool fails(enum call call, size_t size)
{
	if (!can_meet(armed.fault, call, size)) {
		return false;
	}
	uint64_t number = armed.met++;
	if (number == armed.at) {
		return true;
	}
	return armed.lasting && number > armed.at &&
	       (armed.fault != DISK_EINTR || (number - armed.at) % 2 == 0);
}

/* @return -1 with errno set, where the armed fault strikes and is no short transfer; else 0 */
static int meet(enum call call, size_t *size)
{
	static const int codes[DISK_FAULTS] = {[DISK_EIO] = EIO,
		[DISK_ENOSPC] = ENOSPC,
		[DISK_EINTR] = EINTR,
		[DISK_EFSYNC] = EIO};

	if (!fails(call, size ? *size : 0)) {
		return 0;
	}
	if (armed.fault == DISK_SHORT) {
		*size = *size / 2;
		return 0;
	}
	errno = codes[armed.fault];
	return -1;
}

void disk_arm(enum disk_fault fault, uint64_t at, bool lasting)
{
	armed.fault = fault;
	armed.at = at;
	armed.lasting = lasting;
	armed.met = 0;
}

uint64_t disk_met(void)
{
	return armed.met;
}

static bool is_ours(const char *path)
{
	size_t length = sizeof(DISK_ROOT) - 1;

	return strncmp(path, DISK_ROOT, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int find(const struct disk_state *state, const char *path)
{
	for (int i = 0; i < state->name_count; i++) {
		if (strcmp(state->names[i].path, path) == 0) {
			return i;
		}
	}
	return -1;
}

static void add_name(struct disk_state *state, const char *path, int file)
{
	int place = find(state, path);

	if (place < 0) {
		assert(state->name_count < DISK_NAMES);
		place = state->name_count++;
		(void)snprintf(state->names[place].path, DISK_PATH, "%s", path);
	}
	state->names[place].file = file;
}

static void drop_name(struct disk_state *state, const char *path)
{
	int place = find(state, path);

	if (place >= 0) {
		state->names[place] = state->names[--state->name_count];
	}
}

static void parent_of(const char *path, char parent[DISK_PATH])
{
	(void)snprintf(parent, DISK_PATH, "%s", path);
	*strrchr(parent, '/') = 0;
}

static void put(struct disk_file *file, int64_t at, const uint8_t *data, int64_t size)
{
	if (at + size > file->room) {
		file->room = (at + size) * 2;
		file->data = resize(file->data, (size_t)file->room);
	}
	if (at > file->filled) {
		memset(file->data + file->filled, 0, (size_t)(at - file->filled));
	}
	if (size > 0) {
		memcpy(file->data + at, data, (size_t)size);
	}
	file->filled = at + size > file->filled ? at + size : file->filled;
	file->size = at + size > file->size ? at + size : file->size;
}

static void set_size(struct disk_file *file, int64_t size)
{
	file->filled = size < file->filled ? size : file->filled;
	file->size = size;
}

/* What is in a folder goes with it. */
static void move_inner(struct disk_state *state, const char *from, const char *to)
{
	size_t length = strlen(from);

	for (int i = 0; i < state->name_count; i++) {
		char *path = state->names[i].path;

		if (strncmp(path, from, length) == 0 && path[length] == '/') {
			char moved[2 * DISK_PATH];

			(void)snprintf(moved, sizeof(moved), "%s%s", to, path + length);
			assert(strlen(moved) < DISK_PATH);
			memcpy(path, moved, strlen(moved) + 1);
		}
	}
}

static void apply(struct disk_state *state, const struct disk_op *op)
{
	struct disk_file *file = &state->files[op->file];

	switch (op->kind) {
	case DISK_WRITE:
		put(file, op->at, op->data, op->size);
		break;
	case DISK_TRUNCATE:
		set_size(file, op->size);
		break;
	case DISK_LINK:
		add_name(state, op->path, op->file);
		break;
	case DISK_UNLINK:
		drop_name(state, op->path);
		break;
	case DISK_RENAME:
		drop_name(state, op->path);
		add_name(state, op->to, op->file);
		move_inner(state, op->path, op->to);
		break;
	case DISK_SYNC:
	case DISK_LOSE:
	case DISK_SYNC_FOLDER:
		break;
	}
}

static void record(enum disk_op_kind kind, int file, int64_t at, const void *data, int64_t size,
	const char *path, const char *to)
{
	if (log_count == log_room) {
		log_room = log_room ? log_room * 2 : 256;
		op_log = resize(op_log, log_room * sizeof(*op_log));
	}
	struct disk_op *op = &op_log[log_count++];
	*op = (struct disk_op){.kind = kind, .file = file, .at = at, .size = size};
	if (data) {
		op->data = resize(NULL, (size_t)size);
		memcpy(op->data, data, (size_t)size);
	}
	(void)snprintf(op->path, DISK_PATH, "%s", path ? path : "");
	(void)snprintf(op->to, DISK_PATH, "%s", to ? to : "");
	apply(&disk, op);
}

static int new_file(struct disk_state *state, bool is_folder)
{
	assert(state->file_count < DISK_FILES);
	state->files[state->file_count] = (struct disk_file){.is_folder = is_folder};
	return state->file_count++;
}

void disk_copy(const struct disk_state *state, struct disk_state *ret)
{
	ret->name_count = state->name_count;
	ret->file_count = state->file_count;
	memcpy(ret->names, state->names, sizeof(state->names[0]) * (size_t)state->name_count);
	for (int i = 0; i < state->file_count; i++) {
		const struct disk_file *file = &state->files[i];

		ret->files[i] = *file;
		ret->files[i].data = NULL;
		ret->files[i].filled = ret->files[i].room = 0;
		if (file->filled > 0) {
			put(&ret->files[i], 0, file->data, file->filled);
		}
		ret->files[i].size = file->size;
	}
}

void disk_free(struct disk_state *state)
{
	for (int i = 0; i < state->file_count; i++) {
		release(state->files[i].data);
	}
	state->file_count = state->name_count = 0;
}

void disk_log_free(struct disk_op *log, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		release(log[i].data);
	}
	release(log);
}

struct disk_op *disk_log_take(size_t *ret_count)
{
	struct disk_op *log = op_log;

	*ret_count = log_count;
	op_log = NULL;
	log_count = log_room = 0;
	return log;
}

size_t disk_log_count(void)
{
	return log_count;
}

void disk_insert(const struct disk_state *state)
{
	struct disk_state copy;
	size_t count;

	disk_copy(state, &copy);
	disk_free(&disk);
	disk = copy;
	memset(handles, 0, sizeof(handles));
	disk_arm(DISK_NO_FAULT, 0, false);
	struct disk_op *log = disk_log_take(&count);
	disk_log_free(log, count);
}

const struct disk_state *disk_current(void)
{
	return &disk;
}

int disk_open_count(void)
{
	int count = 0;

	for (int i = 0; i < FDS; i++) {
		count += handles[i].used;
	}
	return count;
}

/* What is synced and what is not. */

struct disk_image {
	struct disk_state synced;
	const struct disk_op **pending;
	size_t count, room;
};

struct disk_image *disk_image_new(const struct disk_state *base)
{
	struct disk_image *image = resize(NULL, sizeof(*image));

	memset(image, 0, sizeof(*image));
	disk_copy(base, &image->synced);
	return image;
}

void disk_image_free(struct disk_image *image)
{
	disk_free(&image->synced);
	release(image->pending);
	release(image);
}

static bool is_name_op(const struct disk_op *op)
{
	return op->kind == DISK_LINK || op->kind == DISK_UNLINK || op->kind == DISK_RENAME;
}

static bool is_in(const struct disk_op *op, const char *folder)
{
	char parent[DISK_PATH];

	if (!is_name_op(op)) {
		return false;
	}
	parent_of(op->path, parent);
	if (strcmp(parent, folder) == 0) {
		return true;
	}
	if (op->kind != DISK_RENAME) {
		return false;
	}
	parent_of(op->to, parent);
	return strcmp(parent, folder) == 0;
}

static bool is_settled_by(const struct disk_op *op, const struct disk_op *sync)
{
	return sync->kind == DISK_SYNC_FOLDER ? is_in(op, sync->path)
					      : !is_name_op(op) && op->file == sync->file;
}

static void settle(struct disk_image *image, const struct disk_op *sync)
{
	size_t left = 0;

	for (size_t i = 0; i < image->count; i++) {
		const struct disk_op *op = image->pending[i];

		if (!is_settled_by(op, sync)) {
			image->pending[left++] = op;
		} else if (sync->kind != DISK_LOSE) {
			apply(&image->synced, op);
		}
	}
	image->count = left;
}

void disk_image_apply(struct disk_image *image, const struct disk_op *op)
{
	if (op->kind == DISK_SYNC || op->kind == DISK_LOSE || op->kind == DISK_SYNC_FOLDER) {
		settle(image, op);
		return;
	}
	while (op->file >= image->synced.file_count) {
		(void)new_file(&image->synced, false);
	}
	if (op->kind == DISK_LINK) {
		image->synced.files[op->file].is_folder = op->size != 0;
	}
	if (image->count == image->room) {
		image->room = image->room ? image->room * 2 : 256;
		image->pending = resize(image->pending, image->room * sizeof(*image->pending));
	}
	image->pending[image->count++] = op;
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* The pieces of a write as sectors bound them. */
static void write_sectors(struct disk_state *state, const struct disk_op *op,
	enum disk_damage damage, uint64_t *random)
{
	for (int64_t done = 0; done < op->size;) {
		int64_t at = op->at + done;
		int64_t piece = DISK_SECTOR - at % DISK_SECTOR;
		uint64_t fate = next_random(random) >> 40;

		piece = piece < op->size - done ? piece : op->size - done;
		if (damage == DISK_DAMAGED && fate % 3 == 0) {
			uint8_t junk[DISK_SECTOR];

			for (int64_t i = 0; i < piece; i++) {
				junk[i] = (uint8_t)(fate * 151 + (uint64_t)i * 31);
			}
			put(&state->files[op->file], at, junk, piece);
		} else if (fate % 2 == 0) {
			put(&state->files[op->file], at, op->data + done, piece);
		}
		done += piece;
	}
}

static void write_part(struct disk_state *state, const struct disk_op *op, uint64_t *random)
{
	int64_t sectors = op->size / DISK_SECTOR;
	int64_t kept = sectors ? (int64_t)(next_random(random) % (uint64_t)sectors) : 0;
	int64_t size = kept * DISK_SECTOR - op->at % DISK_SECTOR;

	if (size > 0) {
		put(&state->files[op->file], op->at, op->data, size);
	}
}

/* A name without its folder is no name. */
static void drop_orphans(struct disk_state *state)
{
	for (int i = 0; i < state->name_count; i++) {
		char parent[DISK_PATH];

		parent_of(state->names[i].path, parent);
		if (parent[0] && find(state, parent) < 0) {
			drop_name(state, state->names[i].path);
			i = -1;
		}
	}
}

void disk_image_cut(const struct disk_image *image, enum disk_damage damage, uint64_t seed,
	struct disk_state *ret)
{
	uint64_t random = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	size_t prefix = next_random(&random) % (image->count + 1);

	disk_copy(&image->synced, ret);
	for (size_t i = 0; i < image->count && damage != DISK_LOST; i++) {
		const struct disk_op *op = image->pending[i];
		bool is_write = op->kind == DISK_WRITE;

		if (damage == DISK_KEPT || (damage == DISK_ORDERED && i < prefix)) {
			apply(ret, op);
		} else if (damage == DISK_ORDERED) {
			if (i == prefix && is_write) {
				write_part(ret, op, &random);
			}
		} else if (is_write) {
			write_sectors(ret, op, damage, &random);
		} else if ((next_random(&random) >> 40) % 2 == 0) {
			apply(ret, op);
		}
	}
	drop_orphans(ret);
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

	parent_of(path, parent);
	if (find(&disk, parent) < 0) {
		return fail(ENOENT);
	}
	if (meet(CALL_GROW, NULL) < 0) {
		return -1;
	}
	int file = new_file(&disk, is_folder);
	record(DISK_LINK, file, 0, NULL, is_folder, path, NULL);
	return file;
}

static int disk_open(const char *given, int flags)
{
	char path[DISK_PATH];

	(void)snprintf(path, sizeof(path), "%s", given);
	if (path[strlen(path) - 1] == '/') {
		path[strlen(path) - 1] = 0;
	}
	int place = find(&disk, path);
	int file = place < 0 ? -1 : disk.names[place].file;

	if (place >= 0 && (flags & O_CREAT) && (flags & O_EXCL)) {
		return fail(EEXIST);
	}
	if (place < 0 && !(flags & O_CREAT)) {
		return fail(ENOENT);
	}
	if (meet(CALL_CHANGE, NULL) < 0) {
		return -1;
	}
	if (place < 0) {
		file = make(path, false);
		if (file < 0) {
			return -1;
		}
	}
	if ((flags & O_TRUNC) && disk.files[file].size > 0) {
		record(DISK_TRUNCATE, file, 0, NULL, 0, path, NULL);
	}
	return new_handle(file, path);
}

static ssize_t disk_read(const struct handle *handle, void *data, size_t size, int64_t at)
{
	const struct disk_file *file = &disk.files[handle->file];

	if (meet(CALL_READ, &size) < 0) {
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
	if (meet(CALL_WRITE, &size) < 0) {
		return -1;
	}
	record(DISK_WRITE, handle->file, at, data, (int64_t)size, handle->path, NULL);
	return (ssize_t)size;
}

static int disk_truncate(struct handle *handle, int64_t size)
{
	struct disk_file *file = &disk.files[handle->file];

	if (meet(size > file->size ? CALL_GROW : CALL_CHANGE, NULL) < 0) {
		return -1;
	}
	file->allocated = size < file->allocated ? size : file->allocated;
	record(DISK_TRUNCATE, handle->file, 0, NULL, size, handle->path, NULL);
	return 0;
}

static int disk_sync(const struct handle *handle)
{
	bool is_folder = disk.files[handle->file].is_folder;
	enum disk_op_kind kind = is_folder ? DISK_SYNC_FOLDER : DISK_SYNC;

	if (meet(CALL_SYNC, NULL) < 0) {
		if (armed.fault == DISK_EFSYNC && !is_folder) {
			record(DISK_LOSE, handle->file, 0, NULL, 0, handle->path, NULL);
		}
		errno = EIO;
		return -1;
	}
	record(kind, handle->file, 0, NULL, 0, handle->path, NULL);
	return 0;
}

static int disk_stat(int file, struct stat *st)
{
	const struct disk_file *f = &disk.files[file];
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
	int place = find(&disk, path);

	return place < 0 ? fail(ENOENT) : disk_stat(disk.names[place].file, st);
}

static int disk_unlink(const char *path)
{
	int place = find(&disk, path);

	if (place < 0) {
		return fail(ENOENT);
	}
	if (meet(CALL_CHANGE, NULL) < 0) {
		return -1;
	}
	record(DISK_UNLINK, disk.names[place].file, 0, NULL, 0, path, NULL);
	return 0;
}

static int disk_rmdir(const char *path)
{
	size_t length = strlen(path);

	for (int i = 0; i < disk.name_count; i++) {
		if (strncmp(disk.names[i].path, path, length) == 0 &&
			disk.names[i].path[length] == '/') {
			return fail(ENOTEMPTY);
		}
	}
	return disk_unlink(path);
}

static int disk_rename(const char *path, const char *to)
{
	int place = find(&disk, path);

	if (place < 0) {
		return fail(ENOENT);
	}
	if (meet(CALL_CHANGE, NULL) < 0) {
		return -1;
	}
	record(DISK_RENAME, disk.names[place].file, 0, NULL, 0, path, to);
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
					    : disk.files[handle->file].size;
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
	if (meet(CALL_GROW, NULL) < 0) {
		return errno;
	}
	struct disk_file *file = &disk.files[handle->file];
	file->allocated = at + size > file->allocated ? at + size : file->allocated;
	if (at + size > file->size) {
		(void)INSIDE((
			record(DISK_TRUNCATE, handle->file, 0, NULL, at + size, handle->path, NULL),
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
	return find(&disk, path) < 0 ? fail(ENOENT) : 0;
}

char *__real_realpath(const char *path, char *ret);
char *__wrap_realpath(const char *path, char *ret);
char *__wrap_realpath(const char *path, char *ret)
{
	if (!is_ours(path)) {
		return __real_realpath(path, ret);
	}
	if (find(&disk, path) < 0) {
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
	if (find(&disk, path) >= 0) {
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
	disk.name_count = disk.file_count = 0;
	add_name(&disk, DISK_ROOT, new_file(&disk, true));
}

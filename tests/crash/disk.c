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

struct disk_state disk_now;
static struct disk_op *op_log;
static size_t log_count, log_room;

static struct {
	enum disk_fault fault;
	uint64_t at;
	bool lasting;
	uint64_t met;
} armed;

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
int disk_meet(enum call call, size_t *size)
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

enum disk_fault disk_armed(void)
{
	return armed.fault;
}

uint64_t disk_met(void)
{
	return armed.met;
}

int disk_find(const struct disk_state *state, const char *path)
{
	for (int i = 0; i < state->name_count; i++) {
		if (strcmp(state->names[i].path, path) == 0) {
			return i;
		}
	}
	return -1;
}

void disk_add_name(struct disk_state *state, const char *path, int file)
{
	int place = disk_find(state, path);

	if (place < 0) {
		assert(state->name_count < DISK_NAMES);
		place = state->name_count++;
		(void)snprintf(state->names[place].path, DISK_PATH, "%s", path);
	}
	state->names[place].file = file;
}

static void drop_name(struct disk_state *state, const char *path)
{
	int place = disk_find(state, path);

	if (place >= 0) {
		state->names[place] = state->names[--state->name_count];
	}
}

void disk_parent_of(const char *path, char parent[DISK_PATH])
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
		disk_add_name(state, op->path, op->file);
		break;
	case DISK_UNLINK:
		drop_name(state, op->path);
		break;
	case DISK_RENAME:
		drop_name(state, op->path);
		disk_add_name(state, op->to, op->file);
		move_inner(state, op->path, op->to);
		break;
	case DISK_SYNC:
	case DISK_LOSE:
	case DISK_SYNC_FOLDER:
		break;
	}
}

void disk_record(enum disk_op_kind kind, int file, int64_t at, const void *data, int64_t size,
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
	apply(&disk_now, op);
}

int disk_new_file(struct disk_state *state, bool is_folder)
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
	disk_free(&disk_now);
	disk_now = copy;
	disk_forget_handles();
	disk_arm(DISK_NO_FAULT, 0, false);
	struct disk_op *log = disk_log_take(&count);
	disk_log_free(log, count);
}

const struct disk_state *disk_current(void)
{
	return &disk_now;
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
	disk_parent_of(op->path, parent);
	if (strcmp(parent, folder) == 0) {
		return true;
	}
	if (op->kind != DISK_RENAME) {
		return false;
	}
	disk_parent_of(op->to, parent);
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
		(void)disk_new_file(&image->synced, false);
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

		disk_parent_of(state->names[i].path, parent);
		if (parent[0] && disk_find(state, parent) < 0) {
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

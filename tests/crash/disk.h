/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_DISK_H
#define PST_TEST_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A disk in memory, below the folder DISK_ROOT, for everything that the program under test does
 * with files: its own calls come here by the linker's --wrap, those of SQLite by its table of
 * system calls. Other paths go to the kernel.
 *
 * What is written is on the disk for certain only after a sync of its file, a name only after a
 * sync of its folder. Every change is logged, so that what a power failure leaves behind can be
 * made for any moment of a run:
 *
 *   base --replay of the log up to the cut--> image: what is synced, what is not --cut--> state
 */

#define DISK_ROOT "/disk"
#define DISK_SECTOR 512 /* bytes that are written in one piece */
#define DISK_PATH 80	/* bytes of a path with its NUL */
#define DISK_NAMES 48
#define DISK_FILES 128

enum disk_op_kind {
	DISK_WRITE = 1,
	DISK_TRUNCATE,
	DISK_SYNC,
	DISK_LOSE, /* a sync failed: what it was for will never be written */
	DISK_SYNC_FOLDER,
	DISK_LINK,
	DISK_UNLINK,
	DISK_RENAME,
};

struct disk_op {
	enum disk_op_kind kind;
	int file;
	int64_t at;
	int64_t size; /* of a write, or of the file after a truncation */
	uint8_t *data;
	char path[DISK_PATH];
	char to[DISK_PATH]; /* of a renaming */
};

struct disk_file {
	bool is_folder;
	int64_t size;
	int64_t allocated;
	uint8_t *data; /* the first bytes; zeroes after them */
	int64_t filled;
	int64_t room;
};

struct disk_name {
	char path[DISK_PATH];
	int file;
};

/** Names and files as they stand. */
struct disk_state {
	struct disk_name names[DISK_NAMES];
	int name_count;
	struct disk_file files[DISK_FILES];
	int file_count;
};

enum disk_damage {
	DISK_KEPT,	/* all of it got through: a process that was killed */
	DISK_LOST,	/* nothing that was not synced */
	DISK_ORDERED,	/* what came before some moment, the last write in part */
	DISK_REORDERED, /* each sector and each name for itself, across all files */
	DISK_DAMAGED,	/* the same, and sectors that were being written hold anything */
	DISK_DAMAGES
};

enum disk_fault {
	DISK_NO_FAULT,
	DISK_EIO,
	DISK_ENOSPC,
	DISK_SHORT, /* reads and writes move half */
	DISK_EINTR,
	DISK_EFSYNC, /* syncs fail, and what they were for is lost */
	DISK_FAULTS
};

/** How often this runs inside the disk: allocation failures are not for it. */
extern volatile int disk_depth;

/** Routes SQLite's system calls here and makes an empty disk. Once. */
void disk_install(void);

/** Copies deeply; ret is overwritten without being freed. */
void disk_copy(const struct disk_state *state, struct disk_state *ret);
void disk_free(struct disk_state *state);

/** Puts a copy of the state in, forgets descriptors and log, arms no fault. */
void disk_insert(const struct disk_state *state);

/** @return the disk as it stands; valid until the next call */
const struct disk_state *disk_current(void);

/** The changes since the disk was put in. */
size_t disk_log_count(void);

/** Moves the log out; the caller frees it with disk_log_free(). */
struct disk_op *disk_log_take(size_t *ret_count);
void disk_log_free(struct disk_op *log, size_t count);

/** @return descriptors in use: what was not closed */
int disk_open_count(void);

/** What is synced and what is not, at a moment of a log. */
struct disk_image;
struct disk_image *disk_image_new(const struct disk_state *base);
void disk_image_free(struct disk_image *image);

/** Takes the next operation of the log, which stays borrowed. */
void disk_image_apply(struct disk_image *image, const struct disk_op *op);

/** What is there after a power failure at this moment. */
void disk_image_cut(const struct disk_image *image, enum disk_damage damage, uint64_t seed,
	struct disk_state *ret);

/**
 * Lets a call fail.
 *
 * @param at       counts from 0 the calls that this fault can meet
 * @param lasting  all later ones fail too (EINTR: every other)
 */
void disk_arm(enum disk_fault fault, uint64_t at, bool lasting);

/** @return how many calls the armed fault could meet so far, those after it too */
uint64_t disk_met(void);

#endif

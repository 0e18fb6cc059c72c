/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_DISK_INSIDE_H
#define PST_TEST_DISK_INSIDE_H

#include "disk.h"

/* What the disk's calls need of the disk. */

/* What a call does, as far as faults are concerned. */
enum call { CALL_READ, CALL_WRITE, CALL_SYNC, CALL_GROW, CALL_CHANGE };

extern struct disk_state disk_now;

/** @return the place of a name, or -1 */
int disk_find(const struct disk_state *state, const char *path);
void disk_add_name(struct disk_state *state, const char *path, int file);
int disk_new_file(struct disk_state *state, bool is_folder);
void disk_parent_of(const char *path, char parent[DISK_PATH]);

/** Logs a change and makes it. */
void disk_record(enum disk_op_kind kind, int file, int64_t at, const void *data, int64_t size,
	const char *path, const char *to);

/** @return -1 with errno set, where the armed fault strikes and is no short transfer; else 0 */
int disk_meet(enum call call, size_t *size);
enum disk_fault disk_armed(void);
void disk_forget_handles(void);

#endif

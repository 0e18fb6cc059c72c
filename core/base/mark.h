/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_MARK_H
#define PST_BASE_MARK_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Which file stands under a path, and when it was last changed: equal marks, the same content. Only
 * a change within a tick of the kernel's clock after the mark was taken goes unseen. All 0: none.
 */
struct pst_mark {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	uint64_t changed_ns; /* CLOCK_REALTIME; content, owner or rights */
};

/** Takes the mark of an open file. @return 0 or -errno */
int pst_mark_take(int fd, struct pst_mark *ret_mark);

/** Takes the mark of the file under a path. @return 0 or -errno */
int pst_mark_take_path(const char *path, struct pst_mark *ret_mark);

bool pst_mark_is_set(const struct pst_mark *mark);
bool pst_mark_is_equal(const struct pst_mark *a, const struct pst_mark *b);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_STAMP_H
#define PST_BASE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Which file stands under a path, and when it was last changed: equal stamps, the same content.
 * Only a change within a tick of the kernel's clock after the stamp was taken goes unseen. All 0:
 * none.
 */
struct pst_stamp {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	uint64_t changed_ns; /* CLOCK_REALTIME; content, owner or rights */
};

/** Takes the stamp of an open file. @return 0 or -errno */
int pst_stamp_take(int fd, struct pst_stamp *ret_stamp);

/** Takes the stamp of the file under a path. @return 0 or -errno */
int pst_stamp_take_path(const char *path, struct pst_stamp *ret_stamp);

bool pst_stamp_is_set(const struct pst_stamp *stamp);
bool pst_stamp_is_equal(const struct pst_stamp *a, const struct pst_stamp *b);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_LOCK_H
#define PST_BASE_LOCK_H

#include "base/error.h"

/**
 * Takes a lock file, so that one process at a time works on something. The kernel drops the lock
 * with the descriptor, whatever becomes of the process.
 *
 * @param path    made if missing (mode 0600), holds the holder's pid, never removed
 * @param what    "the vault": names the thing in the error
 * @param ret_fd  the caller closes it to give the lock back; -1 on error
 * @return 0, -EWOULDBLOCK (taken; the error names the pid), -errno
 */
int pst_lock_take(
	const char *path, const char *what, int *ret_fd, struct pst_error *error) PST_MUST_CHECK;

#endif

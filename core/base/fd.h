/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_FD_H
#define PST_BASE_FD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/** Closes *fd if it is open and sets it to -1; errno survives. */
void pst_fd_close(int *fd);

/** Moves the descriptor out: returns *fd and leaves -1. */
int pst_fd_steal(int *fd);

/** Reads until size bytes or the end. @return bytes read, or -errno. EINTR is retried. */
ssize_t pst_fd_read_full(int fd, void *data, size_t size) PST_MUST_CHECK;

/** Writes all of it. @return 0 or -errno. EINTR and short writes are retried. */
int pst_fd_write_full(int fd, const void *data, size_t size) PST_MUST_CHECK;

/**
 * Reads a whole regular file into memory.
 *
 * @param limit     bytes; a larger file is refused (-EFBIG)
 * @param ret_data  on success malloc'ed, NUL-terminated after ret_size bytes; the caller frees
 * @return 0, or -errno with the error filled (names the path)
 */
int pst_fd_read_file(const char *path, size_t limit, uint8_t **ret_data, size_t *ret_size,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Replaces a file in one step: temporary file beside it, fsync, rename, fsync of the folder.
 *
 * @return 0, or -errno with the error filled; then the old file stands untouched, or, with -EIO, it
 * is in doubt which of the two does
 */
int pst_fd_replace_file(const char *path, const void *data, size_t size, mode_t mode,
	struct pst_error *error) PST_MUST_CHECK;

/** Makes the names in a file's folder durable. @return 0 or -errno */
int pst_fd_sync_parent(const char *path) PST_MUST_CHECK;

/** Creates the folder and its parents with mode 0700, durably. @return 0 or -errno with the error
 * filled. */
int pst_fd_make_dirs(const char *path, struct pst_error *error) PST_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/ballast.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define STAT_BLOCK 512

static bool is_allocated(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size >= (off_t)PST_VAULT_BALLAST_SIZE &&
	       (uint64_t)st.st_blocks * STAT_BLOCK >= PST_VAULT_BALLAST_SIZE;
}

int pst_vault_ballast_allocate(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		return -errno;
	}
	int status = 0;
	if (!is_allocated(fd)) {
		status = -posix_fallocate(fd, 0, (off_t)PST_VAULT_BALLAST_SIZE);
	}
	if (status < 0) {
		(void)!ftruncate(fd, 0);
	}
	pst_fd_close(&fd);
	return status;
}

bool pst_vault_ballast_release(const char *path)
{
	struct stat st = {0};
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		return false;
	}
	bool released = fstat(fd, &st) == 0 && st.st_blocks > 0 && ftruncate(fd, 0) == 0;
	pst_fd_close(&fd);
	return released;
}

bool pst_vault_ballast_is_there(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		return false;
	}
	bool there = is_allocated(fd);
	pst_fd_close(&fd);
	return there;
}

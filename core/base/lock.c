/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"

static int refuse(int fd, const char *path, const char *what, struct pst_error *error)
{
	char pid[24] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = 0;
	pid[strcspn(pid, "\n")] = 0;
	return pst_error_set(error, -EWOULDBLOCK, "%s: %s is in use by process %s; stop it first",
		path, what, pid[0] ? pid : "(unknown)");
}

int pst_lock_take(const char *path, const char *what, int *ret_fd, struct pst_error *error)
{
	char pid[24];
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	*ret_fd = -1;
	if (fd < 0) {
		return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int status = errno == EWOULDBLOCK ? refuse(fd, path, what, error)
						  : pst_error_set(error, -errno, "%s: %s", path,
							    strerror(errno));

		pst_fd_close(&fd);
		return status;
	}
	/* The number only helps a person; on a full disk the lock holds without it. */
	int length = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) == 0) {
		(void)!pwrite(fd, pid, (size_t)length, 0);
	}
	*ret_fd = fd;
	return 0;
}

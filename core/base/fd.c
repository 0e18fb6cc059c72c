/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void pst_fd_close(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;

		(void)close(*fd);
		errno = saved;
	}
	*fd = -1;
}

int pst_fd_steal(int *fd)
{
	int moved = *fd;

	*fd = -1;
	return moved;
}

ssize_t pst_fd_read_full(int fd, void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (uint8_t *)data + done, size - done);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if (n == 0) {
			break;
		}
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int pst_fd_write_full(int fd, const void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(fd, (const uint8_t *)data + done, size - done);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		done += (size_t)n;
	}
	return 0;
}

int pst_fd_read_file(const char *path, size_t limit, uint8_t **ret_data, size_t *ret_size,
	struct pst_error *error)
{
	uint8_t *data = NULL;
	struct stat st;
	int status = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0) {
		status = pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
		goto done;
	}
	if (!S_ISREG(st.st_mode)) {
		status = pst_error_set(error, -EINVAL, "%s: not a regular file", path);
		goto done;
	}
	if ((uint64_t)st.st_size > limit) {
		status = pst_error_set(error, -EFBIG, "%s: %lld bytes, more than the %zu allowed",
			path, (long long)st.st_size, limit);
		goto done;
	}
	data = malloc((size_t)st.st_size + 1);
	if (!data) {
		status = pst_error_set(error, -ENOMEM, "%s: out of memory", path);
		goto done;
	}
	ssize_t got = pst_fd_read_full(fd, data, (size_t)st.st_size);
	if (got < 0) {
		status = pst_error_set(error, (int)got, "%s: %s", path, strerror((int)-got));
		goto done;
	}
	data[got] = 0;
	*ret_data = data;
	*ret_size = (size_t)got;
	data = NULL;
done:
	free(data);
	pst_fd_close(&fd);
	return status;
}

int pst_fd_sync_parent(const char *path)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (length >= sizeof(parent)) {
		return -ENAMETOOLONG;
	}
	memcpy(parent, path, length);
	parent[length] = 0;
	int fd = open(!slash ? "." : length ? parent : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	pst_fd_close(&fd);
	return status;
}

int pst_fd_replace_file(
	const char *path, const void *data, size_t size, mode_t mode, struct pst_error *error)
{
	char temporary[PATH_MAX];
	int status = 0;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary)) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", path);
	}
	int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	status = pst_fd_write_full(fd, data, size);
	if (status == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0)) {
		status = -errno;
	}
	pst_fd_close(&fd);
	if (status == 0 && rename(temporary, path) < 0) {
		status = -errno;
	}
	if (status < 0) {
		(void)unlink(temporary);
		return pst_error_set(error, status, "%s: %s", path, strerror(-status));
	}
	/* Whatever the reason: the new file stands, and may not tomorrow. */
	return pst_fd_sync_parent(path) < 0
		       ? pst_error_set(
				 error, -EIO, "%s: replaced, but it is not certain to last", path)
		       : 0;
}

int pst_fd_make_dirs(const char *path, struct pst_error *error)
{
	char partial[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(partial)) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", path);
	}
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != 0) {
			continue;
		}
		memcpy(partial, path, i);
		partial[i] = 0;
		if (mkdir(partial, 0700) < 0) {
			if (errno != EEXIST) {
				return pst_error_set(
					error, -errno, "%s: %s", partial, strerror(errno));
			}
		} else if (pst_fd_sync_parent(partial) < 0) {
			return pst_error_set(error, -EIO, "%s: not certain to last", partial);
		}
	}
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		return pst_error_set(error, -ENOTDIR, "%s: not a folder", path);
	}
	return 0;
}

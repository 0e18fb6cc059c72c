/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "devices/v4l2/ops.h"
#include "devices/v4l2/sysfs.h"
#include "devices/v4l2/watch.h"

static int kernel_open(void *user, const char *path)
{
	struct stat at;

	/* Opening what is no device of video may wait, or do what nobody asked for. */
	if (stat(path, &at) < 0) {
		return -errno;
	}
	if (!S_ISCHR(at.st_mode)) {
		return S_ISDIR(at.st_mode) ? -EISDIR : -ENOTTY;
	}
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int kernel_ioctl(void *user, int fd, unsigned long request, void *argument)
{
	int result;

	do {
		result = ioctl(fd, request, argument);
	} while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : 0;
}

static int kernel_mmap(void *user, int fd, size_t size, uint32_t offset, uint8_t **ret_data)
{
	uint8_t *data = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, offset);

	if (data == MAP_FAILED) {
		return -errno;
	}
	if (madvise(data, size, MADV_DONTFORK) < 0 || madvise(data, size, MADV_DONTDUMP) < 0) {
		int code = errno;

		(void)munmap(data, size);
		return -code;
	}
	*ret_data = data;
	return 0;
}

static void kernel_munmap(void *user, uint8_t *data, size_t size)
{
	(void)munmap(data, size);
}

static int kernel_poll(void *user, int fd, int timeout_ms)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	int result;

	do {
		result = poll(&poller, 1, timeout_ms);
	} while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : poller.revents;
}

static void kernel_close(void *user, int fd)
{
	pst_fd_close(&fd);
}

static int kernel_list(void *user, struct v4l2_identity **ret_list)
{
	return pst_v4l2_sysfs_list("/sys", ret_list);
}

static int kernel_identify(void *user, int fd, struct v4l2_identity *ret_identity)
{
	struct stat at;

	if (fstat(fd, &at) < 0) {
		return -errno;
	}
	return pst_v4l2_sysfs_read("/sys", major(at.st_rdev), minor(at.st_rdev), ret_identity);
}

static int kernel_watch(void *user, struct v4l2_watch **ret_watch)
{
	return pst_v4l2_watch_open(ret_watch);
}

static int kernel_reset(void *user, const struct v4l2_identity *identity)
{
	return pst_v4l2_port_reset(identity);
}

static int kernel_read_usb(
	void *user, const char *usb_path, const char *file, uint8_t *bytes, size_t room)
{
	char path[PATH_MAX];

	if (pst_text_path(path, sizeof(path), usb_path, file) < 0) {
		return -ENAMETOOLONG;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		return -errno;
	}
	ssize_t size = pst_fd_read_full(fd, bytes, room);

	pst_fd_close(&fd);
	return (int)size;
}

static const struct v4l2_ops kernel_ops = {
	.open = kernel_open,
	.ioctl = kernel_ioctl,
	.mmap = kernel_mmap,
	.munmap = kernel_munmap,
	.poll = kernel_poll,
	.close = kernel_close,
	.list = kernel_list,
	.identify = kernel_identify,
	.watch = kernel_watch,
	.reset = kernel_reset,
	.read_usb = kernel_read_usb,
};

const struct v4l2_backend *pst_v4l2_kernel(void)
{
	static const struct v4l2_backend kernel = {.ops = &kernel_ops};

	return &kernel;
}

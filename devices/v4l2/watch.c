/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <limits.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "devices/v4l2/sysfs.h"

#define MONITORS 2

struct watch {
	struct v4l2_watch watch;
	struct udev *udev;
	struct udev_monitor *monitor[MONITORS];
};

static bool watch_take(struct v4l2_watch *base)
{
	struct watch *watch = (struct watch *)base;
	bool any = false;

	for (int i = 0; i < MONITORS; i++) {
		struct udev_device *device;

		while ((device = udev_monitor_receive_device(watch->monitor[i]))) {
			any = true;
			udev_device_unref(device);
		}
	}
	return any;
}

static void watch_destroy(struct v4l2_watch *base)
{
	struct watch *watch = (struct watch *)base;

	for (int i = 0; i < MONITORS; i++) {
		udev_monitor_unref(watch->monitor[i]);
	}
	udev_unref(watch->udev);
	pst_fd_close(&watch->watch.fd);
	free(watch);
}

static int listen_to(struct watch *watch, int i, const char *name)
{
	struct epoll_event readable = {.events = EPOLLIN};
	struct udev_monitor *monitor = udev_monitor_new_from_netlink(watch->udev, name);

	watch->monitor[i] = monitor;
	if (!monitor) {
		return -errno;
	}
	int status = udev_monitor_filter_add_match_subsystem_devtype(monitor, "video4linux", NULL);

	if (status >= 0) {
		status = udev_monitor_enable_receiving(monitor);
	}
	if (status >= 0 && epoll_ctl(watch->watch.fd, EPOLL_CTL_ADD, udev_monitor_get_fd(monitor),
				   &readable) < 0) {
		status = -errno;
	}
	return status < 0 ? status : 0;
}

int pst_v4l2_watch_open(struct v4l2_watch **ret_watch)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch) {
		return -ENOMEM;
	}
	watch->watch.take = watch_take;
	watch->watch.destroy = watch_destroy;
	watch->watch.fd = epoll_create1(EPOLL_CLOEXEC);
	watch->udev = udev_new();
	int status = watch->watch.fd < 0 || !watch->udev ? -ENOMEM : 0;

	if (status == 0) {
		status = listen_to(watch, 0, "kernel");
	}
	if (status == 0) {
		status = listen_to(watch, 1, "udev");
	}
	if (status < 0) {
		watch_destroy(&watch->watch);
		return status;
	}
	*ret_watch = &watch->watch;
	return 0;
}

static int reset_by_file(const struct v4l2_identity *identity)
{
	char number[16], path[64];

	pst_v4l2_sysfs_text(identity->usb_path, "devnum", number, sizeof(number));
	(void)snprintf(path, sizeof(path), "/dev/bus/usb/%03u/%03lu", identity->bus,
		strtoul(number, NULL, 10));
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0) {
		return -errno;
	}
	int status = ioctl(fd, USBDEVFS_RESET, NULL) < 0 ? -errno : 0;

	pst_fd_close(&fd);
	return status;
}

static int authorize(const struct v4l2_identity *identity, const char *value)
{
	char path[PATH_MAX];

	if (pst_text_path(path, sizeof(path), identity->usb_path, "authorized") < 0) {
		return -ENAMETOOLONG;
	}
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0) {
		return -errno;
	}
	int status = pst_fd_write_full(fd, value, strlen(value));

	pst_fd_close(&fd);
	return status;
}

int pst_v4l2_port_reset(const struct v4l2_identity *identity)
{
	if (!identity->usb_path[0]) {
		return -ENOENT;
	}
	int status = reset_by_file(identity);

	if (status < 0 && authorize(identity, "0") == 0) {
		status = authorize(identity, "1");
	}
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_OPS_H
#define PST_DEVICES_V4L2_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct v4l2_identity;

/** Tells that video nodes come, go or change their permissions. */
struct v4l2_watch {
	int fd; /* readable when something happened */
	/* Takes what happened. @return whether any of it was about a video node */
	bool (*take)(struct v4l2_watch *watch);
	void (*destroy)(struct v4l2_watch *watch);
};

/**
 * All that this folder asks of the system about one video node, so that a camera can be the
 * kernel's, one made for a test, one that is being recorded or one that was.
 *
 * Calls return -errno where the system call would set errno, and are never interrupted.
 * [capture]
 */
struct v4l2_ops {
	/* Opens for reading and writing, never waiting; only a character device is opened.
	 * @return descriptor; -EISDIR a folder, -ENOTTY another file */
	int (*open)(void *user, const char *path);
	/* @return 0; -EAGAIN from DQBUF: no buffer is filled */
	int (*ioctl)(void *user, int fd, unsigned long request, void *argument);
	/* Maps a driver's buffer for reading. @return 0 */
	int (*mmap)(void *user, int fd, size_t size, uint32_t offset, uint8_t **ret_data);
	void (*munmap)(void *user, uint8_t *data, size_t size);
	/* Told before anybody looks at the bytes of a buffer that DQBUF gave, which only a permit
	 * allows. NULL: nobody need know. @return 0; -EAGAIN this frame's are not to be had;
	 * -ENODATA none are any more */
	int (*look)(void *user, int fd, uint32_t index, uint8_t *data, size_t size);
	/* @return poll(2)'s revents; 0 nothing happened within timeout_ms */
	int (*poll)(void *user, int fd, int timeout_ms);
	void (*close)(void *user, int fd);
	/* Lists all video nodes there are, without opening one. NULL: cameras are named by path.
	 * @param ret_list  malloc'ed, the caller frees it; NULL when there is none
	 * @return count; -ENOMEM */
	int (*list)(void *user, struct v4l2_identity **ret_list);
	/* Says whose node a descriptor is. NULL: nobody knows. @return 0; -ENODEV it is gone */
	int (*identify)(void *user, int fd, struct v4l2_identity *ret_identity);
	/* Begins to watch nodes. NULL: nobody tells, cameras don't come back.
	 * @param ret_watch  to be destroyed by the caller. @return 0 */
	int (*watch)(void *user, struct v4l2_watch **ret_watch);
	/* Resets the USB port of a camera, which then is as if plugged in anew. NULL: nobody can.
	 * @return 0; -EACCES; -ENOENT it is on no USB port */
	int (*reset)(void *user, const struct v4l2_identity *identity);
	/* Reads a file of a USB device's sysfs folder, as "descriptors". NULL: there are none.
	 * @return bytes, at most room; -errno */
	int (*read_usb)(
		void *user, const char *usb_path, const char *file, uint8_t *bytes, size_t room);
	/* The clock that drivers stamp frames with. NULL: CLOCK_MONOTONIC. @return ns */
	int64_t (*now_ns)(void *user);
	/* Its last camera is closed. NULL: nothing is to be freed */
	void (*destroy)(void *user);
};

/** An implementation and what it works on. */
struct v4l2_backend {
	const struct v4l2_ops *ops;
	void *user;
};

/** @return the kernel's own */
const struct v4l2_backend *pst_v4l2_kernel(void);

#endif

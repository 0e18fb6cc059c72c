/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* linux/ext4.h, which programs do not see: stop, and do not write the journal out before. */
#define SHUTDOWN _IOR('X', 125, uint32_t)
#define SHUTDOWN_NO_LOG_FLUSH 2u

static char folder[64];
static char device[64]; /* the loop device of the image */
static bool mounted;

const char *place_make(void)
{
	(void)strcpy(folder, "/dev/shm/postern-crash-XXXXXX");
	if (!mkdtemp(folder)) {
		(void)strcpy(folder, "/tmp/postern-crash-XXXXXX");
		return mkdtemp(folder);
	}
	return folder;
}

const char *place_path(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

void place_clear(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char inner[PATH_MAX];

		(void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
			strcmp(entry->d_name, "..") != 0) {
			place_clear(inner);
		} else {
			(void)unlink(inner);
		}
	}
	if (dir) {
		(void)closedir(dir);
	}
	(void)rmdir(path);
}

static bool run_tool(const char *const *words, char *ret_line, size_t size)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		return false;
	}
	pid_t child = fork();
	if (child == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(STDERR_FILENO);
		(void)execvp(words[0], (char *const *)words);
		_exit(127);
	}
	(void)close(ends[1]);
	ssize_t n = ret_line ? read(ends[0], ret_line, size - 1) : 0;
	int status = -1;
	(void)waitpid(child, &status, 0);
	(void)close(ends[0]);
	if (ret_line) {
		ret_line[n > 0 ? n : 0] = 0;
		ret_line[strcspn(ret_line, "\n")] = 0;
	}
	return status == 0;
}

static const char *mount_point(void)
{
	const char *path = place_path("disk");

	(void)mkdir(path, 0700);
	return path;
}

const char *place_mount_memory(size_t size)
{
	char option[64];
	const char *path = mount_point();

	(void)snprintf(option, sizeof(option), "size=%zu", size);
	mounted = mount("tmpfs", path, "tmpfs", 0, option) == 0;
	return mounted ? path : NULL;
}

bool place_mount_again(void)
{
	mounted = mount(device, mount_point(), "ext4", 0, "") == 0;
	return mounted;
}

const char *place_mount_ext4(size_t size)
{
	const char *image = place_path("image");
	int fd = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool made = fd >= 0 && ftruncate(fd, (off_t)size) == 0;

	if (fd >= 0) {
		(void)close(fd);
	}
	const char *const mkfs[] = {"mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", image, NULL};
	const char *const attach[] = {"losetup", "--find", "--show", image, NULL};
	if (!made || !run_tool(mkfs, NULL, 0) || !run_tool(attach, device, sizeof(device))) {
		device[0] = 0;
		return NULL;
	}
	return place_mount_again() ? mount_point() : NULL;
}

bool place_unmount(void)
{
	/* Somebody else may look into every mount for a moment. */
	for (int i = 0; mounted && i < 200; i++) {
		mounted = umount2(place_path("disk"), 0) < 0;
		if (mounted) {
			(void)usleep(10000);
		}
	}
	return !mounted;
}

bool place_power_failure(void)
{
	uint32_t flags = SHUTDOWN_NO_LOG_FLUSH;
	int fd = open(place_path("disk"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && ioctl(fd, SHUTDOWN, &flags) == 0;

	if (fd >= 0) {
		(void)close(fd);
	}
	return done;
}

void place_remove(void)
{
	if (!place_unmount()) {
		(void)umount2(place_path("disk"), MNT_DETACH);
	}
	if (device[0]) {
		const char *const detach[] = {"losetup", "--detach", device, NULL};

		(void)run_tool(detach, NULL, 0);
	}
	place_clear(folder);
}

/* @return how many bytes there are to read, now or until the other end is gone */
static int drain(int fd, bool wait)
{
	char bytes[64];
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int count = 0;

	while (poll(&ready, 1, wait ? -1 : 0) == 1) {
		ssize_t n = read(fd, bytes, sizeof(bytes));

		if (n <= 0) {
			break;
		}
		count += (int)n;
	}
	return count;
}

struct place_run place_run_until(const struct scene *scene, void (*run)(struct scene *scene),
	int acks, unsigned wait_us, bool (*stop)(int child))
{
	struct place_run result = {.before = -1};
	int ends[2];
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		return result;
	}
	pid_t child = fork();
	if (child == 0) {
		struct scene own = *scene;

		own.tell_fd = ends[1];
		run(&own);
		_exit(0);
	}
	(void)close(ends[1]);
	result.before = 0;
	while (result.before < acks && read(ends[0], &byte, 1) == 1) {
		result.before++;
	}
	(void)usleep(wait_us);
	result.before += drain(ends[0], false);
	bool stopped = stop(child);
	result.in_all = result.before + drain(ends[0], true);
	(void)close(ends[0]);
	(void)waitpid(child, NULL, 0);
	result.before = stopped ? result.before : -1;
	return result;
}

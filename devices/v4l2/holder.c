/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/text.h"
#include "devices/v4l2/sysfs.h"

/* Links that don't lead into /dev are not followed: a stat of a dead network's file would wait. */
static bool is_device(const char *link, uint32_t major, uint32_t minor)
{
	char target[PATH_MAX];
	struct stat at;
	ssize_t length = readlink(link, target, sizeof(target) - 1);

	if (length < 5 || strncmp(target, "/dev/", 5) != 0) {
		return false;
	}
	return stat(link, &at) == 0 && S_ISCHR(at.st_mode) && major(at.st_rdev) == major &&
	       minor(at.st_rdev) == minor;
}

/* @return 1 it has the device open, 0 not; -errno its descriptors can't be seen */
static int process_holds(const char *process, uint32_t major, uint32_t minor)
{
	char folder[PATH_MAX];
	char link[PATH_MAX];
	struct dirent *entry;
	int found = 0;

	if (pst_text_path(folder, sizeof(folder), process, "fd") < 0) {
		return -ENAMETOOLONG;
	}
	DIR *dir = opendir(folder);

	if (!dir) {
		return -errno;
	}
	while (!found && (entry = readdir(dir))) {
		found = entry->d_name[0] != '.' &&
			pst_text_path(link, sizeof(link), folder, entry->d_name) == 0 &&
			is_device(link, major, minor);
	}
	(void)closedir(dir);
	return found;
}

size_t pst_v4l2_holders(const char *proc, uint32_t major, uint32_t minor,
	struct pst_v4l2_holder *holders, size_t cap, bool *ret_hidden)
{
	char process[PATH_MAX];
	DIR *dir = opendir(proc);
	struct dirent *entry;
	size_t count = 0;

	*ret_hidden = !dir;
	while (dir && count < cap && (entry = readdir(dir))) {
		int pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;

		if (pid <= 0 || pid == getpid() ||
			pst_text_path(process, sizeof(process), proc, entry->d_name) < 0) {
			continue;
		}
		int holds = process_holds(process, major, minor);

		*ret_hidden = *ret_hidden || holds == -EACCES || holds == -EPERM;
		if (holds == 1) {
			holders[count].pid = pid;
			pst_v4l2_sysfs_text(
				process, "comm", holders[count].name, sizeof(holders[count].name));
			count++;
		}
	}
	if (dir) {
		(void)closedir(dir);
	}
	return count;
}

void pst_v4l2_holders_describe(const struct pst_v4l2_holder *holders, size_t count, bool hidden,
	const char *node, char *text, size_t size)
{
	size_t used = 0;

	if (count == 0 && hidden) {
		(void)snprintf(
			text, size, "a process of another user; 'sudo fuser -v %s' names it", node);
		return;
	}
	(void)snprintf(text, size, "a process that can't be seen from here");
	for (size_t i = 0; i < count && used < size; i++) {
		int length = snprintf(text + used, size - used, "%s%s (pid %d)", i ? ", " : "",
			holders[i].name[0] ? holders[i].name : "process", holders[i].pid);

		used += length > 0 ? (size_t)length : 0;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stamp.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"

static void fill(const struct stat *info, struct pst_stamp *ret_stamp)
{
	*ret_stamp = (struct pst_stamp){
		.device = info->st_dev,
		.inode = info->st_ino,
		.size = (uint64_t)info->st_size,
		.changed_ns = (uint64_t)info->st_ctim.tv_sec * PST_NS_PER_S +
			      (uint64_t)info->st_ctim.tv_nsec,
	};
}

int pst_stamp_take(int fd, struct pst_stamp *ret_stamp)
{
	struct stat info;

	if (fstat(fd, &info) < 0) {
		return -errno;
	}
	fill(&info, ret_stamp);
	return 0;
}

int pst_stamp_take_path(const char *path, struct pst_stamp *ret_stamp)
{
	struct stat info;

	if (stat(path, &info) < 0) {
		return -errno;
	}
	fill(&info, ret_stamp);
	return 0;
}

bool pst_stamp_is_set(const struct pst_stamp *stamp)
{
	return stamp->inode != 0;
}

bool pst_stamp_is_equal(const struct pst_stamp *a, const struct pst_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed_ns == b->changed_ns;
}

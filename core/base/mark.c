/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mark.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"

static void fill(const struct stat *info, struct pst_mark *ret_mark)
{
	*ret_mark = (struct pst_mark){
		.device = info->st_dev,
		.inode = info->st_ino,
		.size = (uint64_t)info->st_size,
		.changed_ns = (uint64_t)info->st_ctim.tv_sec * PST_NS_PER_S +
			      (uint64_t)info->st_ctim.tv_nsec,
	};
}

int pst_mark_take(int fd, struct pst_mark *ret_mark)
{
	struct stat info;

	if (fstat(fd, &info) < 0) {
		return -errno;
	}
	fill(&info, ret_mark);
	return 0;
}

int pst_mark_take_path(const char *path, struct pst_mark *ret_mark)
{
	struct stat info;

	if (stat(path, &info) < 0) {
		return -errno;
	}
	fill(&info, ret_mark);
	return 0;
}

bool pst_mark_is_set(const struct pst_mark *mark)
{
	return mark->inode != 0;
}

bool pst_mark_is_equal(const struct pst_mark *a, const struct pst_mark *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed_ns == b->changed_ns;
}

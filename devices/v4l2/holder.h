/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_HOLDER_H
#define PST_DEVICES_V4L2_HOLDER_H

#include "devices/v4l2/list.h"

/**
 * Finds the processes that have a device open, this one left out.
 *
 * @param proc        where procfs is mounted, "/proc"
 * @param ret_hidden  whether there are processes whose descriptors we may not see
 * @return how many of cap entries were filled
 */
size_t pst_v4l2_holders(const char *proc, uint32_t major, uint32_t minor,
	struct pst_v4l2_holder *holders, size_t cap, bool *ret_hidden);

/**
 * Writes "motion (pid 812), ffmpeg (pid 9)"; of nobody, why nobody is named.
 *
 * @param node  for the command that a person may try
 */
void pst_v4l2_holders_describe(const struct pst_v4l2_holder *holders, size_t count, bool hidden,
	const char *node, char *text, size_t size);

#endif

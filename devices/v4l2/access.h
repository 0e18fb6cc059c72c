/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_ACCESS_H
#define PST_DEVICES_V4L2_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/device.h"

/** What stands between a process and a node that it may not open. */
struct v4l2_access {
	char node[PST_DEVICE_TEXT_SIZE];
	char user[64];	/* "" if the number has no name here */
	char group[64]; /* of the node, likewise */
	uint32_t gid;
	uint32_t mode;	/* permission bits; 0 with absent */
	bool absent;	/* the kernel has the camera, but there is no node in /dev */
	bool denied;	/* EPERM: not the node's permissions but a rule of the system's */
	bool member;	/* this process is in the group */
	bool listed;	/* the user is in the group, as the system's files say */
	bool container; /* this process runs in one */
};

/**
 * Finds out why a node can't be opened.
 *
 * @param status  -errno of opening it
 */
void pst_v4l2_access_read(const char *node, int status, struct v4l2_access *ret_access);

/** @return whether no group may use the node, so that joining one does not help */
bool pst_v4l2_access_lacks_rule(const struct v4l2_access *access);

/** Writes what to do, with the command that does it. */
void pst_v4l2_access_advise(const struct v4l2_access *access, char *text, size_t size);

#endif

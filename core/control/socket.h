/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONTROL_SOCKET_H
#define PST_CONTROL_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* The file of a control socket, and who may speak on it. */

#define PST_CONTROL_SOCKET "control.sock" /* in a state directory */
#define PST_CONTROL_NO_GROUP ((gid_t)-1)

/**
 * Makes the socket and listens. What a lane left behind that died is replaced.
 *
 * @param group  may speak too: mode 0660; PST_CONTROL_NO_GROUP: mode 0600
 * @return 0; PST_E_CONFIG a lane listens there, the path is too long or something else stands
 *         there; -errno; with the error filled
 */
int pst_control_listen(
	const char *path, gid_t group, int *ret_fd, struct pst_error *error) PST_MUST_CHECK;

/**
 * Asks the kernel who is at the other end: the same user, or one of the group, may speak.
 *
 * @return 0, or PST_E_UNSAFE with the error filled
 */
int pst_control_check_peer(int fd, gid_t group, struct pst_error *error) PST_MUST_CHECK;

/**
 * Connects.
 *
 * @return 0; PST_E_NOT_FOUND no lane listens there; -errno; with the error filled
 */
int pst_control_connect(const char *path, int *ret_fd, struct pst_error *error) PST_MUST_CHECK;

#endif

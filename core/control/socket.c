/* SPDX-License-Identifier: Apache-2.0 */
#include "control/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#define BACKLOG 64

static int make_address(const char *path, struct sockaddr_un *ret_address, struct pst_error *error)
{
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (pst_text_copy(ret_address->sun_path, sizeof(ret_address->sun_path), path) < 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: a socket's path has at most %zu bytes; choose a shorter one", path,
			sizeof(ret_address->sun_path) - 1);
	}
	return 0;
}

int pst_control_connect(const char *path, int *ret_fd, struct pst_error *error)
{
	struct sockaddr_un address;
	int status = make_address(path, &address, error);

	*ret_fd = -1;
	if (status < 0) {
		return status;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		*ret_fd = fd;
		return 0;
	}
	status = -errno;
	pst_fd_close(&fd);
	if (status == -ENOENT || status == -ECONNREFUSED) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"%s: no lane listens there; start one with --control", path);
	}
	return pst_error_set(error, status == -EACCES ? PST_E_UNSAFE : status, "%s: %s", path,
		strerror(-status));
}

/* Whatever stands in the way: a lane, something that is no socket, or what a dead lane left. */
static int clear_path(const char *path, struct pst_error *error)
{
	struct pst_error ignored = {0};
	struct stat st;
	int fd;

	if (lstat(path, &st) < 0) {
		return errno == ENOENT
			       ? 0
			       : pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	if (!S_ISSOCK(st.st_mode)) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: something that is no socket stands there; choose another path", path);
	}
	int status = pst_control_connect(path, &fd, &ignored);
	pst_fd_close(&fd);
	if (status != PST_E_NOT_FOUND) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: a lane listens there; give this one a path of its own", path);
	}
	return unlink(path) == 0 || errno == ENOENT
		       ? 0
		       : pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
}

int pst_control_listen(const char *path, gid_t group, int *ret_fd, struct pst_error *error)
{
	struct sockaddr_un address;
	int status = make_address(path, &address, error);

	*ret_fd = -1;
	if (status == 0) {
		status = clear_path(path, error);
	}
	if (status < 0) {
		return status;
	}
	/* The mode is the socket's before it has a name, so there is no moment without it. */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool made = fd >= 0 && fchmod(fd, 0600) == 0 &&
		    bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	bool shared = group == PST_CONTROL_NO_GROUP ||
		      (made && chown(path, (uid_t)-1, group) == 0 && chmod(path, 0660) == 0);

	if (made && shared && listen(fd, BACKLOG) == 0) {
		*ret_fd = fd;
		return 0;
	}
	status = pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	if (made) {
		(void)unlink(path);
	}
	pst_fd_close(&fd);
	return status;
}

static bool is_member(int fd, const struct ucred *peer, gid_t group)
{
	gid_t *groups = NULL;
	socklen_t size = 0;
	bool found = peer->gid == group;

	if (!found && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) < 0 &&
		errno == ERANGE && (groups = malloc(size)) &&
		getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0) {
		for (size_t i = 0; i < size / sizeof(*groups); i++) {
			found |= groups[i] == group;
		}
	}
	free(groups);
	return found;
}

int pst_control_check_peer(int fd, gid_t group, struct pst_error *error)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
		return pst_error_set(
			error, PST_E_UNSAFE, "nobody knows who speaks here: %s", strerror(errno));
	}
	if (peer.uid == geteuid() ||
		(group != PST_CONTROL_NO_GROUP && is_member(fd, &peer, group))) {
		return 0;
	}
	return pst_error_set(error, PST_E_UNSAFE,
		"user %lu may not drive this lane; it belongs to user %lu%s",
		(unsigned long)peer.uid, (unsigned long)geteuid(),
		group != PST_CONTROL_NO_GROUP ? " and its control.group" : "");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "control/socket.h"

static char dir[64];
static char path[96];
static struct pst_error error;

static void set_up(void)
{
	(void)strcpy(dir, "/tmp/postern-socket-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	error = (struct pst_error){0};
}

static void tear_down(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
}

TestSuite(socket, .init = set_up, .fini = tear_down);

static mode_t mode_of(void)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0);
	return st.st_mode & 07777;
}

Test(socket, is_for_its_user_alone)
{
	int fd = -1;

	(void)umask(0);
	cr_assert_eq(
		pst_control_listen(path, PST_CONTROL_NO_GROUP, &fd, &error), 0, "%s", error.text);
	cr_expect_eq(mode_of(), 0600);
	pst_fd_close(&fd);
}

Test(socket, may_be_for_a_group)
{
	struct stat st;
	int fd = -1;

	cr_assert_eq(pst_control_listen(path, getegid(), &fd, &error), 0, "%s", error.text);
	cr_expect_eq(mode_of(), 0660);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_gid, getegid());
	pst_fd_close(&fd);
}

Test(socket, a_lane_that_listens_is_not_pushed_aside_but_a_dead_one_is)
{
	int first = -1;
	int second = -1;

	cr_assert_eq(pst_control_listen(path, PST_CONTROL_NO_GROUP, &first, &error), 0);
	cr_expect_eq(pst_control_listen(path, PST_CONTROL_NO_GROUP, &second, &error), PST_E_CONFIG);
	cr_expect_not_null(strstr(error.text, "a lane listens there"), "%s", error.text);
	pst_fd_close(&first);
	error = (struct pst_error){0};
	cr_expect_eq(pst_control_connect(path, &second, &error), PST_E_NOT_FOUND);
	error = (struct pst_error){0};
	cr_expect_eq(pst_control_listen(path, PST_CONTROL_NO_GROUP, &second, &error), 0, "%s",
		error.text);
	pst_fd_close(&second);
}

Test(socket, what_is_no_socket_stays)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	int listener = -1;

	cr_assert_geq(fd, 0);
	pst_fd_close(&fd);
	cr_expect_eq(
		pst_control_listen(path, PST_CONTROL_NO_GROUP, &listener, &error), PST_E_CONFIG);
	cr_expect_not_null(strstr(error.text, "no socket"), "%s", error.text);
	cr_expect_eq(access(path, F_OK), 0);
}

Test(socket, paths_that_cannot_be)
{
	char longest[256];
	int fd = -1;

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	cr_expect_eq(pst_control_listen(longest, PST_CONTROL_NO_GROUP, &fd, &error), PST_E_CONFIG);
	cr_expect_not_null(strstr(error.text, "choose a shorter one"));
	error = (struct pst_error){0};
	cr_expect_eq(
		pst_control_listen("/nonexistent/s", PST_CONTROL_NO_GROUP, &fd, &error), -ENOENT);
	error = (struct pst_error){0};
	cr_expect_eq(pst_control_connect(path, &fd, &error), PST_E_NOT_FOUND);
	cr_expect_eq(fd, -1);
}

/* Connects as somebody else, from a process of its own. @return what the check says of it */
static int check_as(int listener, uid_t uid, gid_t gid, gid_t more, gid_t allowed)
{
	int stay[2];
	cr_assert_eq(pipe2(stay, O_CLOEXEC), 0);
	pid_t child = fork();

	if (child == 0) {
		int fd = -1;
		char end;

		(void)close(stay[1]);
		if (setgroups(1, &more) < 0 || setgid(gid) < 0 || setuid(uid) < 0 ||
			pst_control_connect(path, &fd, &error) < 0) {
			_exit(1);
		}
		(void)!read(stay[0], &end, 1);
		_exit(0);
	}
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int status = pst_control_check_peer(fd, allowed, &error);
	pst_fd_close(&fd);
	pst_fd_close(&stay[0]);
	pst_fd_close(&stay[1]);
	(void)waitpid(child, NULL, 0);
	return status;
}

Test(socket, the_kernel_says_who_speaks)
{
	int fd = -1;

	if (geteuid() != 0) {
		cr_skip_test("only root can be somebody else");
	}
	cr_assert_eq(pst_control_listen(path, 4711, &fd, &error), 0, "%s", error.text);
	(void)fcntl(fd, F_SETFL, 0);
	cr_assert_eq(chmod(dir, 0711), 0);
	cr_assert_eq(chmod(path, 0666), 0); /* the file lets everybody in; the check doesn't */
	cr_expect_eq(check_as(fd, 0, 0, 0, PST_CONTROL_NO_GROUP), 0);
	cr_expect_eq(check_as(fd, 1234, 1234, 1234, PST_CONTROL_NO_GROUP), PST_E_UNSAFE);
	cr_expect_not_null(strstr(error.text, "user 1234 may not drive"), "%s", error.text);
	cr_expect_eq(check_as(fd, 1234, 1234, 1234, 4711), PST_E_UNSAFE);
	cr_expect_eq(check_as(fd, 1234, 4711, 1234, 4711), 0, "its main group");
	cr_expect_eq(check_as(fd, 1234, 1234, 4711, 4711), 0, "another group of its user");
	cr_expect_eq(check_as(fd, 1234, 4711, 4711, PST_CONTROL_NO_GROUP), PST_E_UNSAFE);
	pst_fd_close(&fd);
}

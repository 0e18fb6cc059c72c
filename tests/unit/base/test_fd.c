/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

static char folder[] = "/tmp/postern-fd-XXXXXX";

static void enter_folder(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(fd, .init = enter_folder, .fini = leave_folder);

static int count_entries(void)
{
	DIR *here = opendir(".");
	int count = 0;

	while (readdir(here)) {
		count++;
	}
	closedir(here);
	return count - 2;
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

static void assert_text(const char *path, const char *wanted)
{
	uint8_t *data = NULL;
	size_t size = 0;

	cr_assert_eq(pst_fd_read_file(path, 1 << 20, &data, &size, NULL), 0);
	cr_assert_eq(size, strlen(wanted));
	cr_assert_str_eq((char *)data, wanted);
	free(data);
}

Test(fd, close_marks_the_descriptor_and_keeps_errno)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int copy = fd;

	errno = EXDEV;
	pst_fd_close(&fd);
	cr_assert_eq(fd, -1);
	cr_assert_eq(errno, EXDEV);
	cr_assert_eq(fcntl(copy, F_GETFD), -1);
	pst_fd_close(&fd);
	cr_assert_eq(fd, -1);
	fd = copy; /* no longer open: close fails */
	errno = EXDEV;
	pst_fd_close(&fd);
	cr_assert_eq(fd, -1);
	cr_assert_eq(errno, EXDEV);
}

Test(fd, steal_moves_the_descriptor_out)
{
	int fd = 42;

	cr_assert_eq(pst_fd_steal(&fd), 42);
	cr_assert_eq(fd, -1);
	cr_assert_eq(pst_fd_steal(&fd), -1);
}

Test(fd, read_full_gathers_pieces_until_the_end)
{
	char data[16] = {0};
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	if (fork() == 0) {
		for (int i = 0; i < 10; i++) {
			usleep(1000);
			(void)!write(ends[1], "x", 1);
		}
		_exit(0);
	}
	close(ends[1]);
	cr_assert_eq(pst_fd_read_full(ends[0], data, 8), 8);
	cr_assert_eq(pst_fd_read_full(ends[0], data, sizeof(data)), 2);
	cr_assert_eq(pst_fd_read_full(ends[0], data, sizeof(data)), 0);
	cr_assert_eq(pst_fd_read_full(-1, data, 1), -EBADF);
	while (wait(NULL) > 0) {
	}
}

Test(fd, write_full_writes_more_than_a_pipe_holds)
{
	size_t size = 1 << 20;
	uint8_t *data = malloc(size);
	int ends[2];

	cr_assert_not_null(data);
	memset(data, 'y', size);
	cr_assert_eq(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		char sink[4096];
		size_t total = 0;
		ssize_t n;

		close(ends[1]);
		while ((n = read(ends[0], sink, sizeof(sink))) > 0) {
			total += (size_t)n;
		}
		_exit(total == size ? 0 : 1);
	}
	close(ends[0]);
	cr_assert_eq(pst_fd_write_full(ends[1], data, size), 0);
	close(ends[1]);
	int status = -1;
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0);
	free(data);
}

Test(fd, writing_to_a_closed_pipe_is_an_error)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe(ends), 0);
	close(ends[0]);
	cr_assert_eq(pst_fd_write_full(ends[1], "x", 1), -EPIPE);
	cr_assert_eq(pst_fd_write_full(ends[1], "x", 0), 0);
}

Test(fd, read_file_gives_the_bytes_and_a_terminator)
{
	uint8_t *data = NULL;
	size_t size = 99;

	write_text("a", "hello");
	cr_assert_eq(pst_fd_read_file("a", 5, &data, &size, NULL), 0);
	cr_assert_eq(size, 5);
	cr_assert_str_eq((char *)data, "hello");
	free(data);
	write_text("empty", "");
	cr_assert_eq(pst_fd_read_file("empty", 0, &data, &size, NULL), 0);
	cr_assert_eq(size, 0);
	cr_assert_eq(data[0], 0);
	free(data);
}

Test(fd, read_file_refuses_with_the_path_in_the_message)
{
	static const struct {
		const char *path;
		int status;
	} cases[] = {{"missing", -ENOENT}, {"big", -EFBIG}, {"folder", -EINVAL}, {"fifo", -EINVAL},
		{"/dev/null", -EINVAL}, {"big/below", -ENOTDIR}};

	write_text("big", "123456");
	cr_assert_eq(mkdir("folder", 0700), 0);
	cr_assert_eq(mkfifo("fifo", 0600), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pst_error error = {0};
		uint8_t *data = NULL;
		size_t size = 7;
		int status = pst_fd_read_file(cases[i].path, 5, &data, &size, &error);

		cr_assert_eq(status, cases[i].status, "%s: %d", cases[i].path, status);
		cr_assert_eq(error.status, status);
		cr_assert_eq(strncmp(error.text, cases[i].path, strlen(cases[i].path)), 0, "%s",
			error.text);
		cr_assert_null(data);
		cr_assert_eq(size, 7);
	}
}

Test(fd, replace_file_writes_with_the_mode_and_leaves_nothing_else)
{
	struct stat st;

	umask(077);
	cr_assert_eq(pst_fd_replace_file("a", "one", 3, 0600, NULL), 0);
	assert_text("a", "one");
	cr_assert_eq(stat("a", &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	cr_assert_eq(pst_fd_replace_file("a", "second", 6, 0644, NULL), 0);
	assert_text("a", "second");
	cr_assert_eq(stat("a", &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0644, "the mode asked for, whatever the umask");
	cr_assert_eq(pst_fd_replace_file("a", NULL, 0, 0600, NULL), 0);
	assert_text("a", "");
	cr_assert_eq(count_entries(), 1);
}

Test(fd, replace_file_that_fails_leaves_the_old_file_and_no_other)
{
	struct rlimit small = {10, 10};
	struct pst_error error = {0};
	char data[100] = {0};

	write_text("a", "old");
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	cr_assert_eq(pst_fd_replace_file("a", data, sizeof(data), 0600, &error), -EFBIG);
	cr_assert_eq(strncmp(error.text, "a: ", 3), 0, "%s", error.text);
	assert_text("a", "old");
	cr_assert_eq(count_entries(), 1);
}

Test(fd, replace_file_refuses_a_folder_and_a_missing_parent)
{
	struct pst_error error = {0};

	cr_assert_eq(mkdir("folder", 0700), 0);
	cr_assert_eq(pst_fd_replace_file("folder", "x", 1, 0600, &error), -EISDIR);
	cr_assert_eq(strncmp(error.text, "folder: ", 8), 0, "%s", error.text);
	error = (struct pst_error){0};
	cr_assert_eq(pst_fd_replace_file("none/a", "x", 1, 0600, &error), -ENOENT);
	cr_assert_eq(strncmp(error.text, "none/a: ", 8), 0, "%s", error.text);
	cr_assert_eq(count_entries(), 1);
}

Test(fd, replace_file_refuses_a_name_too_long)
{
	static char path[PATH_MAX + 10];

	memset(path, 'n', sizeof(path) - 1);
	cr_assert_eq(pst_fd_replace_file(path, "x", 1, 0600, NULL), -ENAMETOOLONG);
	cr_assert_eq(pst_fd_make_dirs(path, NULL), -ENAMETOOLONG);
}

Test(fd, readers_see_the_old_or_the_new_file_never_a_part)
{
	static char as[20000], bs[30000];

	memset(as, 'a', sizeof(as));
	memset(bs, 'b', sizeof(bs));
	cr_assert_eq(pst_fd_replace_file("a", as, sizeof(as), 0600, NULL), 0);
	pid_t child = fork();
	if (child == 0) {
		for (int i = 0; i < 40; i++) {
			const char *data = i % 2 ? as : bs;

			if (pst_fd_replace_file(
				    "a", data, i % 2 ? sizeof(as) : sizeof(bs), 0600, NULL)) {
				_exit(1);
			}
		}
		_exit(0);
	}
	int status = -1;
	while (waitpid(child, &status, WNOHANG) == 0) {
		uint8_t *data = NULL;
		size_t size = 0;

		cr_assert_eq(pst_fd_read_file("a", 1 << 20, &data, &size, NULL), 0);
		cr_assert_eq(size, data[0] == 'a' ? sizeof(as) : sizeof(bs));
		cr_assert_eq(memcmp(data, data[0] == 'a' ? as : bs, size), 0);
		free(data);
	}
	cr_assert_eq(status, 0);
}

Test(fd, make_dirs_makes_parents_for_the_owner_alone)
{
	struct stat st;

	umask(0);
	cr_assert_eq(pst_fd_make_dirs("x/y/z", NULL), 0);
	cr_assert_eq(stat("x/y", &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0700);
	cr_assert_eq(pst_fd_make_dirs("x/y/z", NULL), 0, "once more is no error");
	cr_assert_eq(pst_fd_make_dirs("x//y/z/", NULL), 0);
	cr_assert_eq(pst_fd_make_dirs("/", NULL), 0);
}

Test(fd, make_dirs_stops_at_a_file)
{
	struct pst_error error = {0};

	write_text("file", "x");
	cr_assert_eq(pst_fd_make_dirs("file", &error), -ENOTDIR);
	cr_assert_eq(strncmp(error.text, "file: ", 6), 0, "%s", error.text);
	cr_assert_eq(pst_fd_make_dirs("file/below", NULL), -ENOTDIR);
	cr_assert_lt(pst_fd_make_dirs("", NULL), 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "host/inspect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "wire/channel.h"

#define STATUS_SIZE 8192
#define FILTERS 2     /* stages of the sandbox */
#define MODE_FILTER 2 /* SECCOMP_MODE_FILTER */

/* @return the number after "NAME:\t" of a line, or -1 */
static long field(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == ':') {
			char *end;
			long value = strtol(line + length + 1, &end, 10);

			return end == line + length + 1 ? -1 : value;
		}
	}
	return -1;
}

/*
 * Whether a signal has ended it: then threads that it had may be gone already, the one that made a
 * forbidden call first. The others have SIGKILL pending by then.
 */
static bool is_dying(const char *text)
{
	const char *state = strstr(text, "State:\t");
	const char *pending = strstr(text, "SigPnd:\t");

	return (state && strchr("ZX", state[strlen("State:\t")])) ||
	       (pending &&
		       strtoull(pending + strlen("SigPnd:\t"), NULL, 16) & (1ULL << (SIGKILL - 1)));
}

int pst_inspect_status(
	const char *text, uint32_t inherited, uint32_t threads, struct pst_error *error)
{
	long filters = field(text, "Seccomp_filters");
	long count = field(text, "Threads");

	if (field(text, "NoNewPrivs") != 1) {
		return pst_error_set(error, PST_E_UNSAFE, "it could gain rights (no_new_privs)");
	}
	if (field(text, "Seccomp") != MODE_FILTER || filters != (long)inherited + FILTERS) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%ld filters of system calls are in force, not %u and the %d of the "
			"sandbox",
			filters, inherited, FILTERS);
	}
	if (count < 1 || count > (long)threads) {
		return pst_error_set(error, PST_E_UNSAFE,
			"it has %ld threads, its plugins declare %u", count, threads);
	}
	return is_dying(text) ? -ESRCH : 0;
}

static int check_descriptors(pid_t pid, struct pst_error *error)
{
	char path[64];
	struct dirent *entry;
	DIR *folder;
	int status = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	folder = opendir(path);
	if (!folder) {
		/* A process that can't be dumped shows them to root alone; it closed them itself.
		 */
		return errno == EACCES || errno == EPERM ? 0 : -ESRCH;
	}
	errno = 0;
	while (status == 0 && (entry = readdir(folder))) {
		long number = strtol(entry->d_name, NULL, 10);

		if (entry->d_name[0] != '.' &&
			(number == STDIN_FILENO || number >= PST_WIRE_FD_SLOTS)) {
			status = pst_error_set(
				error, PST_E_UNSAFE, "it holds descriptor %ld", number);
		}
	}
	if (status == 0 && errno != 0 && errno != EACCES && errno != EPERM) {
		status = -ESRCH;
	}
	(void)closedir(folder);
	return status;
}

/* @return 0 or -ESRCH */
static int read_status(const char *path, char text[STATUS_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	if (fd < 0) {
		return -ESRCH;
	}
	size = read(fd, text, STATUS_SIZE - 1);
	pst_fd_close(&fd);
	text[size > 0 ? size : 0] = 0;
	return size > 0 ? 0 : -ESRCH;
}

int pst_inspect_worker(pid_t pid, uint32_t threads, struct pst_error *error)
{
	char text[STATUS_SIZE];
	char path[64];
	long inherited;
	int status = read_status("/proc/self/status", text);

	if (status < 0) {
		return pst_error_set(error, PST_E_UNSAFE, "/proc is not there to look into");
	}
	inherited = field(text, "Seccomp_filters");
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	status = read_status(path, text);
	if (status == 0) {
		status = pst_inspect_status(
			text, inherited > 0 ? (uint32_t)inherited : 0, threads, error);
	}
	return status < 0 ? status : check_descriptors(pid, error);
}

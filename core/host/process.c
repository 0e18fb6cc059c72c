/* SPDX-License-Identifier: Apache-2.0 */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "wire/channel.h"

#define FREE_FD 16 /* above every number that the worker's descriptors are moved to */

/*
 * Libraries read their environment before a plugin could set anything: one thread each, no OpenCL,
 * no locale, no paths. One arena of malloc: where a second one shrinks, the C library opens a file.
 */
static char *const environment[] = {
	(char[]){"LANG=C"},
	(char[]){"OPENBLAS_NUM_THREADS=1"},
	(char[]){"OMP_NUM_THREADS=1"},
	(char[]){"OPENCV_FOR_THREADS_NUM=1"},
	(char[]){"OPENCV_OPENCL_RUNTIME=disabled"},
	(char[]){"MALLOC_ARENA_MAX=1"},
	NULL,
};

struct ends {
	int control;
	int log;
	int slots;
	int null;
};

static void close_ends(struct ends *ends)
{
	pst_fd_close(&ends->control);
	pst_fd_close(&ends->log);
	pst_fd_close(&ends->slots);
	pst_fd_close(&ends->null);
}

/* Moves the descriptor where no dup2 of the spawn can hit it. */
static int raise_fd(int *fd)
{
	int raised = fcntl(*fd, F_DUPFD_CLOEXEC, FREE_FD);

	if (raised < 0) {
		return -errno;
	}
	pst_fd_close(fd);
	*fd = raised;
	return 0;
}

static int make_ends(int slots_fd, struct pst_process *process, struct ends *ends)
{
	int pair[2], line[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		return -errno;
	}
	process->control = pair[0];
	ends->control = pair[1];
	if (pipe2(line, O_CLOEXEC | O_NONBLOCK) < 0) {
		return -errno;
	}
	process->log = line[0];
	ends->log = line[1];
	ends->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (ends->null < 0) {
		return -errno;
	}
	if (slots_fd >= 0) {
		ends->slots = fcntl(slots_fd, F_DUPFD_CLOEXEC, FREE_FD);
		if (ends->slots < 0) {
			return -errno;
		}
	}
	if (raise_fd(&ends->control) < 0 || raise_fd(&ends->log) < 0 || raise_fd(&ends->null) < 0) {
		return -errno;
	}
	return 0;
}

static int set_actions(posix_spawn_file_actions_t *actions, const struct ends *ends)
{
	int status = posix_spawn_file_actions_adddup2(actions, ends->null, STDIN_FILENO);

	status |= posix_spawn_file_actions_adddup2(actions, ends->log, STDOUT_FILENO);
	status |= posix_spawn_file_actions_adddup2(actions, ends->log, STDERR_FILENO);
	status |= posix_spawn_file_actions_adddup2(actions, ends->control, PST_WIRE_FD_CONTROL);
	status |= posix_spawn_file_actions_adddup2(actions, ends->log, PST_WIRE_FD_LOG);
	if (ends->slots >= 0) {
		status |= posix_spawn_file_actions_adddup2(actions, ends->slots, PST_WIRE_FD_SLOTS);
	}
	status |= posix_spawn_file_actions_addclosefrom_np(
		actions, ends->slots >= 0 ? PST_WIRE_FD_END : PST_WIRE_FD_SLOTS);
	return status ? -ENOMEM : 0;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;

	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	if (posix_spawnattr_setsigdefault(attributes, &all) ||
		posix_spawnattr_setsigmask(attributes, &none) ||
		posix_spawnattr_setpgroup(attributes, 0) ||
		posix_spawnattr_setflags(attributes,
			POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP)) {
		return -EINVAL;
	}
	return 0;
}

static int spawn(const char *program, const struct ends *ends, pid_t *ret_pid)
{
	char name[] = "postern-worker";
	char *const arguments[] = {name, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int status;

	if (posix_spawn_file_actions_init(&actions)) {
		return -ENOMEM;
	}
	if (posix_spawnattr_init(&attributes)) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return -ENOMEM;
	}
	status = set_actions(&actions, ends);
	if (status == 0) {
		status = set_attributes(&attributes);
	}
	if (status == 0) {
		status = -posix_spawn(
			ret_pid, program, &actions, &attributes, arguments, environment);
	}
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return status;
}

int pst_process_start(
	const char *program, int slots_fd, struct pst_process *ret_process, struct pst_error *error)
{
	struct pst_process process = PST_PROCESS_NONE;
	struct ends ends = {-1, -1, -1, -1};
	int status = make_ends(slots_fd, &process, &ends);

	if (status == 0) {
		status = spawn(program, &ends, &process.pid);
	}
	close_ends(&ends);
	if (status == 0) {
		process.pidfd = pidfd_open(process.pid, 0);
		if (process.pidfd < 0) {
			status = -errno;
			(void)kill(process.pid, SIGKILL);
			(void)waitpid(process.pid, NULL, 0);
		}
	}
	if (status < 0) {
		pst_fd_close(&process.control);
		pst_fd_close(&process.log);
		return pst_error_set(error, status, "worker %s cannot be started: %s", program,
			strerror(-status));
	}
	*ret_process = process;
	return 0;
}

void pst_process_kill(const struct pst_process *process)
{
	if (process->pidfd >= 0) {
		(void)pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
	}
}

bool pst_process_reap(struct pst_process *process, char *text, size_t size)
{
	siginfo_t info = {0};

	if (process->pidfd < 0 ||
		waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOHANG) < 0 ||
		info.si_pid == 0) {
		return false;
	}
	process->ending = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
	if (info.si_code == CLD_EXITED) {
		(void)snprintf(text, size, "ended with status %d", info.si_status);
	} else {
		const char *name = sigabbrev_np(info.si_status);

		(void)snprintf(text, size, "was killed by SIG%s", name ? name : "?");
		process->signal = info.si_status;
	}
	pst_fd_close(&process->pidfd);
	process->pid = 0;
	return true;
}

void pst_process_finish(struct pst_process *process, int timeout_ms)
{
	char text[64];

	if (process->pidfd >= 0) {
		struct pollfd end = {.fd = process->pidfd, .events = POLLIN};

		(void)poll(&end, 1, timeout_ms);
		if (!pst_process_reap(process, text, sizeof(text))) {
			pst_process_kill(process);
			(void)poll(&end, 1, -1);
			(void)pst_process_reap(process, text, sizeof(text));
		}
	}
	pst_fd_close(&process->pidfd);
	pst_fd_close(&process->control);
	pst_fd_close(&process->log);
	*process = PST_PROCESS_NONE;
}

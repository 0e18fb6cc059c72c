/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_PROCESS_H
#define PST_HOST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/** A worker's process and the lane's ends of what connects them. All -1 (pid 0): there is none. */
struct pst_process {
	pid_t pid;
	int pidfd;   /* owned */
	int control; /* owned, SOCK_SEQPACKET */
	int log;     /* owned, read end, non-blocking */
	int ending;  /* once reaped: its exit status, or what signal killed it, negative */
	int signal;  /* that ended it; 0: none, or it has not ended */
};

#define PST_PROCESS_NONE ((struct pst_process){.pid = 0, .pidfd = -1, .control = -1, .log = -1})

/**
 * Executes the worker program with nothing of the lane's but its end of the socket, of the log
 * pipe (standard output and error too) and the slots; in a process group of its own, with a fixed
 * environment. It is killed when the thread that started it ends.
 *
 * @param slots_fd  borrowed, or -1
 * @return 0 or -errno
 */
int pst_process_start(const char *program, int slots_fd, struct pst_process *ret_process,
	struct pst_error *error) PST_MUST_CHECK;

/** Sends SIGKILL. Harmless on none and on one that has ended. */
void pst_process_kill(const struct pst_process *process);

/**
 * Collects the process if it has ended, and tells how.
 *
 * @param text  "killed by SIGSEGV", "ended with status 1"
 * @return whether it has ended; then pid is 0 and pidfd closed, the rest stays open
 */
bool pst_process_reap(struct pst_process *process, char *text, size_t size);

/** Waits for the end, at most so long, then kills it; closes everything. */
void pst_process_finish(struct pst_process *process, int timeout_ms);

#endif

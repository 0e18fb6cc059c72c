/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_INSPECT_H
#define PST_HOST_INSPECT_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/**
 * Looks at a worker from outside, before there is a frame for it: no new rights, both filters of
 * system calls in force, no thread beyond those declared, and, where this process may see them, no
 * descriptor but output, message socket and log pipe. What a plugin says of itself counts nothing.
 *
 * @param threads  most that it may have
 * @return 0; PST_E_UNSAFE what isn't as it should be; -ESRCH it is gone
 */
int pst_inspect_worker(pid_t pid, uint32_t threads, struct pst_error *error) PST_MUST_CHECK;

/**
 * The same from the text of its /proc/PID/status.
 *
 * @param inherited  filters that were in force before, as in a container or under systemd
 * @return as pst_inspect_worker(); -ESRCH: a signal has ended it
 */
int pst_inspect_status(const char *text, uint32_t inherited, uint32_t threads,
	struct pst_error *error) PST_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_SANDBOX_H
#define PST_WORKER_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/**
 * What a process gives up so that foreign code can run in it, in two steps:
 *
 *   pst_sandbox_confine   before dlopen and before there is a second thread. Files: system
 *                         libraries and those listed, read-only; no network, no program, no other
 *                         process (Landlock and the table of refused calls).
 *   load, warm up at real sizes: every thread and every file that is ever needed.
 *   pst_sandbox_seal      only the table of sealed calls is left, for every thread.
 *
 * Neither can be taken back. Both tables are in worker/syscalls.h. What the kernel lacks is an
 * error: there is no half of a sandbox. A process built with AddressSanitizer or ThreadSanitizer
 * can't live in one, as their run time opens files when it likes: confining fails there.
 */

/** What a call outside the table does after the seal. */
enum pst_sandbox_mode {
	PST_SANDBOX_UNSET = 0,
	PST_SANDBOX_ENFORCE, /* kills the process by SIGSYS, which no handler sees */
	PST_SANDBOX_TRAP,    /* SIGSYS for a handler of the caller's: si_syscall tells the number */
	PST_SANDBOX_LEARN,   /* a supervisor with ret_listener is asked, and may let it go on */
};

/** A file that the plugin may read after it is confined. */
struct pst_sandbox_file {
	const char *path;
	bool code; /* mapped executable: the library */
};

struct pst_sandbox_config {
	enum pst_sandbox_mode mode;
	const struct pst_sandbox_file *files; /* borrowed until return */
	uint32_t file_count;
	int control; /* message socket, the only one to receive and send on after the seal; or -1 */
	int log;     /* written to after the seal, besides 1 and 2; or -1 */
};

/**
 * Stage 1: no new rights, no core dumps, no file grows, few descriptors, bounded memory, no
 * capabilities but to lock memory and to read; Landlock; the filter of refused calls.
 *
 * @return 0; PST_E_UNSAFE what is missing, in one line; PST_E_CONFIG a file isn't there
 */
int pst_sandbox_confine(
	const struct pst_sandbox_config *config, struct pst_error *error) PST_MUST_CHECK;

/**
 * Stage 2: no dumps and no tracing, then the filter of sealed calls over every thread. The caller
 * closes what it doesn't need before.
 *
 * @param ret_listener  LEARN: the descriptor that calls are asked on; else -1. May be NULL
 * @return 0 or PST_E_UNSAFE
 */
int pst_sandbox_seal(const struct pst_sandbox_config *config, int *ret_listener,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Writes the filter of a stage as the kernel would get it, struct sock_filter after another.
 *
 * @param stage  1 or 2
 * @return 0 or PST_E_UNSAFE
 */
int pst_sandbox_export(const struct pst_sandbox_config *config, int stage, int fd,
	struct pst_error *error) PST_MUST_CHECK;

#endif

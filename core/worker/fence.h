/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_FENCE_H
#define PST_WORKER_FENCE_H

#include "worker/sandbox.h"

/**
 * Landlock: from here on this process reads the system's libraries and the files listed, maps code
 * of the libraries and of those marked so, and writes, makes and removes nothing. Where the kernel
 * can, TCP, devices' own calls, signals to others and abstract sockets are refused too. Called by
 * pst_sandbox_confine.
 *
 * @return 0; PST_E_UNSAFE the kernel has no Landlock; PST_E_CONFIG a file cannot be opened
 */
int pst_fence_raise(const struct pst_sandbox_file *files, uint32_t file_count,
	struct pst_error *error) PST_MUST_CHECK;

#endif

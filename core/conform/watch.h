/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_WATCH_H
#define PST_CONFORM_WATCH_H

#include "base/error.h"
#include "conform/report.h"
#include "wire/message.h"

/**
 * Sees what a plugin asks of the system while it runs, and how it dies. What no plugin may do
 * (sockets, processes, programs, changes to files, signals, files after init) comes to a handler
 * in place of the kernel: it is told as the finding of a check of conduct, and refused.
 */

/** Whose code runs on the calling thread. Any other thread is the plugin's. */
enum pst_watch_phase {
	PST_WATCH_OWN = 0,
	PST_WATCH_INIT, /* loading, init, finish: may read libraries and the model */
	PST_WATCH_FRAME,
};

/**
 * Begins: handlers and a system call filter, for the rest of the process.
 *
 * @param control  where findings go
 * @param plugin   borrowed: what it may read
 * @return 0 or PST_E_UNSAFE
 */
int pst_watch_begin(
	int control, const struct pst_wire_plugin *plugin, struct pst_error *error) PST_MUST_CHECK;

/**
 * From here on only what a sealed worker may ask for is let through (worker/sandbox.h), for this
 * program too; the rest is told.
 *
 * @return 0 or PST_E_UNSAFE
 */
int pst_watch_seal(struct pst_error *error) PST_MUST_CHECK;

/** Says which check is under way, for findings. */
void pst_watch_check(enum pst_check check);

void pst_watch_enter(enum pst_watch_phase phase);
void pst_watch_leave(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_PROGRESS_H
#define PST_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/** How far long work is, how fast it goes, how long it will take: one line on a terminal. */
struct pst_cli_progress {
	const char *what; /* borrowed; another one begins anew */
	int64_t begun_ns, told_ns;
	bool terminal, told;
};

/** @return a progress that tells only where stderr is a terminal */
struct pst_cli_progress pst_cli_progress_begin(void);

/** Tells, at most a few times a second. what: "records" */
void pst_cli_progress_tell(
	struct pst_cli_progress *progress, const char *what, uint64_t done, uint64_t total);

/** Takes the line away, if there is one. */
void pst_cli_progress_end(struct pst_cli_progress *progress);

#endif

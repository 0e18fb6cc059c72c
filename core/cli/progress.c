/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define TELL_NS (PST_NS_PER_S / 5)

struct pst_cli_progress pst_cli_progress_begin(void)
{
	return (struct pst_cli_progress){.terminal = isatty(STDERR_FILENO)};
}

void pst_cli_progress_tell(
	struct pst_cli_progress *progress, const char *what, uint64_t done, uint64_t total)
{
	int64_t now = pst_clock_mono_ns();

	if (progress->what != what) {
		progress->what = what;
		progress->begun_ns = progress->told_ns = now;
	}
	if (progress->terminal && now - progress->told_ns >= TELL_NS) {
		double seconds = (double)(now - progress->begun_ns) / PST_NS_PER_S;
		double rate = (double)done / seconds;

		(void)fprintf(stderr, "\r\033[K%s: %llu of %llu, %.0f/s, %.0f s left", what,
			(unsigned long long)done, (unsigned long long)total, rate,
			(double)(total - done) / rate);
		progress->told_ns = now;
		progress->told = true;
	}
}

void pst_cli_progress_end(struct pst_cli_progress *progress)
{
	if (progress->told) {
		(void)fputs("\r\033[K", stderr);
		progress->told = false;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"

#define BUFFER (64 * 1024)
#define FLUSH_NS PST_NS_PER_S

int log_open(struct log *log, const char *path, struct pst_error *error)
{
	log->flushed_ns = pst_clock_mono_ns();
	log->file = path ? fopen(path, "we") : NULL;
	if (path && !log->file) {
		return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	if (log->file) {
		(void)setvbuf(log->file, NULL, _IOFBF, BUFFER);
	}
	return 0;
}

void log_frame(struct log *log, const struct sent *sent)
{
	if (!log->file) {
		return;
	}
	(void)fprintf(log->file,
		"{\"event\": \"frame\", \"ns\": %" PRId64 ", \"number\": %" PRIu64
		", \"plug\": %u, \"session\": %u, \"sequence\": %" PRIu64 ", \"due_ns\": %" PRId64
		", \"bytes\": %" PRIu64 ", \"fault\": \"%s\", \"settled\": %s, \"taken\": %s}\n",
		sent->sent_ns, sent->number, sent->plug, sent->session, sent->sequence,
		sent->due_ns, sent->bytes, fault_name(sent->fault),
		sent->settled ? "true" : "false", sent->taken ? "true" : "false");
	if (sent->sent_ns - log->flushed_ns > FLUSH_NS) {
		log->flushed_ns = sent->sent_ns;
		(void)fflush(log->file);
	}
}

void log_event(struct log *log, const char *event, const char *format, ...)
{
	va_list args;

	if (!log->file) {
		return;
	}
	(void)fprintf(log->file, "{\"event\": \"%s\", \"ns\": %" PRId64 "%s", event,
		pst_clock_mono_ns(), *format ? ", " : "");
	va_start(args, format);
	(void)vfprintf(log->file, format, args);
	va_end(args);
	(void)fputs("}\n", log->file);
	(void)fflush(log->file);
}

int log_close(struct log *log, struct pst_error *error)
{
	if (!log->file) {
		return 0;
	}
	bool bad = ferror(log->file) != 0;

	bad = fclose(log->file) != 0 || bad;
	log->file = NULL;
	return bad ? pst_error_set(error, -EIO, "the log could not be written in full") : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "host/worker_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "postern/host.h"

#define LINES_PER_SECOND 50

/* The level and the text of a raw line; what a library printed has no level. */
static const char *split_level(const char *line, uint32_t *ret_level)
{
	if (line[0] == '<' && line[1] >= '0' + PST_LOG_ERROR && line[1] <= '0' + PST_LOG_DEBUG &&
		line[2] == '>') {
		*ret_level = (uint32_t)(line[1] - '0');
		return line + 3;
	}
	*ret_level = PST_LOG_INFO;
	return line;
}

void pst_worker_make_printable(char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c > '~') {
			*text = '?';
		}
	}
}

/* A worker may say anything: what it says is bounded, made printable and tagged. */
static void tag_line(struct pst_worker *worker, const char *line, struct pst_worker_event *event)
{
	const char *text = split_level(line, &event->level);
	(void)snprintf(worker->text, sizeof(worker->text), "[%s worker %d] %.*s",
		pst_worker_name(worker), worker->pid, PST_WIRE_LOG_MAX, text);

	pst_worker_make_printable(worker->text);
	event->type = PST_WORKER_EVENT_LOG;
	event->text = worker->text;
}

/* @return whether the line is within what one second may bring */
static bool admit(struct pst_worker *worker)
{
	int64_t second = pst_clock_mono_ns() / PST_NS_PER_S;

	if (second != worker->log_second) {
		worker->log_second = second;
		worker->log_lines = 0;
	}
	if (worker->log_lines >= LINES_PER_SECOND) {
		worker->log_dropped++;
		return false;
	}
	worker->log_lines++;
	return true;
}

/* Takes the first line out of the buffer. @return 1 an event, 0 no whole line or none admitted */
static int take_line(struct pst_worker *worker, struct pst_worker_event *event)
{
	for (;;) {
		char *end = memchr(worker->log, '\n', worker->log_size);
		char line[sizeof(worker->log) + 1];
		uint32_t length, used;

		if (!end && worker->log_size < sizeof(worker->log)) {
			return 0;
		}
		length = end ? (uint32_t)(end - worker->log) : worker->log_size;
		used = end ? length + 1 : length;
		memcpy(line, worker->log, length);
		line[length] = 0;
		worker->log_size -= used;
		memmove(worker->log, worker->log + used, worker->log_size);
		if (length > 0 && admit(worker)) {
			tag_line(worker, line, event);
			return 1;
		}
	}
}

static int tell_dropped(struct pst_worker *worker, struct pst_worker_event *event)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "<2>%u more lines in one second were dropped",
		worker->log_dropped);
	worker->log_dropped = 0;
	tag_line(worker, line, event);
	return 1;
}

int pst_worker_read_log(struct pst_worker *worker, struct pst_worker_event *ret_event)
{
	ssize_t size;

	for (;;) {
		if (take_line(worker, ret_event) == 1) {
			return 1;
		}
		if (worker->process.log < 0) {
			return -EPIPE;
		}
		size = read(worker->process.log, worker->log + worker->log_size,
			sizeof(worker->log) - worker->log_size);
		if (size <= 0) {
			break;
		}
		worker->log_size += (uint32_t)size;
	}
	if (worker->log_dropped > 0 && pst_clock_mono_ns() / PST_NS_PER_S != worker->log_second) {
		return tell_dropped(worker, ret_event);
	}
	return size < 0 ? 0 : -EPIPE;
}

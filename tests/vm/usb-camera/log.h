/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_LOG_H
#define USB_CAMERA_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fault.h"

/** What became of a frame. */
struct sent {
	uint64_t number;   /* from 1, through all of the process */
	unsigned plug;	   /* from 1 */
	unsigned session;  /* stream starts, from 1 */
	uint64_t sequence; /* in its session, from 0: the number the driver gives it */
	int64_t due_ns;
	int64_t sent_ns; /* when its last byte was handed to the kernel */
	uint64_t bytes;	 /* of the picture, handed over */
	enum fault_kind fault;
	bool settled; /* as light as it gets */
	bool taken;   /* all of it, as meant; false: cut off by an unplug or the stream's end */
};

/** JSON Lines: one object per line, "event" names its kind, "ns" is CLOCK_MONOTONIC. */
struct log {
	FILE *file; /* owned; NULL: nothing is written */
	int64_t flushed_ns;
};

/** @param path  NULL: no log  @return 0, or -errno with the error filled */
int log_open(struct log *log, const char *path, struct pst_error *error) PST_MUST_CHECK;

void log_frame(struct log *log, const struct sent *sent);

/**
 * Writes {"event": EVENT, "ns": now, ...} and flushes.
 *
 * @param format  further members as JSON, "" for none
 */
void log_event(struct log *log, const char *event, const char *format, ...) PST_PRINTF(3, 4);

/** Ends the file. @return 0, or -errno: some of it could not be written (error filled) */
int log_close(struct log *log, struct pst_error *error) PST_MUST_CHECK;

#endif

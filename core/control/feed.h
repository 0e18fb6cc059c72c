/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONTROL_FEED_H
#define PST_CONTROL_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The newest lines of an event stream, kept once for however many readers. Each reader has a place
 * in it; who falls behind by more than it holds has lost what is gone. All calls: [control]
 */

#define PST_FEED_LINES 1024

/** A line, with its newline. Counted, since it may be under way to a reader when it is dropped. */
struct pst_feed_line {
	unsigned refs;
	size_t size;
	char text[];
};

/** Zeroed is a valid empty one. */
struct pst_feed {
	struct pst_feed_line *lines[PST_FEED_LINES];
	uint64_t count; /* of lines ever put: the next one's place */
};

/** Puts a line. What cannot be kept for want of memory counts as lost for every reader. */
void pst_feed_put(struct pst_feed *feed, const char *line, size_t size);

/**
 * Takes the next line of a reader.
 *
 * @param at        the reader's place; moved on
 * @param ret_lost  how many lines before this one are gone
 * @return a reference, to be given back; NULL: the reader has them all (lost ones may be told)
 */
struct pst_feed_line *pst_feed_next(const struct pst_feed *feed, uint64_t *at, uint64_t *ret_lost);

/** Gives a reference back and sets *line to NULL. Accepts NULL inside. */
void pst_feed_line_unref(struct pst_feed_line **line);

/** Drops all lines. */
void pst_feed_finish(struct pst_feed *feed);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "control/feed.h"

#include <stdlib.h>
#include <string.h>

void pst_feed_line_unref(struct pst_feed_line **line)
{
	if (*line && --(*line)->refs == 0) {
		free(*line);
	}
	*line = NULL;
}

void pst_feed_put(struct pst_feed *feed, const char *line, size_t size)
{
	struct pst_feed_line *kept = malloc(sizeof(*kept) + size + 1);
	struct pst_feed_line **place = &feed->lines[feed->count % PST_FEED_LINES];

	pst_feed_line_unref(place);
	feed->count++;
	if (kept) {
		kept->refs = 1;
		kept->size = size + 1;
		memcpy(kept->text, line, size);
		kept->text[size] = '\n';
		*place = kept;
	}
}

struct pst_feed_line *pst_feed_next(const struct pst_feed *feed, uint64_t *at, uint64_t *ret_lost)
{
	uint64_t oldest = feed->count > PST_FEED_LINES ? feed->count - PST_FEED_LINES : 0;
	struct pst_feed_line *line = NULL;

	*ret_lost = 0;
	if (*at < oldest) {
		*ret_lost = oldest - *at;
		*at = oldest;
	}
	while (!line && *at < feed->count) {
		line = feed->lines[*at % PST_FEED_LINES];
		*ret_lost += !line;
		(*at)++;
	}
	if (line) {
		line->refs++;
	}
	return line;
}

void pst_feed_finish(struct pst_feed *feed)
{
	for (size_t i = 0; i < PST_FEED_LINES; i++) {
		pst_feed_line_unref(&feed->lines[i]);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "console/stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "console/console.h"
#include "console/http.h"
#include "console/lane.h"
#include "control/feed.h"

#define TYPE "text/event-stream"
#define SHORT_SIZE 96

struct channel;

/* One browser. */
struct stream {
	struct channel *channel;
	struct stream *next;
	struct stream *previous;
	struct pst_http_request *request;
	uint64_t at;			 /* its place in the feed */
	struct pst_feed_line *under_way; /* a reference */
	size_t sent;			 /* of the line, or of the short one */
	char line[SHORT_SIZE];		 /* a line of its own; sent before what is under way */
	bool ping;
};

/* What a lane tells one kind of reader. */
struct channel {
	struct pst_feed feed;
	struct stream *first;
	size_t count;
};

/* A lane's two channels. */
struct topic {
	struct channel all;
	struct channel traveler;
};

struct pst_streams {
	struct pst_console_watcher watcher;
	uv_timer_t ping;
	struct topic *topics[PST_CONSOLE_LANES_MAX]; /* by the lane's index; made when needed */
	size_t count;
	uint64_t lost;
};

static struct topic *topic_of(struct pst_streams *streams, const struct pst_console_lane *lane)
{
	struct topic **topic = &streams->topics[pst_console_lane_index(lane)];

	if (!*topic) {
		*topic = calloc(1, sizeof(**topic));
	}
	return *topic;
}

/* An event as its reader gets it, but for the last line break. @return owned by the caller or NULL
 */
static char *frame_of(const char *kind, const char *line, size_t size)
{
	char *frame = NULL;

	return asprintf(&frame, "event: %s\ndata: %.*s\n", kind, (int)size, line) < 0 ? NULL
										      : frame;
}

static void put(struct channel *channel, const char *frame)
{
	pst_feed_put(&channel->feed, frame, strlen(frame));
	for (struct stream *at = channel->first; at; at = at->next) {
		pst_http_wake(at->request);
	}
}

static bool is_for_travelers(const char *kind)
{
	return strncmp(kind, "encounter.", strlen("encounter.")) == 0 ||
	       strcmp(kind, "status") == 0 || strcmp(kind, "away") == 0 ||
	       strcmp(kind, "lost") == 0;
}

static void on_told(
	void *user, struct pst_console_lane *lane, const char *kind, const char *line, size_t size)
{
	struct topic *topic = topic_of(user, lane);
	char *frame = topic ? frame_of(kind, line, size) : NULL;

	if (frame) {
		put(&topic->all, frame);
	}
	if (frame && is_for_travelers(kind)) {
		put(&topic->traveler, frame);
	}
	free(frame);
}

static struct pst_streams *streams_of(const struct stream *stream)
{
	return stream->request->console->streams;
}

/* Finds what to send next. @return whether there is anything */
static bool take_next(struct stream *stream)
{
	uint64_t lost = 0;

	stream->sent = 0;
	stream->under_way = pst_feed_next(&stream->channel->feed, &stream->at, &lost);
	if (lost > 0) {
		streams_of(stream)->lost += lost;
		(void)snprintf(stream->line, sizeof(stream->line),
			"event: lost\ndata: {\"lost\":%llu}\n\n", (unsigned long long)lost);
	} else if (!stream->under_way && stream->ping) {
		(void)snprintf(stream->line, sizeof(stream->line), ": still here\n\n");
	}
	stream->ping = false;
	return stream->line[0] || stream->under_way;
}

/* Sends as much as there is room for of what was begun. @return bytes */
static size_t send_some(struct stream *stream, char *to, size_t room)
{
	bool own = stream->line[0];
	const char *from = own ? stream->line : stream->under_way->text;
	size_t left = (own ? strlen(stream->line) : stream->under_way->size) - stream->sent;
	size_t size = left < room ? left : room;

	memcpy(to, from + stream->sent, size);
	stream->sent += size;
	if (size == left) {
		stream->sent = 0;
		if (own) {
			stream->line[0] = 0;
		} else {
			pst_feed_line_unref(&stream->under_way);
		}
	}
	return size;
}

static ssize_t read_stream(struct pst_http_request *request, char *to, size_t room)
{
	struct stream *stream = request->data;
	size_t size = 0;

	while (size < room && (stream->line[0] || stream->under_way || take_next(stream))) {
		size += send_some(stream, to + size, room - size);
	}
	return (ssize_t)size;
}

static void on_gone(struct pst_http_request *request)
{
	struct stream *stream = request->data;

	if (stream->previous) {
		stream->previous->next = stream->next;
	} else {
		stream->channel->first = stream->next;
	}
	if (stream->next) {
		stream->next->previous = stream->previous;
	}
	stream->channel->count--;
	streams_of(stream)->count--;
	pst_feed_line_unref(&stream->under_way);
	free(stream);
}

/* The lane's status, or that it is away, before anything else. */
static struct pst_feed_line *first_line(const struct pst_console_lane *lane, const json_t *status)
{
	char *text = status ? json_dumps(status, JSON_COMPACT) : NULL;
	char *frame = pst_console_lane_is_here(lane) && text
			      ? frame_of("status", text, strlen(text))
			      : frame_of("away", "null", strlen("null"));
	size_t size = frame ? strlen(frame) : 0;
	struct pst_feed_line *line = frame ? malloc(sizeof(*line) + size + 1) : NULL;

	if (line) {
		line->refs = 1;
		line->size = size + 1;
		memcpy(line->text, frame, size);
		line->text[size] = '\n';
	}
	free(frame);
	free(text);
	return line;
}

static void begin(
	struct pst_http_request *request, struct channel *channel, struct pst_feed_line *first)
{
	struct stream *stream = first ? calloc(1, sizeof(*stream)) : NULL;

	if (!stream) {
		pst_feed_line_unref(&first);
		pst_http_reply_error(
			request, 503, "busy", "no memory for one more reader; try again");
		return;
	}
	stream->channel = channel;
	stream->request = request;
	stream->at = channel->feed.count;
	stream->under_way = first;
	stream->next = channel->first;
	if (stream->next) {
		stream->next->previous = stream;
	}
	channel->first = stream;
	channel->count++;
	request->console->streams->count++;
	request->data = stream;
	request->gone = on_gone;
	pst_http_reply_stream(request, TYPE, read_stream);
}

/* From here on events come after this status, whatever it is. */
static void on_status(void *user, int status, const json_t *answer, const struct pst_error *error)
{
	struct pst_http_request *request = user;
	struct pst_console_lane *lane =
		pst_console_lanes_find(request->console->lanes, request->parameter[0]);
	struct topic *topic = topic_of(request->console->streams, lane);

	if (!topic) {
		pst_http_reply_error(request, 503, "busy", "no memory for readers; try again");
		return;
	}
	begin(request, request->role == PST_ROLE_TRAVELER ? &topic->traveler : &topic->all,
		first_line(lane, status == 0 ? answer : pst_console_lane_status(lane, NULL)));
}

void pst_stream_events(struct pst_http_request *request)
{
	struct pst_console_lane *lane =
		pst_console_lanes_find(request->console->lanes, request->parameter[0]);

	if (!lane) {
		pst_http_reply_error(request, 404, "unknown",
			"no lane '%.64s' here; /api/lanes lists them", request->parameter[0]);
	} else if (request->console->streams->count >= PST_STREAMS_MAX) {
		pst_http_reply_error(request, 503, "busy",
			"%u browsers listen already; close one or try again later",
			PST_STREAMS_MAX);
	} else {
		pst_console_lane_ask(lane, "status", NULL, on_status, request);
	}
}

static void ping_all(struct channel *channel)
{
	for (struct stream *at = channel->first; at; at = at->next) {
		at->ping = true;
		pst_http_wake(at->request);
	}
}

static void on_ping(uv_timer_t *timer)
{
	struct pst_streams *streams = timer->data;

	for (size_t i = 0; i < PST_CONSOLE_LANES_MAX; i++) {
		if (streams->topics[i]) {
			ping_all(&streams->topics[i]->all);
			ping_all(&streams->topics[i]->traveler);
		}
	}
}

int pst_streams_open(struct pst_streams **ret_streams, struct uv_loop_s *loop,
	struct pst_console_lanes *lanes, struct pst_error *error)
{
	struct pst_streams *streams = calloc(1, sizeof(*streams));

	*ret_streams = streams;
	if (!streams) {
		return pst_error_set(error, -ENOMEM, "no memory for event streams");
	}
	streams->watcher = (struct pst_console_watcher){.tell = on_told, .user = streams};
	pst_console_lanes_watch(lanes, &streams->watcher);
	streams->ping.data = streams;
	(void)uv_timer_init(loop, &streams->ping);
	(void)uv_timer_start(&streams->ping, on_ping, PST_STREAM_PING_MS, PST_STREAM_PING_MS);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct pst_streams *streams = handle->data;

	for (size_t i = 0; i < PST_CONSOLE_LANES_MAX; i++) {
		if (streams->topics[i]) {
			pst_feed_finish(&streams->topics[i]->all.feed);
			pst_feed_finish(&streams->topics[i]->traveler.feed);
			free(streams->topics[i]);
		}
	}
	free(streams);
}

void pst_streams_close(struct pst_streams **streams)
{
	if (*streams) {
		uv_close((uv_handle_t *)&(*streams)->ping, on_closed);
		*streams = NULL;
	}
}

size_t pst_streams_count(const struct pst_streams *streams, const struct pst_console_lane *lane)
{
	const struct topic *topic = streams->topics[pst_console_lane_index(lane)];

	return topic ? topic->all.count + topic->traveler.count : 0;
}

uint64_t pst_streams_lost(const struct pst_streams *streams)
{
	return streams->lost;
}

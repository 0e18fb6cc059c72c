/* SPDX-License-Identifier: Apache-2.0 */
#include "control/server.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "base/fd.h"
#include "base/text.h"
#include "control/answer.h"
#include "control/socket.h"
#include "control/feed.h"
#include "control/picture.h"

#define WINDOW_MS 1000

/* One at the other end; freed when its handle is closed. */
struct connection {
	struct pst_control *control;
	struct connection *next;
	uv_pipe_t pipe;
	char in[PST_CONTROL_LINE_MAX];
	size_t in_size;
	uint64_t window_ms; /* since when requests are counted, on the loop's clock */
	unsigned requests;  /* done since then */
	bool held;	    /* has asked too often: nothing is read until the next window */
	bool awaits_picture;
	int64_t picture_id; /* of the request for it */
	bool subscribed;
	uint64_t at; /* its place in the feed */
	struct pst_feed_line *under_way;
	uv_write_t event;
};

struct pst_control {
	struct pst_driver driver;
	char path[PATH_MAX];
	gid_t group;
	int fd;		       /* listens; -1 once it is the handle's */
	struct pst_lane *lane; /* NULL: not attached */
	uv_pipe_t listener;
	uv_timer_t window;
	struct connection *connections;
	unsigned count;
	struct pst_feed feed;
	struct pst_history history;
};

struct answer {
	uv_write_t write;
	char *line; /* owned */
};

static void push(struct connection *connection);

static uv_stream_t *stream_of(struct connection *connection)
{
	return (uv_stream_t *)&connection->pipe;
}

static bool is_closing(const struct connection *connection)
{
	return uv_is_closing((const uv_handle_t *)&connection->pipe);
}

static void on_closed(uv_handle_t *handle)
{
	struct connection *connection = handle->data;
	struct connection **at = &connection->control->connections;

	while (*at != connection) {
		at = &(*at)->next;
	}
	*at = connection->next;
	connection->control->count--;
	pst_feed_line_unref(&connection->under_way);
	free(connection);
}

static void hang_up(struct connection *connection)
{
	if (!is_closing(connection)) {
		uv_close((uv_handle_t *)&connection->pipe, on_closed);
	}
}

static void on_answered(uv_write_t *write, int status)
{
	struct answer *answer = write->data;

	free(answer->line);
	free(answer);
}

/* Takes the line. Who lets answers pile up is cut off. */
static void send_line(struct connection *connection, char *line)
{
	struct answer *answer = line ? malloc(sizeof(*answer)) : NULL;

	if (!answer ||
		uv_stream_get_write_queue_size(stream_of(connection)) > PST_CONTROL_UNREAD_MAX) {
		free(line);
		free(answer);
		hang_up(connection);
		return;
	}
	*answer = (struct answer){.write = {.data = answer}, .line = line};
	const uv_buf_t bytes = uv_buf_init(line, (unsigned)strlen(line));

	if (uv_write(&answer->write, stream_of(connection), &bytes, 1, on_answered) < 0) {
		free(line);
		free(answer);
		hang_up(connection);
	}
}

/* Says why, as far as the other end takes it at once, and closes. */
static void refuse(struct connection *connection, int64_t id, const struct pst_error *error)
{
	char *line = pst_control_refusal(id, error);

	if (line) {
		const uv_buf_t bytes = uv_buf_init(line, (unsigned)strlen(line));

		(void)uv_try_write(stream_of(connection), &bytes, 1);
	}
	free(line);
	hang_up(connection);
}

static char *lost_line(uint64_t lost)
{
	char *line = NULL;

	return asprintf(&line, "{\"v\":1,\"lost\":%llu}\n", (unsigned long long)lost) < 0 ? NULL
											  : line;
}

static void on_pushed(uv_write_t *write, int status)
{
	struct connection *connection = write->data;

	pst_feed_line_unref(&connection->under_way);
	if (status == 0) {
		push(connection);
	}
}

/* One event at a time is under way to a subscriber; the others wait in the feed. */
static void push(struct connection *connection)
{
	uint64_t lost = 0;

	if (!connection->subscribed || connection->under_way || is_closing(connection)) {
		return;
	}
	connection->under_way = pst_feed_next(&connection->control->feed, &connection->at, &lost);
	if (lost > 0) {
		send_line(connection, lost_line(lost));
	}
	if (!connection->under_way || is_closing(connection)) {
		return;
	}
	const uv_buf_t bytes =
		uv_buf_init(connection->under_way->text, (unsigned)connection->under_way->size);

	connection->event.data = connection;
	if (uv_write(&connection->event, stream_of(connection), &bytes, 1, on_pushed) < 0) {
		hang_up(connection);
	}
}

void pst_control_tell(void *user, const char *line, size_t size)
{
	struct pst_control *control = user;

	pst_feed_put(&control->feed, line, size);
	for (struct connection *at = control->connections; at; at = at->next) {
		push(at);
	}
}

/*
 * A picture goes at once or not at all: none waits here for a reader, so none is left when the
 * permit ends. Who takes only a part of it is cut off.
 */
static void send_picture(struct connection *connection, const struct pst_picture_made *made)
{
	size_t size = 0;
	char *line = pst_control_picture(connection->picture_id, made, &size);
	struct pst_error error = {0};

	if (!line) {
		hang_up(connection);
		return;
	}
	const uv_buf_t bytes = uv_buf_init(line, (unsigned)size);
	int sent = uv_try_write(stream_of(connection), &bytes, 1);

	explicit_bzero(line, PST_CONTROL_ANSWER_MAX);
	free(line);
	if (sent == UV_EAGAIN) {
		(void)pst_error_set(&error, -EBUSY,
			"answers before it wait to be read; read them and ask again");
		send_line(connection, pst_control_refusal(connection->picture_id, &error));
	} else if (sent != (int)size) {
		hang_up(connection);
	}
}

static void pictured(
	void *user, const struct pst_picture_made *made, const struct pst_error *why_not)
{
	struct pst_control *control = user;

	for (struct connection *at = control->connections; at; at = at->next) {
		if (!at->awaits_picture || is_closing(at)) {
			continue;
		}
		at->awaits_picture = false;
		if (made) {
			send_picture(at, made);
		} else {
			send_line(at, pst_control_refusal(at->picture_id, why_not));
		}
	}
}

/* @return 0: the answer comes later */
static int ask_picture(struct connection *connection, int64_t id, struct pst_error *error)
{
	if (connection->awaits_picture) {
		return pst_error_set(
			error, -EBUSY, "a picture is under way here; wait until it has come");
	}
	int status = pst_picture_ask(connection->control->lane, error);

	connection->awaits_picture = status == 0;
	connection->picture_id = id;
	return status;
}

static void do_request(struct connection *connection, const char *line, size_t size)
{
	struct pst_control *control = connection->control;
	struct pst_control_request request;
	struct pst_error error = {0};
	json_t *fields = NULL;
	int status = pst_control_parse(&request, line, size, &error);

	if (status == PST_E_FORMAT) {
		refuse(connection, request.id, &error);
		pst_control_request_finish(&request);
		return;
	}
	if (status == 0 && request.what == PST_CONTROL_PICTURE) {
		status = ask_picture(connection, request.id, &error);
		if (status == 0) {
			pst_control_request_finish(&request);
			return;
		}
	} else if (status == 0) {
		status =
			pst_control_do(control->lane, &control->history, &request, &fields, &error);
	}
	send_line(connection, status == 0 ? pst_control_answer(request.id, fields)
					  : pst_control_refusal(request.id, &error));
	if (status == 0 && request.what == PST_CONTROL_SUBSCRIBE && !connection->subscribed) {
		connection->subscribed = true;
		connection->at = control->feed.count;
	}
	pst_control_request_finish(&request);
}

static void on_window(uv_timer_t *timer);

static bool may_ask(struct connection *connection)
{
	struct pst_control *control = connection->control;
	uint64_t now_ms = uv_now(connection->pipe.loop);

	if (now_ms - connection->window_ms >= WINDOW_MS) {
		connection->window_ms = now_ms;
		connection->requests = 0;
	}
	if (connection->requests < PST_CONTROL_REQUESTS_PER_S) {
		connection->requests++;
		return true;
	}
	connection->held = true;
	(void)uv_read_stop(stream_of(connection));
	if (!uv_is_active((uv_handle_t *)&control->window)) {
		(void)uv_timer_start(&control->window, on_window, WINDOW_MS, 0);
	}
	return false;
}

/* Does the whole lines that are there, as many as may be. */
static void work_off(struct connection *connection)
{
	char *end;

	while (!is_closing(connection) &&
		(end = memchr(connection->in, '\n', connection->in_size))) {
		size_t size = (size_t)(end - connection->in);

		if (!may_ask(connection)) {
			return;
		}
		do_request(connection, connection->in, size);
		connection->in_size -= size + 1;
		memmove(connection->in, end + 1, connection->in_size);
	}
	if (!is_closing(connection) && connection->in_size == sizeof(connection->in)) {
		struct pst_error error = {0};

		(void)pst_error_set(&error, PST_E_FORMAT, "a request has at most %d bytes",
			PST_CONTROL_LINE_MAX - 1);
		refuse(connection, -1, &error);
	}
}

static void find_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_room)
{
	struct connection *connection = handle->data;

	*ret_room = uv_buf_init(connection->in + connection->in_size,
		(unsigned)(sizeof(connection->in) - connection->in_size));
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *room)
{
	struct connection *connection = stream->data;

	if (size < 0) {
		hang_up(connection);
		return;
	}
	connection->in_size += (size_t)size;
	work_off(connection);
}

static void on_window(uv_timer_t *timer)
{
	struct pst_control *control = timer->data;

	for (struct connection *at = control->connections; at; at = at->next) {
		if (at->held && !is_closing(at)) {
			at->held = false;
			at->window_ms = 0;
			(void)uv_read_start(stream_of(at), find_room, on_read);
			work_off(at);
		}
	}
}

static int check_peer(struct connection *connection, struct pst_error *error)
{
	const struct pst_control *control = connection->control;
	uv_os_fd_t fd;

	if (control->count > PST_CONTROL_CONNECTIONS_MAX) {
		return pst_error_set(error, -EBUSY, "%d are connected; try again later",
			PST_CONTROL_CONNECTIONS_MAX);
	}
	if (uv_fileno((const uv_handle_t *)&connection->pipe, &fd) < 0) {
		return pst_error_set(error, PST_E_UNSAFE, "nobody knows who speaks here");
	}
	return pst_control_check_peer(fd, control->group, error);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct pst_control *control = listener->data;
	struct connection *connection = status == 0 ? calloc(1, sizeof(*connection)) : NULL;
	struct pst_error error = {0};

	if (!connection) {
		return;
	}
	connection->control = control;
	connection->next = control->connections;
	connection->pipe.data = connection;
	control->connections = connection;
	control->count++;
	(void)uv_pipe_init(listener->loop, &connection->pipe, /* ipc= */ 0);
	if (uv_accept(listener, stream_of(connection)) < 0) {
		hang_up(connection);
	} else if (check_peer(connection, &error) < 0) {
		refuse(connection, -1, &error);
	} else {
		(void)uv_read_start(stream_of(connection), find_room, on_read);
	}
}

static int attach(
	void *user, struct pst_lane *lane, struct uv_loop_s *loop, struct pst_error *error)
{
	struct pst_control *control = user;

	control->lane = lane;
	control->listener.data = control->window.data = control;
	(void)uv_pipe_init(loop, &control->listener, /* ipc= */ 0);
	(void)uv_timer_init(loop, &control->window);
	int status = uv_pipe_open(&control->listener, control->fd);
	if (status == 0) {
		control->fd = -1;
		status = uv_listen((uv_stream_t *)&control->listener, 64, on_connection);
	}
	return status == 0
		       ? 0
		       : pst_error_set(error, status, "%s: %s", control->path, uv_strerror(status));
}

/* What a subscriber takes at once of the last events; nobody is waited for. */
static void send_rest(struct connection *connection)
{
	struct pst_feed_line *line;
	uint64_t lost;
	bool taken = connection->subscribed && !is_closing(connection);

	while (taken &&
		(line = pst_feed_next(&connection->control->feed, &connection->at, &lost))) {
		const uv_buf_t bytes = uv_buf_init(line->text, (unsigned)line->size);

		taken = uv_try_write(stream_of(connection), &bytes, 1) == (int)line->size;
		pst_feed_line_unref(&line);
	}
}

static void detach(void *user)
{
	struct pst_control *control = user;

	if (!control->lane) {
		return;
	}
	for (struct connection *at = control->connections; at; at = at->next) {
		send_rest(at);
		hang_up(at);
	}
	uv_close((uv_handle_t *)&control->listener, NULL);
	uv_close((uv_handle_t *)&control->window, NULL);
	control->lane = NULL;
}

static void remember(void *user, const struct pst_drive_explanation *encounter)
{
	struct pst_control *control = user;

	pst_history_put(&control->history, encounter);
}

int pst_control_create(
	struct pst_control **ret_control, const char *path, gid_t group, struct pst_error *error)
{
	struct pst_control *control = calloc(1, sizeof(*control));

	*ret_control = NULL;
	if (!control || pst_text_copy(control->path, sizeof(control->path), path) < 0) {
		free(control);
		return pst_error_set(error, -ENOMEM, "no memory for the control socket");
	}
	control->driver = (struct pst_driver){attach, remember, detach, pictured, control};
	control->group = group;
	int status = pst_control_listen(path, group, &control->fd, error);
	if (status < 0) {
		free(control);
		return status;
	}
	*ret_control = control;
	return 0;
}

const struct pst_driver *pst_control_driver(const struct pst_control *control)
{
	return &control->driver;
}

void pst_control_destroy(struct pst_control **control)
{
	struct pst_control *gone = *control;

	if (!gone) {
		return;
	}
	(void)unlink(gone->path);
	pst_fd_close(&gone->fd);
	pst_feed_finish(&gone->feed);
	pst_history_finish(&gone->history);
	free(gone);
	*control = NULL;
}

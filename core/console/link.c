/* SPDX-License-Identifier: Apache-2.0 */
#include "console/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "postern/status.h"

/* Freed when its handle is closed. */
struct pst_console_link {
	const struct pst_console_link_calls *calls; /* NULL: closed */
	void *user;
	uv_pipe_t pipe;
	uv_connect_t connect;
	size_t size;
	size_t searched; /* of these bytes: no end of a line among them */
	char in[PST_CONSOLE_LINK_LINE_MAX];
};

struct line {
	uv_write_t write;
	char *text; /* owned */
};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void pst_console_link_close(struct pst_console_link **link)
{
	if (*link) {
		(*link)->calls = NULL;
		uv_close((uv_handle_t *)&(*link)->pipe, on_closed);
		*link = NULL;
	}
}

/* Takes the whole lines that are there. */
static void work_off(struct pst_console_link *link)
{
	size_t begin = 0;
	char *end;

	while (link->calls &&
		(end = memchr(link->in + link->searched, '\n', link->size - link->searched))) {
		size_t size = (size_t)(end - link->in) - begin;
		const char *line = link->in + begin;

		begin = link->searched = begin + size + 1;
		link->calls->line(link->user, line, size);
	}
	link->size -= begin;
	memmove(link->in, link->in + begin, link->size);
	link->searched = link->size;
	if (link->calls && link->size == sizeof(link->in)) {
		link->calls->overlong(link->user);
	}
}

static void find_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_room)
{
	struct pst_console_link *link = handle->data;

	*ret_room = uv_buf_init(link->in + link->size, (unsigned)(sizeof(link->in) - link->size));
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *room)
{
	struct pst_console_link *link = stream->data;

	if (size < 0) {
		link->calls->over(link->user, PST_E_END);
		return;
	}
	link->size += (size_t)size;
	work_off(link);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct pst_console_link *link = connect->data;

	if (!link->calls) {
		return;
	}
	status = status < 0 ? status : uv_read_start(connect->handle, find_room, on_read);
	if (status < 0) {
		link->calls->over(link->user, status);
	} else {
		link->calls->connected(link->user);
	}
}

int pst_console_link_open(struct pst_console_link **ret_link, struct uv_loop_s *loop,
	const char *path, const struct pst_console_link_calls *calls, void *user)
{
	struct pst_console_link *link = malloc(sizeof(*link));

	*ret_link = link;
	if (!link) {
		return -ENOMEM;
	}
	link->calls = calls;
	link->user = user;
	link->size = link->searched = 0;
	link->pipe.data = link->connect.data = link;
	(void)uv_pipe_init(loop, &link->pipe, /* ipc= */ 0);
	uv_pipe_connect(&link->connect, &link->pipe, path, on_connected);
	return 0;
}

static void on_written(uv_write_t *write, int status)
{
	struct line *line = write->data;

	free(line->text);
	free(line);
}

bool pst_console_link_send(struct pst_console_link *link, char *text)
{
	uv_stream_t *stream = (uv_stream_t *)&link->pipe;
	struct line *line = text ? malloc(sizeof(*line)) : NULL;

	if (line && uv_stream_get_write_queue_size(stream) <= PST_CONSOLE_LINK_UNSENT_MAX) {
		*line = (struct line){.write = {.data = line}, .text = text};
		const uv_buf_t bytes = uv_buf_init(text, (unsigned)strlen(text));

		if (uv_write(&line->write, stream, &bytes, 1, on_written) == 0) {
			return true;
		}
	}
	free(text);
	free(line);
	return false;
}

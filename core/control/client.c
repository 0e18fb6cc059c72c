/* SPDX-License-Identifier: Apache-2.0 */
#include "control/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"
#include "control/message.h"
#include "control/socket.h"

struct pst_control_client {
	int fd;
	FILE *in; /* owns a descriptor of its own */
	int64_t id;
	char line[PST_CONTROL_ANSWER_MAX + 1];
};

int pst_control_client_open(
	struct pst_control_client **ret_client, const char *path, struct pst_error *error)
{
	struct pst_control_client *client = calloc(1, sizeof(*client));

	*ret_client = NULL;
	if (!client) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	int status = pst_control_connect(path, &client->fd, error);
	int copy = status == 0 ? fcntl(client->fd, F_DUPFD_CLOEXEC, 3) : -1;
	client->in = copy >= 0 ? fdopen(copy, "r") : NULL;
	if (status == 0 && !client->in) {
		status = pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
		pst_fd_close(&copy);
	}
	if (status < 0) {
		pst_control_client_close(&client);
		return status;
	}
	*ret_client = client;
	return 0;
}

void pst_control_client_close(struct pst_control_client **client)
{
	struct pst_control_client *gone = *client;

	if (!gone) {
		return;
	}
	if (gone->in) {
		(void)fclose(gone->in);
	}
	pst_fd_close(&gone->fd);
	free(gone);
	*client = NULL;
}

static void wait_at_most(const struct pst_control_client *client, time_t seconds)
{
	const struct timeval limit = {.tv_sec = seconds};

	(void)setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

int pst_control_client_next(
	struct pst_control_client *client, const char **ret_line, struct pst_error *error)
{
	errno = 0;
	const bool came = fgets(client->line, sizeof(client->line), client->in) != NULL;
	const size_t size = came ? strlen(client->line) : 0;

	if (size > 0 && client->line[size - 1] == '\n') {
		client->line[size - 1] = 0;
		*ret_line = client->line;
		return 0;
	}
	if (size == sizeof(client->line) - 1) {
		return pst_error_set(error, PST_E_FORMAT,
			"a line of more than %d bytes came; what answers there is no postern lane",
			PST_CONTROL_ANSWER_MAX);
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		return pst_error_set(error, PST_E_TIMEOUT, "the lane does not answer");
	}
	if (errno == EINTR) {
		return pst_error_set(error, -EINTR, "interrupted");
	}
	return pst_error_set(error, PST_E_END, "the lane hung up");
}

static int say(const struct pst_control_client *client, json_t *request, struct pst_error *error)
{
	char *text = json_dumps(request, JSON_COMPACT);
	char *line = NULL;
	int status = -ENOMEM;

	if (text && asprintf(&line, "%s\n", text) >= 0) {
		status = pst_fd_write_full(client->fd, line, strlen(line));
	}
	free(line);
	free(text);
	if (status == -EPIPE || status == -ECONNRESET) {
		return pst_error_set(error, PST_E_END, "the lane hung up");
	}
	return status < 0 ? pst_error_set(error, status, "%s", strerror(-status)) : 0;
}

/* Whether it answers this request; one without an id says why nothing more will be answered. */
static bool answers(const struct pst_control_client *client, const json_t *answer)
{
	const json_t *id = json_object_get(answer, "id");

	return json_object_get(answer, "ok") && (!id || json_integer_value(id) == client->id);
}

static int judge(json_t *answer, struct pst_error *error)
{
	const char *text = json_string_value(json_object_get(answer, "error"));
	const char *code = json_string_value(json_object_get(answer, "code"));

	if (json_is_true(json_object_get(answer, "ok"))) {
		return 0;
	}
	return pst_error_set(error, pst_control_status_of(code), "%s",
		text ? text : "the lane refused without a reason");
}

int pst_control_client_ask(struct pst_control_client *client, json_t *request, json_t **ret_answer,
	struct pst_error *error)
{
	const char *line = NULL;
	json_t *answer = NULL;

	*ret_answer = NULL;
	client->id++;
	(void)json_object_set_new(request, "v", json_integer(PST_CONTROL_VERSION));
	(void)json_object_set_new(request, "id", json_integer(client->id));
	int status = say(client, request, error);
	json_decref(request);
	wait_at_most(client, PST_CONTROL_WAIT_S);
	while (status == 0 && !answers(client, answer)) {
		json_decref(answer);
		answer = NULL;
		status = pst_control_client_next(client, &line, error);
		if (status == 0 && !(answer = json_loads(line, 0, NULL))) {
			status = pst_error_set(
				error, PST_E_FORMAT, "what answers there is no postern lane");
		}
	}
	wait_at_most(client, 0);
	if (status == 0) {
		status = judge(answer, error);
	}
	if (status < 0) {
		json_decref(answer);
		return status;
	}
	*ret_answer = answer;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "control/client.h"
#include "control/message.h"
#include "control/socket.h"

/* Answers the first request with a line of so many bytes, the newline included. */
struct lane {
	int fd;
	size_t size;
};

static void *answer(void *user)
{
	static const char head[] = "{\"v\":1,\"id\":1,\"ok\":true,\"x\":\"";
	const struct lane *lane = user;
	char *line = malloc(lane->size);
	char request[256];
	int fd = accept(lane->fd, NULL, NULL);

	memset(line, 'x', lane->size);
	memcpy(line, head, sizeof(head) - 1);
	memcpy(line + lane->size - 3, "\"}\n", 3);
	(void)!read(fd, request, sizeof(request));
	(void)!pst_fd_write_full(fd, line, lane->size);
	free(line);
	pst_fd_close(&fd);
	return NULL;
}

static int ask(size_t size, json_t **ret_answer, struct pst_error *error)
{
	char dir[] = "/tmp/postern-client-XXXXXX";
	char path[64];
	struct lane lane = {.fd = -1, .size = size};
	struct pst_control_client *client = NULL;
	pthread_t thread;

	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	cr_assert_eq(pst_control_listen(path, PST_CONTROL_NO_GROUP, &lane.fd, error), 0);
	cr_assert_eq(pst_control_client_open(&client, path, error), 0);
	cr_assert_eq(pthread_create(&thread, NULL, answer, &lane), 0);
	int status = pst_control_client_ask(
		client, json_pack("{s:s}", "do", "policy"), ret_answer, error);
	pst_control_client_close(&client);
	(void)pthread_join(thread, NULL);
	pst_fd_close(&lane.fd);
	(void)unlink(path);
	(void)rmdir(dir);
	return status;
}

Test(client, reads_an_answer_of_64_kib_and_no_longer_one)
{
	struct pst_error error = {0};
	json_t *told = NULL;

	cr_assert_eq(ask(PST_CONTROL_ANSWER_MAX, &told, &error), 0, "%s", error.text);
	cr_expect_gt(json_string_length(json_object_get(told, "x")), 65000);
	json_decref(told);
	told = NULL;
	cr_expect_eq(ask(PST_CONTROL_ANSWER_MAX + 1, &told, &error), PST_E_FORMAT);
	cr_expect_not_null(strstr(error.text, "more than 65536 bytes"), "%s", error.text);
	cr_expect_null(told);
}

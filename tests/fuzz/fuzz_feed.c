/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "base/fd.h"
#include "console/lane.h"
#include "control/socket.h"

/*
 * What a lane sends a console that has greeted it and waits for three answers (ids 2 to 4):
 * whatever it is, each who waits is told once, and what is handed on cannot break out of its line.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASKED 3
#define GREETING "{\"v\":1,\"id\":1,\"ok\":true,\"lane\":\"a\",\"notice\":{\"state\":\"absent\"}}\n"

static char path[] = "/tmp/fuzz-feed-XXXXXX/s";
static int listener = -1;
static unsigned answered;

static void require(int holds)
{
	if (!holds) {
		abort();
	}
}

static void remove_socket(void)
{
	(void)unlink(path);
	*strrchr(path, '/') = 0;
	(void)rmdir(path);
}

static void serve(void)
{
	struct pst_error error = {0};
	char *slash = strrchr(path, '/');

	*slash = 0;
	require(mkdtemp(path) != NULL);
	*slash = '/';
	require(pst_control_listen(path, PST_CONTROL_NO_GROUP, &listener, &error) == 0);
	require(atexit(remove_socket) == 0);
}

static void on_answer(void *user, int status, const json_t *answer, const struct pst_error *error)
{
	require((status == 0) == (error->text[0] == 0) && (status == 0) == json_is_object(answer));
	answered++;
}

static void on_told(
	void *user, struct pst_console_lane *lane, const char *kind, const char *line, size_t size)
{
	require(kind[0] && kind[strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789.-")] == 0);
	require(!memchr(line, '\n', size) && !memchr(line, '\r', size));
}

static void run(uv_loop_t *loop)
{
	for (int i = 0; i < 4; i++) {
		(void)uv_run(loop, UV_RUN_NOWAIT);
	}
}

static void talk(uv_loop_t *loop, struct pst_console_lane *lane, const uint8_t *data, size_t size)
{
	int other = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	require(other >= 0 && pst_fd_write_full(other, GREETING, strlen(GREETING)) == 0);
	run(loop);
	require(pst_console_lane_is_here(lane));
	pst_console_lane_ask(lane, "picture", NULL, on_answer, NULL);
	pst_console_lane_ask(lane, "policy", NULL, on_answer, NULL);
	pst_console_lane_ask(lane, "close", NULL, on_answer, NULL);
	(void)send(other, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	run(loop);
	pst_fd_close(&other);
	run(loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_console_watcher watcher = {.tell = on_told};
	struct pst_console_lanes *lanes = NULL;
	struct pst_error error = {0};
	uv_loop_t loop;

	if (listener < 0) {
		serve();
	}
	answered = 0;
	require(uv_loop_init(&loop) == 0 && pst_console_lanes_create(&lanes, &loop, &error) == 0);
	pst_console_lanes_watch(lanes, &watcher);
	require(pst_console_lanes_add(lanes, "a", path, &error) == 0);
	run(&loop);
	talk(&loop, pst_console_lanes_first(lanes), data, size);
	pst_console_lanes_close(&lanes);
	require(answered == ASKED);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	require(uv_loop_close(&loop) == 0);
	return 0;
}

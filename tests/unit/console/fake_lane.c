/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_lane.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "control/socket.h"

uv_loop_t loop;
struct pst_console_lanes *lanes;
struct pst_console_lane *lane;
char socket_path[64];
int other = -1;

static char dir[] = "/tmp/console-lane-XXXXXX";
static struct pst_error error;
static int listener = -1;

void serve(void)
{
	cr_assert_eq(pst_control_listen(socket_path, PST_CONTROL_NO_GROUP, &listener, &error), 0,
		"%s", error.text);
}

void set_up(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(pst_text_path(socket_path, sizeof(socket_path), dir, "s"), 0);
	cr_assert_eq(uv_loop_init(&loop), 0);
	cr_assert_eq(pst_console_lanes_create(&lanes, &loop, &error), 0);
}

void run_out(void)
{
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0, "every handle is closed");
	pst_fd_close(&other);
	pst_fd_close(&listener);
	(void)unlink(socket_path);
	(void)rmdir(dir);
}

void leave(void)
{
	pst_console_lanes_close(&lanes);
	run_out();
}

/* Runs the loop for a while, or until something holds. */
bool run_until(bool (*holds)(void), int64_t wait_ms)
{
	int64_t until_ns = pst_clock_mono_ns() + wait_ms * PST_NS_PER_MS;

	while (!(holds && holds()) && pst_clock_mono_ns() < until_ns) {
		if (uv_run(&loop, UV_RUN_NOWAIT)) {
			(void)usleep(500);
		}
	}
	return holds && holds();
}

bool is_dialled(void)
{
	if (other < 0) {
		other = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	}
	return other >= 0;
}

bool is_here(void)
{
	return pst_console_lane_is_here(lane);
}

bool is_away(void)
{
	return !pst_console_lane_is_here(lane) && pst_console_lane_why(lane)[0];
}

void say(const char *text)
{
	cr_assert_eq(pst_fd_write_full(other, text, strlen(text)), 0);
}

/* @return the next line that the lane was sent, without its newline; "" if none comes, or the end
 */
const char *hear(void)
{
	static char line[8192];
	size_t size = 0;

	for (int i = 0; i < 4000 && size < sizeof(line) - 1; i++) {
		ssize_t got = recv(other, line + size, 1, MSG_DONTWAIT);

		if (got == 0 || (got == 1 && line[size] == '\n')) {
			break;
		}
		if (got == 1) {
			size++;
		} else {
			(void)uv_run(&loop, UV_RUN_NOWAIT);
			(void)usleep(500);
		}
	}
	line[size] = 0;
	return line;
}

const char *answer(const char *fields)
{
	static char what[64];
	json_t *request = json_loads(hear(), 0, NULL);
	char *line = NULL;

	cr_assert(request);
	(void)snprintf(what, sizeof(what), "%s", json_string_value(json_object_get(request, "do")));
	cr_assert_gt(asprintf(&line, "{\"v\":1,\"id\":%lld,%s}\n",
			     (long long)json_integer_value(json_object_get(request, "id")), fields),
		0);
	say(line);
	free(line);
	json_decref(request);
	return what;
}

void add(void)
{
	cr_assert_eq(
		pst_console_lanes_add(lanes, "gate", socket_path, &error), 0, "%s", error.text);
	lane = pst_console_lanes_first(lanes);
}

void greet(void)
{
	cr_assert(run_until(is_dialled, 3000));
	answer("\"ok\":true," STATUS);
	cr_assert(run_until(is_here, 1000));
}

void meet(void)
{
	serve();
	add();
	greet();
}

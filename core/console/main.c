/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postern-console: pages for the people around running lanes. A program of its own, so that nothing
 * that happens to it happens to a lane; it holds no keys and no frames.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <uv.h>

#include "base/clock.h"
#include "base/notify.h"
#include "console/admit.h"
#include "console/console.h"
#include "console/lane.h"
#include "console/options.h"
#include "console/server.h"
#include "console/stream.h"

enum {
	EXIT_OK = 0,
	EXIT_USAGE = 2,
	EXIT_UNSAFE = 4,
};

static int fail(const struct pst_error *error)
{
	(void)fprintf(stderr, "postern console: %s%s\n",
		error->text[0] ? error->text : pst_status_text(error->status),
		error->status == PST_E_USAGE ? "; try 'postern console --help'" : "");
	return error->status == PST_E_UNSAFE ? EXIT_UNSAFE : EXIT_USAGE;
}

static void on_signal(uv_signal_t *signal, int number)
{
	uv_stop(signal->loop);
}

/* What the console is called by whoever asks it directly. */
static void fill_door(struct pst_admit_door *door, const struct pst_console *console)
{
	const struct pst_console_options *options = console->options;
	char address[INET6_ADDRSTRLEN] = "";
	bool is_v6 = options->listen.any.sa_family == AF_INET6;

	if (is_v6) {
		(void)uv_ip6_name(&options->listen.v6, address, sizeof(address));
	} else {
		(void)uv_ip4_name(&options->listen.v4, address, sizeof(address));
	}
	door->origin = options->origin;
	door->tls = options->tls_cert != NULL;
	door->port = pst_server_port(console->server);
	(void)snprintf(door->own, sizeof(door->own), "%s%s%s:%u", is_v6 ? "[" : "", address,
		is_v6 ? "]" : "", door->port);
}

/* A token behind '#' is sent to nobody: the page reads it there and logs in. */
static void print_addresses(const struct pst_console *console)
{
	const struct pst_console_options *options = console->options;
	const struct pst_admit_door *door = console->door;
	char base[PST_CONSOLE_ORIGIN_SIZE + sizeof(door->own)];

	(void)snprintf(base, sizeof(base), "%s%s",
		options->origin[0] ? options->origin
		: door->tls	   ? "https://"
				   : "http://",
		options->origin[0] ? "" : door->own);
	if (options->origin[0]) {
		(void)printf("direct      http%s://%s\n", door->tls ? "s" : "", door->own);
	}
	for (size_t i = 0; i < options->lanes; i++) {
		const char *lane = options->lane[i].name;

		(void)printf("traveler    %s/traveler/%s#token=%s\n", base, lane,
			pst_tokens_of(door->tokens, PST_ROLE_TRAVELER, lane));
	}
	(void)printf("officer     %s/officer#token=%s\n", base,
		pst_tokens_of(door->tokens, PST_ROLE_OFFICER, ""));
	(void)printf("integrator  %s/integrator#token=%s\n", base,
		pst_tokens_of(door->tokens, PST_ROLE_INTEGRATOR, ""));
	(void)fflush(stdout);
}

static int open_lanes(struct pst_console *console, struct pst_error *error)
{
	const struct pst_console_options *options = console->options;
	int status = pst_console_lanes_create(&console->lanes, console->loop, error);

	for (size_t i = 0; status == 0 && i < options->lanes; i++) {
		status = pst_console_lanes_add(
			console->lanes, options->lane[i].name, options->lane[i].path, error);
	}
	return status < 0
		       ? status
		       : pst_streams_open(&console->streams, console->loop, console->lanes, error);
}

/* Whoever waits for a lane gets an answer, then all hang up. */
static void close_all(struct pst_console *console)
{
	pst_console_lanes_close(&console->lanes);
	pst_server_close(&console->server);
	pst_streams_close(&console->streams);
}

static void on_watchdog(uv_timer_t *timer)
{
	pst_notify_tell(timer->data, "WATCHDOG=1");
}

/* Until a signal comes. */
static void run(struct pst_console *console, struct pst_notify *manager)
{
	uv_signal_t signals[2];
	uv_timer_t watchdog;
	uint64_t every_ms = (uint64_t)pst_notify_every_ns(manager) / PST_NS_PER_MS;

	(void)uv_signal_init(console->loop, &signals[0]);
	(void)uv_signal_init(console->loop, &signals[1]);
	(void)uv_signal_start(&signals[0], on_signal, SIGINT);
	(void)uv_signal_start(&signals[1], on_signal, SIGTERM);
	(void)uv_timer_init(console->loop, &watchdog);
	watchdog.data = manager;
	if (every_ms) {
		(void)uv_timer_start(&watchdog, on_watchdog, every_ms, every_ms);
	}
	print_addresses(console);
	pst_notify_tell(manager, "READY=1");
	(void)uv_run(console->loop, UV_RUN_DEFAULT);
	pst_notify_tell(manager, "STOPPING=1");
	uv_close((uv_handle_t *)&signals[0], NULL);
	uv_close((uv_handle_t *)&signals[1], NULL);
	uv_close((uv_handle_t *)&watchdog, NULL);
	close_all(console);
	(void)uv_run(console->loop, UV_RUN_DEFAULT);
}

static int serve(struct pst_console *console, struct pst_admit_door *door,
	struct pst_notify *manager, struct pst_error *error)
{
	int status = open_lanes(console, error);

	if (status == 0) {
		status = pst_server_open(&console->server, console, error);
	}
	if (status == 0) {
		fill_door(door, console);
		run(console, manager);
	} else {
		close_all(console);
		(void)uv_run(console->loop, UV_RUN_DEFAULT);
	}
	return status;
}

/* Tokens and receipts pass through here: no core dump holds them. */
static void keep_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int main(int argc, char **argv)
{
	static struct pst_console_options options;
	struct pst_notify manager;
	struct pst_tokens *tokens = NULL;
	struct pst_admit_door door = {0};
	struct pst_console console = {.options = &options, .door = &door};
	struct pst_error error = {0};
	uv_loop_t loop;

	keep_memory();
	(void)signal(SIGPIPE, SIG_IGN);
	if (pst_console_options_parse(&options, argc, argv, &error) < 0) {
		return fail(&error);
	}
	if (options.help) {
		(void)fputs(pst_console_help, stdout);
		return EXIT_OK;
	}
	int status = pst_notify_open(&manager, &error);
	if (status < 0 || (status = uv_loop_init(&loop)) < 0) {
		(void)pst_error_set(&error, status, "the event loop: %s", uv_strerror(status));
		return fail(&error);
	}
	console.loop = &loop;
	status = pst_tokens_load(&tokens, &options, &error);
	if (status == 0) {
		status = pst_sessions_create(&door.sessions);
	}
	if (status == 0) {
		door.tokens = tokens;
		status = serve(&console, &door, &manager, &error);
	}
	(void)uv_loop_close(&loop);
	pst_sessions_destroy(&door.sessions);
	pst_tokens_destroy(&tokens);
	pst_notify_close(&manager);
	return status < 0 ? fail(&error) : EXIT_OK;
}

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

#include "console/console.h"
#include "console/options.h"
#include "console/server.h"

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

/* Where the pages are, for a browser on this machine or behind the proxy. */
static void format_base(const struct pst_console *console, char *to, size_t size)
{
	const struct pst_console_options *options = console->options;
	char address[INET6_ADDRSTRLEN] = "";
	bool is_v6 = options->listen.any.sa_family == AF_INET6;

	if (options->origin[0]) {
		(void)snprintf(to, size, "%s", options->origin);
		return;
	}
	if (is_v6) {
		(void)uv_ip6_name(&options->listen.v6, address, sizeof(address));
	} else {
		(void)uv_ip4_name(&options->listen.v4, address, sizeof(address));
	}
	(void)snprintf(to, size, "%s://%s%s%s:%u", options->tls_cert ? "https" : "http",
		is_v6 ? "[" : "", address, is_v6 ? "]" : "", pst_server_port(console->server));
}

static void print_addresses(const struct pst_console *console)
{
	const struct pst_console_options *options = console->options;
	char base[PST_CONSOLE_ORIGIN_SIZE];

	format_base(console, base, sizeof(base));
	for (size_t i = 0; i < options->lanes; i++) {
		(void)printf("traveler    %s/traveler/%s\n", base, options->lane[i].name);
	}
	(void)printf("officer     %s/officer\n", base);
	(void)printf("integrator  %s/integrator\n", base);
	(void)fflush(stdout);
}

static int serve(struct pst_console *console, struct pst_error *error)
{
	uv_signal_t signals[2];
	int status = pst_server_open(&console->server, console, error);

	if (status < 0) {
		return status;
	}
	(void)uv_signal_init(console->loop, &signals[0]);
	(void)uv_signal_init(console->loop, &signals[1]);
	(void)uv_signal_start(&signals[0], on_signal, SIGINT);
	(void)uv_signal_start(&signals[1], on_signal, SIGTERM);
	print_addresses(console);
	(void)uv_run(console->loop, UV_RUN_DEFAULT);
	pst_server_close(&console->server);
	uv_close((uv_handle_t *)&signals[0], NULL);
	uv_close((uv_handle_t *)&signals[1], NULL);
	(void)uv_run(console->loop, UV_RUN_DEFAULT);
	return 0;
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
	struct pst_console console = {.options = &options};
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
	int status = uv_loop_init(&loop);
	if (status < 0) {
		(void)pst_error_set(&error, status, "the event loop: %s", uv_strerror(status));
		return fail(&error);
	}
	console.loop = &loop;
	status = serve(&console, &error);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop);
	return status < 0 ? fail(&error) : EXIT_OK;
}

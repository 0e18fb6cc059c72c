/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "console/admit.h"
#include "console/console.h"
#include "console/http_impl.h"
#include "console/lane.h"
#include "console/options.h"
#include "console/server.h"
#include "console/stream.h"

/*
 * What anybody may send to the console: through the whole server, and once more as a path, as the
 * headers of a request and as a tokens file.
 */
#define TRAVELER "traveler-0123456789abcdefghijklm"
#define OFFICER "officer-0123456789abcdefghijklmn"
#define INTEGRATOR "integrator-0123456789abcdefghijk"
#define TURNS_MAX 64 /* of the loop, without a byte */
#define HEADERS 8
#define INPUT_MAX 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pst_console_options options;
static struct pst_admit_door door;
static struct pst_console console = {.options = &options, .door = &door};
static uv_loop_t loop;

static void require(int holds)
{
	if (!holds) {
		abort();
	}
}

/* A console with one lane, where no lane listens. */
static void start(void)
{
	static const char text[] =
		"traveler lane " TRAVELER "\nofficer " OFFICER "\nintegrator " INTEGRATOR "\n";
	struct pst_tokens *tokens = NULL;

	options.listen.v4.sin_family = AF_INET;
	options.listen.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	options.lane[0].name = "lane";
	options.lanes = 1;
	require(uv_loop_init(&loop) == 0);
	console.loop = &loop;
	require(pst_tokens_parse(&tokens, "tokens", text, strlen(text), NULL) == 0);
	require(pst_sessions_create(&door.sessions) == 0);
	require(pst_console_lanes_create(&console.lanes, &loop, NULL) == 0);
	require(pst_console_lanes_add(console.lanes, "lane", "/nonexistent/control.sock", NULL) ==
		0);
	require(pst_streams_open(&console.streams, &loop, console.lanes, NULL) == 0);
	require(pst_server_open(&console.server, &console, NULL) == 0);
	door.tokens = tokens;
	door.origin = "";
	door.port = 8470;
	(void)strcpy(door.own, "127.0.0.1:8470");
}

/* Sends it on a connection of its own. @return how much of the reply was kept */
static size_t ask(const uint8_t *data, size_t size, char *reply, size_t room)
{
	const struct sockaddr_in from = {.sin_family = AF_INET};
	int pair[2], idle = 0;
	size_t sent = 0, kept = 0;
	ssize_t got = -1;

	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	require(MHD_add_connection(console.server->daemon, pair[1], (const void *)&from,
			sizeof(from)) == MHD_YES);
	pst_server_run_soon(console.server);
	while (got != 0 && idle++ < TURNS_MAX) {
		char rest[4096];
		ssize_t step =
			sent < size ? send(pair[0], data + sent, size - sent, MSG_NOSIGNAL) : 0;

		sent += step > 0 ? (size_t)step : 0;
		(void)uv_run(&loop, UV_RUN_NOWAIT);
		got = kept < room ? recv(pair[0], reply + kept, room - kept, 0)
				  : recv(pair[0], rest, sizeof(rest), 0);
		kept += got > 0 && kept < room ? (size_t)got : 0;
		idle = got > 0 || step > 0 ? 0 : idle;
	}
	(void)close(pair[0]);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	return kept;
}

static void check_server(const uint8_t *data, size_t size)
{
	static const char alive[] = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:8470\r\n"
				    "Connection: close\r\n\r\n";
	char reply[1024];

	size_t kept = ask(data, size, reply, sizeof(reply));
	require(kept == 0 || (kept > 7 && memcmp(reply, "HTTP/1.", 7) == 0));
	kept = ask((const uint8_t *)alive, strlen(alive), reply, sizeof(reply));
	require(kept > 12 && memcmp(reply, "HTTP/1.1 200", 12) == 0);
}

static void check_path(const char *text)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "DELETE", "PUT"};
	struct pst_route_path path;

	if (pst_route_path_parse(&path, text) < 0) {
		return;
	}
	require(path.parts <= PST_ROUTE_PARTS_MAX);
	for (size_t i = 0; i < path.parts; i++) {
		const char *part = path.part[i];

		require(*part && strcmp(part, ".") != 0 && strcmp(part, "..") != 0);
		require(!strpbrk(part, "/\\\r\n"));
	}
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		const char *parameter[PST_HTTP_PARAMETERS_MAX];
		char allowed[PST_ROUTE_METHODS_SIZE];
		const struct pst_route *route;

		require(pst_route_path_parse(&path, text) == 0);
		route = pst_route_find(&path, methods[i], parameter, allowed);
		require(!route || allowed[0] == 0 || !strstr(allowed, methods[i]));
	}
}

/* Lines become headers: without a session or a token nobody gets behind a role. */
static void check_headers(char *text)
{
	static const struct pst_route route = {
		"POST", "/api/lanes/*/open", PST_ROLE_BIT(PST_ROLE_OFFICER), NULL};
	const char *header[HEADERS] = {NULL};
	struct pst_admit_guest guest;
	char *rest = text;

	for (size_t i = 0; i < HEADERS; i++) {
		header[i] = strsep(&rest, "\n");
	}
	struct pst_admit_request request = {.method = "POST",
		.host = header[0],
		.origin = header[1],
		.fetch_site = header[2],
		.cookie = header[3],
		.authorization = header[4],
		.csrf = header[5],
		.id = header[6],
		.type = header[7]};
	require(pst_admit(&door, &request, &route, "lane", 1, &guest) != NULL);
	require(guest.role == PST_ROLE_NONE && !guest.session);
	request.method = "GET";
	if (!pst_admit(&door, &request, &route, "lane", 1, &guest)) {
		require(header[4] && strstr(header[4], OFFICER));
	}
}

static void check_tokens(const char *text, size_t size)
{
	struct pst_tokens *tokens = NULL;
	struct pst_error error = {0};
	const char *lane = NULL;

	if (pst_tokens_parse(&tokens, "tokens", text, size, &error) < 0) {
		require(error.text[0] && !tokens);
		return;
	}
	for (enum pst_role role = PST_ROLE_OFFICER; role < PST_ROLE_COUNT; role++) {
		const char *token = pst_tokens_of(tokens, role, "");

		require(!token || pst_tokens_find(tokens, token, &lane) != PST_ROLE_NONE);
	}
	require(pst_tokens_find(tokens, "", &lane) == PST_ROLE_NONE);
	pst_tokens_destroy(&tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX) {
		return 0;
	}
	if (!console.server) {
		start();
	}
	char *text = malloc(size + 1);
	require(text != NULL);
	if (size) {
		memcpy(text, data, size);
	}
	text[size] = 0;
	check_server(data, size);
	check_tokens(text, size);
	const char *space = strchr(text, ' ');
	char *path = strndup(space ? space + 1 : text, strcspn(space ? space + 1 : text, " \r\n"));
	require(path != NULL);
	check_path(path);
	check_path(text);
	free(path);
	check_headers(text);
	free(text);
	return 0;
}

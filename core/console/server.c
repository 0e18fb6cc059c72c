/* SPDX-License-Identifier: Apache-2.0 */
#include "console/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "base/fd.h"
#include "console/console.h"
#include "console/http_impl.h"
#include "console/options.h"
#include "console/tls.h"

#define TICK_MS 250
#define BACKLOG 128
#define MEMORY (2 * PST_SERVER_HEADER_MAX) /* bytes of a connection: what came in and goes out */

static void unlink_peer(struct pst_server *server, struct pst_peer *peer)
{
	*(peer->older ? &peer->older->newer : &server->oldest) = peer->newer;
	*(peer->newer ? &peer->newer->older : &server->newest) = peer->older;
}

static void append_peer(struct pst_server *server, struct pst_peer *peer)
{
	peer->older = server->newest;
	peer->newer = NULL;
	*(peer->older ? &peer->older->newer : &server->oldest) = peer;
	server->newest = peer;
}

/* The library sees the end of it, and tells. */
static void hang_up(struct pst_peer *peer)
{
	(void)shutdown(peer->fd, SHUT_RDWR);
	peer->deadline_ms = 0;
}

void pst_peer_rest(struct pst_server *server, struct pst_peer *peer)
{
	unlink_peer(server, peer);
	append_peer(server, peer);
	peer->asks = false;
	peer->deadline_ms = uv_now(server->console->loop) + PST_SERVER_IDLE_MS;
}

static void make_room(struct pst_server *server)
{
	struct pst_peer *peer = server->oldest;

	while (peer && (peer->asks || peer->deadline_ms == 0)) {
		peer = peer->newer;
	}
	if (peer) {
		server->counts.crowded_out++;
		hang_up(peer);
	}
}

static void on_connection(void *user, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode what)
{
	struct pst_server *server = user;
	struct pst_peer *peer = *context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (peer) {
			unlink_peer(server, peer);
			server->peers--;
			free(peer);
		}
		return;
	}
	if (server->peers >= PST_SERVER_CROWD) {
		make_room(server);
	}
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	peer = calloc(1, sizeof(*peer));
	if (!peer) {
		return;
	}
	peer->fd = info->connect_fd;
	peer->deadline_ms = uv_now(server->console->loop) + PST_SERVER_ARRIVE_MS;
	append_peer(server, peer);
	server->peers++;
	server->counts.accepted++;
	*context = peer;
}

static void on_again(uv_timer_t *timer);

/* Lets the library do what is due, and asks when it wants to be called again. */
static void run(struct pst_server *server)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	server->resumed = false;
	(void)MHD_run(server->daemon);
	if (server->resumed) {
		(void)uv_timer_start(&server->again, on_again, 0, 0);
	} else if (MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES) {
		(void)uv_timer_start(&server->again, on_again, wait_ms, 0);
	} else {
		(void)uv_timer_stop(&server->again);
	}
}

static void on_again(uv_timer_t *timer)
{
	run(timer->data);
}

void pst_server_run_soon(struct pst_server *server)
{
	server->resumed = true;
	if (!server->stopping) {
		(void)uv_timer_start(&server->again, on_again, 0, 0);
	}
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	run(poll->data);
}

static void on_tick(uv_timer_t *timer)
{
	struct pst_server *server = timer->data;
	uint64_t now_ms = uv_now(timer->loop);

	for (struct pst_peer *peer = server->oldest; peer; peer = peer->newer) {
		if (peer->deadline_ms && peer->deadline_ms <= now_ms) {
			server->counts.timed_out++;
			hang_up(peer);
		}
	}
	for (struct pst_exchange *exchange = server->exchanges; exchange;
		exchange = exchange->next) {
		pst_exchange_tick(exchange, now_ms);
	}
}

static int listen_at(
	const struct pst_console_options *options, int *ret_fd, struct pst_error *error)
{
	const struct sockaddr *address = &options->listen.any;
	bool is_v6 = address->sa_family == AF_INET6;
	socklen_t size = is_v6 ? sizeof(options->listen.v6) : sizeof(options->listen.v4);
	int on = 1;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	}
	if (fd >= 0 && is_v6) {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	}
	if (fd < 0 || bind(fd, address, size) < 0 || listen(fd, BACKLOG) < 0) {
		int status = errno == EADDRINUSE || errno == EADDRNOTAVAIL || errno == EACCES
				     ? PST_E_CONFIG
				     : -errno;
		(void)pst_error_set(error, status, "--listen: %s; %s", strerror(errno),
			errno == EADDRINUSE ? "does another console run? say another port"
					    : "say another address and port");
		pst_fd_close(&fd);
		return status;
	}
	*ret_fd = fd;
	return 0;
}

static uint16_t port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {0};
	socklen_t size = sizeof(address);

	(void)getsockname(fd, &address.any, &size);
	return ntohs(
		address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* The path is cut and decoded by route.c alone. */
static size_t leave_alone(void *user, struct MHD_Connection *connection, char *text)
{
	return strlen(text);
}

static int start_daemon(
	struct pst_server *server, int fd, const struct pst_tls *tls, struct pst_error *error)
{
	char priorities[] = PST_TLS_PRIORITIES;
	struct MHD_OptionItem https[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, tls->cert},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls->cert ? MHD_USE_TLS : 0);

	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, pst_exchange_take, server,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		PST_SERVER_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, PST_SERVER_STALL_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_UNESCAPE_CALLBACK, leave_alone, NULL, MHD_OPTION_NOTIFY_COMPLETED,
		pst_exchange_end, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		MHD_OPTION_ARRAY, tls->cert ? https : none, MHD_OPTION_END);
	if (!server->daemon) {
		return pst_error_set(error, PST_E_CONFIG, "%s",
			tls->cert ? "--tls-cert, --tls-key: no certificate with its key in PEM"
				  : "the HTTP server does not start");
	}
	server->port = port_of(fd);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct pst_server *server = handle->data;

	if (--server->handles == 0) {
		free(server);
	}
}

static void close_handles(struct pst_server *server)
{
	uv_close((uv_handle_t *)&server->ready, on_closed);
	uv_close((uv_handle_t *)&server->again, on_closed);
	uv_close((uv_handle_t *)&server->tick, on_closed);
}

static int join_loop(struct pst_server *server, struct pst_error *error)
{
	uv_loop_t *loop = server->console->loop;
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	int status = uv_poll_init(loop, &server->ready, info->epoll_fd);
	if (status < 0) {
		return pst_error_set(error, status, "the HTTP server: %s", uv_strerror(status));
	}
	(void)uv_timer_init(loop, &server->again);
	(void)uv_timer_init(loop, &server->tick);
	server->ready.data = server->again.data = server->tick.data = server;
	server->handles = 3;
	(void)uv_poll_start(&server->ready, UV_READABLE, on_ready);
	(void)uv_timer_start(&server->tick, on_tick, TICK_MS, TICK_MS);
	return 0;
}

int pst_server_open(
	struct pst_server **ret_server, struct pst_console *console, struct pst_error *error)
{
	const struct pst_console_options *options = console->options;
	struct pst_server *server = calloc(1, sizeof(*server));
	struct pst_tls tls = {0};
	int fd = -1, status = 0;

	*ret_server = NULL;
	if (!server) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	server->console = console;
	if (options->tls_cert) {
		status = pst_tls_load(&tls, options->tls_cert, options->tls_key, error);
	}
	if (status == 0) {
		status = listen_at(options, &fd, error);
	}
	if (status == 0) {
		status = start_daemon(server, fd, &tls, error);
	}
	pst_tls_finish(&tls);
	if (status < 0) {
		pst_fd_close(&fd);
	} else {
		status = join_loop(server, error); /* the socket is the daemon's now */
	}
	if (status < 0) {
		pst_server_close(&server);
		return status;
	}
	*ret_server = server;
	return 0;
}

void pst_server_count(const struct pst_server *server, struct pst_server_counts *ret_counts)
{
	*ret_counts = server->counts;
	ret_counts->open = server->peers;
}

uint16_t pst_server_port(const struct pst_server *server)
{
	return server->port;
}

void pst_server_close(struct pst_server **server)
{
	struct pst_server *gone = *server;

	if (!gone) {
		return;
	}
	*server = NULL;
	gone->stopping = true;
	for (struct pst_exchange *exchange = gone->exchanges; exchange; exchange = exchange->next) {
		pst_exchange_release(exchange);
	}
	bool has_handles = gone->handles > 0;
	if (has_handles) {
		close_handles(gone); /* while what they poll is there */
	}
	if (gone->daemon) {
		MHD_stop_daemon(gone->daemon);
	}
	if (!has_handles) {
		free(gone);
	}
}

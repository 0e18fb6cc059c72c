/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_HTTP_IMPL_H
#define PST_CONSOLE_HTTP_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>
#include <uv.h>

#include "console/http.h"
#include "console/route.h"
#include "console/server.h"

/* What server.c and http.c share; nobody else includes this. */

/** A connection, from its first moment on. */
struct pst_peer {
	struct pst_peer *older;
	struct pst_peer *newer;
	int fd;
	uint64_t deadline_ms; /* on the loop's clock; 0: none, a stream */
	bool asks;	      /* a request of it is under way */
};

struct pst_server {
	struct pst_console *console;
	struct MHD_Daemon *daemon;
	uv_poll_t ready;  /* the library has something to do */
	uv_timer_t again; /* or will have */
	uv_timer_t tick;  /* deadlines */
	unsigned handles; /* of these, open */
	uint16_t port;
	bool stopping;
	bool resumed;		 /* somebody, since the library ran */
	struct pst_peer *oldest; /* in the order of their last request's end */
	struct pst_peer *newest;
	unsigned peers;
	struct pst_server_counts counts;
	struct pst_exchange *exchanges;
};

enum pst_exchange_state {
	PST_EXCHANGE_ARRIVES = 0,
	PST_EXCHANGE_HANDLED, /* its handler runs */
	PST_EXCHANGE_WAITS,   /* its handler returned without a reply; suspended */
	PST_EXCHANGE_REPLIED, /* the response is there; if suspended, about to be resumed */
	PST_EXCHANGE_QUEUED,  /* handed over to libmicrohttpd */
};

/** A request and its reply. */
struct pst_exchange {
	struct pst_http_request request; /* first: handlers have a pointer to it */
	struct pst_server *server;
	struct pst_exchange *next;
	struct pst_exchange **link; /* what points to it */
	struct MHD_Connection *connection;
	struct pst_peer *peer;
	const struct pst_route *route;
	struct pst_route_path path;
	enum pst_exchange_state state;
	bool suspended;
	uint64_t serial;	       /* of its session; 0: none */
	json_t *json;		       /* its body; owned */
	struct MHD_Response *response; /* owned until it is queued */
	unsigned status;
	uint64_t release_ms;   /* on the loop's clock: not told before; 0: at once */
	pst_http_read_fn read; /* of a stream, else NULL */
	char body[PST_HTTP_BODY_MAX];
	size_t body_size;
};

/** A request of the connection is over: it is idle from now on. */
void pst_peer_rest(struct pst_server *server, struct pst_peer *peer);

/** The callbacks of libmicrohttpd for one request. */
enum MHD_Result pst_exchange_take(void *server, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **exchange);
void pst_exchange_end(void *server, struct MHD_Connection *connection, void **exchange,
	enum MHD_RequestTerminationCode why);

/** Gives up the delay of a reply, and wakes a stream whose session is over. */
void pst_exchange_tick(struct pst_exchange *exchange, uint64_t now_ms);

/** A request was resumed, of which the library tells nobody. */
void pst_server_run_soon(struct pst_server *server);

/** Adds a header to the reply that was just given, before the callback returns. */
void pst_http_set(struct pst_http_request *request, const char *name, const char *value);

/**
 * Call it before the reply, which is then told so much later; unless many are held back already,
 * since each of them holds a connection.
 */
void pst_http_delay(struct pst_http_request *request, unsigned delay_ms);

/** Resumes it, so that libmicrohttpd may end it. */
void pst_exchange_release(struct pst_exchange *exchange);

#endif

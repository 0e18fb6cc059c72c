/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_SERVER_H
#define PST_CONSOLE_SERVER_H

#include <stdint.h>

#include "base/error.h"

/*
 * The HTTP server in the console's loop: libmicrohttpd does the protocol, on the loop's thread.
 * What is sent to it is bounded in every way: size of headers and bodies, connections, and how long
 * a request may take to arrive, a reply to be taken and a connection to stay idle. Where too many
 * are connected, those go first that have asked for nothing the longest.
 */
struct pst_console;
struct pst_server;

#define PST_SERVER_CONNECTIONS_MAX 640u /* beyond it nobody is accepted */
#define PST_SERVER_CROWD 512u		/* from here on, idle ones are cut off for each new one */
#define PST_SERVER_HEADER_MAX 8192u	/* bytes of a request's line and headers, about */
#define PST_SERVER_ARRIVE_MS 10000	/* for all of a request, from its first moment */
#define PST_SERVER_IDLE_MS 15000	/* between two requests of a connection */
#define PST_SERVER_REPLY_MS 60000	/* for a reply to be taken, unless it is a stream */
#define PST_SERVER_STALL_S 20		/* a stream whose reader takes nothing */

/**
 * Listens where the console's options say and serves on its loop.
 *
 * @return 0; PST_E_CONFIG the address is taken, or certificate or key are of no use; PST_E_UNSAFE
 *         others may read the key; -errno
 */
int pst_server_open(struct pst_server **ret_server, struct pst_console *console,
	struct pst_error *error) PST_MUST_CHECK;

/** What happened since it began. */
struct pst_server_counts {
	uint64_t accepted;    /* connections */
	uint64_t crowded_out; /* of these, cut off to make room for others */
	uint64_t timed_out;   /* cut off for what took too long */
	uint64_t replies[6];  /* by the first digit of the status; 0 is never counted */
	unsigned open;	      /* connections, now */
};

void pst_server_count(const struct pst_server *server, struct pst_server_counts *ret_counts);

/** @return where it listens: of port 0, the one that was free */
uint16_t pst_server_port(const struct pst_server *server);

/** Hangs up on everybody and sets *server to NULL; run the loop once more after it. NULL is fine.
 */
void pst_server_close(struct pst_server **server);

#endif

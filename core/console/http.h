/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_HTTP_H
#define PST_CONSOLE_HTTP_H

#include <stddef.h>
#include <sys/types.h>

#include <jansson.h>

#include "base/error.h"
#include "console/session.h"

/*
 * What a handler of the route table (console/route.h) gets and gives. All on the console's one
 * thread; nothing here blocks.
 *
 *   handler called --> it replies at once
 *                  --> or returns without: the request waits until somebody replies
 *                  --> or begins a stream: read() is asked for bytes, 0 makes it wait for a wake
 *
 * A request that waits is not told that its client hung up; whoever makes it wait must reply
 * within some seconds, whatever happens. A stream learns it from its next bytes.
 */

struct pst_asset;
struct pst_console;

#define PST_HTTP_PARAMETERS_MAX 3
#define PST_HTTP_BODY_MAX 4096 /* bytes */

/** One request, already let in: route, role, lane, origin, CSRF and request id were checked. */
struct pst_http_request {
	struct pst_console *console;
	const char *method;  /* "GET", "POST", "DELETE" */
	const char *path;    /* as sent, without the query */
	const char *pattern; /* of its route; a POST's last part says what to do */
	/* What stood where the route's pattern has "*", decoded; "" beyond the last. */
	const char *parameter[PST_HTTP_PARAMETERS_MAX];
	enum pst_role role;
	const char *lane;   /* the only lane that this session may see; NULL: every lane */
	const json_t *body; /* of a POST: an object; else NULL */
	/* By which it was let in, or NULL; it may end as soon as the handler has returned. */
	struct pst_session *session;

	/* The handler's own; gone may stay NULL. */
	void *data;
	/*
	 * The request is over without its reply (the console stops), or its stream is over, whoever
	 * ended it. The last that is heard of it: the request must not be touched afterwards.
	 */
	void (*gone)(struct pst_http_request *request);
};

/** @return a header's value or NULL; valid while the handler runs */
const char *pst_http_header(const struct pst_http_request *request, const char *name);

/** @return what stands behind ?name= as it was sent, not decoded, or NULL; while the handler runs
 */
const char *pst_http_query(const struct pst_http_request *request, const char *name);

/*
 * Replies: one of these once for each request, now or later. After it the request must not be
 * touched, except for a stream's. All say Cache-Control: no-store.
 */

/** @param value  taken; NULL (no memory) becomes a 500 */
void pst_http_reply_json(struct pst_http_request *request, unsigned status, json_t *value);

/** {"error":"...","code":"..."}: one line that says what, where and what to do. */
void pst_http_reply_error(struct pst_http_request *request, unsigned status, const char *code,
	const char *format, ...) PST_PRINTF(4, 5);

/** @param type  "image/jpeg", "text/plain; charset=utf-8"; @param data  copied */
void pst_http_reply_bytes(struct pst_http_request *request, unsigned status, const char *type,
	const void *data, size_t size);

/** Sends a file that is compiled in, or 304 where the client has it. */
void pst_http_reply_asset(struct pst_http_request *request, const struct pst_asset *asset);

/** @return bytes written, at most size; 0 nothing now, pst_http_wake() asks again; -1 the end */
typedef ssize_t (*pst_http_read_fn)(struct pst_http_request *request, char *to, size_t size);

/** Begins a stream (200). It ends by itself when its session does. */
void pst_http_reply_stream(
	struct pst_http_request *request, const char *type, pst_http_read_fn read);

/** There is something to read for a stream. Cheap when nothing waits. Not from within read(). */
void pst_http_wake(struct pst_http_request *request);

#endif

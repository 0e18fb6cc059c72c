/* SPDX-License-Identifier: Apache-2.0 */
#include "console/http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <uv.h>

#include "base/text.h"
#include "console/admit.h"
#include "console/assets.h"
#include "console/console.h"
#include "console/http_impl.h"
#include "console/server.h"

#define ERROR_SIZE 640
#define DELAYED_MAX 32u

static const char *const security[][2] = {
	{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "
				    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
				    "form-action 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
};

static struct pst_exchange *exchange_of(const struct pst_http_request *request)
{
	return (struct pst_exchange *)request;
}

static uint64_t now_ms(const struct pst_exchange *exchange)
{
	return uv_now(exchange->server->console->loop);
}

const char *pst_http_header(const struct pst_http_request *request, const char *name)
{
	return MHD_lookup_connection_value(exchange_of(request)->connection, MHD_HEADER_KIND, name);
}

const char *pst_http_query(const struct pst_http_request *request, const char *name)
{
	return MHD_lookup_connection_value(
		exchange_of(request)->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* Suspended requests are in no queue of the library until they are resumed. */
static void suspend(struct pst_exchange *exchange)
{
	exchange->suspended = true;
	MHD_suspend_connection(exchange->connection);
}

static void resume(struct pst_exchange *exchange)
{
	if (exchange->suspended) {
		exchange->suspended = false;
		MHD_resume_connection(exchange->connection);
		pst_server_run_soon(exchange->server);
	}
}

/* Hands the reply over to the library, from within its callback. */
static enum MHD_Result queue(struct pst_exchange *exchange)
{
	struct MHD_Response *response = exchange->response;

	if (!response) {
		return MHD_NO;
	}
	exchange->response = NULL;
	exchange->state = PST_EXCHANGE_QUEUED;
	exchange->peer->deadline_ms = exchange->read ? 0 : now_ms(exchange) + PST_SERVER_REPLY_MS;
	exchange->server->counts.replies[exchange->status / 100]++;
	enum MHD_Result result =
		MHD_queue_response(exchange->connection, exchange->status, response);
	MHD_destroy_response(response);
	return result;
}

void pst_http_set(struct pst_http_request *request, const char *name, const char *value)
{
	struct pst_exchange *exchange = exchange_of(request);

	if (exchange->response) {
		(void)MHD_add_response_header(exchange->response, name, value);
	}
}

/* @param response  taken; NULL: no memory, the connection is cut off */
static void reply(struct pst_exchange *exchange, unsigned status, const char *type,
	const char *cache, struct MHD_Response *response)
{
	exchange->response = response;
	exchange->status = status;
	exchange->state = PST_EXCHANGE_REPLIED;
	for (size_t i = 0; i < sizeof(security) / sizeof(security[0]); i++) {
		pst_http_set(&exchange->request, security[i][0], security[i][1]);
	}
	pst_http_set(&exchange->request, "Content-Type", type);
	pst_http_set(&exchange->request, "Cache-Control", cache);
	if (!exchange->release_ms) {
		resume(exchange);
	}
}

void pst_http_reply_bytes(struct pst_http_request *request, unsigned status, const char *type,
	const void *data, size_t size)
{
	/* The library only reads where it is told to copy. */
	union {
		const void *given;
		void *taken;
	} bytes = {.given = data};

	reply(exchange_of(request), status, type, "no-store",
		MHD_create_response_from_buffer(size, bytes.taken, MHD_RESPMEM_MUST_COPY));
}

void pst_http_reply_json(struct pst_http_request *request, unsigned status, json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	if (!text) {
		pst_http_reply_error(request, 500, "failed", "out of memory; try again");
		return;
	}
	reply(exchange_of(request), status, "application/json", "no-store",
		MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE));
}

void pst_http_reply_error(struct pst_http_request *request, unsigned status, const char *code,
	const char *format, ...)
{
	char text[ERROR_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_t *value = json_pack("{s:s, s:s}", "error", text, "code", code);
	char *line = value ? json_dumps(value, JSON_COMPACT) : NULL;
	json_decref(value);
	/* A text that a long word was cut out of in the middle is no UTF-8 any more. */
	const char *shown =
		line ? line : "{\"error\":\"the request was refused\",\"code\":\"bad\"}";
	pst_http_reply_bytes(request, status, "application/json", shown, strlen(shown));
	free(line);
}

void pst_http_reply_asset(struct pst_http_request *request, const struct pst_asset *asset)
{
	const char *known = pst_http_header(request, "If-None-Match");
	bool has_it = known && strstr(known, asset->etag);
	union {
		const unsigned char *given;
		void *taken;
	} bytes = {.given = asset->data};

	reply(exchange_of(request), has_it ? 304 : 200, asset->type, "no-cache",
		MHD_create_response_from_buffer(
			has_it ? 0 : asset->size, bytes.taken, MHD_RESPMEM_PERSISTENT));
	pst_http_set(request, "ETag", asset->etag);
}

void pst_http_delay(struct pst_http_request *request, unsigned delay_ms)
{
	struct pst_exchange *exchange = exchange_of(request);
	unsigned delayed = 0;

	for (const struct pst_exchange *at = exchange->server->exchanges; at; at = at->next) {
		delayed += at->release_ms != 0;
	}
	if (delay_ms && delayed < DELAYED_MAX) {
		exchange->release_ms = now_ms(exchange) + delay_ms;
	}
}

/* Whether the session that a stream belongs to is over. */
static bool has_ended(const struct pst_exchange *exchange, uint64_t now)
{
	return exchange->serial != 0 &&
	       !pst_sessions_is_live(
		       exchange->server->console->door->sessions, exchange->serial, now);
}

static ssize_t read_stream(void *user, uint64_t at, char *to, size_t size)
{
	struct pst_exchange *exchange = user;

	if (exchange->server->stopping || has_ended(exchange, now_ms(exchange))) {
		return MHD_CONTENT_READER_END_OF_STREAM;
	}
	ssize_t got = exchange->read(&exchange->request, to, size);
	if (got == 0) {
		suspend(exchange);
	}
	return got < 0 ? MHD_CONTENT_READER_END_OF_STREAM : got;
}

void pst_http_reply_stream(
	struct pst_http_request *request, const char *type, pst_http_read_fn read)
{
	struct pst_exchange *exchange = exchange_of(request);

	exchange->read = read;
	reply(exchange, 200, type, "no-store",
		MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, PST_HTTP_BODY_MAX, read_stream, exchange, NULL));
}

void pst_http_wake(struct pst_http_request *request)
{
	struct pst_exchange *exchange = exchange_of(request);

	if (exchange->state == PST_EXCHANGE_QUEUED) {
		resume(exchange);
	}
}

/* Reads a POST's body. @return whether it is an object; else it is refused */
static bool parse_body(struct pst_exchange *exchange)
{
	json_error_t why;
	json_t *body =
		json_loadb(exchange->body, exchange->body_size, JSON_REJECT_DUPLICATES, &why);

	if (json_is_object(body)) {
		exchange->request.body = exchange->json = body;
		return true;
	}
	json_decref(body);
	pst_http_reply_error(&exchange->request, 400, "bad", "the body is no JSON object: %s",
		body ? "'{' expected" : why.text);
	return false;
}

static bool is_admitted(struct pst_exchange *exchange)
{
	struct pst_http_request *request = &exchange->request;
	const struct pst_admit_request facts = {
		.method = request->method,
		.host = pst_http_header(request, "Host"),
		.origin = pst_http_header(request, "Origin"),
		.fetch_site = pst_http_header(request, "Sec-Fetch-Site"),
		.cookie = pst_http_header(request, "Cookie"),
		.authorization = pst_http_header(request, "Authorization"),
		.csrf = pst_http_header(request, "X-Postern-CSRF"),
		.id = pst_http_header(request, "X-Postern-Request"),
		.type = pst_http_header(request, "Content-Type"),
	};
	const struct pst_admit_door *door = request->console->door;
	const char *lane = pst_route_has_lane(exchange->route) ? request->parameter[0] : NULL;
	struct pst_admit_guest guest;
	const struct pst_admit_refusal *refusal =
		pst_admit(door, &facts, exchange->route, lane, now_ms(exchange), &guest);

	request->role = guest.role;
	request->lane = guest.lane;
	request->session = guest.session;
	exchange->serial = guest.session ? guest.session->serial : 0;
	if (!refusal) {
		return true;
	}
	if (refusal->wrong_token) {
		pst_http_delay(request, pst_sessions_note_wrong(door->sessions, now_ms(exchange)));
	}
	pst_http_reply_error(request, refusal->status, refusal->code, "%s", refusal->text);
	return false;
}

static bool find_route(struct pst_exchange *exchange)
{
	struct pst_http_request *request = &exchange->request;
	char methods[PST_ROUTE_METHODS_SIZE];

	if (pst_route_path_parse(&exchange->path, request->path) < 0) {
		pst_http_reply_error(request, 400, "bad", "this is no path; begin at /");
		return false;
	}
	exchange->route =
		pst_route_find(&exchange->path, request->method, request->parameter, methods);
	if (exchange->route) {
		request->pattern = exchange->route->pattern;
		return true;
	}
	if (methods[0]) {
		pst_http_reply_error(request, 405, "method", "%.16s does nothing here; use %s",
			request->method, methods);
		pst_http_set(request, "Allow", methods);
	} else {
		pst_http_reply_error(request, 404, "unknown", "nothing is here; begin at /");
	}
	return false;
}

/* The request has arrived whole. */
static void handle(struct pst_exchange *exchange)
{
	exchange->state = PST_EXCHANGE_HANDLED;
	exchange->peer->deadline_ms = 0;
	if (find_route(exchange) && is_admitted(exchange) &&
		(strcmp(exchange->request.method, "POST") != 0 || parse_body(exchange))) {
		exchange->route->handle(&exchange->request);
	}
}

static enum MHD_Result count_length(
	void *user, enum MHD_ValueKind kind, const char *name, const char *value)
{
	*(unsigned *)user += strcasecmp(name, "Content-Length") == 0;
	return MHD_YES;
}

/* Refuses a body that is too large, or might be, before it comes. */
static void begin(struct pst_exchange *exchange)
{
	struct pst_http_request *request = &exchange->request;
	const char *length = pst_http_header(request, "Content-Length");
	unsigned lengths = 0;
	int64_t size = 0;

	(void)MHD_get_connection_values(
		exchange->connection, MHD_HEADER_KIND, count_length, &lengths);
	if (lengths > 1) {
		pst_http_reply_error(request, 400, "bad", "say once how long the body is");
	} else if (pst_http_header(request, "Transfer-Encoding")) {
		pst_http_reply_error(
			request, 411, "length", "say how long the body is, with Content-Length");
	} else if (length && pst_text_parse_int(length, 0, PST_HTTP_BODY_MAX, &size) < 0) {
		pst_http_reply_error(
			request, 413, "large", "a body has at most %d bytes", PST_HTTP_BODY_MAX);
	}
}

static struct pst_exchange *start(struct pst_server *server, struct MHD_Connection *connection,
	const char *url, const char *method)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct pst_exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange || !info || !info->socket_context) {
		free(exchange);
		return NULL;
	}
	exchange->server = server;
	exchange->connection = connection;
	exchange->peer = info->socket_context;
	exchange->peer->asks = true;
	exchange->request.console = server->console;
	exchange->request.method = method;
	exchange->request.path = url;
	exchange->next = server->exchanges;
	exchange->link = &server->exchanges;
	if (exchange->next) {
		exchange->next->link = &exchange->next;
	}
	server->exchanges = exchange;
	return exchange;
}

/* The library counts the bytes that were announced; begin() has seen how many these are. */
static void take_body(struct pst_exchange *exchange, const char *data, size_t *size)
{
	assert(*size <= PST_HTTP_BODY_MAX - exchange->body_size);
	memcpy(exchange->body + exchange->body_size, data, *size);
	exchange->body_size += *size;
	*size = 0;
}

enum MHD_Result pst_exchange_take(void *user, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size,
	void **ret_exchange)
{
	struct pst_exchange *exchange = *ret_exchange;

	if (!exchange) {
		*ret_exchange = exchange = start(user, connection, url, method);
		if (!exchange) {
			return MHD_NO;
		}
		begin(exchange);
		return exchange->state == PST_EXCHANGE_REPLIED ? queue(exchange) : MHD_YES;
	}
	if (*size > 0) {
		take_body(exchange, data, size);
		return MHD_YES;
	}
	if (exchange->state == PST_EXCHANGE_ARRIVES) {
		handle(exchange);
	}
	if (exchange->state == PST_EXCHANGE_REPLIED && !exchange->release_ms) {
		return queue(exchange);
	}
	if (exchange->server->stopping) {
		return MHD_NO;
	}
	if (exchange->state == PST_EXCHANGE_HANDLED) {
		exchange->state = PST_EXCHANGE_WAITS;
	}
	suspend(exchange);
	return MHD_YES;
}

void pst_exchange_end(void *user, struct MHD_Connection *connection, void **ret_exchange,
	enum MHD_RequestTerminationCode why)
{
	struct pst_exchange *exchange = *ret_exchange;
	struct pst_server *server = user;

	if (!exchange) {
		return;
	}
	*ret_exchange = NULL;
	if (exchange->request.gone && (exchange->read || exchange->state == PST_EXCHANGE_WAITS)) {
		exchange->request.gone(&exchange->request);
	}
	*exchange->link = exchange->next;
	if (exchange->next) {
		exchange->next->link = exchange->link;
	}
	pst_peer_rest(server, exchange->peer);
	if (exchange->response) {
		MHD_destroy_response(exchange->response);
	}
	json_decref(exchange->json);
	free(exchange);
}

void pst_exchange_tick(struct pst_exchange *exchange, uint64_t now)
{
	if (exchange->release_ms && exchange->release_ms <= now) {
		exchange->release_ms = 0;
		resume(exchange);
	}
	if (exchange->read && has_ended(exchange, now)) {
		resume(exchange);
	}
}

void pst_exchange_release(struct pst_exchange *exchange)
{
	exchange->release_ms = 0;
	resume(exchange);
}

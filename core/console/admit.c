/* SPDX-License-Identifier: Apache-2.0 */
#include "console/admit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_SIZE 300 /* of a host with its port */
#define JSON "application/json"
#define BEARER "Bearer "

enum refusal {
	REFUSE_NONE = 0,
	REFUSE_HOST,
	REFUSE_ORIGIN,
	REFUSE_SESSION,
	REFUSE_TOKEN,
	REFUSE_CSRF,
	REFUSE_ROLE,
	REFUSE_LANE,
	REFUSE_ID,
	REFUSE_REPLAY,
	REFUSE_WORN,
	REFUSE_TYPE,
};

static const struct pst_admit_refusal refusals[] = {
	[REFUSE_HOST] = {421, "host",
		"the console is not called by this name; use an address that it printed, or start "
		"it with --origin",
		false},
	[REFUSE_ORIGIN] = {403, "origin",
		"what changes something comes from a page of the console; its Origin is missing or "
		"another's",
		false},
	[REFUSE_SESSION] = {401, "session",
		"nobody is logged in; open the address that the console printed, with its token",
		false},
	[REFUSE_TOKEN] = {401, "token", "this token is none of this console's; see its tokens file",
		true},
	[REFUSE_CSRF] = {403, "csrf", "X-Postern-CSRF is missing or wrong; log in again", false},
	[REFUSE_ROLE] = {403, "role", "this is not for your role; log in with another's token",
		false},
	[REFUSE_LANE] = {403, "lane", "this display is another lane's; use that lane's token",
		false},
	[REFUSE_ID] = {400, "bad", "X-Postern-Request is missing or no UUID; send a fresh one",
		false},
	[REFUSE_REPLAY] = {409, "replayed",
		"this request was already seen and is not done again; see how things stand", false},
	[REFUSE_WORN] = {401, "session", "this session has asked enough; log in again", false},
	[REFUSE_TYPE] = {415, "type", "the body has to be " JSON, false},
};

static bool changes(const char *method)
{
	return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

/* A browser leaves the usual port out. */
static bool is_called(const char *host, const char *name, uint16_t port, bool tls)
{
	char with_port[NAME_SIZE];

	(void)snprintf(with_port, sizeof(with_port), "%s:%u", name, port);
	return strcasecmp(host, with_port) == 0 ||
	       (port == (tls ? 443 : 80) && strcasecmp(host, name) == 0);
}

static bool is_host(const struct pst_admit_door *door, const char *host)
{
	static const char *const here[] = {"127.0.0.1", "localhost", "[::1]"};

	if (!host || strlen(host) >= NAME_SIZE - 8) {
		return false;
	}
	/* With a certificate, whoever was led here by another name was told by it. */
	if ((door->tls && !door->origin[0]) || strcasecmp(host, door->own) == 0) {
		return true;
	}
	if (door->origin[0] && strcasecmp(host, door->origin + strlen("https://")) == 0) {
		return true;
	}
	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
		if (is_called(host, here[i], door->port, door->tls)) {
			return true;
		}
	}
	return false;
}

static bool is_same_origin(const struct pst_admit_door *door, const char *host, const char *origin)
{
	char own[NAME_SIZE];

	if (!origin) {
		return false;
	}
	if (door->origin[0] && strcasecmp(origin, door->origin) == 0) {
		return true;
	}
	(void)snprintf(own, sizeof(own), "%s://%s", door->tls ? "https" : "http", host);
	return strcasecmp(origin, own) == 0;
}

static bool is_json(const char *type)
{
	size_t length = strlen(JSON);

	return type && strncasecmp(type, JSON, length) == 0 &&
	       (type[length] == 0 || type[length] == ';' || type[length] == ' ');
}

size_t pst_admit_sessions(const struct pst_admit_door *door, const char *cookie, uint64_t now_ms,
	struct pst_session *ret_session[PST_ADMIT_SESSIONS_MAX])
{
	size_t count = 0, tried = 0;

	while (cookie && *cookie && tried < PST_ADMIT_SESSIONS_MAX) {
		char id[PST_SESSION_SECRET_SIZE];

		cookie += strspn(cookie, "; \t");
		size_t length = strcspn(cookie, ";");
		const char *equals = memchr(cookie, '=', length);
		size_t left = equals ? length - (size_t)(equals + 1 - cookie) : 0;

		if (equals && left == sizeof(id) - 1 &&
			strncmp(cookie, PST_ADMIT_COOKIE, strlen(PST_ADMIT_COOKIE)) == 0) {
			memcpy(id, equals + 1, left);
			id[left] = 0;
			struct pst_session *found = pst_sessions_find(door->sessions, id, now_ms);
			if (found) {
				ret_session[count++] = found;
			}
			tried++;
		}
		cookie += length;
	}
	return count;
}

static bool may(const struct pst_route *route, enum pst_role role)
{
	return (route->roles & PST_ROLE_BIT(role)) != 0;
}

static bool sees(const char *own, const char *lane)
{
	return !lane || !own[0] || strcmp(own, lane) == 0;
}

static enum refusal show_token(const struct pst_admit_door *door, const char *token,
	const struct pst_route *route, const char *lane, struct pst_admit_guest *guest)
{
	const char *own = "";

	guest->role = pst_tokens_find(door->tokens, token, &own);
	guest->lane = own[0] ? own : NULL;
	if (guest->role == PST_ROLE_NONE) {
		return REFUSE_TOKEN;
	}
	if (!may(route, guest->role)) {
		return REFUSE_ROLE;
	}
	return sees(own, lane) ? REFUSE_NONE : REFUSE_LANE;
}

/*
 * One browser may have a page of each role open. Which session counts: of what changes something,
 * the one whose secret it carries; else the one that may do most.
 */
static enum refusal choose(struct pst_session *const *session, size_t count,
	const struct pst_admit_request *request, const struct pst_route *route, const char *lane,
	struct pst_admit_guest *guest)
{
	enum refusal why = count == 0		      ? REFUSE_SESSION
			   : changes(request->method) ? REFUSE_CSRF
						      : REFUSE_ROLE;

	for (size_t i = 0; i < count; i++) {
		if (changes(request->method) && !pst_session_has_csrf(session[i], request->csrf)) {
			continue;
		}
		if (!may(route, session[i]->role)) {
			why = why == REFUSE_LANE ? why : REFUSE_ROLE;
		} else if (!sees(session[i]->lane, lane)) {
			why = REFUSE_LANE;
		} else if (session[i]->role > guest->role) {
			guest->session = session[i];
			guest->role = session[i]->role;
		}
	}
	if (!guest->session) {
		return why;
	}
	guest->lane = guest->session->lane[0] ? guest->session->lane : NULL;
	return REFUSE_NONE;
}

static enum refusal take_id(struct pst_session *session, const char *id)
{
	switch (pst_session_take_request(session, id)) {
	case 0:
		return REFUSE_NONE;
	case -EEXIST:
		return REFUSE_REPLAY;
	case -EINVAL:
		return REFUSE_ID;
	default:
		pst_session_end(session);
		return REFUSE_WORN;
	}
}

static enum refusal judge(const struct pst_admit_door *door,
	const struct pst_admit_request *request, const struct pst_route *route, const char *lane,
	uint64_t now_ms, struct pst_admit_guest *guest)
{
	struct pst_session *session[PST_ADMIT_SESSIONS_MAX];
	bool writes = changes(request->method);

	if (!is_host(door, request->host)) {
		return REFUSE_HOST;
	}
	if (writes && !is_same_origin(door, request->host, request->origin)) {
		return REFUSE_ORIGIN;
	}
	if (route->roles != 0 && request->fetch_site &&
		strcmp(request->fetch_site, "same-origin") != 0 &&
		strcmp(request->fetch_site, "none") != 0) {
		return REFUSE_ORIGIN;
	}
	if (strcmp(request->method, "POST") == 0 && !is_json(request->type)) {
		return REFUSE_TYPE;
	}
	if (route->roles == 0) {
		return REFUSE_NONE;
	}
	if (!writes && request->authorization &&
		strncasecmp(request->authorization, BEARER, strlen(BEARER)) == 0) {
		return show_token(
			door, request->authorization + strlen(BEARER), route, lane, guest);
	}
	size_t count = pst_admit_sessions(door, request->cookie, now_ms, session);
	enum refusal why = choose(session, count, request, route, lane, guest);
	return why == REFUSE_NONE && writes ? take_id(guest->session, request->id) : why;
}

const struct pst_admit_refusal *pst_admit(const struct pst_admit_door *door,
	const struct pst_admit_request *request, const struct pst_route *route, const char *lane,
	uint64_t now_ms, struct pst_admit_guest *ret_guest)
{
	*ret_guest = (struct pst_admit_guest){0};
	enum refusal why = judge(door, request, route, lane, now_ms, ret_guest);

	if (why == REFUSE_NONE) {
		return NULL;
	}
	*ret_guest = (struct pst_admit_guest){0};
	return &refusals[why];
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "console/login.h"

#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "console/admit.h"
#include "console/console.h"
#include "console/http.h"
#include "console/http_impl.h"
#include "console/options.h"

#define COOKIE_SIZE 320

static void set_cookie(struct pst_http_request *request, const struct pst_session *session,
	const char *value, const char *more)
{
	const struct pst_console_options *options = request->console->options;
	const char *origin = pst_http_header(request, "Origin");
	bool secure = options->tls_cert ||
		      (options->origin[0] && origin && strcmp(origin, options->origin) == 0);
	char cookie[COOKIE_SIZE];

	(void)snprintf(cookie, sizeof(cookie),
		PST_ADMIT_COOKIE "%s%s%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
		pst_role_name(session->role), session->lane[0] ? "-" : "", session->lane, value,
		secure ? "; Secure" : "", more);
	pst_http_set(request, "Set-Cookie", cookie);
}

/* The session of a role and a lane among a browser's; NULL role: the first. */
static struct pst_session *pick(
	struct pst_http_request *request, enum pst_role role, const char *lane)
{
	struct pst_session *session[PST_ADMIT_SESSIONS_MAX];
	size_t count = pst_admit_sessions(request->console->door,
		pst_http_header(request, "Cookie"), uv_now(request->console->loop), session);

	for (size_t i = 0; i < count; i++) {
		if ((role == PST_ROLE_NONE || session[i]->role == role) &&
			(!lane || strcmp(session[i]->lane, lane) == 0)) {
			return session[i];
		}
	}
	return NULL;
}

static void reply_session(struct pst_http_request *request, const struct pst_session *session)
{
	const struct pst_console_options *options = request->console->options;
	json_t *languages = json_array();

	for (size_t i = 0; i < options->languages; i++) {
		(void)json_array_append_new(languages, json_string(options->language[i]));
	}
	pst_http_reply_json(request, 200,
		json_pack("{s:s, s:s?, s:s, s:o}", "role", pst_role_name(session->role), "lane",
			session->lane[0] ? session->lane : NULL, "csrf", session->csrf, "languages",
			languages));
}

static void refuse_token(struct pst_http_request *request)
{
	const struct pst_console *console = request->console;

	pst_http_delay(
		request, pst_sessions_note_wrong(console->door->sessions, uv_now(console->loop)));
	pst_http_reply_error(request, 401, "token",
		"this token is none of this console's; open the address that it printed");
}

void pst_login_enter(struct pst_http_request *request)
{
	const struct pst_admit_door *door = request->console->door;
	const char *token = json_string_value(json_object_get(request->body, "token"));
	const char *lane = "";

	if (!token || json_object_size(request->body) != 1) {
		pst_http_reply_error(
			request, 400, "bad", "a login is {\"token\":\"...\"} and nothing else");
		return;
	}
	enum pst_role role = pst_tokens_find(door->tokens, token, &lane);
	if (role == PST_ROLE_NONE) {
		refuse_token(request);
		return;
	}
	struct pst_session *session = pick(request, role, lane);
	if (!session) {
		session = pst_sessions_begin(
			door->sessions, role, lane, uv_now(request->console->loop));
	}
	reply_session(request, session);
	set_cookie(request, session, session->id, "");
}

void pst_login_show(struct pst_http_request *request)
{
	const char *role = pst_http_query(request, "role");
	const char *lane = pst_http_query(request, "lane");
	const struct pst_session *session = NULL;

	if (!role || pst_role_of(role) != PST_ROLE_NONE) {
		session = pick(request, role ? pst_role_of(role) : PST_ROLE_NONE, lane);
	}
	if (session) {
		reply_session(request, session);
	} else {
		pst_http_reply_error(request, 401, "session",
			"nobody is logged in; open the address that the console printed, with its "
			"token");
	}
}

void pst_login_leave(struct pst_http_request *request)
{
	pst_http_reply_json(request, 200, json_pack("{s:b}", "ok", 1));
	set_cookie(request, request->session, "", "; Max-Age=0");
	pst_session_end(request->session);
}

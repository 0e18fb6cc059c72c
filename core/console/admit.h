/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_ADMIT_H
#define PST_CONSOLE_ADMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "console/route.h"
#include "console/session.h"
#include "console/tokens.h"

/*
 * Whether a request is let in, by what its headers say and nothing else:
 *
 *   host      is one that the console is called by: a page of another name, that was made to point
 *             here, gets nothing
 *   origin    what changes something comes from a page of the console itself, and says so
 *   type      a body is JSON
 *   session   by a cookie; of a request that changes something, the one whose secret it carries;
 *             or by a token, for what only looks (Authorization: Bearer)
 *   role      and lane, by the route
 *   id        the request has one that this session did not have before
 *
 * In this order; the first that fails is the answer. Pure but for the sessions.
 */

/** How the console is reached. */
struct pst_admit_door {
	const struct pst_tokens *tokens;
	struct pst_sessions *sessions;
	const char *origin; /* of a proxy in front; "": none */
	char own[80];	    /* "127.0.0.1:8470" */
	uint16_t port;
	bool tls;
};

/** What a request says of itself; NULL: not given. */
struct pst_admit_request {
	const char *method;
	const char *host;
	const char *origin;
	const char *fetch_site;
	const char *cookie;
	const char *authorization;
	const char *csrf;
	const char *id;
	const char *type;
};

struct pst_admit_refusal {
	unsigned status;
	const char *code;
	const char *text;
	bool wrong_token; /* counts as an attempt */
};

/** Who was let in. */
struct pst_admit_guest {
	enum pst_role role;
	const char *lane; /* NULL: every lane; of the session or of the tokens, borrowed */
	struct pst_session *session; /* NULL: none was needed, or a token was shown */
};

/**
 * @param lane  what the path says, where its route has one
 * @return NULL: let in; or why not
 */
const struct pst_admit_refusal *pst_admit(const struct pst_admit_door *door,
	const struct pst_admit_request *request, const struct pst_route *route, const char *lane,
	uint64_t now_ms, struct pst_admit_guest *ret_guest);

#define PST_ADMIT_SESSIONS_MAX 32 /* cookies of one browser that are looked at */

/** Finds the sessions of a browser's cookies. @return how many */
size_t pst_admit_sessions(const struct pst_admit_door *door, const char *cookie, uint64_t now_ms,
	struct pst_session *ret_session[PST_ADMIT_SESSIONS_MAX]);

#define PST_ADMIT_COOKIE "postern-" /* and the role, and a traveler's "-LANE" */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_SESSION_H
#define PST_CONSOLE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** Who is at a page. */
enum pst_role {
	PST_ROLE_NONE = 0,   /* has not logged in */
	PST_ROLE_TRAVELER,   /* the display of one lane */
	PST_ROLE_OFFICER,    /* all lanes */
	PST_ROLE_INTEGRATOR, /* all lanes */
	PST_ROLE_COUNT
};

#define PST_ROLE_BIT(role) (1u << (role))

/** @return "traveler", "officer", "integrator"; "" for none */
const char *pst_role_name(enum pst_role role);

/** @return the role of that name; PST_ROLE_NONE */
enum pst_role pst_role_of(const char *name);

/*
 * Sessions live in memory alone: who is logged in, with which secret against forged requests, and
 * which requests were seen. Times are milliseconds of any clock that does not go back.
 */
#define PST_SESSIONS_MAX 128	      /* the one unused for longest makes room for another */
#define PST_SESSION_MS (12 * 3600000) /* from the login on */
#define PST_SESSION_REQUESTS_MAX                                                                   \
	16384			   /* then it is over, so that all of them can be remembered       \
				    */
#define PST_SESSION_SECRET_SIZE 65 /* 256 random bits in hexadecimal */
#define PST_SESSION_LANE_SIZE 65

struct pst_sessions;

struct pst_session {
	enum pst_role role;		    /* PST_ROLE_NONE: a free place */
	char lane[PST_SESSION_LANE_SIZE];   /* a traveler's; "": every lane */
	char id[PST_SESSION_SECRET_SIZE];   /* in the cookie */
	char csrf[PST_SESSION_SECRET_SIZE]; /* in a header of what changes something */
	uint64_t serial;		    /* no two have the same; from 1 */
	uint64_t ends_ms;
	uint64_t used_ms;
	uint64_t *seen; /* what was asked: a table of hashes, 0 a free place; owned */
	size_t room;	/* a power of 2 */
	size_t count;
};

/** @return 0 or -ENOMEM */
int pst_sessions_create(struct pst_sessions **ret_sessions) PST_MUST_CHECK;

/** Wipes and frees; NULL inside is fine. */
void pst_sessions_destroy(struct pst_sessions **sessions);

/** Logs in. @param lane  "": every lane. @return the session, borrowed until it ends */
struct pst_session *pst_sessions_begin(
	struct pst_sessions *sessions, enum pst_role role, const char *lane, uint64_t now_ms);

/** @return the session of a cookie's value, which counts as used now; NULL. In constant time. */
struct pst_session *pst_sessions_find(
	struct pst_sessions *sessions, const char *id, uint64_t now_ms);

/** @return whether the session of that serial still is one */
bool pst_sessions_is_live(const struct pst_sessions *sessions, uint64_t serial, uint64_t now_ms);

/** @return how many of a role there are */
size_t pst_sessions_count(const struct pst_sessions *sessions, enum pst_role role, uint64_t now_ms);

/** Logs out: wipes the place. */
void pst_session_end(struct pst_session *session);

/** @return whether a request carries the session's secret; in constant time; NULL does not */
bool pst_session_has_csrf(const struct pst_session *session, const char *csrf);

/**
 * Notes a request's id, so that it is done once.
 *
 * @param id  a UUID; NULL is none
 * @return 0 a fresh one; -EEXIST it was seen; -EINVAL it is none; -ENOSPC the session has asked
 *         enough, or there is no memory: it is to be ended
 */
int pst_session_take_request(struct pst_session *session, const char *id) PST_MUST_CHECK;

/**
 * A wrong token was shown.
 *
 * @return how long the answer is to be held back, in ms: nothing for the first few of a minute
 */
unsigned pst_sessions_note_wrong(struct pst_sessions *sessions, uint64_t now_ms);

#define PST_SESSIONS_WRONG_FREE 5
#define PST_SESSIONS_WRONG_WINDOW_MS 60000
#define PST_SESSIONS_WRONG_DELAY_MS 1000

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "console/session.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/random.h"
#include "crypto/secret.h"

#define SECRET_BYTES ((PST_SESSION_SECRET_SIZE - 1) / 2)
#define FIRST_ROOM 64 /* requests that a session can remember at first, twice */
#define UUID_LENGTH 36

struct pst_sessions {
	struct pst_session session[PST_SESSIONS_MAX];
	uint64_t serial;
	uint64_t wrong_since_ms;
	unsigned wrong;
};

static const char *const role_names[] = {"", "traveler", "officer", "integrator", NULL};

const char *pst_role_name(enum pst_role role)
{
	return role_names[role];
}

enum pst_role pst_role_of(const char *name)
{
	int index = pst_text_index(role_names, name);

	return index > 0 ? (enum pst_role)index : PST_ROLE_NONE;
}

int pst_sessions_create(struct pst_sessions **ret_sessions)
{
	*ret_sessions = calloc(1, sizeof(**ret_sessions));
	return *ret_sessions ? 0 : -ENOMEM;
}

void pst_session_end(struct pst_session *session)
{
	free(session->seen);
	pst_secret_wipe(session, sizeof(*session));
}

void pst_sessions_destroy(struct pst_sessions **sessions)
{
	if (!*sessions) {
		return;
	}
	for (size_t i = 0; i < PST_SESSIONS_MAX; i++) {
		pst_session_end(&(*sessions)->session[i]);
	}
	free(*sessions);
	*sessions = NULL;
}

static bool is_live(const struct pst_session *session, uint64_t now_ms)
{
	return session->role != PST_ROLE_NONE && now_ms < session->ends_ms;
}

static void draw(char secret[PST_SESSION_SECRET_SIZE])
{
	uint8_t bytes[SECRET_BYTES];

	pst_random_bytes(bytes, sizeof(bytes));
	pst_bytes_to_hex(bytes, sizeof(bytes), secret);
	pst_secret_wipe(bytes, sizeof(bytes));
}

/* A free place, or that of whoever has been away for longest. */
static struct pst_session *find_place(struct pst_sessions *sessions, uint64_t now_ms)
{
	struct pst_session *best = &sessions->session[0];

	for (size_t i = 0; i < PST_SESSIONS_MAX; i++) {
		struct pst_session *session = &sessions->session[i];

		if (!is_live(session, now_ms)) {
			return session;
		}
		if (session->used_ms < best->used_ms) {
			best = session;
		}
	}
	return best;
}

struct pst_session *pst_sessions_begin(
	struct pst_sessions *sessions, enum pst_role role, const char *lane, uint64_t now_ms)
{
	struct pst_session *session = find_place(sessions, now_ms);

	assert(role > PST_ROLE_NONE && role < PST_ROLE_COUNT);
	pst_session_end(session);
	if (pst_text_copy(session->lane, sizeof(session->lane), lane) < 0) {
		assert(!"a lane's name is an id");
	}
	draw(session->id);
	draw(session->csrf);
	session->serial = ++sessions->serial;
	session->ends_ms = now_ms + PST_SESSION_MS;
	session->used_ms = now_ms;
	session->role = role;
	return session;
}

/* Both are of the same length, or one is no secret at all. */
static bool is_same(const char *secret, const char *given)
{
	return given && strlen(given) == PST_SESSION_SECRET_SIZE - 1 &&
	       pst_secret_compare(secret, given, PST_SESSION_SECRET_SIZE) == 0;
}

struct pst_session *pst_sessions_find(
	struct pst_sessions *sessions, const char *id, uint64_t now_ms)
{
	struct pst_session *found = NULL;

	for (size_t i = 0; i < PST_SESSIONS_MAX; i++) {
		struct pst_session *session = &sessions->session[i];

		if (is_same(session->id, id) && is_live(session, now_ms)) {
			found = session;
		}
	}
	if (found) {
		found->used_ms = now_ms;
	}
	return found;
}

bool pst_sessions_is_live(const struct pst_sessions *sessions, uint64_t serial, uint64_t now_ms)
{
	for (size_t i = 0; i < PST_SESSIONS_MAX; i++) {
		if (sessions->session[i].serial == serial) {
			return is_live(&sessions->session[i], now_ms);
		}
	}
	return false;
}

size_t pst_sessions_count(const struct pst_sessions *sessions, enum pst_role role, uint64_t now_ms)
{
	size_t count = 0;

	for (size_t i = 0; i < PST_SESSIONS_MAX; i++) {
		count +=
			sessions->session[i].role == role && is_live(&sessions->session[i], now_ms);
	}
	return count;
}

bool pst_session_has_csrf(const struct pst_session *session, const char *csrf)
{
	return is_same(session->csrf, csrf);
}

/* A UUID's 128 bits folded to 64, never 0. @return whether it is one */
static bool hash_uuid(const char *text, uint64_t *ret_hash)
{
	char digits[33];
	uint8_t bytes[16];
	size_t count = 0;

	if (strlen(text) != UUID_LENGTH) {
		return false;
	}
	for (size_t i = 0; i < UUID_LENGTH; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-') {
				return false;
			}
			continue;
		}
		digits[count++] = text[i];
	}
	digits[count] = 0;
	if (pst_bytes_from_hex(digits, bytes, sizeof(bytes)) < 0) {
		return false;
	}
	uint64_t hash = pst_bytes_get64(bytes) * 0x9e3779b97f4a7c15ULL + pst_bytes_get64(bytes + 8);
	*ret_hash = hash ? hash : 1;
	return true;
}

static uint64_t *find_hash(uint64_t *table, size_t room, uint64_t hash)
{
	size_t at = (size_t)(hash >> 8) & (room - 1);

	while (table[at] && table[at] != hash) {
		at = (at + 1) & (room - 1);
	}
	return &table[at];
}

/* Doubles the table; it is at most half full. */
static int grow(struct pst_session *session)
{
	size_t room = session->room ? 2 * session->room : (size_t)2 * FIRST_ROOM;
	uint64_t *table = calloc(room, sizeof(*table));

	if (!table) {
		return -ENOSPC;
	}
	for (size_t i = 0; i < session->room; i++) {
		if (session->seen[i]) {
			*find_hash(table, room, session->seen[i]) = session->seen[i];
		}
	}
	free(session->seen);
	session->seen = table;
	session->room = room;
	return 0;
}

int pst_session_take_request(struct pst_session *session, const char *id)
{
	uint64_t hash;

	if (!id || !hash_uuid(id, &hash)) {
		return -EINVAL;
	}
	if (session->room && *find_hash(session->seen, session->room, hash)) {
		return -EEXIST;
	}
	if (session->count == PST_SESSION_REQUESTS_MAX ||
		(2 * session->count >= session->room && grow(session) < 0)) {
		return -ENOSPC;
	}
	*find_hash(session->seen, session->room, hash) = hash;
	session->count++;
	return 0;
}

unsigned pst_sessions_note_wrong(struct pst_sessions *sessions, uint64_t now_ms)
{
	if (now_ms - sessions->wrong_since_ms >= PST_SESSIONS_WRONG_WINDOW_MS) {
		sessions->wrong_since_ms = now_ms;
		sessions->wrong = 0;
	}
	if (sessions->wrong < PST_SESSIONS_WRONG_FREE) {
		sessions->wrong++;
		return 0;
	}
	return PST_SESSIONS_WRONG_DELAY_MS;
}

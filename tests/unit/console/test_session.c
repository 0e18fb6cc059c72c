/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "console/session.h"

static struct pst_sessions *sessions;

static void make(void)
{
	cr_assert_eq(pst_sessions_create(&sessions), 0);
}

static void drop(void)
{
	pst_sessions_destroy(&sessions);
	cr_assert_null(sessions);
	pst_sessions_destroy(&sessions);
}

TestSuite(session, .init = make, .fini = drop);

static void name_request(char id[37], unsigned number)
{
	(void)snprintf(id, 37, "00000000-0000-4000-8000-%012x", number);
}

Test(session, roles_have_names_and_nobody_has_none)
{
	for (enum pst_role role = PST_ROLE_TRAVELER; role < PST_ROLE_COUNT; role++) {
		cr_assert_eq(pst_role_of(pst_role_name(role)), role);
	}
	cr_assert_eq(pst_role_of(""), PST_ROLE_NONE);
	cr_assert_eq(pst_role_of("Officer"), PST_ROLE_NONE);
}

Test(session, found_by_its_own_id_alone)
{
	struct pst_session *one = pst_sessions_begin(sessions, PST_ROLE_OFFICER, "", 1000);
	struct pst_session *two = pst_sessions_begin(sessions, PST_ROLE_TRAVELER, "gate-7", 1000);
	char id[PST_SESSION_SECRET_SIZE];

	cr_assert_neq(one, two);
	cr_assert_str_neq(one->id, two->id);
	cr_assert_str_neq(one->id, one->csrf);
	cr_assert_eq(strspn(one->id, "0123456789abcdef"), PST_SESSION_SECRET_SIZE - 1);
	cr_assert_eq(pst_sessions_find(sessions, one->id, 1001), one);
	cr_assert_eq(pst_sessions_find(sessions, two->id, 1001), two);
	cr_assert_null(pst_sessions_find(sessions, NULL, 1001));
	cr_assert_null(pst_sessions_find(sessions, "", 1001));
	cr_assert_null(pst_sessions_find(sessions, one->csrf, 1001));
	for (size_t i = 0; i < PST_SESSION_SECRET_SIZE - 1; i++) {
		memcpy(id, one->id, sizeof(id));
		id[i] ^= 1;
		cr_assert_null(pst_sessions_find(sessions, id, 1001), "character %zu", i);
	}
	memcpy(id, one->id, sizeof(id));
	id[PST_SESSION_SECRET_SIZE - 2] = 0;
	cr_assert_null(pst_sessions_find(sessions, id, 1001));
	cr_assert_eq(pst_sessions_count(sessions, PST_ROLE_OFFICER, 1001), 1);
	cr_assert_eq(pst_sessions_count(sessions, PST_ROLE_INTEGRATOR, 1001), 0);
}

Test(session, a_free_place_is_found_by_nothing)
{
	char zeroes[PST_SESSION_SECRET_SIZE] = {0};

	memset(zeroes, '0', sizeof(zeroes) - 1);
	cr_assert_null(pst_sessions_find(sessions, zeroes, 0));
	cr_assert_not(pst_sessions_is_live(sessions, 0, 0));
}

Test(session, over_after_its_time_or_a_log_out)
{
	struct pst_session *session = pst_sessions_begin(sessions, PST_ROLE_OFFICER, "", 1000);
	char id[PST_SESSION_SECRET_SIZE];
	uint64_t serial = session->serial;

	memcpy(id, session->id, sizeof(id));
	cr_assert_eq(pst_sessions_find(sessions, id, 999 + PST_SESSION_MS), session);
	cr_assert(pst_sessions_is_live(sessions, serial, 999 + PST_SESSION_MS));
	cr_assert_null(pst_sessions_find(sessions, id, 1000 + PST_SESSION_MS));
	cr_assert_not(pst_sessions_is_live(sessions, serial, 1000 + PST_SESSION_MS));
	pst_session_end(session);
	cr_assert_null(pst_sessions_find(sessions, id, 1001));
	cr_assert_not(pst_sessions_is_live(sessions, serial, 1001));
}

Test(session, the_one_unused_for_longest_makes_room)
{
	struct pst_session *session[PST_SESSIONS_MAX];
	char first[PST_SESSION_SECRET_SIZE], second[PST_SESSION_SECRET_SIZE];

	for (unsigned i = 0; i < PST_SESSIONS_MAX; i++) {
		session[i] = pst_sessions_begin(sessions, PST_ROLE_OFFICER, "", 1000 + i);
	}
	memcpy(first, session[0]->id, sizeof(first));
	memcpy(second, session[1]->id, sizeof(second));
	cr_assert_not_null(pst_sessions_find(sessions, first, 5000));
	cr_assert_eq(pst_sessions_begin(sessions, PST_ROLE_TRAVELER, "a", 5001), session[1]);
	cr_assert_not_null(pst_sessions_find(sessions, first, 5002));
	cr_assert_null(pst_sessions_find(sessions, second, 5002));
}

Test(session, csrf_is_all_of_it_or_nothing)
{
	const struct pst_session *session =
		pst_sessions_begin(sessions, PST_ROLE_OFFICER, "", 1000);
	char csrf[PST_SESSION_SECRET_SIZE];

	cr_assert(pst_session_has_csrf(session, session->csrf));
	cr_assert_not(pst_session_has_csrf(session, NULL));
	cr_assert_not(pst_session_has_csrf(session, ""));
	cr_assert_not(pst_session_has_csrf(session, session->id));
	for (size_t i = 0; i < PST_SESSION_SECRET_SIZE - 1; i++) {
		memcpy(csrf, session->csrf, sizeof(csrf));
		csrf[i] ^= 1;
		cr_assert_not(pst_session_has_csrf(session, csrf), "character %zu", i);
	}
}

Test(session, every_request_is_done_once_until_the_session_is_worn)
{
	struct pst_session *session = pst_sessions_begin(sessions, PST_ROLE_TRAVELER, "a", 1000);
	char id[37];

	for (unsigned i = 0; i < PST_SESSION_REQUESTS_MAX; i++) {
		name_request(id, i);
		cr_assert_eq(pst_session_take_request(session, id), 0, "request %u", i);
	}
	for (unsigned i = 0; i < PST_SESSION_REQUESTS_MAX; i++) {
		name_request(id, i);
		cr_assert_eq(pst_session_take_request(session, id), -EEXIST, "request %u", i);
	}
	name_request(id, PST_SESSION_REQUESTS_MAX);
	cr_assert_eq(pst_session_take_request(session, id), -ENOSPC);
}

Test(session, a_request_of_one_session_is_none_of_another)
{
	struct pst_session *one = pst_sessions_begin(sessions, PST_ROLE_OFFICER, "", 1000);
	struct pst_session *two = pst_sessions_begin(sessions, PST_ROLE_OFFICER, "", 1000);
	static const char id[] = "0b46c2a1-e0b9-4f3d-8f0a-53f1be2f8c11";

	cr_assert_eq(pst_session_take_request(one, id), 0);
	cr_assert_eq(pst_session_take_request(two, id), 0);
	cr_assert_eq(pst_session_take_request(one, id), -EEXIST);
}

Test(session, what_is_no_uuid_is_no_request)
{
	static const char *const bad[] = {"", "1", "0b46c2a1e0b94f3d8f0a53f1be2f8c11",
		"0b46c2a1-e0b9-4f3d-8f0a-53f1be2f8c1", "0b46c2a1-e0b9-4f3d-8f0a-53f1be2f8c111",
		"0b46c2a1-e0b9-4f3d-8f0a-53f1be2f8c1g", "0b46c2a1-e0b9-4f3d-8f0a_53f1be2f8c11",
		"------------------------------------"};
	struct pst_session *session = pst_sessions_begin(sessions, PST_ROLE_OFFICER, "", 1000);

	cr_assert_eq(pst_session_take_request(session, NULL), -EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(pst_session_take_request(session, bad[i]), -EINVAL, "%s", bad[i]);
	}
	cr_assert_eq(session->count, 0);
}

Test(session, wrong_tokens_are_slowed_down_after_a_few_of_a_minute)
{
	uint64_t now_ms = 1000000;

	for (int i = 0; i < PST_SESSIONS_WRONG_FREE; i++) {
		cr_assert_eq(pst_sessions_note_wrong(sessions, now_ms++), 0);
	}
	cr_assert_eq(pst_sessions_note_wrong(sessions, now_ms), PST_SESSIONS_WRONG_DELAY_MS);
	now_ms += PST_SESSIONS_WRONG_WINDOW_MS;
	cr_assert_eq(pst_sessions_note_wrong(sessions, now_ms), 0);
}

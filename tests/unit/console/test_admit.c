/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "console/admit.h"

#define T "tttttttttttttttttttttttttttttttt"
#define O "oooooooooooooooooooooooooooooooo"
#define I "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii"
#define NOW 1000u

static const struct pst_route open_route = {
	"POST", "/api/lanes/*/open", PST_ROLE_BIT(PST_ROLE_OFFICER), NULL};
static const struct pst_route decline_route = {"POST", "/api/lanes/*/decline",
	PST_ROLE_BIT(PST_ROLE_TRAVELER) | PST_ROLE_BIT(PST_ROLE_OFFICER), NULL};
static const struct pst_route status_route = {"GET", "/api/lanes/*/status",
	PST_ROLE_BIT(PST_ROLE_TRAVELER) | PST_ROLE_BIT(PST_ROLE_OFFICER) |
		PST_ROLE_BIT(PST_ROLE_INTEGRATOR),
	NULL};
static const struct pst_route page_route = {"GET", "/officer", 0, NULL};

static struct pst_tokens *tokens;
static struct pst_admit_door door;
static struct pst_session *traveler, *officer;
static struct pst_admit_guest guest;
static char cookie[512];
static struct pst_admit_request post, get;

static void make(void)
{
	static const char text[] = "traveler gate-7 " T "\nofficer " O "\nintegrator " I "\n";
	struct pst_error error = {0};

	cr_assert_eq(pst_tokens_parse(&tokens, "file", text, strlen(text), &error), 0);
	cr_assert_eq(pst_sessions_create(&door.sessions), 0);
	door.tokens = tokens;
	door.origin = "";
	door.port = 8470;
	(void)snprintf(door.own, sizeof(door.own), "127.0.0.1:8470");
	traveler = pst_sessions_begin(door.sessions, PST_ROLE_TRAVELER, "gate-7", NOW);
	officer = pst_sessions_begin(door.sessions, PST_ROLE_OFFICER, "", NOW);
	(void)snprintf(cookie, sizeof(cookie),
		"theme=dark; postern-traveler-gate-7=%s; postern-officer=%s", traveler->id,
		officer->id);
	post = (struct pst_admit_request){.method = "POST",
		.host = "127.0.0.1:8470",
		.origin = "http://127.0.0.1:8470",
		.cookie = cookie,
		.csrf = officer->csrf,
		.id = "0b46c2a1-e0b9-4f3d-8f0a-53f1be2f8c11",
		.type = "application/json"};
	get = (struct pst_admit_request){
		.method = "GET", .host = "localhost:8470", .cookie = cookie};
}

static void drop(void)
{
	pst_tokens_destroy(&tokens);
	pst_sessions_destroy(&door.sessions);
}

TestSuite(admit, .init = make, .fini = drop);

static void check(const struct pst_admit_request *request, const struct pst_route *route,
	const char *lane, const char *code)
{
	const struct pst_admit_refusal *refusal =
		pst_admit(&door, request, route, lane, NOW, &guest);

	cr_assert_str_eq(refusal ? refusal->code : "in", code);
	cr_assert(!refusal || guest.role == PST_ROLE_NONE);
}

Test(admit, one_who_may_is_let_in_once)
{
	check(&post, &open_route, "gate-7", "in");
	cr_assert_eq(guest.role, PST_ROLE_OFFICER);
	cr_assert_eq(guest.session, officer);
	cr_assert_null(guest.lane);
	check(&post, &open_route, "gate-7", "replayed");
}

Test(admit, other_names_of_this_machine_are_none_of_the_console)
{
	static const char *const good[] = {
		"127.0.0.1:8470", "localhost:8470", "LOCALHOST:8470", "[::1]:8470"};
	static const char *const bad[] = {NULL, "", "evil.example", "evil.example:8470",
		"127.0.0.1", "127.0.0.1:8471", "127.0.0.1:8470.evil.example", "localhost"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		get.host = good[i];
		check(&get, &page_route, NULL, "in");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		get.host = bad[i];
		check(&get, &page_route, NULL, "host");
	}
	get.host = "localhost";
	door.port = 80;
	check(&get, &page_route, NULL, "in");
}

Test(admit, origin_is_the_same_or_the_proxys)
{
	static const char *const bad[] = {NULL, "", "null", "http://evil.example",
		"https://127.0.0.1:8470", "http://127.0.0.1:8471", "http://127.0.0.1:8470/",
		"http://localhost:8470"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		post.origin = bad[i];
		check(&post, &open_route, "gate-7", "origin");
	}
	post.origin = "https://gate.example";
	check(&post, &open_route, "gate-7", "origin");
	door.origin = "https://gate.example";
	check(&post, &open_route, "gate-7", "in");
	get.host = "gate.example";
	check(&get, &page_route, NULL, "in");
	get.host = "other.example";
	check(&get, &page_route, NULL, "host");
}

Test(admit, with_a_certificate_any_name_is_as_good_as_its_origin)
{
	door.tls = true;
	post.host = "gate.example:8470";
	post.origin = "http://gate.example:8470";
	check(&post, &open_route, "gate-7", "origin");
	post.origin = "https://gate.example:8470";
	check(&post, &open_route, "gate-7", "in");
}

Test(admit, other_sites_do_not_even_look)
{
	get.fetch_site = "cross-site";
	check(&get, &status_route, "gate-7", "origin");
	get.fetch_site = "same-site";
	check(&get, &status_route, "gate-7", "origin");
	get.fetch_site = "same-origin";
	check(&get, &status_route, "gate-7", "in");
	get.fetch_site = "cross-site";
	check(&get, &page_route, NULL, "in");
}

Test(admit, a_body_is_json)
{
	static const char *const bad[] = {NULL, "", "text/plain", "application/jsonp",
		"application/x-www-form-urlencoded", "multipart/form-data; boundary=x"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		post.type = bad[i];
		check(&post, &open_route, "gate-7", "type");
	}
	post.type = "Application/JSON; charset=utf-8";
	check(&post, &open_route, "gate-7", "in");
}

Test(admit, csrf_says_which_session_and_without_it_there_is_none)
{
	post.csrf = NULL;
	check(&post, &open_route, "gate-7", "csrf");
	post.csrf = "0";
	check(&post, &open_route, "gate-7", "csrf");
	post.csrf = traveler->csrf;
	check(&post, &open_route, "gate-7", "role");
	check(&post, &decline_route, "gate-7", "in");
	cr_assert_eq(guest.role, PST_ROLE_TRAVELER);
	cr_assert_str_eq(guest.lane, "gate-7");
	post.cookie = "postern-officer=0";
	check(&post, &decline_route, "gate-7", "session");
	post.cookie = NULL;
	check(&post, &decline_route, "gate-7", "session");
}

Test(admit, a_travelers_display_gets_its_lane_alone)
{
	char own[128];

	(void)snprintf(own, sizeof(own), "postern-traveler-gate-7=%s", traveler->id);
	get.cookie = own;
	check(&get, &status_route, "gate-7", "in");
	check(&get, &status_route, "gate-8", "lane");
	check(&get, &status_route, "", "lane");
	get.cookie = cookie;
	check(&get, &status_route, "gate-8", "in");
	cr_assert_eq(guest.role, PST_ROLE_OFFICER);
	post.csrf = traveler->csrf;
	check(&post, &decline_route, "gate-8", "lane");
}

Test(admit, a_request_needs_an_id_and_a_worn_session_ends)
{
	post.id = NULL;
	check(&post, &open_route, "gate-7", "bad");
	post.id = "seven";
	check(&post, &open_route, "gate-7", "bad");
	post.id = "0b46c2a1-e0b9-4f3d-8f0a-53f1be2f8c11";
	officer->count = PST_SESSION_REQUESTS_MAX;
	check(&post, &open_route, "gate-7", "session");
	cr_assert_eq(pst_sessions_count(door.sessions, PST_ROLE_OFFICER, NOW), 0);
}

Test(admit, a_token_looks_and_never_changes_anything)
{
	get.cookie = NULL;
	get.authorization = "Bearer " I;
	check(&get, &status_route, "gate-7", "in");
	cr_assert_eq(guest.role, PST_ROLE_INTEGRATOR);
	cr_assert_null(guest.session);
	get.authorization = "Bearer " T;
	check(&get, &status_route, "gate-7", "in");
	check(&get, &status_route, "gate-8", "lane");
	get.authorization = "Bearer x" I;
	check(&get, &status_route, "gate-7", "token");
	get.authorization = "Basic " I;
	check(&get, &status_route, "gate-7", "session");
	post.cookie = NULL;
	post.authorization = "Bearer " O;
	check(&post, &open_route, "gate-7", "session");
}

Test(admit, cookies_beyond_the_first_few_are_not_tried)
{
	struct pst_session *found[PST_ADMIT_SESSIONS_MAX];
	char many[4096] = "";

	for (int i = 0; i < PST_ADMIT_SESSIONS_MAX; i++) {
		(void)snprintf(many + strlen(many), sizeof(many) - strlen(many),
			"postern-%d=%064d;", i, i);
	}
	(void)snprintf(
		many + strlen(many), sizeof(many) - strlen(many), "postern-o=%s", officer->id);
	cr_assert_eq(pst_admit_sessions(&door, many, NOW, found), 0);
	cr_assert_eq(pst_admit_sessions(&door, strchr(many, ';'), NOW, found), 1);
	cr_assert_eq(found[0], officer);
	cr_assert_eq(pst_admit_sessions(&door, ";;=;postern-=; =x;postern-o", NOW, found), 0);
}

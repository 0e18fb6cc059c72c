/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "console/route.h"

static struct pst_route_path path;
static const char *parameter[PST_HTTP_PARAMETERS_MAX];
static char methods[PST_ROUTE_METHODS_SIZE];

static const struct pst_route *find(const char *method, const char *url)
{
	cr_assert_eq(pst_route_path_parse(&path, url), 0, "%s", url);
	return pst_route_find(&path, method, parameter, methods);
}

static void check(const char *method, const char *url, const char *pattern)
{
	const struct pst_route *route = find(method, url);

	cr_assert_not_null(route, "%s %s", method, url);
	cr_assert_str_eq(route->pattern, pattern);
}

Test(route, paths_are_cut_and_decoded)
{
	cr_assert_eq(pst_route_path_parse(&path, "/"), 0);
	cr_assert_eq(path.parts, 0);
	cr_assert_eq(pst_route_path_parse(&path, "/a/b%20c/%E2%9c%93"), 0);
	cr_assert_eq(path.parts, 3);
	cr_assert_str_eq(path.part[0], "a");
	cr_assert_str_eq(path.part[1], "b c");
	cr_assert_str_eq(path.part[2], "\xe2\x9c\x93");
	cr_assert_eq(pst_route_path_parse(&path, "/%2541"), 0);
	cr_assert_str_eq(path.part[0], "%41", "decoded once");
}

Test(route, what_could_lead_elsewhere_is_no_path)
{
	static const char *const bad[] = {"", "*", "a", "//", "/a//b", "/a/", "/.", "/..",
		"/a/../b", "/%2e%2e", "/.%2E/a", "/a%2fb", "/a%5cb", "/a\\b", "/%00", "/a%0d%0ab",
		"/a\n", "/%", "/%4", "/%zz", "/%4z", "/\x7f", "/%80", "/%c0%ae", "/%ed%a0%80",
		"/%f5%80%80%80", "/%e0%80%af", "/%f0%80%80%af", "/%e2%9c", "/1/2/3/4/5/6/7/8/9",
		"http://127.0.0.1/officer"};
	char url[PST_ROUTE_PATH_MAX + 2];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(pst_route_path_parse(&path, bad[i]), PST_E_FORMAT, "%s", bad[i]);
	}
	memset(url, 'a', sizeof(url));
	url[0] = '/';
	url[PST_ROUTE_PATH_MAX] = 0;
	cr_assert_eq(pst_route_path_parse(&path, url), PST_E_FORMAT);
	url[PST_ROUTE_PATH_MAX - 1] = 0;
	cr_assert_eq(pst_route_path_parse(&path, url), 0);
}

Test(route, patterns_fit_and_give_their_parameters)
{
	check("GET", "/", "/");
	check("GET", "/traveler/gate-7", "/traveler/*");
	cr_assert_str_eq(parameter[0], "gate-7");
	check("GET", "/assets/languages/en.json", "/assets/*/*");
	check("POST", "/api/lanes/a/decline", "/api/lanes/*/decline");
	cr_assert_str_eq(parameter[0], "a");
	cr_assert_str_eq(parameter[1], "");
	check("GET", "/api/lanes/a/receipts/0b46", "/api/lanes/*/receipts/*");
	cr_assert_str_eq(parameter[1], "0b46");
	check("GET", "/api/lanes/a/receipts/0b46.svg", "/api/lanes/*/receipts/*.svg");
	cr_assert_str_eq(parameter[0], "a");
	cr_assert_str_eq(parameter[1], "0b46");
	cr_assert_str_eq(parameter[2], "");
	check("GET", "/api/lanes/%61/status", "/api/lanes/*/status");
	cr_assert_str_eq(parameter[0], "a");
}

Test(route, what_fits_nothing_is_nothing)
{
	static const char *const none[] = {"/x", "/traveler", "/officer/x", "/assets", "/api",
		"/assets/a/b/c", "/API/session", "/api/lanes/a", "/api/lanes/a/forget", "/Officer"};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		cr_assert_null(find("GET", none[i]), "%s", none[i]);
		cr_assert_str_eq(methods, "", "%s", none[i]);
	}
}

Test(route, other_methods_are_told_which_there_are)
{
	cr_assert_null(find("PUT", "/api/session"));
	cr_assert_str_eq(methods, "POST, GET, HEAD, DELETE");
	cr_assert_null(find("POST", "/officer"));
	cr_assert_str_eq(methods, "GET, HEAD");
	cr_assert_null(find("HEAD", "/api/lanes/a/status"));
	cr_assert_str_eq(methods, "GET");
	cr_assert_not_null(find("HEAD", "/officer"));
	cr_assert_null(find("OPTIONS", "/api/lanes/a/open"));
	cr_assert_str_eq(methods, "POST");
	cr_assert_null(find("get", "/officer"));
}

/* The table of docs/console.md, word by word. */
Test(route, roles_are_those_that_were_promised)
{
	static const struct {
		const char *method;
		const char *url;
		const char *roles; /* t, o, i; "" anybody */
	} rows[] = {
		{"GET", "/", ""},
		{"GET", "/officer", ""},
		{"GET", "/integrator", ""},
		{"GET", "/traveler/a", ""},
		{"GET", "/assets/x", ""},
		{"GET", "/healthz", ""},
		{"POST", "/api/session", ""},
		{"GET", "/api/session", ""},
		{"DELETE", "/api/session", "toi"},
		{"GET", "/api/lanes", "toi"},
		{"GET", "/api/lanes/a/status", "toi"},
		{"GET", "/api/lanes/a/policy", "toi"},
		{"GET", "/api/lanes/a/explain", "toi"},
		{"GET", "/api/lanes/a/events", "toi"},
		{"GET", "/api/lanes/a/health", "i"},
		{"GET", "/api/lanes/a/picture", "i"},
		{"GET", "/metrics", "i"},
		{"GET", "/api/lanes/a/receipts/1", "to"},
		{"GET", "/api/lanes/a/receipts/1.svg", "to"},
		{"GET", "/api/lanes/a/receipts/1.txt", "to"},
		{"POST", "/api/lanes/a/notice", "t"},
		{"POST", "/api/lanes/a/consent", "t"},
		{"POST", "/api/lanes/a/decline", "to"},
		{"POST", "/api/lanes/a/withdraw", "to"},
		{"POST", "/api/lanes/a/close", "to"},
		{"POST", "/api/lanes/a/open", "o"},
		{"POST", "/api/lanes/a/review", "o"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct pst_route *route = find(rows[i].method, rows[i].url);
		unsigned roles =
			(strchr(rows[i].roles, 't') ? PST_ROLE_BIT(PST_ROLE_TRAVELER) : 0) |
			(strchr(rows[i].roles, 'o') ? PST_ROLE_BIT(PST_ROLE_OFFICER) : 0) |
			(strchr(rows[i].roles, 'i') ? PST_ROLE_BIT(PST_ROLE_INTEGRATOR) : 0);

		cr_assert_not_null(route, "%s", rows[i].url);
		cr_assert_eq(route->roles, roles, "%s %s", rows[i].method, rows[i].url);
		cr_assert_eq(pst_route_has_lane(route),
			strncmp(rows[i].url, "/api/lanes/", 11) == 0, "%s", rows[i].url);
	}
}

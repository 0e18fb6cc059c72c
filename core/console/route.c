/* SPDX-License-Identifier: Apache-2.0 */
#include "console/route.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "console/api.h"
#include "console/assets.h"
#include "console/login.h"
#include "console/scrape.h"
#include "console/stream.h"

#define TRAVELER PST_ROLE_BIT(PST_ROLE_TRAVELER)
#define OFFICER PST_ROLE_BIT(PST_ROLE_OFFICER)
#define INTEGRATOR PST_ROLE_BIT(PST_ROLE_INTEGRATOR)
#define EVERYBODY (TRAVELER | OFFICER | INTEGRATOR)

static const struct pst_route routes[] = {
	{"GET", "/", 0, pst_asset_index},
	{"GET", "/traveler/*", 0, pst_asset_traveler},
	{"GET", "/officer", 0, pst_asset_officer},
	{"GET", "/integrator", 0, pst_asset_integrator},
	{"GET", "/assets/*", 0, pst_asset_file},
	{"GET", "/assets/*/*", 0, pst_asset_file},
	{"POST", "/api/session", 0, pst_login_enter},
	{"GET", "/api/session", 0, pst_login_show},
	{"DELETE", "/api/session", EVERYBODY, pst_login_leave},
	{"GET", "/api/lanes", EVERYBODY, pst_api_lanes},
	{"GET", "/api/lanes/*/status", EVERYBODY, pst_api_ask},
	{"GET", "/api/lanes/*/policy", EVERYBODY, pst_api_ask},
	{"GET", "/api/lanes/*/explain", EVERYBODY, pst_api_explain},
	{"GET", "/api/lanes/*/events", EVERYBODY, pst_stream_events},
	{"GET", "/api/lanes/*/health", INTEGRATOR, pst_api_ask},
	{"GET", "/api/lanes/*/picture", INTEGRATOR, pst_api_picture},
	{"GET", "/api/lanes/*/receipts/*.svg", TRAVELER | OFFICER, pst_api_receipt_svg},
	{"GET", "/api/lanes/*/receipts/*.txt", TRAVELER | OFFICER, pst_api_receipt_text},
	{"GET", "/api/lanes/*/receipts/*", TRAVELER | OFFICER, pst_api_receipt},
	{"POST", "/api/lanes/*/notice", TRAVELER, pst_api_act},
	{"POST", "/api/lanes/*/consent", TRAVELER, pst_api_act},
	{"POST", "/api/lanes/*/decline", TRAVELER | OFFICER, pst_api_act},
	{"POST", "/api/lanes/*/withdraw", TRAVELER | OFFICER, pst_api_act},
	{"POST", "/api/lanes/*/close", TRAVELER | OFFICER, pst_api_act},
	{"POST", "/api/lanes/*/open", OFFICER, pst_api_act},
	{"POST", "/api/lanes/*/review", OFFICER, pst_api_act},
	{"GET", "/metrics", INTEGRATOR, pst_scrape_metrics},
	{"GET", "/healthz", 0, pst_scrape_health},
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))
#define LANES "/api/lanes/*/"

/* One character of a path. @return its length as sent, or 0 if it must not be there */
static size_t decode(const char *from, char *ret_byte)
{
	if (*from == '%') {
		const char digits[] = {from[1], from[1] ? from[2] : (char)0, 0};
		uint8_t byte;

		if (pst_bytes_from_hex(digits, &byte, 1) < 0 || byte == '/') {
			return 0;
		}
		*ret_byte = (char)byte;
		return 3;
	}
	*ret_byte = *from;
	return 1;
}

static bool is_allowed(char byte)
{
	return (unsigned char)byte >= 0x20 && byte != 0x7f && byte != '\\';
}

/* How many bytes of UTF-8 begin like this, 0 if none do. */
static size_t length_of(unsigned char lead)
{
	if (lead < 0x80) {
		return 1;
	}
	if (lead >= 0xc2 && lead < 0xe0) {
		return 2;
	}
	if (lead >= 0xe0 && lead < 0xf0) {
		return 3;
	}
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

static bool is_utf8(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at) {
		size_t length = length_of(*at);
		bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
		bool beyond = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);

		if (length == 0 || overlong || beyond) {
			return false;
		}
		for (size_t i = 1; i < length; i++) {
			if ((at[i] & 0xc0) != 0x80) {
				return false;
			}
		}
		at += length;
	}
	return true;
}

static bool is_part(const char *part)
{
	return *part && strcmp(part, ".") != 0 && strcmp(part, "..") != 0 && is_utf8(part);
}

int pst_route_path_parse(struct pst_route_path *ret_path, const char *url)
{
	char *to = ret_path->text;
	size_t step;

	ret_path->parts = 0;
	if (*url != '/' || strlen(url) >= sizeof(ret_path->text)) {
		return PST_E_FORMAT;
	}
	if (!url[1]) {
		return 0;
	}
	while (*url == '/') {
		if (ret_path->parts == PST_ROUTE_PARTS_MAX) {
			return PST_E_FORMAT;
		}
		const char *part = to;
		for (url++; *url && *url != '/'; url += step) {
			step = decode(url, to);
			if (step == 0 || !is_allowed(*to)) {
				return PST_E_FORMAT;
			}
			to++;
		}
		*to++ = 0;
		if (!is_part(part)) {
			return PST_E_FORMAT;
		}
		ret_path->part[ret_path->parts++] = part;
	}
	return 0;
}

/* Holds one part of a pattern against one of a path. @return whether it fits */
static bool fits_part(const char *pattern, size_t length, const char *part)
{
	size_t size = strlen(part);

	if (*pattern != '*') {
		return size == length && strncmp(pattern, part, length) == 0;
	}
	return size >= length && memcmp(part + size - (length - 1), pattern + 1, length - 1) == 0;
}

static bool fits(const char *pattern, const struct pst_route_path *path)
{
	if (path->parts == 0) {
		return strcmp(pattern, "/") == 0;
	}
	for (size_t i = 0; i < path->parts; i++) {
		if (*pattern != '/') {
			return false;
		}
		size_t length = strcspn(++pattern, "/");
		if (!fits_part(pattern, length, path->part[i])) {
			return false;
		}
		pattern += length;
	}
	return *pattern == 0;
}

static void take_parameters(const char *pattern, struct pst_route_path *path,
	const char *parameter[PST_HTTP_PARAMETERS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < path->parts; i++) {
		size_t length = strcspn(++pattern, "/");

		if (*pattern == '*' && count < PST_HTTP_PARAMETERS_MAX) {
			size_t start = (size_t)(path->part[i] - path->text);

			path->text[start + strlen(path->part[i]) - (length - 1)] = 0;
			parameter[count++] = path->part[i];
		}
		pattern += length;
	}
}

/* HEAD is answered where nobody needs to log in. */
static bool takes(const struct pst_route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (route->roles == 0 && strcmp(route->method, "GET") == 0 &&
		       strcmp(method, "HEAD") == 0);
}

static void add_method(char methods[PST_ROUTE_METHODS_SIZE], const char *method)
{
	size_t used = strlen(methods);

	if (!strstr(methods, method)) {
		(void)snprintf(methods + used, PST_ROUTE_METHODS_SIZE - used, "%s%s",
			used ? ", " : "", method);
	}
}

const struct pst_route *pst_route_find(struct pst_route_path *path, const char *method,
	const char *parameter[PST_HTTP_PARAMETERS_MAX], char ret_methods[PST_ROUTE_METHODS_SIZE])
{
	ret_methods[0] = 0;
	for (size_t i = 0; i < PST_HTTP_PARAMETERS_MAX; i++) {
		parameter[i] = "";
	}
	for (size_t i = 0; i < ROUTES; i++) {
		if (!fits(routes[i].pattern, path)) {
			continue;
		}
		if (takes(&routes[i], method)) {
			take_parameters(routes[i].pattern, path, parameter);
			return &routes[i];
		}
		add_method(ret_methods, routes[i].method);
		if (takes(&routes[i], "HEAD")) {
			add_method(ret_methods, "HEAD");
		}
	}
	return NULL;
}

bool pst_route_has_lane(const struct pst_route *route)
{
	return strncmp(route->pattern, LANES, strlen(LANES)) == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_ROUTE_H
#define PST_CONSOLE_ROUTE_H

#include <stdbool.h>

#include "console/http.h"

typedef void (*pst_route_fn)(struct pst_http_request *request);

/**
 * A line of the one table of what the console answers; the first that fits is taken.
 *
 * In a pattern "*" is one whole part between slashes, "*.svg" one that ends like this; either
 * becomes a parameter. The first parameter below /api/lanes is a lane, and a session of one lane
 * gets no other.
 */
struct pst_route {
	const char *method;
	const char *pattern;
	unsigned roles; /* PST_ROLE_BIT()s; 0: anybody, without a session */
	pst_route_fn handle;
};

#define PST_ROUTE_PATH_MAX 512 /* bytes as sent */
#define PST_ROUTE_PARTS_MAX 8
#define PST_ROUTE_METHODS_SIZE 64

/** A path, cut at its slashes and decoded. */
struct pst_route_path {
	char text[PST_ROUTE_PATH_MAX];
	const char *part[PST_ROUTE_PARTS_MAX]; /* within text */
	size_t parts;			       /* 0: "/" */
};

/**
 * Cuts and decodes a path. What could mean another place to somebody else is refused: "." and "..",
 * empty parts, encoded slashes, backslashes, control characters, what is not UTF-8.
 *
 * @return 0 or PST_E_FORMAT
 */
int pst_route_path_parse(struct pst_route_path *ret_path, const char *url) PST_MUST_CHECK;

/**
 * Looks a request up in the table.
 *
 * @param path         its parts are cut where a pattern has a suffix
 * @param parameter    filled; within path
 * @param ret_methods  where there is no route: the methods of those whose pattern fits, "GET,
 * HEAD";
 *                     "" if there are none
 * @return the route or NULL
 */
const struct pst_route *pst_route_find(struct pst_route_path *path, const char *method,
	const char *parameter[PST_HTTP_PARAMETERS_MAX], char ret_methods[PST_ROUTE_METHODS_SIZE]);

/** @return whether its first parameter is a lane */
bool pst_route_has_lane(const struct pst_route *route);

#endif

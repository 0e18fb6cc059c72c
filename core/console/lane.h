/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_LANE_H
#define PST_CONSOLE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"

/*
 * Lanes as the console sees them: through their control sockets, on the console's own loop.
 *
 *             connects             its status came
 *     away ------------> greeting -----------------> here
 *      ^                    |                          |
 *      +--------------------+--------------------------+
 *        it hung up, sent garbage, or left a request unanswered for PST_CONSOLE_LANE_WAIT_MS
 *
 * A lane that is away is dialled again by itself, at first at once and then less often. Whatever
 * waited for an answer is told that none will come. All calls: [control]
 */

struct uv_loop_s;
struct pst_console_lanes;
struct pst_console_lane;

#define PST_CONSOLE_LANES_MAX 64
#define PST_CONSOLE_LANE_WAIT_MS 5000  /* for an answer; then the lane counts as away */
#define PST_CONSOLE_LANE_REDIAL_MS 100 /* after the first failure; doubled with each */
#define PST_CONSOLE_LANE_REDIAL_MAX_MS 2000
#define PST_CONSOLE_LANE_STATUS_MS 1000 /* a lane is asked how it is this often */
#define PST_CONSOLE_LANE_MOVED_MS 100	/* or, when something happened, this soon */

/**
 * How an answer comes back; on occasion before the call that asked returns.
 *
 * @param status  0
 *                PST_E_USAGE, PST_E_NOT_FOUND, PST_E_UNSAFE, PST_E_DEVICE  what the lane said
 *                PST_E_END      it is away, or went away
 *                PST_E_TIMEOUT  it did not answer
 *                PST_E_FORMAT   it sent what is none of the protocol
 *                -EBUSY         it is asked too often
 * @param answer  borrowed: what it said, without version and id; NULL unless status is 0
 * @param error   why, in one line; empty if status is 0
 * [control]
 */
typedef void (*pst_console_answer_fn)(
	void *user, int status, const json_t *answer, const struct pst_error *error);

/** Who is told what lanes tell. Embedded in its owner; it stays for as long as the lanes do. */
struct pst_console_watcher {
	/**
	 * @param kind  "status" (the lane came, or its notice changed), "away", "lost" or the kind
	 *              of an event: letters, digits, dots and hyphens
	 * @param line  JSON without a line break: the lane's status, null, {"lost":N}, the event
	 * [control]
	 */
	void (*tell)(void *user, struct pst_console_lane *lane, const char *kind, const char *line,
		size_t size);
	void *user;
	struct pst_console_watcher *next;
};

/** What happened with a lane since the console started. */
struct pst_console_lane_counts {
	uint64_t connects;
	uint64_t hang_ups;  /* of connections that stood, for whatever reason */
	uint64_t garbage;   /* of these, because what came was none of the protocol */
	uint64_t time_outs; /* of these, because an answer did not come */
	uint64_t requests;
	uint64_t events;
	uint64_t lost; /* events that the lane could not send */
};

int pst_console_lanes_create(
	struct pst_console_lanes **ret_lanes, struct uv_loop_s *loop, struct pst_error *error);

/**
 * Adds one and begins to dial it.
 *
 * @param name    an id; copied, as is the path
 * @param socket  path of its control socket; nothing needs to be there yet
 * @return 0; PST_E_USAGE  no id, the same one twice, a path too long for a socket, too many; with
 *         the error filled; -ENOMEM
 */
int pst_console_lanes_add(struct pst_console_lanes *lanes, const char *name, const char *socket,
	struct pst_error *error) PST_MUST_CHECK;

/** Has somebody told from now on. */
void pst_console_lanes_watch(struct pst_console_lanes *lanes, struct pst_console_watcher *watcher);

/** @return the first lane, in the order they were added; NULL: none */
struct pst_console_lane *pst_console_lanes_first(const struct pst_console_lanes *lanes);
struct pst_console_lane *pst_console_lane_next(const struct pst_console_lane *lane);

/** @return the lane of that name; NULL: none */
struct pst_console_lane *pst_console_lanes_find(
	const struct pst_console_lanes *lanes, const char *name);

/**
 * Hangs up on all, tells all who wait, closes the handles and sets *lanes to NULL; the loop has to
 * run until they are closed. Accepts NULL inside.
 */
void pst_console_lanes_close(struct pst_console_lanes **lanes);

const char *pst_console_lane_name(const struct pst_console_lane *lane);

/** Its place among the lanes, from 0. */
size_t pst_console_lane_index(const struct pst_console_lane *lane);

/** @return why it is away, in a few words; "" if it is here */
const char *pst_console_lane_why(const struct pst_console_lane *lane);

/** @return whether it is here */
bool pst_console_lane_is_here(const struct pst_console_lane *lane);

/**
 * @param ret_age_ms  since the lane said so; may be NULL
 * @return its last status, borrowed until the loop runs on; NULL: there never was one
 */
const json_t *pst_console_lane_status(const struct pst_console_lane *lane, int64_t *ret_age_ms);

const struct pst_console_lane_counts *pst_console_lane_counts(const struct pst_console_lane *lane);

/**
 * Has the lane do something, or asks it something.
 *
 * Requests are sent and answered in their order, but for pictures. A question (one that changes
 * nothing) that was asked a moment ago, with no event and no deed since, is answered with what the
 * lane said then. What comes too often is refused, questions first and opt-outs never.
 *
 * @param what     the word of the request, as of message.h
 * @param fields   taken, also when it fails: an object of its fields, or NULL
 */
void pst_console_lane_ask(struct pst_console_lane *lane, const char *what, json_t *fields,
	pst_console_answer_fn answered, void *user);

#endif

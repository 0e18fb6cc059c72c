/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONTROL_CLIENT_H
#define PST_CONTROL_CLIENT_H

#include <jansson.h>

#include "base/error.h"

/** The other end of a control socket, for a command: it asks and waits. All calls: [any] */
struct pst_control_client;

#define PST_CONTROL_WAIT_S 10 /* for an answer */

/** Connects. @return 0, or as pst_control_connect() */
int pst_control_client_open(struct pst_control_client **ret_client, const char *path,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Asks and waits for the answer.
 *
 * @param request     taken: an object; v and id are put into it
 * @param ret_answer  on success the caller's
 * @return 0
 *         PST_E_USAGE, PST_E_NOT_FOUND, PST_E_UNSAFE, PST_E_DEVICE  what the lane said, with its
 *                        text in the error
 *         PST_E_TIMEOUT  it did not answer; PST_E_END it hung up; PST_E_FORMAT nonsense came back
 */
int pst_control_client_ask(struct pst_control_client *client, json_t *request, json_t **ret_answer,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Waits for the next line of a subscription, however long that takes.
 *
 * @param ret_line  borrowed until the next call, without its newline
 * @return 0; PST_E_END the lane is over; -EINTR a signal came; PST_E_FORMAT a line of more than
 *         PST_CONTROL_ANSWER_MAX bytes; -errno
 */
int pst_control_client_next(struct pst_control_client *client, const char **ret_line,
	struct pst_error *error) PST_MUST_CHECK;

/** Hangs up and sets *client to NULL. Accepts NULL inside. */
void pst_control_client_close(struct pst_control_client **client);

#endif

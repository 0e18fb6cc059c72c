/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_PENDING_H
#define PST_CONSOLE_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "console/lane.h"

/* Requests that a lane has not answered yet, in the order in which they were sent. */

enum pst_console_kind {
	PST_CONSOLE_DEED = 0,
	PST_CONSOLE_QUESTION, /* changes nothing: its answer holds until something happens */
	PST_CONSOLE_PICTURE,  /* changes nothing, and its answer is never kept */
};

struct pst_console_request {
	int64_t id;
	uint64_t sent_ms;
	enum pst_console_kind kind;
	char *text; /* owned; what was asked, without the id */
	struct pst_console_caller *callers;
	struct pst_console_request *next;
};

/** Zeroed is a valid empty one. */
struct pst_console_pending {
	struct pst_console_request *first;
	struct pst_console_request *last;
};

/**
 * Adds a request and the first who waits for it.
 *
 * @param text  copied
 * @return the request, owned by the list; NULL: no memory
 */
struct pst_console_request *pst_console_pending_add(struct pst_console_pending *pending,
	enum pst_console_kind kind, const char *text, pst_console_answer_fn answered, void *user);

/** Waits with others for the same, if nothing is done meanwhile. @return whether it does */
bool pst_console_pending_join(struct pst_console_pending *pending, const char *text,
	pst_console_answer_fn answered, void *user);

/** Takes the request of that id out. @return owned by the caller; NULL: there is none */
struct pst_console_request *pst_console_pending_take(
	struct pst_console_pending *pending, int64_t id);

/** Tells all who wait for it, and frees it. */
void pst_console_request_answer(struct pst_console_request *request, int status,
	const json_t *answer, const struct pst_error *error);

/** Tells all who wait for anything that none will come. What they ask then is not among it. */
void pst_console_pending_fail(struct pst_console_pending *pending, const struct pst_error *error);

#endif

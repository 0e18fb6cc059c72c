/* SPDX-License-Identifier: Apache-2.0 */
#include "console/pending.h"

#include <stdlib.h>
#include <string.h>

/* One who waits for an answer. */
struct pst_console_caller {
	pst_console_answer_fn answered;
	void *user;
	struct pst_console_caller *next;
};

static bool add_caller(
	struct pst_console_request *request, pst_console_answer_fn answered, void *user)
{
	struct pst_console_caller **at = &request->callers;

	while (*at) {
		at = &(*at)->next;
	}
	*at = malloc(sizeof(**at));
	if (*at) {
		**at = (struct pst_console_caller){answered, user, NULL};
	}
	return *at;
}

static void free_request(struct pst_console_request *request)
{
	free(request->text);
	free(request);
}

struct pst_console_request *pst_console_pending_add(struct pst_console_pending *pending,
	enum pst_console_kind kind, const char *text, pst_console_answer_fn answered, void *user)
{
	struct pst_console_request *request = calloc(1, sizeof(*request));

	if (!request || !(request->text = strdup(text)) || !add_caller(request, answered, user)) {
		if (request) {
			free_request(request);
		}
		return NULL;
	}
	request->kind = kind;
	*(pending->last ? &pending->last->next : &pending->first) = request;
	pending->last = request;
	return request;
}

bool pst_console_pending_join(struct pst_console_pending *pending, const char *text,
	pst_console_answer_fn answered, void *user)
{
	struct pst_console_request *found = NULL;

	for (struct pst_console_request *at = pending->first; at; at = at->next) {
		if (at->kind == PST_CONSOLE_DEED) {
			found = NULL;
		} else if (strcmp(at->text, text) == 0) {
			found = at;
		}
	}
	return found && add_caller(found, answered, user);
}

struct pst_console_request *pst_console_pending_take(
	struct pst_console_pending *pending, int64_t id)
{
	struct pst_console_request *before = NULL;
	struct pst_console_request *at = pending->first;

	while (at && at->id != id) {
		before = at;
		at = at->next;
	}
	if (at) {
		*(before ? &before->next : &pending->first) = at->next;
		pending->last = at->next ? pending->last : before;
	}
	return at;
}

void pst_console_request_answer(struct pst_console_request *request, int status,
	const json_t *answer, const struct pst_error *error)
{
	struct pst_console_caller *at = request->callers;

	while (at) {
		struct pst_console_caller *next = at->next;

		at->answered(at->user, status, answer, error);
		free(at);
		at = next;
	}
	free_request(request);
}

void pst_console_pending_fail(struct pst_console_pending *pending, const struct pst_error *error)
{
	struct pst_console_request *at = pending->first;

	*pending = (struct pst_console_pending){0};
	while (at) {
		struct pst_console_request *next = at->next;

		pst_console_request_answer(at, error->status, NULL, error);
		at = next;
	}
}

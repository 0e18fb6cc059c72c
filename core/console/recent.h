/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_RECENT_H
#define PST_CONSOLE_RECENT_H

#include <stdint.h>

#include <jansson.h>

/* The last few answers by their questions, so that many who ask the same at once cost one request.
 */

#define PST_CONSOLE_RECENT_ANSWERS 8
#define PST_CONSOLE_RECENT_MS 200 /* so old may an answer be */

/** Zeroed is a valid empty one. */
struct pst_console_recent {
	struct {
		char *question; /* owned */
		json_t *answer; /* owned */
		uint64_t at_ms;
	} kept[PST_CONSOLE_RECENT_ANSWERS];
};

/** Keeps an answer in place of the oldest. @param question  taken; @param answer  referenced */
void pst_console_recent_keep(
	struct pst_console_recent *recent, char *question, json_t *answer, uint64_t now_ms);

/** @return the answer, borrowed; NULL: none that is young enough */
const json_t *pst_console_recent_find(
	const struct pst_console_recent *recent, const char *question, uint64_t now_ms);

/** Forgets all: something happened. */
void pst_console_recent_forget(struct pst_console_recent *recent);

#endif

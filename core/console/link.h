/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_LINK_H
#define PST_CONSOLE_LINK_H

#include <stdbool.h>
#include <stddef.h>

#define PST_CONSOLE_LINK_LINE_MAX 131072u  /* bytes of a line with its newline */
#define PST_CONSOLE_LINK_UNSENT_MAX 65536u /* bytes that the other end has not read yet */

/**
 * A connection to a control socket: lines go out, lines come in. All calls: [control]
 *
 * It is owned by who opened it until closed; a callback may close it.
 */
struct uv_loop_s;
struct pst_console_link;

struct pst_console_link_calls {
	/** It stands: now lines can be sent. [control] */
	void (*connected)(void *user);
	/** A whole line, without its newline; borrowed until return. [control] */
	void (*line)(void *user, const char *line, size_t size);
	/** No connection (-errno), or not any more (PST_E_END); to be closed. [control] */
	void (*over)(void *user, int status);
	/** More came than a line has; to be closed. [control] */
	void (*overlong)(void *user);
};

/**
 * Dials; the answer comes by a callback.
 *
 * @param path  of the socket; shorter than sun_path
 * @return 0 or -ENOMEM
 */
int pst_console_link_open(struct pst_console_link **ret_link, struct uv_loop_s *loop,
	const char *path, const struct pst_console_link_calls *calls, void *user);

/**
 * Sends a text, which is taken.
 *
 * @param text  with its newline; NULL counts as not sent
 * @return whether it is under way; false: no memory, or the other end does not read
 */
bool pst_console_link_send(struct pst_console_link *link, char *text);

/** Hangs up; no callback comes after it. Sets *link to NULL. Accepts NULL inside. */
void pst_console_link_close(struct pst_console_link **link);

#endif

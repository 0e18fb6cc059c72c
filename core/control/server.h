/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONTROL_SERVER_H
#define PST_CONTROL_SERVER_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "pipeline/drive.h"

/**
 * The control socket of a running lane: JSON Lines on a Unix domain socket, on the lane's own loop.
 *
 *   pst_control_create --> it listens; who connects waits for the lane
 *   driver: attach     --> requests are done as they come, each whole before the next
 *   pst_control_tell   --> an event for all that subscribed
 *   driver: detach     --> what subscribers can take at once is sent, all is closed
 *
 * Nobody at the other end holds the lane up: nothing waits for a reader. A subscriber that is too
 * slow loses events and is told how many; who does not read answers, sends garbage or too long a
 * line is cut off; who asks too often waits. All calls: [control]
 */
struct pst_control;

#define PST_CONTROL_CONNECTIONS_MAX 256
#define PST_CONTROL_REQUESTS_PER_S 100 /* of one connection; the rest waits for the next second */
#define PST_CONTROL_UNREAD_MAX 131072u /* bytes of answers that may wait for their reader */

/**
 * Makes the socket and listens.
 *
 * @param path   copied
 * @param group  may speak beside the lane's own user, or PST_CONTROL_NO_GROUP
 * @return 0, or as pst_control_listen()
 */
int pst_control_create(struct pst_control **ret_control, const char *path, gid_t group,
	struct pst_error *error) PST_MUST_CHECK;

/** @return what to hand to the lane: borrows the control */
const struct pst_driver *pst_control_driver(const struct pst_control *control);

/** An event's line without newline: a pst_events_line_fn. @param control  struct pst_control * */
void pst_control_tell(void *control, const char *line, size_t size);

/** Removes the socket and sets *control to NULL; after detach. Accepts NULL inside. */
void pst_control_destroy(struct pst_control **control);

#endif

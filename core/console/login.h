/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_LOGIN_H
#define PST_CONSOLE_LOGIN_H

struct pst_http_request;

/* Handlers of /api/session. */

/**
 * POST {"token":"..."}: logs in. A browser that has a session of that role (and lane) keeps it, so
 * that two tabs of one page share it.
 */
void pst_login_enter(struct pst_http_request *request);

/** GET [?role=officer | ?role=traveler&lane=NAME]: who is logged in with this browser's cookies. */
void pst_login_show(struct pst_http_request *request);

/** DELETE: logs out. */
void pst_login_leave(struct pst_http_request *request);

#endif

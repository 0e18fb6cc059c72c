/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_SCRAPE_H
#define PST_CONSOLE_SCRAPE_H

struct pst_http_request;

/* What machines that watch the console ask for. All calls: [control] */

/** GET /metrics: every lane is asked how it does, then all is told at once. */
void pst_scrape_metrics(struct pst_http_request *request);

/** GET /healthz: the console is there, whatever its lanes do. */
void pst_scrape_health(struct pst_http_request *request);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_API_H
#define PST_CONSOLE_API_H

struct pst_http_request;

/*
 * Handlers of the route table below /api/lanes: they ask the lane and tell what it said. Who may
 * ask for what was checked before, but for a close by the traveler. All calls: [control]
 */

/** GET /api/lanes: those that this session may see, as they last said they are. */
void pst_api_lanes(struct pst_http_request *request);

/** GET .../status, .../health, .../policy: the question is the last word of the route's pattern. */
void pst_api_ask(struct pst_http_request *request);

/** GET .../explain[?encounter=N] */
void pst_api_explain(struct pst_http_request *request);

/**
 * POST .../open, notice, consent, decline, withdraw, close, review: the last word of the pattern.
 *
 * A traveler names the encounter when consenting, and closes only one that was opted out of.
 */
void pst_api_act(struct pst_http_request *request);

/** GET .../receipts/ID: the document as it was signed; ID.svg: its slip as a QR code; ID.txt */
void pst_api_receipt(struct pst_http_request *request);
void pst_api_receipt_svg(struct pst_http_request *request);
void pst_api_receipt_text(struct pst_http_request *request);

/** GET .../picture: a JPEG, while there is one to be seen. */
void pst_api_picture(struct pst_http_request *request);

#endif

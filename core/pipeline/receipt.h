/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_RECEIPT_H
#define PST_PIPELINE_RECEIPT_H

#include "pipeline/lane.h"

/* Inside this room only: what the person takes along. */

/** @return what the lane's recording holds the person's frames as; NULL: it holds none of them */
const char *pst_receipt_recording(const struct pst_lane *lane);

/**
 * Signs the receipt of an encounter and keeps it, where receipts are kept.
 *
 * @param closed  receipt is its id; audit the entry that was appended last, negative: none was
 * @param ret_receipt  on success the signed document; the caller frees it
 * @return 0, or a status after a warning: there is none
 */
int pst_receipt_issue(struct pst_lane *lane, const struct pst_policy_decision *decision,
	const struct pst_events_closed *closed, char **ret_receipt);

#endif

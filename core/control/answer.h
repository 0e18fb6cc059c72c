/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONTROL_ANSWER_H
#define PST_CONTROL_ANSWER_H

#include "control/history.h"
#include "control/message.h"
#include "pipeline/drive.h"

/**
 * Has the lane do what a request asks for; subscribing and pictures are the connection's own
 * affair.
 *
 * @param history     of this lane; a review is added to it
 * @param ret_fields  on success what the answer says beside "ok"; the caller drops it
 * @return 0, or the lane's status with the error filled
 * [control & running]
 */
int pst_control_do(struct pst_lane *lane, struct pst_history *history,
	const struct pst_control_request *request, json_t **ret_fields,
	struct pst_error *error) PST_MUST_CHECK;

#endif

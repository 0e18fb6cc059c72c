/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_PAD_H
#define PST_WORKER_PAD_H

#include "base/error.h"
#include "wire/pad.h"
#include "worker/guest.h"
#include "worker/view.h"

/**
 * Has a presentation attack detector judge one face.
 *
 * @param guest  NULL: there is none, and the answer is not implemented
 * @return 0, ret_pad filled, with its own status; PST_E_PLUGIN it failed or answered nonsense
 */
int pst_pad_judge(struct pst_guest *guest, const struct pst_view *view,
	struct pst_wire_pad *ret_pad, struct pst_error *error) PST_MUST_CHECK;

#endif

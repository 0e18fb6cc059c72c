/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/pad.h"

int pst_pad_judge(struct pst_guest *guest, const struct pst_view *view,
	struct pst_wire_pad *ret_pad, struct pst_error *error)
{
	const struct pst_pad_calls *calls;
	const char *problem = NULL;
	const char *id;
	int status;

	*ret_pad = (struct pst_wire_pad){.status = PST_E_NOT_IMPLEMENTED};
	if (!guest) {
		return 0;
	}
	calls = pst_guest_calls(guest);
	id = pst_guest_plugin(guest)->id;
	status = calls->judge(
		pst_guest_self(guest), &view->picture.image, &view->face, &ret_pad->result);
	if (status == PST_E_NO_FACE || status == PST_E_POOR_QUALITY) {
		*ret_pad = (struct pst_wire_pad){.status = status};
		return 0;
	}
	if (status != 0) {
		return pst_error_set(error, PST_E_PLUGIN, "plugin %s: judging failed: %s", id,
			status < 0 ? pst_status_text(status) : "its status is not known");
	}
	if (pst_pad_check(&ret_pad->result, &problem) < 0) {
		return pst_error_set(
			error, PST_E_PLUGIN, "plugin %s: its answer has %s", id, problem);
	}
	ret_pad->status = 0;
	return 0;
}

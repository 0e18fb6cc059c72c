/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_CONTROLS_H
#define PST_DEVICES_V4L2_CONTROLS_H

#include "devices/v4l2/node.h"
#include "devices/v4l2/v4l2.h"

#define V4L2_CONTROLS_WANTED_MAX 24
#define V4L2_CONTROLS_TEXT_SIZE 512 /* of all that a URI asks for */

/** What a URI asks of a camera's controls, in its order. Zeroed is: nothing. */
struct v4l2_controls_want {
	struct {
		char name[PST_V4L2_CONTROL_NAME_SIZE];
		char value[PST_V4L2_CONTROL_NAME_SIZE];
	} at[V4L2_CONTROLS_WANTED_MAX];
	uint32_t count;
};

/**
 * Reads "NAME:VALUE,NAME:VALUE".
 *
 * @return 0; PST_E_CONFIG with the error filled
 */
int pst_v4l2_controls_parse(
	struct v4l2_controls_want *want, const char *text, struct pst_error *error) PST_MUST_CHECK;

/**
 * Sets controls and reads them back, at open and again whenever the camera comes back.
 *
 * A control is set only when the driver says that it is active: those that an automatic one holds
 * come after it is off. Names are the driver's, as `v4l2-ctl` writes them, or those of another
 * kernel; menus take an entry's name or number, switches 0 and 1, on and off.
 *
 * @return 0; PST_E_CONFIG no such control, value or range, nothing was set; PST_E_DEVICE one is
 *         held by an automatic one, or was not taken: those before it are set; error filled
 */
int pst_v4l2_controls_apply(const struct v4l2_node *node, const struct v4l2_controls_want *want,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Reads all controls that hold one number, with their ranges and values.
 *
 * @param ret_controls  on success to be freed with pst_v4l2_controls_free; NULL if there is none
 * @return count; -ENOMEM
 */
int pst_v4l2_controls_read(
	const struct v4l2_node *node, struct pst_v4l2_control **ret_controls) PST_MUST_CHECK;

/** Frees the controls and sets *controls to NULL. */
void pst_v4l2_controls_free(struct pst_v4l2_control **controls, int count);

/** Writes a control's name as `v4l2-ctl` does: "White Balance, Automatic" is
 * "white_balance_automatic". */
void pst_v4l2_control_name(const char *text, char name[PST_V4L2_CONTROL_NAME_SIZE]);

#endif

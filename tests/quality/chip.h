/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_QUALITY_CHIP_H
#define TEST_QUALITY_CHIP_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "support/guest.h"
#include "wire/message.h"

/** The grey chip that a plugin's manifest asks for. */
static inline struct pst_wire_plugin chip_of(struct guest *guest)
{
	struct pst_wire_plugin plugin = {.chip_format = PST_PIXELS_GREY8};
	struct pst_point *p = plugin.chip_landmark;

	cr_assert_eq(sscanf(guest_field(guest, "chip"),
			     "{format: grey8, width: %u, height: %u, landmarks: "
			     "[[%f, %f], [%f, %f], [%f, %f], [%f, %f], [%f, %f]]}",
			     &plugin.chip_width, &plugin.chip_height, &p[0].x, &p[0].y, &p[1].x,
			     &p[1].y, &p[2].x, &p[2].y, &p[3].x, &p[3].y, &p[4].x, &p[4].y),
		12);
	return plugin;
}

#endif

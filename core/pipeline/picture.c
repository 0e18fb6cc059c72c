/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/picture.h"

#include <errno.h>

#include "base/clock.h"
#include "pipeline/impl.h"

#define WAIT_NS (PST_PICTURE_WAIT_MS * PST_NS_PER_MS)
#define PAUSE_NS (PST_NS_PER_S / PST_PICTURE_PER_S)

int pst_picture_ask(struct pst_lane *lane, struct pst_error *error)
{
	struct pst_picture_desk *desk = &lane->pictures;

	pst_lane_catch_up(lane);
	pst_lane_advance(lane);
	if (lane->spec.config->picture != PST_LANE_PICTURE_MASKED || !lane->vision.worker) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"this lane gives no pictures; control.picture says so");
	}
	if (pst_permit_id(&lane->permit) == 0) {
		return pst_error_set(
			error, PST_E_ELECTIVE, "there is no picture: nobody has a permit");
	}
	if (!desk->wanted) {
		desk->wanted = true;
		desk->permit = pst_permit_id(&lane->permit);
		desk->asked_ns = lane->now_ns;
		pst_lane_advance(lane);
	}
	return 0;
}

static void tell(
	struct pst_lane *lane, const struct pst_picture_made *made, const struct pst_error *why_not)
{
	const struct pst_driver *driver = lane->spec.driver;

	lane->pictures.wanted = false;
	driver->pictured(driver->user, made, why_not);
}

static void PST_PRINTF(3, 4) refuse(struct pst_lane *lane, int status, const char *format, ...)
{
	struct pst_error error = {.status = status};
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error.text, sizeof(error.text), format, args);
	va_end(args);
	tell(lane, NULL, &error);
}

/* @return whether it is wanted, and the permit that it is wanted of lives */
static bool is_wanted(const struct pst_lane *lane)
{
	const struct pst_picture_desk *desk = &lane->pictures;

	return desk->wanted && desk->permit == pst_permit_id(&lane->permit);
}

bool pst_picture_is_due(const struct pst_lane *lane)
{
	const struct pst_picture_desk *desk = &lane->pictures;

	return is_wanted(lane) && (desk->made_ns == 0 || lane->now_ns - desk->made_ns >= PAUSE_NS);
}

/* The log holds that somebody looks before anybody does. @return 0, or why nobody may */
static int record_view(struct pst_lane *lane)
{
	struct pst_picture_desk *desk = &lane->pictures;

	if (desk->viewed == desk->permit) {
		return 0;
	}
	int status = pst_record_append(lane, "picture.viewed",
		json_pack("{s:s, s:I, s:I}", "lane", lane->spec.config->name, "encounter",
			(json_int_t)lane->traveler.number, "permit", (json_int_t)desk->permit),
		NULL);

	if (status == 0) {
		desk->viewed = desk->permit;
		lane->traveler.viewed = true;
	}
	return status;
}

void pst_picture_take(struct pst_lane *lane, const struct pst_wire_masked *masked)
{
	const struct pst_picture_made made = {.width = masked->width,
		.height = masked->height,
		.captured_ns = lane->vision.frame[masked->slot].captured_ns,
		.jpeg = masked->bytes,
		.size = masked->size};

	if (masked->permit != pst_permit_id(&lane->permit)) {
		return;
	}
	pst_vision_shown(&lane->vision, masked->slot);
	/* Of a frame that cannot be shown the next one may be. */
	if (!is_wanted(lane) || masked->status < 0) {
		return;
	}
	if (record_view(lane) < 0) {
		refuse(lane, PST_E_UNSAFE, "no picture: audit log: %s", lane->audit_error.text);
		(void)pst_script_break(lane);
		return;
	}
	lane->pictures.made_ns = lane->now_ns;
	tell(lane, &made, NULL);
}

void pst_picture_end(struct pst_lane *lane)
{
	if (lane->pictures.wanted) {
		refuse(lane, PST_E_ELECTIVE, "there is no picture: the permit is over");
	}
}

int64_t pst_picture_due_ns(const struct pst_lane *lane)
{
	return lane->pictures.wanted ? lane->pictures.asked_ns + WAIT_NS : INT64_MAX;
}

void pst_picture_advance(struct pst_lane *lane)
{
	if (lane->now_ns >= pst_picture_due_ns(lane)) {
		refuse(lane, PST_E_NOT_FOUND,
			"no picture within %d ms: no frame of this permit could be shown; ask "
			"again",
			PST_PICTURE_WAIT_MS);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_CONTROLS_H
#define USB_CAMERA_CONTROLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Requests of UVC, and the answers to "what was wrong" (UVC 4.2.1.2). */
enum {
	REQUEST_SET_CUR = 0x01,
	REQUEST_GET_CUR = 0x81,
	REQUEST_GET_MIN = 0x82,
	REQUEST_GET_MAX = 0x83,
	REQUEST_GET_RES = 0x84,
	REQUEST_GET_LEN = 0x85,
	REQUEST_GET_INFO = 0x86,
	REQUEST_GET_DEF = 0x87,
	WRONG_NOTHING = 0,
	WRONG_STATE = 2,
	WRONG_RANGE = 4,
	WRONG_CONTROL = 6,
	WRONG_REQUEST = 7,
};

enum control {
	CONTROL_BRIGHTNESS,
	CONTROL_CONTRAST,
	CONTROL_GAIN,
	CONTROL_POWER_LINE, /* 0 off, 1 50 Hz, 2 60 Hz */
	CONTROL_EXPOSURE_AUTO,
	CONTROL_EXPOSURE_PRIORITY, /* 1: the rate may fall in the dark */
	CONTROL_EXPOSURE_TIME,	   /* 100 us */
	CONTROL_FOCUS_AUTO,
	CONTROL_FOCUS,
	CONTROL_COUNT,
};

#define EXPOSURE_MANUAL 1 /* of CONTROL_EXPOSURE_AUTO */
#define EXPOSURE_APERTURE 8

/** The camera's knobs, as they stand. */
struct controls {
	int32_t value[CONTROL_COUNT];
	uint8_t wrong; /* why the last request was refused */
};

/** As after power on. */
void controls_reset(struct controls *controls);

/**
 * Answers a class request to a terminal or unit of the control interface.
 *
 * @param unit      UNIT_CAMERA, UNIT_PROCESSING, or 0: the interface's own
 * @param data      SET_CUR: the new value, size bytes; else filled, room for at least 4 bytes
 * @param ret_set   the control that was set, CONTROL_COUNT otherwise
 * @return bytes of the answer, or -EPIPE: the request is stalled and controls->wrong says why.
 *         Exposure time and focus can't be set while their automatic is on
 */
int controls_request(struct controls *controls, unsigned unit, unsigned selector, unsigned request,
	uint8_t *data, size_t size, enum control *ret_set);

/** @return "brightness", ... */
const char *control_name(enum control control);

/** @return whether the camera chooses the exposure time, and may slow down for it */
bool controls_may_slow_down(const struct controls *controls);

/** @return the exposure time set by hand, ns; 0 when it is automatic */
int64_t controls_exposure_ns(const struct controls *controls);

#endif

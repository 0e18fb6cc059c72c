/* SPDX-License-Identifier: Apache-2.0 */
#include "controls.h"

#include <errno.h>
#include <string.h>

#include "descriptors.h"

#define ERROR_CODE 2 /* selector of the interface's own "what was wrong" */
#define INFO_GET_SET 3
#define INFO_BY_AUTO 4 /* can't be set just now, since an automatic is on */

/* Selectors as UVC A.9.4 and A.9.5 number them. */
static const struct info {
	const char *name;
	uint8_t unit, selector, size; /* bytes of a value */
	int32_t min, max, def, step;
} infos[CONTROL_COUNT] = {
	[CONTROL_BRIGHTNESS] = {"brightness", UNIT_PROCESSING, 2, 2, -64, 64, 0, 1},
	[CONTROL_CONTRAST] = {"contrast", UNIT_PROCESSING, 3, 2, 0, 100, 50, 1},
	[CONTROL_GAIN] = {"gain", UNIT_PROCESSING, 4, 2, 0, 255, 16, 1},
	[CONTROL_POWER_LINE] = {"power-line", UNIT_PROCESSING, 5, 1, 0, 2, 1, 1},
	/* The step of a bit map is the map of what there is: by hand, and aperture priority. */
	[CONTROL_EXPOSURE_AUTO] = {"exposure-auto", UNIT_CAMERA, 2, 1, EXPOSURE_MANUAL,
		EXPOSURE_APERTURE, EXPOSURE_APERTURE, EXPOSURE_MANUAL | EXPOSURE_APERTURE},
	[CONTROL_EXPOSURE_PRIORITY] = {"exposure-priority", UNIT_CAMERA, 3, 1, 0, 1, 1, 1},
	[CONTROL_EXPOSURE_TIME] = {"exposure-time", UNIT_CAMERA, 4, 4, 1, 5000, 156, 1},
	[CONTROL_FOCUS_AUTO] = {"focus-auto", UNIT_CAMERA, 8, 1, 0, 1, 1, 1},
	[CONTROL_FOCUS] = {"focus", UNIT_CAMERA, 6, 2, 0, 250, 30, 5},
};

void controls_reset(struct controls *controls)
{
	for (int i = 0; i < CONTROL_COUNT; i++) {
		controls->value[i] = infos[i].def;
	}
	controls->wrong = WRONG_NOTHING;
}

static int refuse(struct controls *controls, uint8_t why)
{
	controls->wrong = why;
	return -EPIPE;
}

static bool is_auto(const struct controls *controls, enum control control)
{
	return (control == CONTROL_EXPOSURE_TIME &&
		       controls->value[CONTROL_EXPOSURE_AUTO] == EXPOSURE_APERTURE) ||
	       (control == CONTROL_FOCUS && controls->value[CONTROL_FOCUS_AUTO]);
}

static int32_t load(const uint8_t *data, size_t size)
{
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++) {
		value |= (uint32_t)data[i] << 8 * i;
	}
	return size == 2 ? (int16_t)value : (int32_t)value;
}

static int store(uint8_t *data, int32_t value, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		data[i] = (uint8_t)((uint32_t)value >> 8 * i);
	}
	return (int)size;
}

static int set(struct controls *controls, enum control control, const uint8_t *data, size_t size)
{
	const struct info *info = &infos[control];

	if (size != info->size) {
		return refuse(controls, WRONG_REQUEST);
	}
	if (is_auto(controls, control)) {
		return refuse(controls, WRONG_STATE);
	}
	int32_t value = load(data, size);
	bool known = control != CONTROL_EXPOSURE_AUTO || value == EXPOSURE_MANUAL ||
		     value == EXPOSURE_APERTURE;

	if (value < info->min || value > info->max || !known) {
		return refuse(controls, WRONG_RANGE);
	}
	controls->value[control] = value;
	return 0;
}

static int get(struct controls *controls, enum control control, unsigned request, uint8_t *data)
{
	const struct info *info = &infos[control];

	switch (request) {
	case REQUEST_GET_CUR:
		return store(data, controls->value[control], info->size);
	case REQUEST_GET_MIN:
		return store(data, info->min, info->size);
	case REQUEST_GET_MAX:
		return store(data, info->max, info->size);
	case REQUEST_GET_RES:
		return store(data, info->step, info->size);
	case REQUEST_GET_DEF:
		return store(data, info->def, info->size);
	case REQUEST_GET_LEN:
		return store(data, info->size, 2);
	case REQUEST_GET_INFO:
		return store(
			data, INFO_GET_SET | (is_auto(controls, control) ? INFO_BY_AUTO : 0), 1);
	default:
		return refuse(controls, WRONG_REQUEST);
	}
}

int controls_request(struct controls *controls, unsigned unit, unsigned selector, unsigned request,
	uint8_t *data, size_t size, enum control *ret_set)
{
	*ret_set = CONTROL_COUNT;
	if (unit == 0 && selector == ERROR_CODE && request == REQUEST_GET_CUR) {
		return store(data, controls->wrong, 1);
	}
	if (unit == 0 && selector == ERROR_CODE && request == REQUEST_GET_INFO) {
		return store(data, 1, 1);
	}
	controls->wrong = WRONG_NOTHING;
	for (int i = 0; i < CONTROL_COUNT; i++) {
		if (infos[i].unit != unit || infos[i].selector != selector) {
			continue;
		}
		if (request != REQUEST_SET_CUR) {
			return get(controls, (enum control)i, request, data);
		}
		*ret_set = (enum control)i;
		return set(controls, (enum control)i, data, size);
	}
	return refuse(controls, WRONG_CONTROL);
}

const char *control_name(enum control control)
{
	return infos[control].name;
}

bool controls_may_slow_down(const struct controls *controls)
{
	return controls->value[CONTROL_EXPOSURE_AUTO] != EXPOSURE_MANUAL &&
	       controls->value[CONTROL_EXPOSURE_PRIORITY];
}

int64_t controls_exposure_ns(const struct controls *controls)
{
	return controls->value[CONTROL_EXPOSURE_AUTO] == EXPOSURE_MANUAL
		       ? (int64_t)controls->value[CONTROL_EXPOSURE_TIME] * 100000
		       : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/controls.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Drivers have been seen that never say "no more". */
#define CONTROLS_MAX 256
#define CHOICES_MAX 64

/* Names changed with the kernel: uvcvideo had its own, as in Linux 5.10, before V4L2's. */
static const struct {
	uint32_t id;
	const char *name;
} other_names[] = {
	{V4L2_CID_AUTO_WHITE_BALANCE, "white_balance_temperature_auto"},
	{V4L2_CID_AUTO_WHITE_BALANCE, "white_balance_automatic"},
	{V4L2_CID_EXPOSURE_AUTO, "exposure_auto"},
	{V4L2_CID_EXPOSURE_AUTO, "auto_exposure"},
	{V4L2_CID_EXPOSURE_ABSOLUTE, "exposure_absolute"},
	{V4L2_CID_EXPOSURE_ABSOLUTE, "exposure_time_absolute"},
	{V4L2_CID_EXPOSURE_AUTO_PRIORITY, "exposure_auto_priority"},
	{V4L2_CID_EXPOSURE_AUTO_PRIORITY, "exposure_dynamic_framerate"},
	{V4L2_CID_FOCUS_AUTO, "focus_auto"},
	{V4L2_CID_FOCUS_AUTO, "focus_automatic_continuous"},
};

#define OTHER_NAMES (sizeof(other_names) / sizeof(other_names[0]))

void pst_v4l2_control_name(const char *text, char name[PST_V4L2_CONTROL_NAME_SIZE])
{
	size_t used = 0;
	bool gap = false;

	for (; *text && used + 2 < PST_V4L2_CONTROL_NAME_SIZE; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x80 || !isalnum(c)) {
			gap = used > 0;
			continue;
		}
		if (gap) {
			name[used++] = '_';
			gap = false;
		}
		name[used++] = (char)tolower(c);
	}
	name[used] = 0;
}

static enum pst_v4l2_control_kind kind_of(const struct v4l2_query_ext_ctrl *told)
{
	if ((told->flags & V4L2_CTRL_FLAG_DISABLED) || told->nr_of_dims > 0) {
		return PST_V4L2_CONTROL_UNSET;
	}
	switch (told->type) {
	case V4L2_CTRL_TYPE_INTEGER:
	case V4L2_CTRL_TYPE_INTEGER64:
	case V4L2_CTRL_TYPE_BITMASK:
		return PST_V4L2_CONTROL_NUMBER;
	case V4L2_CTRL_TYPE_BOOLEAN:
		return PST_V4L2_CONTROL_SWITCH;
	case V4L2_CTRL_TYPE_MENU:
	case V4L2_CTRL_TYPE_INTEGER_MENU:
		return PST_V4L2_CONTROL_MENU;
	default:
		return PST_V4L2_CONTROL_UNSET;
	}
}

static int read_value(const struct v4l2_node *node, uint32_t id, bool wide, int64_t *ret_value)
{
	struct v4l2_ext_control one = {.id = id};
	struct v4l2_ext_controls ask = {
		.which = V4L2_CTRL_WHICH_CUR_VAL, .count = 1, .controls = &one};
	int status = pst_v4l2_node_ask(node, VIDIOC_G_EXT_CTRLS, &ask);

	if (status == 0) {
		*ret_value = wide ? one.value64 : one.value;
	}
	return status;
}

static int read_choices(
	struct pst_v4l2_control *control, const struct v4l2_node *node, uint32_t type)
{
	control->choice = calloc(CHOICES_MAX, sizeof(*control->choice));
	if (!control->choice) {
		return -ENOMEM;
	}
	int64_t last = control->most < CHOICES_MAX ? control->most : CHOICES_MAX - 1;

	for (int64_t i = control->least > 0 ? control->least : 0; i <= last; i++) {
		struct v4l2_querymenu ask = {.id = control->id, .index = (uint32_t)i};
		struct pst_v4l2_choice *choice = &control->choice[control->choices];
		char text[sizeof(ask.name) + 1] = "";

		if (pst_v4l2_node_ask(node, VIDIOC_QUERYMENU, &ask) < 0) {
			continue;
		}
		if (type == V4L2_CTRL_TYPE_INTEGER_MENU) {
			(void)snprintf(
				choice->name, sizeof(choice->name), "%lld", (long long)ask.value);
		} else {
			memcpy(text, ask.name, sizeof(ask.name));
			pst_v4l2_control_name(text, choice->name);
		}
		choice->value = i;
		control->choices++;
	}
	return 0;
}

static int read_control(struct pst_v4l2_control *control, const struct v4l2_node *node,
	const struct v4l2_query_ext_ctrl *told)
{
	char text[sizeof(told->name) + 1] = "";

	*control = (struct pst_v4l2_control){.id = told->id,
		.kind = kind_of(told),
		.least = told->minimum,
		.most = told->maximum,
		.step = told->step > 0 && told->step < INT64_MAX ? (int64_t)told->step : 1,
		.initial = told->default_value,
		.writable = !(told->flags & V4L2_CTRL_FLAG_READ_ONLY),
		.held = told->flags & V4L2_CTRL_FLAG_INACTIVE};
	memcpy(text, told->name, sizeof(told->name));
	pst_v4l2_control_name(text, control->name);
	if (!(told->flags & V4L2_CTRL_FLAG_WRITE_ONLY)) {
		bool wide = told->type == V4L2_CTRL_TYPE_INTEGER64;

		control->readable = read_value(node, told->id, wide, &control->value) == 0;
	}
	return control->kind == PST_V4L2_CONTROL_MENU ? read_choices(control, node, told->type) : 0;
}

int pst_v4l2_controls_read(const struct v4l2_node *node, struct pst_v4l2_control **ret_controls)
{
	struct pst_v4l2_control *list = NULL;
	struct v4l2_query_ext_ctrl ask = {.id = V4L2_CTRL_FLAG_NEXT_CTRL};
	int count = 0;
	int status = 0;

	*ret_controls = NULL;
	for (int i = 0; status == 0 && i < CONTROLS_MAX; i++) {
		uint32_t before = ask.id & V4L2_CTRL_ID_MASK;

		if (pst_v4l2_node_ask(node, VIDIOC_QUERY_EXT_CTRL, &ask) < 0 || ask.id <= before) {
			break;
		}
		if (kind_of(&ask) != PST_V4L2_CONTROL_UNSET) {
			struct pst_v4l2_control *grown =
				realloc(list, (size_t)(count + 1) * sizeof(*grown));

			status = -ENOMEM;
			if (grown) {
				list = grown;
				status = read_control(&list[count++], node, &ask);
			}
		}
		ask = (struct v4l2_query_ext_ctrl){.id = ask.id | V4L2_CTRL_FLAG_NEXT_CTRL};
	}
	if (status < 0) {
		pst_v4l2_controls_free(&list, count);
		return status;
	}
	*ret_controls = list;
	return count;
}

void pst_v4l2_controls_free(struct pst_v4l2_control **controls, int count)
{
	for (int i = 0; i < count; i++) {
		free((*controls)[i].choice);
	}
	free(*controls);
	*controls = NULL;
}

int pst_v4l2_controls_parse(
	struct v4l2_controls_want *want, const char *text, struct pst_error *error)
{
	*want = (struct v4l2_controls_want){0};
	while (*text) {
		size_t length = strcspn(text, ",");
		const char *colon = memchr(text, ':', length);
		size_t name = colon ? (size_t)(colon - text) : 0;
		size_t value = colon ? length - name - 1 : 0;

		if (name < 1 || value < 1 || name >= PST_V4L2_CONTROL_NAME_SIZE ||
			value >= PST_V4L2_CONTROL_NAME_SIZE ||
			want->count == V4L2_CONTROLS_WANTED_MAX) {
			return pst_error_set(error, PST_E_CONFIG,
				"controls: '%.*s' is not NAME:VALUE, or more than %d are set",
				(int)(length < 100 ? length : 100), text, V4L2_CONTROLS_WANTED_MAX);
		}
		memcpy(want->at[want->count].name, text, name);
		memcpy(want->at[want->count].value, colon + 1, value);
		for (uint32_t i = 0; i < want->count; i++) {
			if (strcmp(want->at[i].name, want->at[want->count].name) == 0) {
				return pst_error_set(error, PST_E_CONFIG,
					"controls: %s is set twice", want->at[i].name);
			}
		}
		want->count++;
		text += length;
		text += *text == ',';
	}
	return 0;
}

/* One control that was asked for, found at the camera. */
struct wanted {
	const struct pst_v4l2_control *control;
	int64_t value;
	bool done;
};

static const struct pst_v4l2_control *find(
	const struct pst_v4l2_control *list, int count, const char *name)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(list[i].name, name) == 0) {
			return &list[i];
		}
	}
	for (int i = 0; i < count; i++) {
		for (size_t k = 0; k < OTHER_NAMES; k++) {
			if (other_names[k].id == list[i].id &&
				strcmp(other_names[k].name, name) == 0) {
				return &list[i];
			}
		}
	}
	return NULL;
}

static int refuse_name(const struct v4l2_node *node, const struct pst_v4l2_control *list, int count,
	const char *name, struct pst_error *error)
{
	const char *names[CONTROLS_MAX + 1] = {NULL};
	char known[256] = "";
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		int length = snprintf(
			known + used, sizeof(known) - used, "%s%s", i ? ", " : "", list[i].name);

		names[i] = list[i].name;
		used += length > 0 ? (size_t)length : 0;
		used = used < sizeof(known) ? used : sizeof(known) - 1;
	}
	const char *nearest = pst_text_nearest(names, name);

	if (count == 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s: \"%s\" has no control '%s', nor any",
			node->path, node->name, name);
	}
	if (nearest) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: \"%s\" has no control '%s'; did you mean '%s'?", node->path,
			node->name, name, nearest);
	}
	return pst_error_set(error, PST_E_CONFIG, "%s: \"%s\" has no control '%s'; it has %s",
		node->path, node->name, name, known);
}

static int refuse_choice(const struct v4l2_node *node, const struct pst_v4l2_control *control,
	const char *text, struct pst_error *error)
{
	char known[256] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < control->choices && used < sizeof(known); i++) {
		int length =
			snprintf(known + used, sizeof(known) - used, "%s%s (%lld)", i ? ", " : "",
				control->choice[i].name, (long long)control->choice[i].value);

		used += length > 0 ? (size_t)length : 0;
	}
	return pst_error_set(error, PST_E_CONFIG, "%s: control %s takes no '%s'; it takes %s",
		node->path, control->name, text, known);
}

static int choose_entry(const struct v4l2_node *node, const struct pst_v4l2_control *control,
	const char *text, int64_t *ret_value, struct pst_error *error)
{
	int64_t number;
	bool is_number = pst_text_parse_int(text, INT32_MIN, INT32_MAX, &number) == 0;

	for (uint32_t i = 0; i < control->choices; i++) {
		if (strcmp(control->choice[i].name, text) == 0) {
			*ret_value = control->choice[i].value;
			return 0;
		}
	}
	for (uint32_t i = 0; is_number && i < control->choices; i++) {
		if (control->choice[i].value == number) {
			*ret_value = number;
			return 0;
		}
	}
	return refuse_choice(node, control, text, error);
}

static int choose_number(const struct v4l2_node *node, const struct pst_v4l2_control *control,
	const char *text, int64_t *ret_value, struct pst_error *error)
{
	int64_t value;

	if (pst_text_parse_int(text, control->least, control->most, &value) < 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: control %s takes no '%s'; it takes %lld to %lld", node->path,
			control->name, text, (long long)control->least, (long long)control->most);
	}
	uint64_t past = ((uint64_t)value - (uint64_t)control->least) % (uint64_t)control->step;

	uint64_t below = (uint64_t)value - past;

	if (past != 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: control %s takes no '%s'; it goes from %lld in steps of %lld, the "
			"next are %lld and %lld",
			node->path, control->name, text, (long long)control->least,
			(long long)control->step, (long long)below,
			(long long)(below + (uint64_t)control->step));
	}
	*ret_value = value;
	return 0;
}

static int choose_value(const struct v4l2_node *node, const struct pst_v4l2_control *control,
	const char *text, int64_t *ret_value, struct pst_error *error)
{
	bool on = strcmp(text, "on") == 0 || strcmp(text, "1") == 0;

	if (!control->writable) {
		return pst_error_set(error, PST_E_CONFIG, "%s: control %s can only be read",
			node->path, control->name);
	}
	switch (control->kind) {
	case PST_V4L2_CONTROL_MENU:
		return choose_entry(node, control, text, ret_value, error);
	case PST_V4L2_CONTROL_SWITCH:
		if (!on && strcmp(text, "off") != 0 && strcmp(text, "0") != 0) {
			return pst_error_set(error, PST_E_CONFIG,
				"%s: control %s takes no '%s'; it takes on or off", node->path,
				control->name, text);
		}
		*ret_value = on;
		return 0;
	case PST_V4L2_CONTROL_NUMBER:
		return choose_number(node, control, text, ret_value, error);
	case PST_V4L2_CONTROL_UNSET:
		break;
	}
	return PST_E_CONFIG;
}

/* @return 1 set, and read back as asked; 0 an automatic control holds it */
static int set_one(
	const struct v4l2_node *node, const struct wanted *wanted, struct pst_error *error)
{
	const struct pst_v4l2_control *control = wanted->control;
	struct v4l2_query_ext_ctrl told = {.id = control->id};
	int64_t got = wanted->value;
	int status = pst_v4l2_node_ask(node, VIDIOC_QUERY_EXT_CTRL, &told);

	if (status < 0) {
		return pst_v4l2_node_fail(node, status, "describe its controls", error);
	}
	if (told.flags & V4L2_CTRL_FLAG_INACTIVE) {
		return 0;
	}
	bool wide = told.type == V4L2_CTRL_TYPE_INTEGER64;
	struct v4l2_ext_control one = {.id = control->id};
	struct v4l2_ext_controls ask = {
		.which = V4L2_CTRL_WHICH_CUR_VAL, .count = 1, .controls = &one};

	if (wide) {
		one.value64 = wanted->value;
	} else {
		one.value = (int32_t)wanted->value;
	}
	status = pst_v4l2_node_ask(node, VIDIOC_S_EXT_CTRLS, &ask);
	if (status == -EACCES || status == -EBUSY) {
		return 0;
	}
	if (status == 0 && control->readable) {
		status = read_value(node, control->id, wide, &got);
	}
	if (status < 0) {
		char what[32 + PST_V4L2_CONTROL_NAME_SIZE];

		(void)snprintf(what, sizeof(what), "set its control %s", control->name);
		return pst_v4l2_node_fail(node, status, what, error);
	}
	if (got != wanted->value) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: control %s was set to %lld and \"%s\" keeps %lld; ask for that, or "
			"leave it out",
			node->path, control->name, (long long)wanted->value, node->name,
			(long long)got);
	}
	return 1;
}

/* Switches and menus go first: among them are the automatics that hold numbers. */
static int set_round(const struct v4l2_node *node, struct wanted *wanted, uint32_t count,
	bool numbers, struct pst_error *error)
{
	int progress = 0;

	for (uint32_t i = 0; i < count; i++) {
		bool number = wanted[i].control->kind == PST_V4L2_CONTROL_NUMBER;

		if (wanted[i].done || number != numbers) {
			continue;
		}
		int status = set_one(node, &wanted[i], error);

		if (status < 0) {
			return status;
		}
		wanted[i].done = status == 1;
		progress += status;
	}
	return progress;
}

static int set_all(const struct v4l2_node *node, struct wanted *wanted, uint32_t count,
	struct pst_error *error)
{
	int progress;

	do {
		int first = set_round(node, wanted, count, false, error);
		int second = first < 0 ? first : set_round(node, wanted, count, true, error);

		if (second < 0) {
			return second;
		}
		progress = first + second;
	} while (progress > 0);
	for (uint32_t i = 0; i < count; i++) {
		if (!wanted[i].done) {
			return pst_error_set(error, PST_E_DEVICE,
				"%s: control %s can't be set while an automatic one of \"%s\" "
				"holds it; turn that off in the same controls=",
				node->path, wanted[i].control->name, node->name);
		}
	}
	return 0;
}

int pst_v4l2_controls_apply(const struct v4l2_node *node, const struct v4l2_controls_want *want,
	struct pst_error *error)
{
	struct wanted wanted[V4L2_CONTROLS_WANTED_MAX] = {0};
	struct pst_v4l2_control *list = NULL;

	if (want->count == 0) {
		return 0;
	}
	int count = pst_v4l2_controls_read(node, &list);
	int status = count < 0 ? pst_error_set(error, count, "%s: out of memory", node->path) : 0;

	for (uint32_t i = 0; status == 0 && i < want->count; i++) {
		wanted[i].control = find(list, count, want->at[i].name);
		status = !wanted[i].control
				 ? refuse_name(node, list, count, want->at[i].name, error)
				 : choose_value(node, wanted[i].control, want->at[i].value,
					   &wanted[i].value, error);
	}
	if (status == 0) {
		status = set_all(node, wanted, want->count, error);
	}
	pst_v4l2_controls_free(&list, count < 0 ? 0 : count);
	return status;
}

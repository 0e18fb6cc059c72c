/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "devices/v4l2/list.h"

static const char help[] =
	"usage: postern devices [--all] [--controls] [--json]\n"
	"\n"
	"Lists the cameras of this machine: how to name each in a lane, where it is plugged in,\n"
	"whether it is free, and the formats that it offers with their largest size and highest\n"
	"rate. A format in brackets is not one that postern takes. Of a camera that is busy it "
	"says\n"
	"who has it, of one that can't be opened what to do. The first address shown names this\n"
	"camera and no other of this machine.\n"
	"\n"
	"  -a, --all    print every size and rate, and who has a camera open without using it\n"
	"  -c, --controls\n"
	"               print what can be set at a camera, as controls= in its address takes it\n"
	"      --json   print the list as JSON\n"
	"      --help   print this help\n"
	"\n"
	"Exit status: 0, also when there are no cameras; 2 usage; 3 the list can't be made.\n"
	"'postern doctor' says what is wrong with a camera.\n";

static json_t *mode_to_json(const struct pst_v4l2_mode *mode)
{
	json_t *rates = json_array();

	for (uint32_t i = 0; i < mode->rates; i++) {
		(void)json_array_append_new(rates, json_real(mode->fps[i]));
	}
	return json_pack("{s:s, s:b, s:b, s:i, s:i, s:o, s:b}", "fourcc", mode->fourcc, "taken",
		mode->format != PST_FRAME_FORMAT_UNSET, "converted", mode->converted, "width",
		(int)mode->width, "height", (int)mode->height, "fps", rates, "fps_range",
		mode->any_rate);
}

static const char *kind_name(enum pst_v4l2_control_kind kind)
{
	switch (kind) {
	case PST_V4L2_CONTROL_NUMBER:
		return "number";
	case PST_V4L2_CONTROL_SWITCH:
		return "switch";
	case PST_V4L2_CONTROL_MENU:
		return "menu";
	case PST_V4L2_CONTROL_UNSET:
		break;
	}
	return "unset";
}

static json_t *control_to_json(const struct pst_v4l2_control *control)
{
	json_t *menu = json_array();

	for (uint32_t i = 0; i < control->choices; i++) {
		(void)json_array_append_new(
			menu, json_pack("{s:I, s:s}", "value", (json_int_t)control->choice[i].value,
				      "name", control->choice[i].name));
	}
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:b, s:b, s:o}", "name",
		control->name, "kind", kind_name(control->kind), "min", (json_int_t)control->least,
		"max", (json_int_t)control->most, "step", (json_int_t)control->step, "default",
		(json_int_t)control->initial, "value",
		control->readable ? json_integer(control->value) : json_null(), "writable",
		control->writable, "held", control->held, "menu", menu);
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static json_t *usb_to_json(const struct pst_v4l2_camera *camera)
{
	char vendor[8];
	char product[8];

	if (!camera->usb) {
		return json_null();
	}
	(void)snprintf(vendor, sizeof(vendor), "%04x", camera->vendor);
	(void)snprintf(product, sizeof(product), "%04x", camera->product);
	return json_pack("{s:s, s:s, s:i, s:i}", "vendor", vendor, "product", product, "bus",
		(int)camera->bus, "mbit", (int)camera->mbit);
}

static json_t *camera_to_json(const struct pst_v4l2_camera *camera)
{
	json_t *modes = json_array();
	json_t *metadata = json_array();
	json_t *holders = json_array();
	json_t *controls = json_array();

	for (int i = 0; i < camera->controls; i++) {
		(void)json_array_append_new(controls, control_to_json(&camera->control[i]));
	}
	for (size_t i = 0; i < camera->modes; i++) {
		(void)json_array_append_new(modes, mode_to_json(&camera->mode[i]));
	}
	for (size_t i = 0; i < camera->metadatas; i++) {
		(void)json_array_append_new(metadata, json_string(camera->metadata[i]));
	}
	for (size_t i = 0; i < camera->holders; i++) {
		(void)json_array_append_new(
			holders, json_pack("{s:i, s:s}", "pid", camera->holder[i].pid, "name",
					 camera->holder[i].name));
	}
	return json_pack("{s:s, s:s+, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:o, "
			 "s:b, s:o, s:o}",
		"node", camera->node, "uri", "v4l2:", camera->node, "best_uri", camera->best_uri,
		"serial_uri", text_or_null(camera->serial_uri), "port_uri",
		text_or_null(camera->port_uri), "name", camera->name, "driver", camera->driver,
		"port", camera->port, "serial", camera->serial, "usb", usb_to_json(camera), "state",
		pst_v4l2_state_name(camera->state), "advice", camera->advice, "metadata", metadata,
		"holders", holders, "holders_hidden", camera->holders_hidden, "modes", modes,
		"controls", controls);
}

static void print_as_json(const struct pst_v4l2_camera *cameras, int count)
{
	json_t *list = json_array();

	for (int i = 0; i < count; i++) {
		(void)json_array_append_new(list, camera_to_json(&cameras[i]));
	}
	pst_cli_print_json(json_pack("{s:o}", "cameras", list));
}

static void print_rates(const struct pst_v4l2_mode *mode)
{
	for (uint32_t i = 0; i < mode->rates; i++) {
		(void)printf("%s%.4g", !i ? "@" : mode->any_rate ? " to " : ",", mode->fps[i]);
	}
}

static void print_summary(const struct pst_v4l2_mode *mode)
{
	(void)printf("%ux%u", mode->width, mode->height);
	if (mode->rates > 0) {
		(void)printf("@%.4g", pst_v4l2_mode_fastest(mode));
	}
}

static bool is_larger(const struct pst_v4l2_mode *mode, const struct pst_v4l2_mode *other)
{
	uint64_t area = (uint64_t)mode->width * mode->height;
	uint64_t other_area = (uint64_t)other->width * other->height;

	return area > other_area ||
	       (area == other_area && pst_v4l2_mode_fastest(mode) > pst_v4l2_mode_fastest(other));
}

static bool is_faster(const struct pst_v4l2_mode *mode, const struct pst_v4l2_mode *other)
{
	return pst_v4l2_mode_fastest(mode) > pst_v4l2_mode_fastest(other) ||
	       (pst_v4l2_mode_fastest(mode) >= pst_v4l2_mode_fastest(other) &&
		       is_larger(mode, other));
}

/* One format: its sizes one after the other, or the largest and the fastest of them. */
static void print_format(const struct pst_v4l2_mode *mode, size_t sizes, bool all)
{
	const struct pst_v4l2_mode *largest = &mode[0];
	const struct pst_v4l2_mode *quickest = &mode[0];
	bool taken = mode->format != PST_FRAME_FORMAT_UNSET;

	(void)printf("  %s%s%s", taken ? " " : "[", mode->fourcc, taken ? " " : "]");
	for (size_t i = 0; i < sizes; i++) {
		largest = is_larger(&mode[i], largest) ? &mode[i] : largest;
		quickest = is_faster(&mode[i], quickest) ? &mode[i] : quickest;
		if (all) {
			(void)printf("  %ux%u", mode[i].width, mode[i].height);
			print_rates(&mode[i]);
		}
	}
	if (!all) {
		(void)fputs("  up to ", stdout);
		print_summary(largest);
		if (pst_v4l2_mode_fastest(quickest) > pst_v4l2_mode_fastest(largest)) {
			(void)fputs(", ", stdout);
			print_summary(quickest);
		}
		if (sizes > 1) {
			(void)printf("  (%zu sizes)", sizes);
		}
	}
	(void)putchar('\n');
}

static void print_modes(const struct pst_v4l2_camera *camera, bool all)
{
	size_t first = 0;

	for (size_t i = 1; i <= camera->modes; i++) {
		if (i == camera->modes ||
			strcmp(camera->mode[i].fourcc, camera->mode[first].fourcc) != 0) {
			print_format(&camera->mode[first], i - first, all);
			first = i;
		}
	}
}

/* All ways to name it, the one to use first. */
static void print_addresses(const struct pst_v4l2_camera *camera)
{
	(void)printf("    %s\n", camera->best_uri);
	if (camera->serial_uri[0] && strcmp(camera->serial_uri, camera->best_uri) != 0) {
		(void)printf("    %s  (not alone: another camera has this serial number)\n",
			camera->serial_uri);
	}
	if (camera->port_uri[0] && strcmp(camera->port_uri, camera->best_uri) != 0) {
		(void)printf("    %s  (whatever is plugged in there)\n", camera->port_uri);
	}
}

static void print_place(const struct pst_v4l2_camera *camera)
{
	(void)printf("  driver %s, port %s, serial %s",
		camera->driver[0] ? camera->driver : "unknown",
		camera->port[0] ? camera->port : "unknown",
		camera->serial[0] ? camera->serial : "none");
	if (camera->usb) {
		(void)printf(
			", USB %04x:%04x, bus %u", camera->vendor, camera->product, camera->bus);
	}
	if (camera->mbit > 0) {
		(void)printf(" at %u Mbit/s", camera->mbit);
	}
	for (size_t i = 0; i < camera->metadatas; i++) {
		(void)printf("%s%s", i ? " " : ", metadata on ", camera->metadata[i]);
	}
	(void)putchar('\n');
}

static const char *entry_name(const struct pst_v4l2_control *control, int64_t value)
{
	for (uint32_t i = 0; i < control->choices; i++) {
		if (control->choice[i].value == value) {
			return control->choice[i].name;
		}
	}
	return control->kind != PST_V4L2_CONTROL_SWITCH ? "?" : value ? "on" : "off";
}

static void print_value(const struct pst_v4l2_control *control, const char *what, int64_t value)
{
	if (control->kind == PST_V4L2_CONTROL_NUMBER) {
		(void)printf(", %s %lld", what, (long long)value);
	} else {
		(void)printf(", %s %s", what, entry_name(control, value));
	}
}

static void print_control(const struct pst_v4l2_control *control)
{
	(void)printf("  %-32s ", control->name);
	switch (control->kind) {
	case PST_V4L2_CONTROL_NUMBER:
		(void)printf("%lld to %lld", (long long)control->least, (long long)control->most);
		if (control->step > 1) {
			(void)printf(" in steps of %lld", (long long)control->step);
		}
		break;
	case PST_V4L2_CONTROL_MENU:
		for (uint32_t i = 0; i < control->choices; i++) {
			(void)printf("%s%s", i ? " | " : "", control->choice[i].name);
		}
		break;
	case PST_V4L2_CONTROL_SWITCH:
	case PST_V4L2_CONTROL_UNSET:
		(void)fputs("on | off", stdout);
		break;
	}
	print_value(control, "default", control->initial);
	if (control->readable) {
		print_value(control, "now", control->value);
	}
	(void)puts(!control->writable ? "  (can only be read)"
		   : control->held    ? "  (held by an automatic one)"
				      : "");
}

static void print_camera(const struct pst_v4l2_camera *camera, bool all, bool controls)
{
	(void)printf(
		"%s  \"%s\"  %s\n", camera->node, camera->name, pst_v4l2_state_name(camera->state));
	if (camera->advice[0]) {
		(void)printf("  ! %s\n", camera->advice);
	}
	print_addresses(camera);
	print_place(camera);
	for (size_t i = 0; all && camera->state == PST_V4L2_STATE_FREE && i < camera->holders;
		i++) {
		(void)printf(
			"  open in %s (pid %d)\n", camera->holder[i].name, camera->holder[i].pid);
	}
	print_modes(camera, all);
	for (int i = 0; controls && i < camera->controls; i++) {
		print_control(&camera->control[i]);
	}
}

static void print_as_text(const struct pst_v4l2_camera *cameras, int count, bool all, bool controls)
{
	if (count == 0) {
		(void)puts("no cameras: no V4L2 node of this machine captures pictures; 'postern "
			   "doctor' says why that may be");
		return;
	}
	for (int i = 0; i < count; i++) {
		(void)fputs(i ? "\n" : "", stdout);
		print_camera(&cameras[i], all, controls);
	}
}

int cmd_devices(int argc, char **argv)
{
	static const struct option options[] = {{"all", no_argument, NULL, 'a'},
		{"controls", no_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'}, {0}};
	struct pst_v4l2_camera *cameras = NULL;
	struct pst_error error = {0};
	bool json = false;
	bool all = false;
	bool controls = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":ach", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			all = true;
			break;
		case 'c':
			controls = true;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		default:
			return pst_cli_bad_option("devices", option, argv);
		}
	}
	if (optind < argc) {
		return pst_cli_usage("devices", "takes no '%s'", argv[optind]);
	}
	int count = pst_v4l2_list(&cameras, &error);

	if (count < 0) {
		(void)pst_cli_fail("devices", &error);
		return PST_EXIT_SOURCE;
	}
	if (json) {
		print_as_json(cameras, count);
	} else {
		print_as_text(cameras, count, all, controls);
	}
	pst_v4l2_list_free(&cameras, count);
	return PST_EXIT_OK;
}

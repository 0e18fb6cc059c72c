/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "devices/v4l2/v4l2.h"

static const char help[] =
	"usage: postern devices [--json]\n"
	"\n"
	"Lists the cameras of this machine: node, name, driver, port, serial number, whether one\n"
	"is free, and the formats, sizes and rates that it offers. A format in brackets is not "
	"one\n"
	"that postern takes. A camera that\n"
	"can't be opened says why.\n"
	"\n"
	"  --json   print the list as JSON\n"
	"  --help   print this help\n"
	"\n"
	"Exit status: 0, also when there are no cameras; 2 usage; 3 the list can't be made.\n";

static json_t *mode_to_json(const struct pst_v4l2_mode *mode)
{
	json_t *rates = json_array();

	for (uint32_t i = 0; i < mode->rates; i++) {
		(void)json_array_append_new(rates, json_real(mode->fps[i]));
	}
	return json_pack("{s:s, s:b, s:i, s:i, s:o}", "fourcc", mode->fourcc, "taken",
		mode->format != PST_FRAME_FORMAT_UNSET, "width", (int)mode->width, "height",
		(int)mode->height, "fps", rates);
}

static void print_as_json(const struct pst_v4l2_camera *cameras, int count)
{
	json_t *list = json_array();

	for (int i = 0; i < count; i++) {
		const struct pst_v4l2_camera *camera = &cameras[i];
		json_t *modes = json_array();

		for (size_t k = 0; k < camera->modes; k++) {
			(void)json_array_append_new(modes, mode_to_json(&camera->mode[k]));
		}
		(void)json_array_append_new(list,
			json_pack("{s:s, s:s+, s:s, s:s, s:s, s:s, s:s, s:o}", "node", camera->node,
				"uri", "v4l2:", camera->node, "name", camera->name, "driver",
				camera->driver, "port", camera->port, "serial", camera->serial,
				"state", pst_v4l2_state_name(camera->state), "modes", modes));
	}
	pst_cli_print_json(json_pack("{s:o}", "cameras", list));
}

static void print_rates(const struct pst_v4l2_mode *mode)
{
	for (uint32_t i = 0; i < mode->rates; i++) {
		(void)printf("%s%.4g", i ? "," : "@", mode->fps[i]);
	}
}

/* One line per format, its sizes one after the other. */
static void print_modes(const struct pst_v4l2_camera *camera)
{
	for (size_t i = 0; i < camera->modes; i++) {
		const struct pst_v4l2_mode *mode = &camera->mode[i];
		bool first = i == 0 || strcmp(mode->fourcc, camera->mode[i - 1].fourcc) != 0;
		bool taken = mode->format != PST_FRAME_FORMAT_UNSET;

		if (first) {
			(void)printf("%s  %s%s%s", i ? "\n" : "", taken ? " " : "[", mode->fourcc,
				taken ? " " : "]");
		}
		(void)printf("  %ux%u", mode->width, mode->height);
		print_rates(mode);
	}
	if (camera->modes > 0) {
		(void)putchar('\n');
	}
}

static const char *advice(enum pst_v4l2_state state)
{
	switch (state) {
	case PST_V4L2_STATE_BUSY:
		return "  (in use by another program)";
	case PST_V4L2_STATE_FORBIDDEN:
		return "  (no permission: add the user to the group \"video\")";
	case PST_V4L2_STATE_FAILED:
		return "  (does not answer: plug it in again)";
	case PST_V4L2_STATE_UNSET:
	case PST_V4L2_STATE_FREE:
		break;
	}
	return "";
}

static void print_as_text(const struct pst_v4l2_camera *cameras, int count)
{
	if (count == 0) {
		(void)puts("no cameras: no V4L2 node of this machine captures pictures");
		return;
	}
	for (int i = 0; i < count; i++) {
		const struct pst_v4l2_camera *camera = &cameras[i];

		(void)printf("%s%s  \"%s\"  %s%s\n", i ? "\n" : "", camera->node, camera->name,
			pst_v4l2_state_name(camera->state), advice(camera->state));
		(void)printf("  driver %s, port %s, serial %s\n",
			camera->driver[0] ? camera->driver : "unknown",
			camera->port[0] ? camera->port : "unknown",
			camera->serial[0] ? camera->serial : "none");
		print_modes(camera);
	}
}

int cmd_devices(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	struct pst_v4l2_camera *cameras = NULL;
	struct pst_error error = {0};
	bool json = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
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
	(json ? print_as_json : print_as_text)(cameras, count);
	pst_v4l2_list_free(&cameras, count);
	return PST_EXIT_OK;
}

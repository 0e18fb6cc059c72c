/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define HIGH_BYTES 24576000 /* per second: three packets of 1024 bytes in each microframe */
#define SUPER_BYTES 196608000
#define VENDOR 0x1209 /* pid.codes, kept for tests */
#define PRODUCT 0x0001
#define PORTS 15
#define FPS_MAX 240
#define REPLUG_MAX_MS 600000

static const char help[] =
	"usb-camera [OPTION]...\n"
	"\n"
	"Is a USB camera: plugs itself into the kernel's virtual USB port (vhci-hcd), where\n"
	"uvcvideo takes it for a real one, and misbehaves as it is told. Ends, unplugged, with\n"
	"SIGTERM; SIGUSR1 unplugs it, SIGUSR2 plugs it in again. Needs root and the modules\n"
	"vhci-hcd and uvcvideo.\n"
	"\n"
	"Who it is:\n"
	"  --name TEXT         product name (default 'Postern Test Camera')\n"
	"  --serial TEXT       serial number (default: none at all)\n"
	"  --vendor HEX        vendor id (default 1209)\n"
	"  --product HEX       product id (default 0001)\n"
	"  --mark X            letter that a counter shows (default A)\n"
	"\n"
	"Where it is plugged in:\n"
	"  --port N            virtual port, from 0 (default 0)\n"
	"  --speed high|super  USB 2 or SuperSpeed (default high)\n"
	"  --bulk              a bulk endpoint instead of an isochronous one\n"
	"  --payload BYTES     bandwidth it claims per microframe (default: what the mode needs)\n"
	"  --clock             payload headers tell the camera's clock, as the metadata node\n"
	"                      shows; vhci-hcd has no frame number for it and says so in its log\n"
	"\n"
	"What it offers (repeat an option for more, the first is the default):\n"
	"  --format NAME       MJPEG, YUYV, UYVY, NV12, GREY, Y16 (default MJPEG and YUYV)\n"
	"  --size WxH          multiples of 16x8 (default 640x480)\n"
	"  --fps N             frames per second (default 30 and 15); raw modes that the bus has\n"
	"                      no room for get a slower one\n"
	"  Controls: brightness, contrast, gain, power line frequency, exposure (auto, priority,\n"
	"  time), focus (auto, absolute). What an automatic holds can't be set. Each replug sets\n"
	"  all to their power-on values.\n"
	"\n"
	"What it sees:\n"
	"  --picture WHAT      counter: mark and frame number all over the picture (default);\n"
	"                      synth:?people=2&seed=7&seconds=4: drawn faces; or an MJPEG AVI or\n"
	"                      JPEGs in a file, played again and again\n"
	"  --settle N          a counter is dark at the beginning of a stream, and as light as it\n"
	"                      gets after N frames, unless exposure is set by hand (default 0)\n"
	"  --read FILE...      says which camera and frame these counters are, one line each;\n"
	"                      with --format and --size where they are no MJPEG of 640x480\n"
	"\n"
	"What goes wrong:\n"
	"  --fault KIND[:WHEN][:for=S][,...]\n"
	"                      WHEN is every=N or at=N (frames, from 1), after=S (seconds since\n"
	"                      the first plugging), random=LOW-HIGH (frames from one to the\n"
	"                      next); without it, always. for=S ends what lasts\n"
	"  --replug MS         comes back so long after an unplug (default: never)\n"
	"  --cycles N          comes back N times, then unplugs no more (default: no limit)\n"
	"  --swap SERIAL       comes back as another camera, with this serial and the next mark,\n"
	"                      and the time after as itself\n"
	"  --seed N            of all that is random (default 1)\n"
	"\n"
	"  --log FILE          JSON Lines: attach, detach, reset, alt, commit, control, start,\n"
	"                      stop, each frame with its fault and whether it was taken, and a\n"
	"                      summary; \"ns\" is CLOCK_MONOTONIC\n"
	"  --help              this text\n"
	"\n"
	"Faults:\n";

void options_help(FILE *file)
{
	(void)fputs(help, file);
	for (int i = 1; i < FAULT_KINDS; i++) {
		(void)fprintf(file, "  %-18s  %s\n", fault_name((enum fault_kind)i),
			fault_text((enum fault_kind)i));
	}
	(void)fputs(
		"\nExit status: 0 unplugged as told; 1 --read found damage; 2 usage; 3 no port,\n"
		"no picture, or the host is gone.\n",
		file);
}

enum {
	OPTION_NAME = 256,
	OPTION_SERIAL,
	OPTION_VENDOR,
	OPTION_PRODUCT,
	OPTION_MARK,
	OPTION_PORT,
	OPTION_SPEED,
	OPTION_BULK,
	OPTION_PAYLOAD,
	OPTION_CLOCK,
	OPTION_FORMAT,
	OPTION_SIZE,
	OPTION_FPS,
	OPTION_PICTURE,
	OPTION_SETTLE,
	OPTION_READ,
	OPTION_FAULT,
	OPTION_REPLUG,
	OPTION_CYCLES,
	OPTION_SWAP,
	OPTION_SEED,
	OPTION_LOG,
	OPTION_HELP,
};

static const struct option options[] = {
	{"name", required_argument, NULL, OPTION_NAME},
	{"serial", required_argument, NULL, OPTION_SERIAL},
	{"vendor", required_argument, NULL, OPTION_VENDOR},
	{"product", required_argument, NULL, OPTION_PRODUCT},
	{"mark", required_argument, NULL, OPTION_MARK},
	{"port", required_argument, NULL, OPTION_PORT},
	{"speed", required_argument, NULL, OPTION_SPEED},
	{"bulk", no_argument, NULL, OPTION_BULK},
	{"payload", required_argument, NULL, OPTION_PAYLOAD},
	{"clock", no_argument, NULL, OPTION_CLOCK},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"size", required_argument, NULL, OPTION_SIZE},
	{"fps", required_argument, NULL, OPTION_FPS},
	{"picture", required_argument, NULL, OPTION_PICTURE},
	{"settle", required_argument, NULL, OPTION_SETTLE},
	{"read", no_argument, NULL, OPTION_READ},
	{"fault", required_argument, NULL, OPTION_FAULT},
	{"replug", required_argument, NULL, OPTION_REPLUG},
	{"cycles", required_argument, NULL, OPTION_CYCLES},
	{"swap", required_argument, NULL, OPTION_SWAP},
	{"seed", required_argument, NULL, OPTION_SEED},
	{"log", required_argument, NULL, OPTION_LOG},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

static int read_number(const char *name, const char *text, int64_t low, int64_t high, int64_t *ret,
	struct pst_error *error)
{
	if (pst_text_parse_int(text, low, high, ret) < 0) {
		return pst_error_set(error, PST_E_CONFIG, "--%s is %lld to %lld, not '%s'", name,
			(long long)low, (long long)high, text);
	}
	return 0;
}

static int read_id(const char *name, const char *text, uint16_t *ret, struct pst_error *error)
{
	char *end;
	unsigned long value = strtoul(text, &end, 16);

	if (!isxdigit((unsigned char)*text) || *end || value > 0xffff) {
		return pst_error_set(
			error, PST_E_CONFIG, "--%s is 0000 to ffff, not '%s'", name, text);
	}
	*ret = (uint16_t)value;
	return 0;
}

/* What goes into a string descriptor and into the log as it is. */
static int read_text(const char *name, const char *text, char to[64], struct pst_error *error)
{
	for (const char *at = text; *at; at++) {
		if (!isprint((unsigned char)*at) || *at == '"' || *at == '\\') {
			return pst_error_set(error, PST_E_CONFIG,
				"--%s: plain characters without quotes, please", name);
		}
	}
	if (!*text || pst_text_copy(to, 64, text) < 0) {
		return pst_error_set(error, PST_E_CONFIG, "--%s: 1 to 63 characters", name);
	}
	return 0;
}

static int read_format(struct modes *modes, const char *text, struct pst_error *error)
{
	enum format format = format_by_name(text);

	if (format == FORMAT_UNSET) {
		return pst_error_set(error, PST_E_CONFIG,
			"--format is MJPEG, YUYV, UYVY, NV12, GREY or Y16, not '%s'", text);
	}
	for (unsigned i = 0; i < modes->format_count; i++) {
		if (modes->formats[i] == format) {
			return pst_error_set(
				error, PST_E_CONFIG, "--format %s is given twice", text);
		}
	}
	modes->formats[modes->format_count++] = format;
	return 0;
}

static int read_size(struct modes *modes, const char *text, struct pst_error *error)
{
	if (modes->size_count == SIZES_MAX) {
		return pst_error_set(error, PST_E_CONFIG, "no more than %d sizes", SIZES_MAX);
	}
	return size_parse(text, &modes->sizes[modes->size_count++], error);
}

/* Shortest interval first, whatever the order they are given in. */
static int read_fps(struct modes *modes, const char *text, struct pst_error *error)
{
	int64_t fps;
	int status = read_number("fps", text, 1, FPS_MAX, &fps, error);
	unsigned at = modes->interval_count;

	if (status < 0) {
		return status;
	}
	if (modes->interval_count == INTERVALS_MAX) {
		return pst_error_set(error, PST_E_CONFIG, "no more than %d rates", INTERVALS_MAX);
	}
	uint32_t interval = (uint32_t)(10000000 / fps);

	for (; at > 0 && modes->intervals[at - 1] > interval; at--) {
		modes->intervals[at] = modes->intervals[at - 1];
	}
	modes->intervals[at] = interval;
	modes->interval_count++;
	return 0;
}

static int read_speed(struct settings *settings, const char *text, struct pst_error *error)
{
	if (strcmp(text, "high") != 0 && strcmp(text, "super") != 0) {
		return pst_error_set(
			error, PST_E_CONFIG, "--speed is high or super, not '%s'", text);
	}
	settings->wiring.super = strcmp(text, "super") == 0;
	return 0;
}

static int read_mark(struct settings *settings, const char *text, struct pst_error *error)
{
	if (!isupper((unsigned char)text[0]) || text[0] == 'Z' || text[1]) {
		return pst_error_set(
			error, PST_E_CONFIG, "--mark is one letter, A to Y, not '%s'", text);
	}
	settings->mark = text[0];
	return 0;
}

/* Options that take a number. @return 1 if it is none of them */
static int read_numeric(
	int option, const char *text, struct settings *settings, struct pst_error *error)
{
	int64_t value = 0;
	int status;

	switch (option) {
	case OPTION_PORT:
		status = read_number("port", text, 0, PORTS - 1, &value, error);
		settings->port = (unsigned)value;
		return status;
	case OPTION_PAYLOAD:
		status = read_number("payload", text, 64, 49152, &value, error);
		settings->payload = (uint32_t)value;
		return status;
	case OPTION_REPLUG:
		status = read_number("replug", text, 0, REPLUG_MAX_MS, &value, error);
		settings->replug_ns = value * PST_NS_PER_MS;
		return status;
	case OPTION_CYCLES:
		status = read_number("cycles", text, 1, 1000000, &value, error);
		settings->cycles = (unsigned)value;
		return status;
	case OPTION_SETTLE:
		status = read_number("settle", text, 0, 1000, &value, error);
		settings->settle = (unsigned)value;
		return status;
	case OPTION_SEED:
		status = read_number("seed", text, 0, UINT32_MAX, &value, error);
		settings->seed = (uint32_t)value;
		return status;
	case OPTION_FPS:
		return read_fps(&settings->modes, text, error);
	case OPTION_VENDOR:
		return read_id("vendor", text, &settings->identity.vendor, error);
	case OPTION_PRODUCT:
		return read_id("product", text, &settings->identity.product, error);
	default:
		return 1;
	}
}

static int read_option(int option, char *text, struct settings *settings, struct pst_error *error)
{
	switch (option) {
	case OPTION_NAME:
		return read_text("name", text, settings->identity.name, error);
	case OPTION_SERIAL:
		return read_text("serial", text, settings->identity.serial, error);
	case OPTION_SWAP:
		return read_text("swap", text, settings->swap, error);
	case OPTION_MARK:
		return read_mark(settings, text, error);
	case OPTION_SPEED:
		return read_speed(settings, text, error);
	case OPTION_BULK:
		settings->wiring.bulk = true;
		return 0;
	case OPTION_CLOCK:
		settings->clock = true;
		return 0;
	case OPTION_FORMAT:
		return read_format(&settings->modes, text, error);
	case OPTION_SIZE:
		return read_size(&settings->modes, text, error);
	case OPTION_PICTURE:
		settings->picture = text;
		return 0;
	case OPTION_FAULT:
		return fault_script_add(&settings->faults, text, error);
	case OPTION_LOG:
		settings->log = text;
		return 0;
	default:
		return read_numeric(option, text, settings, error);
	}
}

static void complete(struct settings *settings)
{
	struct modes *modes = &settings->modes;

	if (modes->format_count == 0) {
		modes->formats[modes->format_count++] = FORMAT_MJPEG;
		modes->formats[modes->format_count++] = FORMAT_YUYV;
	}
	if (modes->size_count == 0) {
		modes->sizes[modes->size_count++] = (struct size){640, 480};
	}
	if (modes->interval_count == 0) {
		modes->intervals[modes->interval_count++] = 333333;
		modes->intervals[modes->interval_count++] = 666666;
	}
	modes->bus_bytes = settings->wiring.super ? SUPER_BYTES : HIGH_BYTES;
}

enum options options_read(int argc, char **argv, struct settings *settings, struct pst_error *error)
{
	bool read = false;
	int option;

	*settings = (struct settings){
		.identity = {.name = "Postern Test Camera", .vendor = VENDOR, .product = PRODUCT},
		.picture = "counter",
		.mark = 'A',
		.seed = 1,
		.replug_ns = -1};
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			return OPTIONS_HELP;
		}
		if (option == '?' || option == ':') {
			(void)pst_error_set(error, PST_E_CONFIG, "%s %s; try --help",
				argv[optind - 1], option == ':' ? "needs a value" : "is unknown");
			return OPTIONS_BAD;
		}
		if (option == OPTION_READ) {
			read = true;
		} else if (read_option(option, optarg, settings, error) != 0) {
			return OPTIONS_BAD;
		}
	}
	if (read != (optind < argc)) {
		(void)pst_error_set(error, PST_E_CONFIG,
			read ? "--read: which files?" : "'%s' is no option; try --help",
			argv[optind]);
		return OPTIONS_BAD;
	}
	if ((settings->cycles || settings->swap[0]) && settings->replug_ns < 0) {
		(void)pst_error_set(error, PST_E_CONFIG, "%s needs --replug",
			settings->cycles ? "--cycles" : "--swap");
		return OPTIONS_BAD;
	}
	complete(settings);
	return read ? OPTIONS_READ : OPTIONS_RUN;
}

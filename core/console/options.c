/* SPDX-License-Identifier: Apache-2.0 */
#include "console/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "control/socket.h"

#define DEFAULT_LISTEN "127.0.0.1:8470"
#define DEFAULT_LANGUAGES "en,es,fr,zh,ar"
#define TOKENS "console.tokens" /* in the state directory */
#define ADDRESS_SIZE 64

const char pst_console_help[] =
	"usage: postern console [--state DIR | --lane NAME=SOCKET...] [OPTIONS]\n"
	"\n"
	"Serves pages for travelers, officers and integrators, and talks to running lanes\n"
	"(postern run --control auto) through their control sockets. At start it prints an\n"
	"address for each page; the token in it is the right to use it.\n"
	"\n"
	"  --listen ADDRESS:PORT   default " DEFAULT_LISTEN "; port 0: any that is free\n"
	"  --state DIR             the state directory of one lane, which is then called 'lane'\n"
	"  --lane NAME=SOCKET      a lane by its control socket; for each lane once\n"
	"  --tokens FILE           the tokens; made if missing (mode 0600); default\n"
	"                          console.tokens in the state directory\n"
	"  --languages LIST        of the travelers' page, in their order;\n"
	"                          default " DEFAULT_LANGUAGES "\n"
	"  --tls-cert FILE --tls-key FILE\n"
	"                          serves HTTPS: certificate chain and key in PEM\n"
	"  --origin https://HOST   what a reverse proxy in front is called\n"
	"\n"
	"An address that is not this machine's own (127.0.0.0/8, ::1) needs TLS or --origin.\n"
	"\n"
	"Exit status: 0 ended by SIGINT or SIGTERM; 2 usage or configuration; 4 refused for\n"
	"safety (others could listen in, a file with secrets is open to others).\n";

enum {
	OPTION_HELP = 256,
	OPTION_LISTEN,
	OPTION_STATE,
	OPTION_LANE,
	OPTION_TOKENS,
	OPTION_LANGUAGES,
	OPTION_CERT,
	OPTION_KEY,
	OPTION_ORIGIN,
};

static const struct option known[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"listen", required_argument, NULL, OPTION_LISTEN},
	{"state", required_argument, NULL, OPTION_STATE},
	{"lane", required_argument, NULL, OPTION_LANE},
	{"tokens", required_argument, NULL, OPTION_TOKENS},
	{"languages", required_argument, NULL, OPTION_LANGUAGES},
	{"tls-cert", required_argument, NULL, OPTION_CERT},
	{"tls-key", required_argument, NULL, OPTION_KEY},
	{"origin", required_argument, NULL, OPTION_ORIGIN},
	{0},
};

static bool is_loopback(const struct pst_console_options *options)
{
	if (options->listen.any.sa_family == AF_INET6) {
		return IN6_IS_ADDR_LOOPBACK(&options->listen.v6.sin6_addr);
	}
	return ntohl(options->listen.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* "127.0.0.1:8470" or "[::1]:8470". */
static int take_listen(
	struct pst_console_options *options, const char *text, struct pst_error *error)
{
	const char *colon = strrchr(text, ':');
	bool is_v6 = text[0] == '[';
	char address[ADDRESS_SIZE];
	int64_t port = 0;

	size_t length = colon ? (size_t)(colon - text) : 0;
	if (is_v6 && length > 2 && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (length == 0 || length >= sizeof(address) ||
		pst_text_parse_int(colon + 1, 0, UINT16_MAX, &port) < 0) {
		goto refused;
	}
	memcpy(address, text, length);
	address[length] = 0;
	memset(&options->listen, 0, sizeof(options->listen));
	if (is_v6 && inet_pton(AF_INET6, address, &options->listen.v6.sin6_addr) == 1) {
		options->listen.v6.sin6_family = AF_INET6;
		options->listen.v6.sin6_port = htons((uint16_t)port);
	} else if (!is_v6 && inet_pton(AF_INET, address, &options->listen.v4.sin_addr) == 1) {
		options->listen.v4.sin_family = AF_INET;
		options->listen.v4.sin_port = htons((uint16_t)port);
	} else {
		goto refused;
	}
	options->loopback = is_loopback(options);
	return 0;
refused:
	return pst_error_set(error, PST_E_USAGE,
		"--listen: '%.80s' is no address and port, like 127.0.0.1:8470 or [::1]:8470",
		text);
}

static int add_lane(struct pst_console_options *options, char *text, struct pst_error *error)
{
	char *equals = strchr(text, '=');

	if (options->lanes == PST_OPTIONS_LANES_MAX) {
		return pst_error_set(
			error, PST_E_USAGE, "--lane: at most %d lanes", PST_OPTIONS_LANES_MAX);
	}
	struct pst_console_socket *lane = &options->lane[options->lanes];
	if (!equals || pst_text_copy(lane->path, sizeof(lane->path), equals + 1) < 0 ||
		!lane->path[0]) {
		return pst_error_set(error, PST_E_USAGE,
			"--lane: '%.80s' is no NAME=SOCKET, like gate-7=/run/gate-7/control.sock",
			text);
	}
	*equals = 0;
	if (!pst_text_is_id(text)) {
		return pst_error_set(error, PST_E_USAGE,
			"--lane: '%.80s' is no name; 1 to 64 of letters, digits, '-', '_', '.'",
			text);
	}
	for (size_t i = 0; i < options->lanes; i++) {
		if (strcmp(options->lane[i].name, text) == 0) {
			return pst_error_set(
				error, PST_E_USAGE, "--lane: '%s' was given twice", text);
		}
	}
	lane->name = text;
	options->lanes++;
	return 0;
}

static bool is_language(const char *text, size_t length)
{
	return length >= 2 && length < PST_CONSOLE_LANGUAGE_SIZE &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") >= length;
}

static int take_languages(
	struct pst_console_options *options, const char *text, struct pst_error *error)
{
	options->languages = 0;
	do {
		size_t length = strcspn(text, ",");

		if (!is_language(text, length) || options->languages == PST_CONSOLE_LANGUAGES_MAX) {
			return pst_error_set(error, PST_E_USAGE,
				"--languages: '%.80s': a list of at most %d, "
				"like " DEFAULT_LANGUAGES,
				text, PST_CONSOLE_LANGUAGES_MAX);
		}
		char *language = options->language[options->languages++];
		memcpy(language, text, length);
		language[length] = 0;
		text += length;
	} while (*text++ == ',');
	return 0;
}

/* An origin as browsers send it: no path, no slash at the end. */
static int take_origin(
	struct pst_console_options *options, const char *text, struct pst_error *error)
{
	static const char scheme[] = "https://";
	const char *host = text + strlen(scheme);

	if (strncmp(text, scheme, strlen(scheme)) != 0 || !*host ||
		strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") != strlen(host) ||
		pst_text_copy(options->origin, sizeof(options->origin), text) < 0) {
		return pst_error_set(error, PST_E_USAGE,
			"--origin: '%.80s' is none, like https://gate.example (lower case, no "
			"path)",
			text);
	}
	return 0;
}

static int take(struct pst_console_options *options, int option, const char **state,
	struct pst_error *error)
{
	switch (option) {
	case OPTION_LISTEN:
		return take_listen(options, optarg, error);
	case OPTION_LANE:
		return add_lane(options, optarg, error);
	case OPTION_LANGUAGES:
		return take_languages(options, optarg, error);
	case OPTION_ORIGIN:
		return take_origin(options, optarg, error);
	case OPTION_STATE:
		*state = optarg;
		return 0;
	case OPTION_CERT:
		options->tls_cert = optarg;
		return 0;
	case OPTION_KEY:
		options->tls_key = optarg;
		return 0;
	default: /* OPTION_TOKENS */
		return pst_text_copy(options->tokens, sizeof(options->tokens), optarg) < 0
			       ? pst_error_set(error, PST_E_USAGE, "--tokens: too long a name")
			       : 0;
	}
}

/* What was not said: the lane and the tokens of the state directory. */
static int complete(struct pst_console_options *options, const char *state, struct pst_error *error)
{
	int status = 0;

	if (!state && (options->lanes == 0 || !options->tokens[0])) {
		return pst_error_set(error, PST_E_USAGE,
			"say --state DIR, or else --lane NAME=SOCKET and --tokens FILE");
	}
	if (options->lanes == 0) {
		options->lane[0].name = PST_CONSOLE_DEFAULT_LANE;
		options->lanes = 1;
		status = pst_text_path(options->lane[0].path, sizeof(options->lane[0].path), state,
			PST_CONTROL_SOCKET);
	}
	if (status == 0 && !options->tokens[0]) {
		status = pst_text_path(options->tokens, sizeof(options->tokens), state, TOKENS);
	}
	return status < 0 ? pst_error_set(error, PST_E_USAGE, "--state: too long a name") : 0;
}

/* Whether nobody between here and a page can listen in. */
static int check_way(const struct pst_console_options *options, struct pst_error *error)
{
	if (!options->tls_cert != !options->tls_key) {
		return pst_error_set(error, PST_E_USAGE, "--tls-cert and --tls-key go together");
	}
	if (!options->loopback && !options->tls_cert && !options->origin[0]) {
		return pst_error_set(error, PST_E_UNSAFE,
			"--listen: others can connect to this address and listen in; add "
			"--tls-cert and --tls-key, or --origin for a reverse proxy that has "
			"them, or listen at 127.0.0.1");
	}
	return 0;
}

int pst_console_options_parse(
	struct pst_console_options *ret_options, int argc, char **argv, struct pst_error *error)
{
	const char *state = NULL;
	int status, option;

	memset(ret_options, 0, sizeof(*ret_options));
	status = take_listen(ret_options, DEFAULT_LISTEN, error);
	if (status == 0) {
		status = take_languages(ret_options, DEFAULT_LANGUAGES, error);
	}
	optind = 0; /* from the start, however often this was called */
	opterr = 0;
	while (status == 0 && (option = getopt_long(argc, argv, ":", known, NULL)) >= 0) {
		if (option == OPTION_HELP) {
			ret_options->help = true;
			return 0;
		}
		if (option == '?' || option == ':') {
			return pst_error_set(error, PST_E_USAGE, "%s '%.80s'",
				option == ':' ? "a value is missing behind" : "unknown option",
				argv[optind - 1]);
		}
		status = take(ret_options, option, &state, error);
	}
	if (status == 0 && optind < argc) {
		status = pst_error_set(error, PST_E_USAGE, "unexpected '%.80s'", argv[optind]);
	}
	if (status == 0) {
		status = complete(ret_options, state, error);
	}
	return status < 0 ? status : check_way(ret_options, error);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <string.h>

#include "console/options.h"

#define WORDS_MAX 80

static struct pst_console_options options;
static struct pst_error error;

/* As given on the command line; ended by NULL. */
static int parse(const char *first, ...)
{
	static char room[WORDS_MAX][128];
	char *argv[WORDS_MAX + 1] = {room[0]};
	int argc = 1;
	va_list words;

	(void)strcpy(room[0], "postern-console");
	va_start(words, first);
	for (const char *word = first; word; word = va_arg(words, const char *)) {
		(void)strncpy(room[argc], word, sizeof(room[0]) - 1);
		argv[argc] = room[argc];
		argc++;
	}
	va_end(words);
	error = (struct pst_error){0};
	return pst_console_options_parse(&options, argc, argv, &error);
}

Test(options, a_state_directory_is_all_it_takes)
{
	cr_assert_eq(parse("--state", "/s", NULL), 0, "%s", error.text);
	cr_assert_eq(options.lanes, 1);
	cr_assert_str_eq(options.lane[0].name, "lane");
	cr_assert_str_eq(options.lane[0].path, "/s/control.sock");
	cr_assert_str_eq(options.tokens, "/s/console.tokens");
	cr_assert_eq(ntohs(options.listen.v4.sin_port), 8470);
	cr_assert(options.loopback);
	cr_assert_eq(options.languages, 5);
	cr_assert_str_eq(options.language[4], "ar");
}

Test(options, the_last_state_directory_counts)
{
	cr_assert_eq(parse("--state", "/usual", "--state", "/mine", NULL), 0);
	cr_assert_str_eq(options.lane[0].path, "/mine/control.sock");
}

Test(options, lanes_are_taken_in_their_order)
{
	cr_assert_eq(parse("--lane", "b=/x=y", "--lane", "a=/z", "--tokens", "/t", NULL), 0);
	cr_assert_eq(options.lanes, 2);
	cr_assert_str_eq(options.lane[0].name, "b");
	cr_assert_str_eq(options.lane[0].path, "/x=y");
	cr_assert_str_eq(options.lane[1].name, "a");
}

Test(options, others_can_connect_only_with_tls_or_a_proxy)
{
	static const char *const near[] = {"127.0.0.1:0", "127.8.9.1:1", "[::1]:65535"};
	static const char *const far[] = {
		"0.0.0.0:1", "192.0.2.1:1", "[::]:1", "[::ffff:127.0.0.1]:1", "128.0.0.1:1"};

	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		cr_assert_eq(parse("--state", "/s", "--listen", near[i], NULL), 0, "%s", near[i]);
	}
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		cr_assert_eq(parse("--state", "/s", "--listen", far[i], NULL), PST_E_UNSAFE, "%s",
			far[i]);
		cr_assert_eq(parse("--state", "/s", "--listen", far[i], "--origin",
				     "https://gate.example", NULL),
			0, "%s", far[i]);
		cr_assert_eq(parse("--state", "/s", "--listen", far[i], "--tls-cert", "c",
				     "--tls-key", "k", NULL),
			0, "%s", far[i]);
	}
}

Test(options, what_makes_no_sense_is_named)
{
	static const char *const bad[][3] = {
		{"--listen", "8470", NULL},
		{"--listen", "localhost:8470", NULL},
		{"--listen", "127.0.0.1:65536", NULL},
		{"--listen", "127.0.0.1:-1", NULL},
		{"--listen", "::1:8470", NULL},
		{"--listen", "[::1]", NULL},
		{"--listen", "[127.0.0.1]:1", NULL},
		{"--listen", "", NULL},
		{"--lane", "a", NULL},
		{"--lane", "a=", NULL},
		{"--lane", "=x", NULL},
		{"--lane", "../a=x", NULL},
		{"--languages", "", NULL},
		{"--languages", "en,", NULL},
		{"--languages", "en,f", NULL},
		{"--languages", "../en", NULL},
		{"--origin", "http://gate.example", NULL},
		{"--origin", "https://", NULL},
		{"--origin", "https://gate.example/", NULL},
		{"--origin", "https://Gate.example", NULL},
		{"--tls-cert", "c", NULL},
		{"--tls-key", "k", NULL},
		{"--nonsense", NULL},
		{"--listen", NULL},
		{"more", NULL},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(parse("--state", "/s", bad[i][0], bad[i][1], NULL), PST_E_USAGE,
			"%s %s", bad[i][0], bad[i][1] ? bad[i][1] : "");
		cr_assert_neq(error.text[0], 0);
	}
	cr_assert_eq(parse("--lane", "a=x", "--lane", "a=y", "--tokens", "t", NULL), PST_E_USAGE);
	cr_assert_eq(parse("--lane", "a=x", NULL), PST_E_USAGE);
	cr_assert_eq(parse("--tokens", "t", NULL), PST_E_USAGE);
}

Test(options, help_needs_nothing_else)
{
	cr_assert_eq(parse("--help", NULL), 0);
	cr_assert(options.help);
}

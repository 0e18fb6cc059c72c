/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/options.h"
#include "console/tokens.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccc"

static char folder[] = "/tmp/tokens-XXXXXX";
static struct pst_console_options options;
static struct pst_tokens *tokens;
static struct pst_error error;

static void make(void)
{
	cr_assert_not_null(mkdtemp(folder));
	options.lanes = 2;
	options.lane[0].name = "gate-7";
	options.lane[1].name = "gate-8";
	(void)snprintf(options.tokens, sizeof(options.tokens), "%s/new/tokens", folder);
}

static void drop(void)
{
	char command[64];

	pst_tokens_destroy(&tokens);
	pst_tokens_destroy(&tokens);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(tokens, .init = make, .fini = drop);

static int parse(const char *text)
{
	error = (struct pst_error){0};
	pst_tokens_destroy(&tokens);
	return pst_tokens_parse(&tokens, "file", text, strlen(text), &error);
}

static void put(const char *text, mode_t mode)
{
	(void)snprintf(options.tokens, sizeof(options.tokens), "%s/tokens", folder);
	FILE *file = fopen(options.tokens, "w");
	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
	cr_assert_eq(chmod(options.tokens, mode), 0);
}

static mode_t mode_of(const char *path)
{
	struct stat facts;

	cr_assert_eq(stat(path, &facts), 0);
	return facts.st_mode & 07777;
}

Test(tokens, a_missing_file_is_made_for_the_console_alone)
{
	char officer[PST_TOKEN_MAX + 1];
	const char *lane = NULL;

	cr_assert_eq(pst_tokens_load(&tokens, &options, &error), 0, "%s", error.text);
	cr_assert_eq(mode_of(options.tokens), 0600);
	(void)snprintf(officer, sizeof(officer), "%s", pst_tokens_of(tokens, PST_ROLE_OFFICER, ""));
	cr_assert_eq(strlen(officer), 64);
	cr_assert_str_neq(officer, pst_tokens_of(tokens, PST_ROLE_INTEGRATOR, ""));
	cr_assert_str_neq(pst_tokens_of(tokens, PST_ROLE_TRAVELER, "gate-7"),
		pst_tokens_of(tokens, PST_ROLE_TRAVELER, "gate-8"));
	pst_tokens_destroy(&tokens);

	cr_assert_eq(pst_tokens_load(&tokens, &options, &error), 0, "%s", error.text);
	cr_assert_eq(pst_tokens_find(tokens, officer, &lane), PST_ROLE_OFFICER);
	cr_assert_str_eq(lane, "");
}

Test(tokens, what_a_file_lacks_is_added_and_the_rest_stays)
{
	const char *lane = NULL;

	put("# ours\ntraveler gate-7 " A "\nofficer " B, 0600);
	cr_assert_eq(pst_tokens_load(&tokens, &options, &error), 0, "%s", error.text);
	pst_tokens_destroy(&tokens);
	cr_assert_eq(pst_tokens_load(&tokens, &options, &error), 0, "%s", error.text);
	cr_assert_eq(pst_tokens_find(tokens, A, &lane), PST_ROLE_TRAVELER);
	cr_assert_str_eq(lane, "gate-7");
	cr_assert_str_eq(pst_tokens_of(tokens, PST_ROLE_OFFICER, ""), B);
	cr_assert_not_null(pst_tokens_of(tokens, PST_ROLE_TRAVELER, "gate-8"));
	cr_assert_not_null(pst_tokens_of(tokens, PST_ROLE_INTEGRATOR, ""));
	cr_assert_eq(mode_of(options.tokens), 0600);
}

Test(tokens, files_that_others_may_read_are_refused)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0644};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		put("officer " A "\n", modes[i]);
		error = (struct pst_error){0};
		cr_assert_eq(pst_tokens_load(&tokens, &options, &error), PST_E_UNSAFE);
		cr_assert_not_null(strstr(error.text, "chmod 600"), "%s", error.text);
		cr_assert_null(tokens);
	}
}

Test(tokens, a_link_or_a_folder_is_no_tokens_file)
{
	char link_path[PATH_MAX];

	put("officer " A "\n", 0600);
	(void)snprintf(link_path, sizeof(link_path), "%s/link", folder);
	cr_assert_eq(symlink(options.tokens, link_path), 0);
	memcpy(options.tokens, link_path, sizeof(link_path));
	cr_assert_eq(pst_tokens_load(&tokens, &options, &error), PST_E_UNSAFE);
	(void)snprintf(options.tokens, sizeof(options.tokens), "%s", folder);
	cr_assert_eq(pst_tokens_load(&tokens, &options, &error), PST_E_UNSAFE);
}

Test(tokens, several_of_a_role_count_and_the_first_is_told)
{
	const char *lane = NULL;

	cr_assert_eq(parse("officer " A "\n\n#\n \t\nofficer " B "\r\ntraveler x " C "\n"), 0);
	cr_assert_str_eq(pst_tokens_of(tokens, PST_ROLE_OFFICER, ""), A);
	cr_assert_eq(pst_tokens_find(tokens, B, &lane), PST_ROLE_OFFICER);
	cr_assert_eq(pst_tokens_find(tokens, C, &lane), PST_ROLE_TRAVELER);
	cr_assert_str_eq(lane, "x");
}

Test(tokens, only_the_whole_token_is_one)
{
	const char *lane = "?";

	cr_assert_eq(parse("officer " A "\n"), 0);
	cr_assert_eq(pst_tokens_find(tokens, A "a", &lane), PST_ROLE_NONE);
	cr_assert_eq(pst_tokens_find(tokens, &A[1], &lane), PST_ROLE_NONE);
	cr_assert_eq(pst_tokens_find(tokens, "", &lane), PST_ROLE_NONE);
	cr_assert_eq(pst_tokens_find(tokens, &A "A"[1], &lane), PST_ROLE_NONE);
	cr_assert_str_eq(lane, "");
}

Test(tokens, lines_that_make_no_sense_are_named)
{
	static const char *const bad[] = {"officer", "officer short", "traveler " A,
		"officer lane " A, "traveler a " A " more", "traveler ../a " A, "boss " A,
		"officer " A "!", "officer " A A A A "a", "none " A, " " A};
	char text[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "# first\n%s\n", bad[i]);
		cr_assert_eq(parse(text), PST_E_CONFIG, "%s", bad[i]);
		cr_assert_null(tokens);
		cr_assert_eq(strncmp(error.text, "file:2: ", 8), 0, "%s", error.text);
		cr_assert_null(strstr(error.text, A), "a token is told: %s", error.text);
	}
	cr_assert_eq(
		pst_tokens_parse(&tokens, "file", "officer " A "\0" A, 74, &error), PST_E_CONFIG);
}

Test(tokens, more_than_fit_are_refused)
{
	char *text = calloc(PST_TOKENS_MAX + 1, 64);

	cr_assert_not_null(text);
	for (unsigned i = 0; i <= PST_TOKENS_MAX; i++) {
		(void)sprintf(text + strlen(text), "officer %040u\n", i);
		cr_assert_eq(parse(text), i < PST_TOKENS_MAX ? 0 : PST_E_CONFIG, "%u", i);
	}
	free(text);
}

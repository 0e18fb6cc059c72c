/* SPDX-License-Identifier: Apache-2.0 */
#include "console/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/text.h"
#include "console/options.h"
#include "crypto/random.h"
#include "crypto/secret.h"

#define FRESH_BYTES 32
#define WORDS_MAX 3
#define LINE_SIZE (PST_SESSION_LANE_SIZE + PST_TOKEN_MAX + 32)

struct token {
	enum pst_role role;
	char lane[PST_SESSION_LANE_SIZE]; /* "": every lane */
	char text[PST_TOKEN_MAX + 1];	  /* zeroes behind its end */
};

struct pst_tokens {
	struct token token[PST_TOKENS_MAX];
	size_t count;
};

static bool is_token(const char *text)
{
	size_t length = strlen(text);

	return length >= PST_TOKEN_MIN && length <= PST_TOKEN_MAX &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
		       length;
}

/* @return 0; PST_E_CONFIG no room, or lane or token are none */
static int add(struct pst_tokens *tokens, enum pst_role role, const char *lane, const char *text)
{
	struct token token = {.role = role};

	if (tokens->count == PST_TOKENS_MAX || !is_token(text) ||
		(lane[0] && !pst_text_is_id(lane)) ||
		pst_text_copy(token.lane, sizeof(token.lane), lane) < 0 ||
		pst_text_copy(token.text, sizeof(token.text), text) < 0) {
		return PST_E_CONFIG;
	}
	tokens->token[tokens->count++] = token;
	pst_secret_wipe(&token, sizeof(token));
	return 0;
}

static size_t split(char *line, char *word[WORDS_MAX + 1])
{
	char *rest = line;
	char *next;
	size_t count = 0;

	while (count <= WORDS_MAX && (next = strtok_r(rest, " \t\r", &rest)) != NULL) {
		word[count++] = next;
	}
	return count;
}

static int take_line(struct pst_tokens *tokens, char *line)
{
	char *word[WORDS_MAX + 1];
	size_t count = split(line, word);

	if (count == 0 || word[0][0] == '#') {
		return 0;
	}
	enum pst_role role = pst_role_of(word[0]);
	if (role == PST_ROLE_TRAVELER && count == 3) {
		return add(tokens, role, word[1], word[2]);
	}
	return role > PST_ROLE_TRAVELER && count == 2 ? add(tokens, role, "", word[1])
						      : PST_E_CONFIG;
}

int pst_tokens_parse(struct pst_tokens **ret_tokens, const char *name, const char *text,
	size_t size, struct pst_error *error)
{
	char line[LINE_SIZE];
	void *memory = NULL;
	int status = 0;

	*ret_tokens = NULL;
	if (pst_secret_alloc(sizeof(**ret_tokens), &memory) < 0) {
		return pst_error_set(error, -ENOMEM,
			"tokens: no memory that stays out of swap; raise the limit of locked "
			"memory "
			"(ulimit -l)");
	}
	struct pst_tokens *tokens = memory;
	for (unsigned number = 1; status == 0 && size > 0; number++) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;

		if (length < sizeof(line) && !memchr(text, 0, length)) {
			memcpy(line, text, length);
			line[length] = 0;
			status = take_line(tokens, line);
		} else {
			status = PST_E_CONFIG;
		}
		if (status < 0) {
			(void)pst_error_set(error, status,
				"%s:%u: not 'traveler LANE TOKEN', 'officer TOKEN' or 'integrator "
				"TOKEN', with a token of %d to %d of A-Z a-z 0-9 - _",
				name, number, PST_TOKEN_MIN, PST_TOKEN_MAX);
		}
		length += end ? 1 : 0;
		text += length;
		size -= length;
	}
	pst_secret_wipe(line, sizeof(line));
	if (status < 0) {
		pst_tokens_destroy(&tokens);
		return status;
	}
	*ret_tokens = tokens;
	return 0;
}

const char *pst_tokens_of(const struct pst_tokens *tokens, enum pst_role role, const char *lane)
{
	for (size_t i = 0; i < tokens->count; i++) {
		if (tokens->token[i].role == role && strcmp(tokens->token[i].lane, lane) == 0) {
			return tokens->token[i].text;
		}
	}
	return NULL;
}

enum pst_role pst_tokens_find(
	const struct pst_tokens *tokens, const char *token, const char **ret_lane)
{
	char given[PST_TOKEN_MAX + 1] = {0};
	size_t found = SIZE_MAX;

	if (is_token(token)) {
		memcpy(given, token, strlen(token));
	}
	for (size_t i = 0; i < tokens->count; i++) {
		if (pst_secret_compare(tokens->token[i].text, given, sizeof(given)) == 0) {
			found = i;
		}
	}
	pst_secret_wipe(given, sizeof(given));
	*ret_lane = found == SIZE_MAX ? "" : tokens->token[found].lane;
	return found == SIZE_MAX ? PST_ROLE_NONE : tokens->token[found].role;
}

void pst_tokens_destroy(struct pst_tokens **tokens)
{
	void *memory = *tokens;

	pst_secret_free(&memory);
	*tokens = NULL;
}

static int check_file(const char *path, struct pst_error *error)
{
	struct stat facts;

	if (lstat(path, &facts) < 0) {
		return errno == ENOENT
			       ? -ENOENT
			       : pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	if (!S_ISREG(facts.st_mode)) {
		return pst_error_set(error, PST_E_UNSAFE, "%s: not a file", path);
	}
	if (facts.st_uid != geteuid() && facts.st_uid != 0) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: belongs to somebody else (user %u); chown it to the console's user",
			path, (unsigned)facts.st_uid);
	}
	if (facts.st_mode & (S_IRWXG | S_IRWXO)) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: others may read these tokens (mode %04o); chmod 600 it, and let the "
			"console make new ones if somebody did",
			path, (unsigned)facts.st_mode & 07777u);
	}
	return 0;
}

/* Draws a token where there is none, and writes its line. */
static int add_missing(struct pst_tokens *tokens, enum pst_role role, const char *lane,
	struct pst_bytes *text, struct pst_error *error)
{
	char fresh[2 * FRESH_BYTES + 1], line[LINE_SIZE];
	uint8_t bytes[FRESH_BYTES];

	if (pst_tokens_of(tokens, role, lane)) {
		return 0;
	}
	pst_random_bytes(bytes, sizeof(bytes));
	pst_bytes_to_hex(bytes, sizeof(bytes), fresh);
	(void)snprintf(line, sizeof(line), "%s%s%s %s\n", pst_role_name(role), lane[0] ? " " : "",
		lane, fresh);
	int status = add(tokens, role, lane, fresh);
	if (status == 0) {
		status = pst_bytes_append(text, line, strlen(line));
	}
	pst_secret_wipe(bytes, sizeof(bytes));
	pst_secret_wipe(fresh, sizeof(fresh));
	pst_secret_wipe(line, sizeof(line));
	return status < 0 ? pst_error_set(error, status, "too many tokens in one file") : 0;
}

/* @param text  what the file holds; what is missing is appended, there and in the file */
static int complete(struct pst_tokens *tokens, const struct pst_console_options *options,
	struct pst_bytes *text, struct pst_error *error)
{
	size_t before = text->size;
	int status = 0;

	if (before > 0 && text->data[before - 1] != '\n') {
		status = pst_bytes_append(text, "\n", 1);
		before = text->size;
	}
	for (size_t i = 0; status == 0 && i < options->lanes; i++) {
		status = add_missing(tokens, PST_ROLE_TRAVELER, options->lane[i].name, text, error);
	}
	if (status == 0) {
		status = add_missing(tokens, PST_ROLE_OFFICER, "", text, error);
	}
	if (status == 0) {
		status = add_missing(tokens, PST_ROLE_INTEGRATOR, "", text, error);
	}
	if (status < 0 || text->size == before) {
		return status;
	}
	return pst_fd_replace_file(options->tokens, text->data, text->size, 0600, error);
}

static int make_folder(const char *path, struct pst_error *error)
{
	char folder[PATH_MAX];

	if (pst_text_copy(folder, sizeof(folder), path) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: too long a name", path);
	}
	char *slash = strrchr(folder, '/');
	if (!slash || slash == folder) {
		return 0;
	}
	*slash = 0;
	return pst_fd_make_dirs(folder, error);
}

int pst_tokens_load(struct pst_tokens **ret_tokens, const struct pst_console_options *options,
	struct pst_error *error)
{
	struct pst_bytes text = {0};
	int status = check_file(options->tokens, error);

	*ret_tokens = NULL;
	if (status == -ENOENT) {
		status = make_folder(options->tokens, error);
	} else if (status == 0) {
		status = pst_fd_read_file(
			options->tokens, PST_TOKENS_FILE_MAX, &text.data, &text.size, error);
		text.room = text.size;
	}
	if (status == 0) {
		status = pst_tokens_parse(
			ret_tokens, options->tokens, (const char *)text.data, text.size, error);
	}
	if (status == 0) {
		status = complete(*ret_tokens, options, &text, error);
	}
	if (text.data) {
		pst_secret_wipe(text.data, text.size);
	}
	pst_bytes_finish(&text);
	if (status < 0) {
		pst_tokens_destroy(ret_tokens);
	}
	return status;
}

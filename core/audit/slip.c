/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/slip.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/digest.h"

#define SCHEMA 2
#define VALUE_MAX 128 /* bytes: a signature in hex */
#define TITLE "POSTERN RECEIPT 2\n"
#define BLANK " \t\r\n"

static const struct {
	const char *field;
	const char *name;
	bool is_hex;	/* upper case takes less room in a QR code */
	bool may_be_no; /* null is "none" */
} lines[] = {
	{"id", "ID", true, false},
	{"lane", "LANE", false, false},
	{"issued", "ISSUED", false, false},
	{"outcome", "OUTCOME", false, false},
	{"choice", "CHOICE", false, true},
	{"key", "KEY", true, false},
	{"signature", "SIGNATURE", true, false},
};

#define LINES (sizeof(lines) / sizeof(lines[0]))
#define SIGNATURE (LINES - 1) /* behind the hash */

/* @return whether it can stand in a line and is read as the same again */
static bool is_plain(const char *value)
{
	size_t length = strlen(value);

	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)value[i] <= ' ' || value[i] == 0x7f) {
			return false;
		}
	}
	return length > 0 && length <= VALUE_MAX;
}

static int put_line(const json_t *document, size_t line, FILE *to, struct pst_error *error)
{
	const json_t *field = json_object_get(document, lines[line].field);
	const char *value =
		json_is_null(field) && lines[line].may_be_no ? "none" : json_string_value(field);

	if (!value || !is_plain(value)) {
		return pst_error_set(error, PST_E_FORMAT,
			"no receipt: '%s' is missing or not a word", lines[line].field);
	}
	(void)fprintf(to, "%s ", lines[line].name);
	for (const char *c = value; *c; c++) {
		(void)fputc(lines[line].is_hex ? toupper((unsigned char)*c) : *c, to);
	}
	(void)fputc('\n', to);
	return 0;
}

static int put_digest(const json_t *document, FILE *to)
{
	uint8_t digest[PST_DIGEST_SIZE];
	char *form = json_dumps(document, JSON_SORT_KEYS | JSON_COMPACT);

	if (!form) {
		return -ENOMEM;
	}
	pst_digest_bytes(form, strlen(form), digest);
	free(form);
	(void)fputs("SHA256 ", to);
	for (size_t i = 0; i < sizeof(digest); i++) {
		(void)fprintf(to, "%02X", digest[i]);
	}
	(void)fputc('\n', to);
	return 0;
}

int pst_slip_write(const json_t *document, char **ret_slip, struct pst_error *error)
{
	if (json_integer_value(json_object_get(document, "receipt")) != SCHEMA) {
		return pst_error_set(error, PST_E_FORMAT, "no receipt of schema %d", SCHEMA);
	}
	char *slip = NULL;
	size_t size;
	FILE *to = open_memstream(&slip, &size);
	int status = 0;

	if (!to) {
		return -ENOMEM;
	}
	(void)fputs(TITLE, to);
	for (size_t i = 0; status == 0 && i < LINES; i++) {
		status = i == SIGNATURE ? put_digest(document, to) : 0;
		if (status == 0) {
			status = put_line(document, i, to, error);
		}
	}
	if (fclose(to) != 0 && status == 0) {
		status = -ENOMEM;
	}
	if (status < 0) {
		free(slip);
		return status;
	}
	*ret_slip = slip;
	return 0;
}

/* Takes the next line that is not blank, without the white space around it. @return its length */
static size_t take_line(const char **at, const char **ret_line)
{
	*at += strspn(*at, BLANK);
	*ret_line = *at;
	size_t length = strcspn(*at, "\r\n");

	*at += length;
	while (length > 0 && strchr(BLANK, (*ret_line)[length - 1])) {
		length--;
	}
	return length;
}

int pst_slip_check(const char *slip, const json_t *document, struct pst_error *error)
{
	char *wanted = NULL;
	int status = pst_slip_write(document, &wanted, error);

	for (const char *mine = wanted; status == 0 && (*mine || slip[strspn(slip, BLANK)]);) {
		const char *line, *theirs;
		size_t length = take_line(&mine, &line);
		size_t their_length = take_line(&slip, &theirs);

		if (length != their_length || strncmp(line, theirs, length) != 0) {
			status = pst_error_set(error, PST_E_MISMATCH,
				"not of this receipt: '%.*s' stands where '%.*s' would",
				(int)(their_length < VALUE_MAX ? their_length : VALUE_MAX), theirs,
				(int)length, line);
		}
		mine += strspn(mine, BLANK);
	}
	free(wanted);
	return status;
}

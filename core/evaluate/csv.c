/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/csv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void pst_csv_init(struct pst_csv *csv, FILE *file, const char *name)
{
	*csv = (struct pst_csv){.file = file, .name = name};
}

int pst_csv_fail(const struct pst_csv *csv, struct pst_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int status = pst_error_setv(error, PST_E_CONFIG, format, args);
	va_end(args);
	pst_error_prefix(error, "%s:%lu", csv->name, csv->line);
	return status;
}

/* Undoes the quotes of one field in place. @return where the next begins, or NULL: malformed */
static char *unquote(char *from)
{
	char *to = from, *at = from + 1;

	for (; *at; at++) {
		if (*at == '"' && at[1] != '"') {
			break;
		}
		at += *at == '"';
		*to++ = *at;
	}
	if (*at != '"' || (at[1] && at[1] != ',')) {
		return NULL;
	}
	*to = 0;
	return at[1] ? at + 2 : at + 1;
}

static int split(struct pst_csv *csv, struct pst_error *error)
{
	char *at = csv->text;
	bool more = true;

	for (csv->fields = 0; more; csv->fields++) {
		if (csv->fields == PST_CSV_FIELDS_MAX) {
			return pst_csv_fail(csv, error, "more than %d fields", PST_CSV_FIELDS_MAX);
		}
		csv->field[csv->fields] = at;
		if (*at == '"') {
			char *next = unquote(at);

			if (!next) {
				return pst_csv_fail(csv, error, "a quote that does not fit");
			}
			more = next[-1] == ',';
			at = next;
		} else {
			at += strcspn(at, ",");
			more = *at == ',';
			*at = 0;
			at += more;
		}
	}
	return 1;
}

int pst_csv_next(struct pst_csv *csv, struct pst_error *error)
{
	ssize_t size;

	for (;;) {
		errno = 0;
		size = getline(&csv->text, &csv->room, csv->file);
		csv->line++;
		if (size < 0) {
			return errno ? pst_error_set(error, -errno, "%s: can't be read: %s",
					       csv->name, strerror(errno))
				     : 0;
		}
		if (size > PST_CSV_LINE_MAX || strlen(csv->text) != (size_t)size) {
			return pst_csv_fail(csv, error,
				size > PST_CSV_LINE_MAX ? "the line is too long"
							: "a zero byte: this is no text");
		}
		size -= size > 0 && csv->text[size - 1] == '\n';
		size -= size > 0 && csv->text[size - 1] == '\r';
		csv->text[size] = 0;
		if (size > 0 && csv->text[0] != '#') {
			return split(csv, error);
		}
	}
}

int pst_csv_same(const struct pst_csv *csv, unsigned field, struct pst_error *error)
{
	const char *text = csv->field[field];

	if (strcmp(text, "same") == 0 || strcmp(text, "1") == 0) {
		return 1;
	}
	if (strcmp(text, "different") == 0 || strcmp(text, "0") == 0) {
		return 0;
	}
	return pst_csv_fail(csv, error, "'%.64s' is neither same (1) nor different (0)", text);
}

void pst_csv_finish(struct pst_csv *csv)
{
	free(csv->text);
	csv->text = NULL;
}

void pst_csv_put(const char *text, FILE *to)
{
	if (!strpbrk(text, ",\"#") && *text) {
		(void)fputs(text, to);
		return;
	}
	(void)fputc('"', to);
	for (; *text; text++) {
		if (*text == '"') {
			(void)fputc('"', to);
		}
		(void)fputc(*text, to);
	}
	(void)fputc('"', to);
}

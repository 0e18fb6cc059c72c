/* SPDX-License-Identifier: Apache-2.0 */
#include "console/exposition.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_SIZE 40
#define WHOLE_MAX 9007199254740992.0 /* 2^53: whole numbers up to here are exact */

static void put_bytes(struct pst_exposition *to, const char *data, size_t size)
{
	to->failed |= pst_bytes_append(&to->text, data, size) < 0;
}

static void put(struct pst_exposition *to, const char *text)
{
	put_bytes(to, text, strlen(text));
}

void pst_exposition_family(
	struct pst_exposition *to, const char *name, const char *type, const char *help)
{
	put(to, "# HELP ");
	put(to, name);
	put(to, " ");
	put(to, help);
	put(to, "\n# TYPE ");
	put(to, name);
	put(to, " ");
	put(to, type);
	put(to, "\n");
}

static void put_label(struct pst_exposition *to, const char *name, const char *value)
{
	put(to, name);
	put(to, "=\"");
	for (const char *at = value; *at; at++) {
		if (*at == '\n') {
			put(to, "\\n");
			continue;
		}
		if (*at == '"' || *at == '\\') {
			put(to, "\\");
		}
		put_bytes(to, at, 1);
	}
	put(to, "\"");
}

static void put_number(struct pst_exposition *to, double value)
{
	char text[NUMBER_SIZE];
	bool whole = fabs(value) <= WHOLE_MAX && value == floor(value);

	(void)snprintf(text, sizeof(text), whole ? "%.0f" : "%.9g", value);
	put(to, isnan(value) ? "NaN" : isinf(value) ? value > 0 ? "+Inf" : "-Inf" : text);
}

void pst_exposition_sample(
	struct pst_exposition *to, const char *name, const char *suffix, double value, ...)
{
	const char *separator = "{";
	const char *label;
	va_list labels;

	put(to, name);
	put(to, suffix);
	va_start(labels, value);
	while ((label = va_arg(labels, const char *))) {
		const char *text = va_arg(labels, const char *);

		if (text) {
			put(to, separator);
			put_label(to, label, text);
			separator = ",";
		}
	}
	va_end(labels);
	put(to, separator[0] == ',' ? "} " : " ");
	put_number(to, value);
	put(to, "\n");
}

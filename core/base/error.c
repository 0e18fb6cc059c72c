/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

static void one_line(char *text)
{
	for (char *at = text; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f) {
			*at = ' ';
		}
	}
}

int pst_error_setv(struct pst_error *error, int status, const char *format, va_list args)
{
	if (error && error->status == 0) {
		error->status = status;
		(void)vsnprintf(error->text, sizeof(error->text), format, args);
		one_line(error->text);
	}
	return status;
}

#undef pst_error_set /* a macro for static analyzers */

int pst_error_set(struct pst_error *error, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	status = pst_error_setv(error, status, format, args);
	va_end(args);
	return status;
}

void pst_error_prefix(struct pst_error *error, const char *format, ...)
{
	char text[2 * sizeof(error->text)];
	va_list args;

	if (!error || error->status == 0) {
		return;
	}
	va_start(args, format);
	int used = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (used < 0 || (size_t)used >= sizeof(text)) {
		return;
	}
	(void)snprintf(text + used, sizeof(text) - (size_t)used, ": %s", error->text);
	text[sizeof(error->text) - 1] = 0;
	memcpy(error->text, text, sizeof(error->text));
	one_line(error->text);
}

const char *pst_status_text(int status)
{
	switch (status) {
#define PST_STATUS_TEXT(name, value, text)                                                         \
	case name:                                                                                 \
		return text;
		PST_STATUS_MAP(PST_STATUS_TEXT)
#undef PST_STATUS_TEXT
	default: {
		const char *text = status <= 0 && status > -4096 ? strerrordesc_np(-status) : NULL;

		return text ? text : "unknown status";
	}
	}
}

const char *pst_status_name(int status)
{
	switch (status) {
	case PST_OK:
		return "PST_OK";
#define PST_STATUS_NAME(name, value, text)                                                         \
	case name:                                                                                 \
		return #name;
		PST_STATUS_MAP(PST_STATUS_NAME)
#undef PST_STATUS_NAME
	default: {
		const char *name = status < 0 && status > -4096 ? strerrorname_np(-status) : NULL;

		return name ? name : "unknown";
	}
	}
}

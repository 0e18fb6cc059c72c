/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/html.h"

void pst_html_escape(const char *text, FILE *to)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			(void)fputs("&lt;", to);
			break;
		case '>':
			(void)fputs("&gt;", to);
			break;
		case '&':
			(void)fputs("&amp;", to);
			break;
		case '"':
			(void)fputs("&quot;", to);
			break;
		default:
			(void)fputc(*text, to);
		}
	}
}

void pst_html_begin(const char *title, const char *style, FILE *to)
{
	(void)fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		    "<meta name=\"viewport\" content=\"width=device-width\"><title>",
		to);
	pst_html_escape(title, to);
	(void)fprintf(to, "</title><style>%s</style></head><body>\n", style);
}

void pst_html_end(FILE *to)
{
	(void)fputs("</body></html>\n", to);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_HTML_H
#define PST_CLI_HTML_H

#include <stdio.h>

/** Writes a text, whoever it is from, so that a browser shows it and does nothing else with it. */
void pst_html_text(const char *text, FILE *to);

/**
 * Begins a page that stands alone: no script, nothing fetched.
 *
 * @param style  CSS
 */
void pst_html_begin(const char *title, const char *style, FILE *to);
void pst_html_end(FILE *to);

#endif

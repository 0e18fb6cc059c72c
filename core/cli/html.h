/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_HTML_H
#define PST_CLI_HTML_H

#include <stdio.h>

/** Writes a text so that it is nothing but text in HTML, in an attribute too. */
void pst_html_escape(const char *text, FILE *to);

/**
 * Begins a page that needs no other file: head and the begin of the body.
 *
 * @param title  any text
 * @param style  CSS, written as it is
 */
void pst_html_begin(const char *title, const char *style, FILE *to);

/** Ends body and page. */
void pst_html_end(FILE *to);

#endif

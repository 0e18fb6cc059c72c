/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_TABLE_H
#define PST_CLI_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"

#define PST_TABLE_COLUMNS_MAX 12

/** Rows of text that are printed once all widths are known. Zeroed is an empty one. */
struct pst_table {
	char **cells; /* owned, row after row */
	size_t count;
	size_t columns;
	int failed; /* -ENOMEM: a row was lost */
};

/** Adds a row of table->columns texts, copied; the first row added is the heading. */
void pst_table_add(struct pst_table *table, const char *const *texts);

/** Prints to stdout, columns two spaces apart, no spaces at line ends. @return 0 or -ENOMEM */
int pst_table_print(const struct pst_table *table) PST_MUST_CHECK;

/** The same to another stream. */
int pst_table_print_to(const struct pst_table *table, FILE *to) PST_MUST_CHECK;

void pst_table_finish(struct pst_table *table);

/** Writes a span for people, rounded to its two largest units: "75y", "13d 4h", "11h 59m", "42s".
 */
void pst_table_span(int64_t seconds, char text[PST_CLOCK_TEXT_SIZE]);

#endif

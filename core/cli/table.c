/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pst_table_add(struct pst_table *table, const char *const *texts)
{
	char **cells =
		reallocarray(table->cells, table->count + table->columns, sizeof(*table->cells));

	if (!cells) {
		table->failed = -ENOMEM;
		return;
	}
	table->cells = cells;
	for (size_t i = 0; i < table->columns; i++) {
		char *copy = strdup(texts[i] ? texts[i] : "-");

		if (!copy) {
			table->failed = -ENOMEM;
			while (i > 0) {
				free(cells[table->count + --i]);
			}
			return;
		}
		cells[table->count + i] = copy;
	}
	table->count += table->columns;
}

int pst_table_print(const struct pst_table *table)
{
	return pst_table_print_to(table, stdout);
}

int pst_table_print_to(const struct pst_table *table, FILE *to)
{
	size_t widths[PST_TABLE_COLUMNS_MAX] = {0};

	for (size_t i = 0; i < table->count; i++) {
		size_t length = strlen(table->cells[i]);
		size_t *width = &widths[i % table->columns];

		*width = length > *width ? length : *width;
	}
	for (size_t i = 0; i < table->count; i++) {
		size_t column = i % table->columns;

		if (column + 1 == table->columns) {
			(void)fprintf(to, "%s\n", table->cells[i]);
		} else {
			(void)fprintf(to, "%-*s  ", (int)widths[column], table->cells[i]);
		}
	}
	return table->failed;
}

void pst_table_finish(struct pst_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->cells[i]);
	}
	free(table->cells);
	*table = (struct pst_table){0};
}

void pst_table_span(int64_t seconds, char text[PST_CLOCK_TEXT_SIZE])
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{31557600, 'y'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	const size_t last = sizeof(units) / sizeof(units[0]) - 1;
	size_t i = 0;

	while (i < last && seconds < units[i].seconds) {
		i++;
	}
	if (i < last) {
		/* Decades need no days. */
		int64_t step =
			seconds >= 10 * units[0].seconds ? units[0].seconds : units[i + 1].seconds;

		seconds = (seconds + step / 2) / step * step;
		i -= i > 0 && seconds >= units[i - 1].seconds;
	}
	long long large = seconds / units[i].seconds;
	long long small = i < last ? seconds % units[i].seconds / units[i + 1].seconds : 0;
	if (small > 0) {
		(void)snprintf(text, PST_CLOCK_TEXT_SIZE, "%lld%c %lld%c", large, units[i].unit,
			small, units[i + 1].unit);
	} else {
		(void)snprintf(text, PST_CLOCK_TEXT_SIZE, "%lld%c", large, units[i].unit);
	}
}

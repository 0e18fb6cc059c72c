/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_CSV_H
#define PST_EVALUATE_CSV_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

#define PST_CSV_FIELDS_MAX 8
#define PST_CSV_LINE_MAX 65536 /* bytes */

/**
 * Reads comma-separated values (RFC 4180, without line breaks in quotes). Empty lines and those
 * that begin with # are passed over.
 */
struct pst_csv {
	FILE *file;	  /* borrowed */
	const char *name; /* borrowed: what errors call it */
	unsigned long line;
	unsigned fields;
	char *field[PST_CSV_FIELDS_MAX]; /* the record's, valid until the next */
	char *text;			 /* owned */
	size_t room;
};

void pst_csv_init(struct pst_csv *csv, FILE *file, const char *name);

/** @return 1 a record; 0 the end; PST_E_CONFIG it is malformed; -errno; error filled */
int pst_csv_next(struct pst_csv *csv, struct pst_error *error) PST_MUST_CHECK;

/** Fills the error as "NAME:LINE: text". @return PST_E_CONFIG */
int pst_csv_fail(const struct pst_csv *csv, struct pst_error *error, const char *format, ...)
	PST_PRINTF(3, 4);

/** Reads "same" or "1" (1), "different" or "0" (0). @return that, or PST_E_CONFIG, error filled */
int pst_csv_same(const struct pst_csv *csv, unsigned field, struct pst_error *error) PST_MUST_CHECK;

/** Frees what the reader holds; the file stays open. */
void pst_csv_finish(struct pst_csv *csv);

/** Writes a field so that it is read back as it was. */
void pst_csv_put(const char *text, FILE *to);

#endif

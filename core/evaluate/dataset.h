/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_DATASET_H
#define PST_EVALUATE_DATASET_H

#include <stdbool.h>
#include <stdio.h>

#include "evaluate/names.h"

#define PST_DATASET_FILES_MAX 1000000u
#define PST_DATASET_PAIRS_MAX 10000000u

/** A picture or a recording, and whose it is. */
struct pst_dataset_file {
	char *path;	  /* owned */
	const char *name; /* within path: as the user knows it */
	uint32_t subject;
};

/** Two files that are to be compared. */
struct pst_dataset_pair {
	uint32_t reference; /* files */
	uint32_t probe;
	bool same; /* one person */
};

/** What is to be evaluated. Zeroed is a valid empty one. */
struct pst_dataset {
	struct pst_dataset_file *file; /* owned */
	uint32_t files;
	struct pst_names people;       /* by subject; of a list of pairs "1", "2".. */
	struct pst_dataset_pair *pair; /* owned; NULL: everything with everything */
	uint32_t pairs;
	uint64_t passed_over; /* files that are neither picture nor recording */
};

/**
 * Lists a folder that holds a folder per person, in the order of their names. Names that begin with
 * a dot are left out.
 *
 * @param what   "person", or what else the folders are of, for the error
 * @param least  folders that are needed
 * @return 0; PST_E_CONFIG there are fewer, or no pictures in them; -errno; error filled
 */
int pst_dataset_scan(const char *folder, const char *what, uint32_t least,
	struct pst_dataset *ret_dataset, struct pst_error *error) PST_MUST_CHECK;

/**
 * Reads "FILE,FILE,same" or "FILE,FILE,different" line by line. Files that lines call the same
 * person are one subject, also by way of others; a line that contradicts that is an error.
 *
 * @param folder  that names are relative to
 * @return 0; PST_E_CONFIG; -errno; error filled
 */
int pst_dataset_read_pairs(FILE *file, const char *name, const char *folder,
	struct pst_dataset *ret_dataset, struct pst_error *error) PST_MUST_CHECK;

/** Frees and zeroes the struct. */
void pst_dataset_finish(struct pst_dataset *dataset);

#endif

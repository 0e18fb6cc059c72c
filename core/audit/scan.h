/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_SCAN_H
#define PST_AUDIT_SCAN_H

#include <stdio.h>

#include "audit/bundle.h"
#include "audit/entry.h"

/* Inside the audit room only: walks the entries of a log or a bundle and recomputes their chain. */

struct pst_audit_scan {
	FILE *file;
	uint8_t *buffer; /* one entry, and a NUL after each text for the callbacks */
	struct pst_audit_header header;
	struct pst_audit_bundle bundle; /* bundle.count is 0 where it is a log */
	bool is_bundle;
	uint64_t first;		      /* sequence of the first entry walked */
	uint8_t head[PST_CHAIN_SIZE]; /* of the last entry that verified */
	uint64_t sequence;	      /* of the same; 0: none */
	uint64_t start;		      /* where the entries begin */
	uint64_t offset;	      /* bytes that verified */
	uint32_t epoch;		      /* of the MAC key in force; 0: none, entries of version 1 */
	uint64_t epoch_first;	      /* the first sequence of the epoch */
	uint8_t commitment[PST_MAC_COMMITMENT_SIZE]; /* to the epoch's seed */
	enum pst_audit_finding finding; /* why the walk ended; OK: at the end of the file */
};

/** A place in a log that is known to be good. */
struct pst_audit_place {
	uint64_t sequence;
	uint64_t offset; /* of the byte behind that entry */
	uint8_t hash[PST_CHAIN_SIZE];
	uint32_t epoch;
	uint8_t commitment[PST_MAC_COMMITMENT_SIZE];
};

/**
 * Opens a log or a bundle and reads what stands before its entries.
 *
 * @return 0
 *         PST_E_CORRUPT  scan->finding is HEADER; close it
 *         -errno         the error is filled; nothing to close
 */
int pst_audit_scan_open(
	struct pst_audit_scan *scan, const char *path, struct pst_error *error) PST_MUST_CHECK;

/**
 * Goes to a place in a log, so that the walk begins behind it.
 *
 * @return 0; PST_E_CORRUPT: that entry does not end there; -errno
 */
int pst_audit_scan_seek(
	struct pst_audit_scan *scan, const struct pst_audit_place *place) PST_MUST_CHECK;

void pst_audit_scan_close(struct pst_audit_scan *scan);

/**
 * The next entry that follows from the one before.
 *
 * @param ret_entry  valid until the next call
 * @return 1 an entry; 0 the walk is over, scan->finding says why; -errno
 */
int pst_audit_scan_next(
	struct pst_audit_scan *scan, struct pst_audit_entry *ret_entry) PST_MUST_CHECK;

#endif

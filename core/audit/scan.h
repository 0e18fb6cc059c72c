/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_SCAN_H
#define PST_AUDIT_SCAN_H

#include <stdio.h>

#include "audit/entry.h"

/* Inside the audit room only: walks a log file and recomputes its chain. */

struct pst_audit_scan {
	FILE *file;
	uint8_t *buffer; /* one entry, and a NUL after each text for the callbacks */
	struct pst_audit_header header;
	uint8_t head[PST_CHAIN_SIZE];	/* of the last entry that verified */
	uint64_t sequence;		/* of the same; 0: none */
	uint64_t offset;		/* bytes that verified */
	enum pst_audit_finding finding; /* why the walk ended; OK: at the end of the file */
};

/**
 * Opens a log and reads its header.
 *
 * @return 0
 *         PST_E_CORRUPT  scan->finding is HEADER; close it
 *         -errno         the error is filled; nothing to close
 */
int pst_audit_scan_open(
	struct pst_audit_scan *scan, const char *path, struct pst_error *error) PST_MUST_CHECK;

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

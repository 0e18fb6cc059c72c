/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_RECOMPUTE_H
#define PST_AUDIT_RECOMPUTE_H

#include "audit/checkpoint.h"
#include "audit/scan.h"

/* Inside the audit room only: one walk over a log or a bundle that checks all there is to check. */

/** An entry that is known from elsewhere, and whether the walk met it. */
struct pst_audit_known {
	bool given;
	bool met;
	uint64_t sequence;
	uint8_t hash[PST_CHAIN_SIZE];
};

struct pst_audit_recompute {
	/* The caller's. */
	const char *path;	   /* of the log or bundle */
	const char *head_path;	   /* of the head file; NULL: only a bundle's own */
	const uint8_t *public_key; /* NULL: read from key_path */
	const char *key_path;	   /* NULL too: the one of the header */
	uint64_t at_least;
	const char *seeds;		     /* path; NULL: tags are not recomputed by a seed */
	struct pst_mac *mac;		     /* with a key at rest instead: it steps along */
	uint64_t mac_after;		     /* and begins behind this entry */
	bool is_new;			     /* no checkpoint was ever made: there may be no head */
	const struct pst_audit_place *place; /* the walk begins behind it; NULL: at the start */
	const uint8_t *witness;		     /* public key; NULL: none */
	const char *cosignatures;	     /* path of what it signed */
	struct pst_audit_known cosigned;     /* or the one entry of these */
	/* The walk's. */
	struct pst_audit_scan scan;
	struct pst_audit_report *report;
	struct pst_audit_head_file head;
	struct pst_audit_known head_known;
	struct pst_audit_known mac_known; /* the entry that mac_after names; the caller gives it */
	bool head_broken;		  /* it cannot be read as one */
	struct pst_mac *seed_mac;	  /* of the epoch in force */
	uint64_t checkpoints_after;	  /* behind mac_after */
};

/**
 * Walks and fills the report.
 *
 * @return 0; PST_E_CORRUPT, the report and the error say where; PST_E_USAGE, -errno
 */
int pst_audit_recompute(struct pst_audit_recompute *work, struct pst_audit_report *ret_report,
	struct pst_error *error) PST_MUST_CHECK;

#endif

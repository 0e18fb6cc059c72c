/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_ELSEWHERE_H
#define PST_AUDIT_ELSEWHERE_H

#include "audit/audit.h"

/*
 * Verification with what is kept away from the machine, and what leaves it for that: bundles of
 * entries (core/audit/bundle.h) and the signatures of a witness (core/audit/checkpoint.h).
 */

/** What a log is verified against. All but one of dir and file may be left out. */
struct pst_audit_trust {
	const char *dir;  /* a state directory */
	const char *file; /* or a bundle, or the file of a log alone */
	const uint8_t
		*public_key;	/* as in pst_audit_verify(); a file brings its own in its header */
	uint64_t at_least;	/* as in pst_audit_verify() */
	const char *seeds;	/* path of the verification key: every tag is recomputed */
	const uint8_t *witness; /* public key of a witness, PST_SIGN_PUBLIC_SIZE bytes */
	const char *cosignatures; /* path of what it signed: nothing before is rewritten */
};

/**
 * Recomputes a log or a bundle. Memory does not grow with it.
 *
 * @return as pst_audit_verify()
 */
int pst_audit_verify_all(const struct pst_audit_trust *trust, struct pst_audit_report *ret_report,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Writes entries into a bundle that can be verified elsewhere; verifies the chain on the way.
 *
 * @param path  a new file, mode 0600
 * @param from  sequence, from 1
 * @param to    0: all; else the bundle goes on to the checkpoint that signs it, if there is one
 * @return 0
 *         -EEXIST        a file stands there
 *         PST_E_CORRUPT  the log does not verify up to there
 *         PST_E_USAGE    the log has no entry `from`
 *         -errno
 */
int pst_audit_export(const char *dir, const char *path, uint64_t from, uint64_t to,
	struct pst_audit_report *ret_report, struct pst_error *error) PST_MUST_CHECK;

/** What a witness is asked to sign. */
struct pst_audit_sighting {
	const char *bundle;
	const char *dir;		/* the witness's own folder; made if missing */
	const struct pst_sign_key *key; /* the witness's */
	const uint8_t *public_key;	/* the log's; NULL: as the first time */
	int64_t now_s;
};

/** What the witness signed. */
struct pst_audit_sighted {
	char path[4096];   /* the file of cosignatures of this log */
	uint64_t sequence; /* now */
	uint64_t before;   /* the time before; 0: none */
	int64_t before_s;
};

/**
 * Verifies that a bundle goes on from what was signed last, and adds a cosignature of its newest
 * checkpoint to a file in the witness's folder, one file per log. The first sighting of a log needs
 * its public key.
 *
 * @return 0
 *         PST_E_CORRUPT  it does not verify, is shorter than what was signed, or another log under
 *                        the same id; the error names the entry
 *         PST_E_USAGE    the first sighting, without the log's key; or the bundle begins too late
 *         PST_E_UNSAFE   what this witness signed before is damaged or of another witness
 *         -errno
 */
int pst_audit_witness(const struct pst_audit_sighting *sighting,
	struct pst_audit_sighted *ret_sighted, struct pst_error *error) PST_MUST_CHECK;

#endif

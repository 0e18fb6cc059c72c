/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_INSIDE_H
#define PST_AUDIT_INSIDE_H

#include <limits.h>

#include "audit/checkpoint.h"
#include "audit/mac_state.h"

/* Inside the audit room only: a log that is open for appending. */

struct pst_audit {
	char log_path[PATH_MAX];
	char head_path[PATH_MAX];
	char mac_path[PATH_MAX];
	char seeds_path[PATH_MAX];
	char torn_path[PATH_MAX];
	char public_path[PATH_MAX];
	const struct pst_sign_key *key;
	int lock_fd;
	int fd;
	bool poisoned;
	bool head_stale; /* head file or MAC state are behind the newest checkpoint */
	uint8_t log[PST_AUDIT_LOG_ID_SIZE];
	uint8_t head[PST_CHAIN_SIZE];
	uint64_t sequence;
	uint64_t size; /* bytes of the log that are known to be durable */
	uint8_t signed_head[PST_CHAIN_SIZE];
	uint64_t signed_sequence; /* of the newest checkpoint */
	int64_t checkpoint_ns;	  /* monotonic, when it was made */
	struct pst_mac *mac;
	struct pst_audit_mac_state mac_state; /* as the file holds it */
	bool has_vault; /* the vault told its state, for the next checkpoint */
	struct pst_audit_vault_state vault;
	struct pst_bytes scratch; /* entries that are being written */
};

/** One entry to append. */
struct pst_audit_draft {
	enum pst_audit_type type;
	const char *kind;
	const char *json;
};

/** Appends entries with one write and one sync, or none. @return as pst_audit_append() */
int pst_audit_put(struct pst_audit *audit, const struct pst_audit_draft *drafts, size_t count,
	int64_t wall_s, struct pst_error *error) PST_MUST_CHECK;

/** Writes the head file. */
int pst_audit_put_head(struct pst_audit *audit, struct pst_error *error) PST_MUST_CHECK;

/** Writes the head file, then the MAC state: what follows a checkpoint. */
int pst_audit_put_heads(struct pst_audit *audit, struct pst_error *error) PST_MUST_CHECK;

/** Takes the lock and opens or makes the log; a new epoch where renew is set. */
int pst_audit_load(struct pst_audit *audit, const char *dir, bool renew,
	struct pst_error *error) PST_MUST_CHECK;

#endif

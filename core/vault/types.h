/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_TYPES_H
#define PST_VAULT_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/keyring.h"

/* What the calls of vault.h speak of. */

#define PST_VAULT_ID_SIZE 16	   /* bytes: record ids, permit ids, contract ids */
#define PST_VAULT_FORMAT_FLOAT32 1 /* of template_format, as manifests number element types */
#define PST_VAULT_TRANSFORM_FLOATS_MAX 1024u /* of a template: 2 MiB of locked memory */
#define PST_VAULT_TRANSFORMS_MAX 255	     /* renewals of a vault's transform */
#define PST_VAULT_RETENTION_MAX_S (100LL * 366 * 86400)

struct pst_vault;

enum pst_vault_role {
	PST_VAULT_ROLE_UNSET = 0,
	PST_VAULT_ROLE_CAPTURED = 1,  /* sealed at the end of an encounter */
	PST_VAULT_ROLE_REFERENCE = 2, /* in a gallery */
};

/**
 * What is known of a template. All names are ids (pst_text_is_id) that say nothing of a person;
 * the subject is the exception: it may be any text, and only a keyed hash of it is stored.
 */
struct pst_vault_record_info {
	const char *store;     /* of the policy: "matching", "identity", ... */
	const char *retention; /* the policy's retention class */
	int64_t retention_s;   /* 0: this class stores nothing */
	const char *category;
	const char *purpose;	  /* "verify", "enrol", ... */
	const char *lane;	  /* may be NULL: not from a lane */
	const char *subject;	  /* may be NULL for a captured record */
	uint16_t template_format; /* the extractor's element type, below 256; 0: none */
	uint8_t contract[PST_VAULT_ID_SIZE];
	uint8_t permit[PST_VAULT_ID_SIZE];
	uint64_t audit_sequence; /* of the entry that allowed it */
};

enum pst_vault_state {
	PST_VAULT_STATE_UNSET = 0,
	PST_VAULT_STATE_OPENS = 1,
	PST_VAULT_STATE_EXPIRED = 2,
	PST_VAULT_STATE_DAMAGED =
		3, /* edited, transplanted or broken; the other fields are untrue */
};

/** One record as a list shows it. Texts are borrowed until the callback returns. */
struct pst_vault_item {
	enum pst_vault_state state;
	enum pst_vault_role role;
	uint8_t record[PST_VAULT_ID_SIZE];
	uint8_t contract[PST_VAULT_ID_SIZE];
	uint64_t subject_key; /* 0: no subject */
	const char *gallery;  /* NULL: in none */
	const char *store;
	const char *retention;
	const char *category;
	const char *purpose;
	const char *lane; /* NULL: none */
	int64_t created_s;
	int64_t expires_s;
	uint64_t audit_sequence;
	uint32_t size;	    /* bytes of the template */
	uint32_t transform; /* that the template was turned by; 0: none */
};

struct pst_vault_status {
	uint8_t vault[PST_KEYRING_ID_SIZE];
	unsigned schema;
	uint32_t transform; /* number of the present one; 0: none */
	unsigned key_slots;
	uint64_t records; /* stored, expired ones included */
	uint64_t expired; /* waiting for a purge */
	uint64_t held;	  /* under legal hold */
	uint64_t tombstones;
	uint64_t galleries;
	uint64_t bytes; /* of the database file */
	bool ballast;	/* the place that deleting needs on a full disk is held */
	uint64_t purged_at_open;
	int64_t now_s;	       /* the vault's time */
	bool clock_held;       /* the wall clock is ahead of it and not believed */
	int64_t next_expiry_s; /* of a record that still opens; 0: none */
	int64_t backup_s;      /* when the newest backup was made; 0: never */
};

#endif

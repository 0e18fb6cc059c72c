/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_RECEIPT_H
#define PST_AUDIT_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/chain.h"
#include "crypto/sign.h"

/*
 * What the person takes along, whatever the decision was: a JSON object, signed, that verifies
 * offline against the public key. It holds no name and nothing taken from a face.
 * docs/receipt.schema.json is its form.
 */

#define PST_RECEIPT_SCHEMA 2	    /* is written; every older one is read */
#define PST_RECEIPT_SIZE_MAX 65536u /* bytes */
#define PST_RECEIPT_LIST_MAX 32
#define PST_RECEIPT_ID_SIZE 33 /* 32 hex digits and a NUL */

/** How long a store may keep what was captured. */
struct pst_receipt_store {
	const char *store;
	int64_t retention_s; /* 0: nothing is kept there */
	const char *meaning; /* in words; NULL in schema 1 */
};

/** A store that something of this person was put into. */
struct pst_receipt_kept {
	const char *store;
	const char *until; /* "2025-12-26T12:00:00Z" */
};

struct pst_receipt_source {
	const char *id;
	const char *title;    /* NULL in schema 1 */
	const char *citation; /* may be NULL */
	const char *status;   /* seen, recalled, disputed; NULL in schema 1 */
};

struct pst_receipt_dispute {
	const char *id;
	const char *question;
	const char *taken; /* the reading that was followed */
};

/**
 * What a receipt says. All borrowed. Texts are UTF-8; required unless said otherwise.
 * (2): not in receipts of schema 1, NULL or 0 there.
 */
struct pst_receipt_info {
	const char *id;	    /* of pst_receipt_new_id() */
	const char *issued; /* wall clock: "2025-12-26T00:00:00Z" */
	const char *lane;
	const char *category;
	const char *known_by;	     /* (2) how the category is known: document, officer, ... */
	const char *notice;	     /* version of the notice shown; NULL: none was shown */
	const char *notice_state;    /* (2) current, stale, absent */
	const char *notice_language; /* (2) may be NULL: the policy does not say */
	const char *choice;	     /* (2) consent, decline, withdraw; NULL: none was made */
	const char *verdict;	     /* refuse, ask, allow */
	const char *authority;	     /* (2) behind an allow; else NULL */
	const char *outcome;	     /* the closed list: verified, refer-opted-out, ... */
	const char *reason;	     /* why nothing was captured; may be NULL */
	const char *rule;
	const char *rule_text; /* (2) */
	const char *basis;     /* (2) statute, regulation, policy, design */
	const char *purpose;   /* (2) verify, identify, enrol */
	const char *modality;  /* (2) face */
	const char *recording; /* "sealed", "plain": the person was recorded; may be NULL */
	const char *picture;   /* (2) "viewed": somebody looked at a masked picture; may be NULL */
	const char *policy;    /* (2) id */
	int64_t policy_version;
	const char *policy_sha256; /* (2) of the policy file, hex */
	const struct pst_receipt_source *sources;
	size_t source_count; /* 0..PST_RECEIPT_LIST_MAX, as the counts below */
	const struct pst_receipt_dispute *disputes;
	size_t dispute_count;
	const struct pst_receipt_store *stores;
	size_t store_count;
	const struct pst_receipt_kept *kept;
	size_t kept_count;
	const char *withdraw;	   /* how to withdraw */
	const char *complain;	   /* whom to complain to */
	uint64_t audit_sequence;   /* of the entry that records the decision; 0: it could not be
				      written */
	const uint8_t *audit_head; /* that entry's hash, PST_CHAIN_SIZE bytes; NULL with 0 */
};

/** Draws a receipt's id, so that the log can name the receipt that names the log. */
void pst_receipt_new_id(char ret_id[PST_RECEIPT_ID_SIZE]);

/**
 * Builds and signs a receipt.
 *
 * @param ret_json  one line of JSON without a newline; the caller frees
 * @return 0, -EINVAL (a required field is missing, a text is not UTF-8), -ENOMEM
 */
int pst_receipt_build(const struct pst_receipt_info *info, const struct pst_sign_key *key,
	char **ret_json, struct pst_error *error) PST_MUST_CHECK;

/** A receipt that was read. Its texts are its own. */
struct pst_receipt {
	int schema;	 /* 1..PST_RECEIPT_SCHEMA */
	const char *key; /* which key signed it, hex */
	struct pst_receipt_info info;
	struct pst_receipt_source sources[PST_RECEIPT_LIST_MAX];
	struct pst_receipt_dispute disputes[PST_RECEIPT_LIST_MAX];
	struct pst_receipt_store stores[PST_RECEIPT_LIST_MAX];
	struct pst_receipt_kept kept[PST_RECEIPT_LIST_MAX];
	uint8_t audit_hash[PST_CHAIN_SIZE];
	void *json; /* owned */
};

/**
 * Reads a receipt and checks its form, not its signature.
 *
 * @param json         any bytes
 * @param ret_receipt  written on success only; the caller closes it
 * @return 0, PST_E_FORMAT (not a receipt of a known schema), -ENOMEM
 */
int pst_receipt_open(const char *json, size_t size, struct pst_receipt **ret_receipt,
	struct pst_error *error) PST_MUST_CHECK;

/** Frees and nulls. Accepts NULL inside. */
void pst_receipt_close(struct pst_receipt **receipt);

/**
 * Checks a receipt's signature.
 *
 * @return 0
 *         PST_E_MISMATCH  signed by another key
 *         PST_E_CORRUPT   changed after it was signed
 *         -ENOMEM
 */
int pst_receipt_verify(const struct pst_receipt *receipt,
	const uint8_t public_key[PST_SIGN_PUBLIC_SIZE], struct pst_error *error) PST_MUST_CHECK;

#endif

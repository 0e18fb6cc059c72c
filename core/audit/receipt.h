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
 */

#define PST_RECEIPT_SCHEMA 1
#define PST_RECEIPT_LIST_MAX 32
#define PST_RECEIPT_ID_SIZE 33 /* 32 hex digits and a NUL */

struct pst_receipt_store {
	const char *store;
	int64_t retention_s; /* 0: nothing is kept there */
};

struct pst_receipt_source {
	const char *id;
	const char *citation; /* may be NULL */
};

/** What goes into a receipt. All borrowed. Texts are UTF-8; required unless said otherwise. */
struct pst_receipt_info {
	const char *id;	  /* of pst_receipt_new_id() */
	int64_t issued_s; /* wall clock */
	const char *lane;
	const char *category;
	const char *notice;  /* version of the notice shown; NULL: none was shown */
	const char *verdict; /* refuse, ask, allow */
	const char *outcome; /* the closed list: verified, refer-opted-out, ... */
	const char *reason;  /* may be NULL */
	const char *rule;
	const char *recording; /* "sealed", "plain": the person was recorded; NULL: no field */
	const struct pst_receipt_source *sources;
	size_t source_count; /* 0..PST_RECEIPT_LIST_MAX */
	const struct pst_receipt_store *stores;
	size_t store_count;	   /* 0..PST_RECEIPT_LIST_MAX */
	const char *withdraw;	   /* how to withdraw */
	const char *complain;	   /* whom to complain to */
	uint64_t audit_sequence;   /* of the entry that records the decision */
	const uint8_t *audit_head; /* that entry's hash, PST_CHAIN_SIZE bytes */
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

/** What a verified receipt says, for a line on a terminal. Texts are cut to fit. */
struct pst_receipt_summary {
	char id[40];
	char outcome[64];
	char rule[128];
	char issued[40]; /* "2025-12-26T00:00:00Z" */
	uint64_t audit_sequence;
	uint8_t audit_hash[PST_CHAIN_SIZE]; /* of that entry */
};

/**
 * Checks form and signature of a receipt.
 *
 * @param json  any bytes
 * @return 0
 *         PST_E_FORMAT    not a receipt of a known schema version
 *         PST_E_MISMATCH  signed by another key
 *         PST_E_CORRUPT   changed after it was signed
 */
int pst_receipt_verify(const char *json, size_t size,
	const uint8_t public_key[PST_SIGN_PUBLIC_SIZE], struct pst_receipt_summary *ret_summary,
	struct pst_error *error) PST_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_REVIEW_H
#define PST_AUDIT_REVIEW_H

#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "audit/receipt.h"

/*
 * What an officer decided about a person after the lane had told its outcome, and on what. A face
 * is never the sole basis: at least one item of evidence is none. The log holds the officer's role,
 * not a name.
 */

/** What the officer did. Each is an act of a person; none is what a comparison came to. */
#define PST_REVIEW_DECISION_MAP(X)                                                                 \
	X(PST_REVIEW_DECISION_UNSET, "unset")                                                      \
	X(PST_REVIEW_DECISION_ADMITTED, "admitted") /* let the person go on */                     \
	X(PST_REVIEW_DECISION_REFERRED, "referred") /* handed over to another officer or desk */   \
	X(PST_REVIEW_DECISION_REFUSED, "refused")   /* did not let the person go on */             \
	X(PST_REVIEW_DECISION_LEFT, "left")	    /* the person went away before a decision */

/** What it rests on. The last two are of a face: they never suffice. */
#define PST_EVIDENCE_MAP(X)                                                                        \
	X(PST_EVIDENCE_DOCUMENT, "document")	 /* an identity or travel document, examined */    \
	X(PST_EVIDENCE_QUESTION, "question")	 /* what the person answered */                    \
	X(PST_EVIDENCE_MANIFEST, "manifest")	 /* a booking or passenger list */                 \
	X(PST_EVIDENCE_RECORD, "record")	 /* a record looked up by document or name */      \
	X(PST_EVIDENCE_SUPERVISOR, "supervisor") /* a second officer's own check */                \
	X(PST_EVIDENCE_FACE_MATCH, "face-match") /* the lane's comparison */                       \
	X(PST_EVIDENCE_FACE_COMPARED,                                                              \
		"face-compared") /* the officer's look at face and photograph */

#define PST_REVIEW_ENUM(name, text) name,
enum pst_review_decision { PST_REVIEW_DECISION_MAP(PST_REVIEW_ENUM) PST_REVIEW_DECISION_COUNT };
enum pst_evidence { PST_EVIDENCE_MAP(PST_REVIEW_ENUM) PST_EVIDENCE_COUNT };
#undef PST_REVIEW_ENUM

/** In order, ended by NULL. [any] */
extern const char *const pst_review_decision_names[];
extern const char *const pst_evidence_names[];

#define PST_REVIEW_OFFICER_SIZE 33

struct pst_review {
	char officer[PST_REVIEW_OFFICER_SIZE];
	enum pst_review_decision decision;
	uint32_t evidence; /* bit i: enum pst_evidence i */
};

/**
 * Reads a review from words and checks it.
 *
 * @param officer   id of a role or post: 2 to 32 of A-Z 0-9 -, with a digit, so that it is no name
 * @param evidence  `count` words of the list above, at least one of them not of a face
 * @return 0
 *         PST_E_USAGE   a word that is missing or not of its list
 *         PST_E_UNSAFE  evidence of a face alone
 * On error: ret_review is zeroed.
 */
int pst_review_parse(struct pst_review *ret_review, const char *officer, const char *decision,
	const char *const *evidence, size_t count, struct pst_error *error) PST_MUST_CHECK;

/** The encounter that is reviewed. */
struct pst_review_subject {
	char lane[72];
	char receipt[PST_RECEIPT_ID_SIZE]; /* "": none was written */
	uint64_t encounter;		   /* number in its run of the lane */
	uint64_t audit;			   /* position of its "encounter.closed" in the log */
};

/** Appends "review.recorded". @param ret_sequence  may be NULL. @return as pst_audit_append() */
int pst_review_append(struct pst_audit *audit, const struct pst_review *review,
	const struct pst_review_subject *subject, uint64_t *ret_sequence,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Finds a closed encounter in the log of a state directory.
 *
 * @param which  a receipt's id, or a number: the newest encounter of that number
 * @return 0; PST_E_USAGE neither of both; PST_E_NOT_FOUND; PST_E_CORRUPT or -errno the log
 */
int pst_review_find(const char *dir, const char *which, struct pst_review_subject *ret_subject,
	struct pst_error *error) PST_MUST_CHECK;

/** @return whether a text has the form of a receipt's id */
bool pst_review_is_receipt(const char *text);

#endif

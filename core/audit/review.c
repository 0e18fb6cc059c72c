/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/review.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"

#define FACE_EVIDENCE (1u << PST_EVIDENCE_FACE_MATCH | 1u << PST_EVIDENCE_FACE_COMPARED)

#define NAME_OF(name, text) text,
const char *const pst_review_decision_names[] = {PST_REVIEW_DECISION_MAP(NAME_OF) NULL};
const char *const pst_evidence_names[] = {PST_EVIDENCE_MAP(NAME_OF) NULL};

static int take_officer(struct pst_review *review, const char *officer, struct pst_error *error)
{
	size_t size = officer ? strlen(officer) : 0;

	if (size == 0) {
		return pst_error_set(error, PST_E_USAGE,
			"officer: missing; give the id of the role, such as DESK-07");
	}
	if (size < 2 || size >= sizeof(review->officer) ||
		strspn(officer, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != size ||
		!strpbrk(officer, "0123456789")) {
		return pst_error_set(error, PST_E_USAGE,
			"officer: '%.40s' is no role id; 2 to 32 of A-Z 0-9 -, with a digit, such "
			"as DESK-07; never a name",
			officer);
	}
	return pst_text_copy(review->officer, sizeof(review->officer), officer);
}

static int unknown_word(
	const char *what, const char *const *names, const char *word, struct pst_error *error)
{
	char known[160] = "";
	size_t used = 0;

	for (size_t i = 0; names[i] && used < sizeof(known); i++) {
		int size = snprintf(
			known + used, sizeof(known) - used, "%s%s", i ? ", " : "", names[i]);

		used += size > 0 ? (size_t)size : 0;
	}
	return word && word[0]
		       ? pst_error_set(error, PST_E_USAGE,
				 "%s: unknown value '%.40s'; known are %s", what, word, known)
		       : pst_error_set(
				 error, PST_E_USAGE, "%s: missing; known are %s", what, known);
}

static int take_decision(struct pst_review *review, const char *decision, struct pst_error *error)
{
	const char *const *known = pst_review_decision_names + 1;
	int index = decision ? pst_text_index(known, decision) : -1;

	if (index < 0) {
		return unknown_word("decision", known, decision, error);
	}
	review->decision = (enum pst_review_decision)(index + 1);
	return 0;
}

static int take_evidence(struct pst_review *review, const char *const *evidence, size_t count,
	struct pst_error *error)
{
	for (size_t i = 0; i < count; i++) {
		int index = pst_text_index(pst_evidence_names, evidence[i]);

		if (index < 0) {
			return unknown_word("evidence", pst_evidence_names, evidence[i], error);
		}
		review->evidence |= 1u << index;
	}
	if (review->evidence == 0) {
		return unknown_word("evidence", pst_evidence_names, NULL, error);
	}
	if ((review->evidence & ~FACE_EVIDENCE) == 0) {
		return pst_error_set(error, PST_E_UNSAFE,
			"evidence: a face alone decides nothing; add what else the decision rests "
			"on: "
			"document, question, manifest, record or supervisor");
	}
	return 0;
}

int pst_review_parse(struct pst_review *ret_review, const char *officer, const char *decision,
	const char *const *evidence, size_t count, struct pst_error *error)
{
	*ret_review = (struct pst_review){0};
	int status = take_officer(ret_review, officer, error);

	if (status == 0) {
		status = take_decision(ret_review, decision, error);
	}
	if (status == 0) {
		status = take_evidence(ret_review, evidence, count, error);
	}
	if (status < 0) {
		*ret_review = (struct pst_review){0};
	}
	return status;
}

static json_t *evidence_words(uint32_t evidence)
{
	json_t *words = json_array();

	for (unsigned i = 0; i < PST_EVIDENCE_COUNT; i++) {
		if (evidence & 1u << i) {
			(void)json_array_append_new(words, json_string(pst_evidence_names[i]));
		}
	}
	return words;
}

int pst_review_append(struct pst_audit *audit, const struct pst_review *review,
	const struct pst_review_subject *subject, uint64_t *ret_sequence, struct pst_error *error)
{
	json_t *payload = json_pack("{s:s, s:I, s:I, s:s*, s:s, s:s, s:o}", "lane", subject->lane,
		"encounter", (json_int_t)subject->encounter, "audit", (json_int_t)subject->audit,
		"receipt", subject->receipt[0] ? subject->receipt : NULL, "officer",
		review->officer, "decision", pst_review_decision_names[review->decision],
		"evidence", evidence_words(review->evidence));
	char *text = payload ? json_dumps(payload, JSON_COMPACT) : NULL;
	int status = text ? pst_audit_append(audit, "review.recorded", text, ret_sequence, error)
			  : pst_error_set(error, -ENOMEM, "out of memory");

	free(text);
	json_decref(payload);
	return status;
}

bool pst_review_is_receipt(const char *text)
{
	return strlen(text) == PST_RECEIPT_ID_SIZE - 1 &&
	       strspn(text, "0123456789abcdef") == PST_RECEIPT_ID_SIZE - 1;
}

struct search {
	const char *receipt; /* NULL: by number */
	int64_t encounter;
	struct pst_review_subject *found;
};

static int look_at(void *user, const struct pst_audit_item *item)
{
	struct search *search = user;
	struct pst_review_subject *found = search->found;

	if (item->is_checkpoint || strcmp(item->kind, "encounter.closed") != 0) {
		return 0;
	}
	json_t *closed = json_loads(item->json, 0, NULL);
	const char *receipt = json_string_value(json_object_get(closed, "receipt"));
	const char *lane = json_string_value(json_object_get(closed, "lane"));
	json_int_t encounter = json_integer_value(json_object_get(closed, "encounter"));
	bool wanted = search->receipt ? receipt && strcmp(receipt, search->receipt) == 0
				      : encounter == search->encounter;

	if (wanted && lane && pst_text_copy(found->lane, sizeof(found->lane), lane) == 0 &&
		pst_text_copy(found->receipt, sizeof(found->receipt), receipt ? receipt : "") ==
			0) {
		found->encounter = (uint64_t)encounter;
		found->audit = item->sequence;
	}
	json_decref(closed);
	return 0;
}

int pst_review_find(const char *dir, const char *which, struct pst_review_subject *ret_subject,
	struct pst_error *error)
{
	struct search search = {.found = ret_subject};

	*ret_subject = (struct pst_review_subject){0};
	if (pst_review_is_receipt(which)) {
		search.receipt = which;
	} else if (pst_text_parse_int(which, 1, INT64_MAX, &search.encounter) < 0) {
		return pst_error_set(error, PST_E_USAGE,
			"'%.40s' is no encounter; give its number or its receipt's id", which);
	}
	int status = pst_audit_each(dir, look_at, &search, error);
	if (status == 0 && ret_subject->audit == 0) {
		status = pst_error_set(error, PST_E_NOT_FOUND,
			"%s: no closed encounter %s in the audit log", dir, which);
	}
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "audit/review.h"

TestSuite(review, .init = fixture_make, .fini = fixture_remove);

#define RECEIPT "00112233445566778899aabbccddeeff"

static int parse(struct pst_review *review, const char *officer, const char *decision,
	const char *first, const char *second)
{
	const char *const evidence[] = {first, second};

	error = (struct pst_error){0};
	return pst_review_parse(review, officer, decision, evidence,
		!first	  ? 0
		: !second ? 1
			  : 2,
		&error);
}

Test(review, every_decision_and_every_evidence_that_is_no_face)
{
	struct pst_review review;

	for (int i = 1; i < PST_REVIEW_DECISION_COUNT; i++) {
		cr_expect_eq(
			parse(&review, "DESK-07", pst_review_decision_names[i], "document", NULL),
			0);
		cr_expect_eq((int)review.decision, i);
	}
	for (int i = 0; i < PST_EVIDENCE_FACE_MATCH; i++) {
		cr_expect_eq(parse(&review, "7A", "admitted", pst_evidence_names[i], "face-match"),
			0, "%s", error.text);
		cr_expect_eq(review.evidence, 1u << i | 1u << PST_EVIDENCE_FACE_MATCH);
	}
}

Test(review, a_face_alone_is_refused)
{
	struct pst_review review;

	cr_expect_eq(parse(&review, "DESK-07", "refused", "face-match", NULL), PST_E_UNSAFE);
	cr_expect_not_null(strstr(error.text, "a face alone decides nothing"));
	cr_expect_eq(
		parse(&review, "DESK-07", "admitted", "face-compared", "face-match"), PST_E_UNSAFE);
	cr_expect_eq(review.officer[0], 0);
	cr_expect_eq((int)review.decision, PST_REVIEW_DECISION_UNSET);
}

Test(review, what_is_missing_or_no_word_is_named)
{
	static const struct {
		const char *officer, *decision, *evidence, *text;
	} cases[] = {
		{NULL, "admitted", "document", "officer: missing"},
		{"", "admitted", "document", "officer: missing"},
		{"7", "admitted", "document", "officer: '7'"},
		{"JANE-DOE", "admitted", "document", "never a name"},
		{"desk-07", "admitted", "document", "officer: 'desk-07'"},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", "admitted", "document", "no role id"},
		{"DESK-07", NULL, "document", "decision: missing; known are admitted, referred"},
		{"DESK-07", "unset", "document", "decision: unknown value 'unset'"},
		{"DESK-07", "match", "document", "decision: unknown value 'match'"},
		{"DESK-07", "admitted", NULL, "evidence: missing; known are document"},
		{"DESK-07", "admitted", "face", "evidence: unknown value 'face'"},
	};
	struct pst_review review;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(parse(&review, cases[i].officer, cases[i].decision, cases[i].evidence,
				     NULL),
			PST_E_USAGE, "%zu", i);
		cr_expect_not_null(strstr(error.text, cases[i].text), "%s", error.text);
	}
}

static void close_encounter(int encounter, const char *receipt)
{
	char json[200];

	(void)snprintf(json, sizeof(json),
		"{\"lane\":\"gate-1\",\"encounter\":%d,\"receipt\":\"%s\"}", encounter, receipt);
	cr_assert_eq(pst_audit_append(audit, "encounter.closed", json, NULL, &error), 0);
}

static int find_recorded(void *user, const struct pst_audit_item *item)
{
	if (strcmp(item->kind, "review.recorded") == 0) {
		(void)snprintf(user, 512, "%s", item->json);
	}
	return 0;
}

Test(review, is_found_by_number_and_by_receipt_and_stays_in_the_log)
{
	struct pst_review_subject subject;
	struct pst_review review;
	uint64_t sequence = 0;
	char json[512] = "";

	fixture_open();
	close_encounter(1, RECEIPT);
	close_encounter(1, "ffeeddccbbaa99887766554433221100");
	cr_assert_eq(pst_review_find(fixture_dir, "1", &subject, &error), 0, "%s", error.text);
	cr_expect_eq(subject.audit, 2, "the newest of that number");
	cr_assert_eq(pst_review_find(fixture_dir, RECEIPT, &subject, &error), 0, "%s", error.text);
	cr_expect_eq(subject.audit, 1);
	cr_expect_eq(subject.encounter, 1);
	cr_expect_str_eq(subject.lane, "gate-1");

	cr_assert_eq(parse(&review, "DESK-07", "admitted", "document", "question"), 0);
	cr_assert_eq(pst_review_append(audit, &review, &subject, &sequence, &error), 0);
	cr_expect_eq(sequence, 3);
	(void)pst_audit_close(&audit);
	cr_assert_eq(pst_audit_each(fixture_dir, find_recorded, json, &error), 0);
	cr_expect_str_eq(json,
		"{\"lane\":\"gate-1\",\"encounter\":1,\"audit\":1,\"receipt\":\"" RECEIPT
		"\",\"officer\":\"DESK-07\",\"decision\":\"admitted\","
		"\"evidence\":[\"document\",\"question\"]}");
	cr_expect_eq(fixture_verify(0).finding, PST_AUDIT_FINDING_OK);
}

Test(review, an_encounter_that_is_not_in_the_log)
{
	struct pst_review_subject subject;

	fixture_open();
	close_encounter(1, RECEIPT);
	cr_expect_eq(pst_review_find(fixture_dir, "2", &subject, &error), PST_E_NOT_FOUND);
	error = (struct pst_error){0};
	cr_expect_eq(
		pst_review_find(fixture_dir, "00000000000000000000000000000000", &subject, &error),
		PST_E_NOT_FOUND);
	error = (struct pst_error){0};
	cr_expect_eq(pst_review_find(fixture_dir, "0", &subject, &error), PST_E_USAGE);
	error = (struct pst_error){0};
	cr_expect_eq(pst_review_find(fixture_dir, "last", &subject, &error), PST_E_USAGE);
}

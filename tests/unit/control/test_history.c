/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_policy.h"

#include <stdio.h>
#include <string.h>

#include "control/history.h"

static struct pst_history history;
static struct pst_policy *policy;

static void set_up(void)
{
	policy = shipped_policy();
}

static void tear_down(void)
{
	pst_history_finish(&history);
	pst_policy_destroy(&policy);
}

TestSuite(history, .init = set_up, .fini = tear_down);

static void put(uint64_t number)
{
	struct pst_drive_explanation encounter = somebody(policy, number);
	char receipt[PST_RECEIPT_ID_SIZE];

	(void)snprintf(receipt, sizeof(receipt), "%032llx", (unsigned long long)number);
	encounter.told.receipt = receipt;
	pst_history_put(&history, &encounter);
}

Test(history, an_empty_one_knows_nobody)
{
	cr_expect_null(pst_history_find(&history, 0));
	cr_expect_null(pst_history_find(&history, 1));
	cr_expect_null(pst_history_find(&history, PST_HISTORY_MAX));
	cr_expect_null(pst_history_of_receipt(&history, ""));
}

Test(history, keeps_what_was_told_after_the_policy_is_gone)
{
	put(3);
	pst_policy_destroy(&policy);
	const struct pst_history_entry *entry = pst_history_find(&history, 3);

	cr_assert_not_null(entry);
	cr_expect_eq(pst_history_find(&history, 0), entry, "the latest");
	cr_expect_eq(pst_history_of_receipt(&history, "00000000000000000000000000000003"), entry);
	cr_expect_null(pst_history_of_receipt(&history, "00000000000000000000000000000004"));
	cr_expect_str_eq(entry->document, "{\"id\":\"0123\"}");
	cr_expect_not_null(strstr(entry->explanation, "\"rule\":\"citizen-declines\""));
	cr_expect_null(entry->review);
}

Test(history, holds_the_last_ones)
{
	for (uint64_t number = 1; number <= PST_HISTORY_MAX + 2; number++) {
		put(number);
	}
	cr_expect_null(pst_history_find(&history, 1));
	cr_expect_null(pst_history_find(&history, 2));
	cr_expect_null(pst_history_of_receipt(&history, "00000000000000000000000000000002"));
	cr_assert_not_null(pst_history_find(&history, 3));
	cr_expect_eq(pst_history_find(&history, 0)->encounter, PST_HISTORY_MAX + 2);
	cr_expect_null(pst_history_find(&history, PST_HISTORY_MAX + 3));
}

Test(history, who_got_no_receipt_has_none)
{
	struct pst_drive_explanation encounter = somebody(policy, 5);

	encounter.told.receipt = NULL;
	encounter.receipt = NULL;
	pst_history_put(&history, &encounter);
	cr_assert_not_null(pst_history_find(&history, 5));
	cr_expect_null(pst_history_of_receipt(&history, ""));
	cr_expect_not_null(strstr(pst_history_find(&history, 5)->explanation, "\"receipt\":null"));
}

Test(history, a_review_stands_with_its_encounter_alone)
{
	const struct pst_review first = {
		.officer = "D-1", .decision = PST_REVIEW_DECISION_REFERRED, .evidence = 1};
	const struct pst_review second = {.officer = "D-2",
		.decision = PST_REVIEW_DECISION_ADMITTED,
		.evidence = 1u << PST_EVIDENCE_DOCUMENT | 1u << PST_EVIDENCE_FACE_MATCH};

	put(1);
	put(2);
	pst_history_review(&history, 1, &first, 8);
	pst_history_review(&history, 1, &second, 9);
	pst_history_review(&history, 1 + PST_HISTORY_MAX, &first, 10);
	cr_expect_str_eq(pst_history_find(&history, 1)->review,
		"{\"officer\":\"D-2\",\"decision\":\"admitted\",\"evidence\":[\"document\","
		"\"face-match\"],\"sequence\":9}");
	cr_expect_null(pst_history_find(&history, 2)->review);
	put(1);
	cr_expect_null(pst_history_find(&history, 1)->review, "another run's number one");
}

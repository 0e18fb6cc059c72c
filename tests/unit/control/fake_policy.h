/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TESTS_FAKE_POLICY_H
#define PST_TESTS_FAKE_POLICY_H

#include <criterion/criterion.h>

#include "pipeline/drive.h"

/* A policy as a lane has it, and somebody whom it decides about. */

static inline struct pst_policy *shipped_policy(void)
{
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(
		pst_policy_load(POLICIES "/us-border.yaml", &policy, &error), 0, "%s", error.text);
	return policy;
}

/* A citizen who declined. Everything is the policy's or static. */
static inline struct pst_drive_explanation somebody(
	const struct pst_policy *policy, uint64_t encounter)
{
	const struct pst_policy_request request = {.value = {[PST_AXIS_CATEGORY] = "us-citizen",
							   [PST_AXIS_KNOWN_BY] = "document",
							   [PST_AXIS_AGE_BAND] = "14-to-79",
							   [PST_AXIS_DIRECTION] = "entry",
							   [PST_AXIS_ENVIRONMENT] = "air",
							   [PST_AXIS_MODE] = "normal",
							   [PST_AXIS_PURPOSE] = "verify",
							   [PST_AXIS_MODALITY] = "face",
							   [PST_AXIS_NOTICE] = "current",
							   [PST_AXIS_CHOICE] = "decline"},
		.day = 20468};
	struct pst_drive_explanation explanation = {.told = {.encounter = encounter,
							    .choice = PST_CHOICE_DECLINE,
							    .outcome = PST_OUTCOME_REFER_OPTED_OUT,
							    .to_permit_ns = -1,
							    .to_first_face_ns = -1,
							    .to_best_shot_ns = -1,
							    .to_decision_ns = -1,
							    .total_ns = 2500000000,
							    .receipt = "0123456789abcdef0123456789"
								       "abcdef",
							    .audit = 7},
		.is_over = true,
		.state = "closed",
		.policy = policy,
		.category = "us-citizen",
		.known_by = "document",
		.age_band = "14-to-79",
		.direction = "entry",
		.environment = "air",
		.purpose = "verify",
		.notice = PST_NOTICE_CURRENT,
		.notice_version = "us-border-1",
		.notice_language = "es",
		.fmr = 1e-3,
		.receipt = "{\"id\":\"0123\"}"};

	pst_policy_explain(policy, &request, &explanation.why);
	return explanation;
}

#endif

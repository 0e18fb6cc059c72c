/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_policy.h"

#include <stdlib.h>
#include <string.h>

#include "control/tell.h"

static struct pst_policy *policy;
static json_t *told;

static void set_up(void)
{
	policy = shipped_policy();
}

static void tear_down(void)
{
	json_decref(told);
	pst_policy_destroy(&policy);
}

TestSuite(tell, .init = set_up, .fini = tear_down);

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "(none)";
}

static void tell_policy(const char *direction)
{
	const uint8_t sha256[PST_POLICY_DIGEST_SIZE] = {0xab};
	const struct pst_policy_request request = {
		.value = {[PST_AXIS_DIRECTION] = direction}, .day = 20468};
	struct pst_error error = {0};
	struct pst_drive_policy from = {.policy = policy,
		.sha256 = sha256,
		.direction = direction,
		.purpose = PST_PURPOSE_VERIFY};

	cr_assert_eq(
		pst_policy_view_open(policy, &request,
			1u << PST_AXIS_CHOICE | 1u << PST_AXIS_ENVIRONMENT, &from.view, &error),
		0);
	told = pst_tell_policy(&from);
	cr_assert_not_null(told);
}

Test(tell, a_policy_with_its_words)
{
	tell_policy(NULL);
	const json_t *head = json_object_get(told, "policy");
	const json_t *axes = json_object_get(told, "axes");
	const json_t *notice = json_object_get(told, "notice");

	cr_expect_str_eq(text_at(head, "id"), "us-border");
	cr_expect_str_eq(text_at(head, "date"), "2026-01-15");
	cr_expect_eq(strncmp(text_at(head, "sha256"), "ab00", 4), 0);
	cr_expect_str_eq(text_at(notice, "version"), policy->texts.notice_version);
	cr_expect_str_eq(
		text_at(json_object_get(json_object_get(notice, "texts"), "en"), "withdraw"),
		policy->texts.own.withdraw);
	cr_expect_eq(json_object_size(json_object_get(notice, "texts")),
		policy->texts.translation_count + 1);
	cr_expect_eq(json_array_size(json_object_get(axes, "category")), 11);
	cr_expect_eq(json_array_size(json_object_get(axes, "known-by")), 4);
	cr_expect_eq(json_object_size(axes), 5, "what open takes");
	cr_expect(json_is_null(json_object_get(json_object_get(told, "defaults"), "direction")));
	cr_expect_str_eq(text_at(json_object_get(told, "defaults"), "age-band"), "14-to-79");
	cr_expect(json_is_true(json_object_get(told, "ages")));
	cr_expect_str_eq(text_at(told, "purpose"), "verify");
}

Test(tell, the_lanes_own_direction_is_the_default)
{
	tell_policy("exit");
	cr_expect_str_eq(text_at(json_object_get(told, "defaults"), "direction"), "exit");
}

Test(tell, what_is_kept_of_whom)
{
	const json_t *kept;
	size_t i;

	tell_policy(NULL);
	json_array_foreach(json_object_get(told, "keeps"), i, kept)
	{
		const json_t *stores = json_object_get(kept, "stores");
		const bool captured = json_is_true(json_object_get(kept, "captured"));

		cr_expect_eq(json_array_size(stores), captured ? PST_STORE_COUNT : 0);
		if (strcmp(text_at(kept, "category"), "us-citizen") == 0) {
			cr_expect(captured);
			cr_expect_str_eq(text_at(json_array_get(stores, 0), "store"), "matching");
			cr_expect_str_eq(text_at(json_array_get(stores, 0), "keep"), "12h");
			cr_expect_str_eq(text_at(json_array_get(stores, 0), "words"), "12 hours");
		}
		cr_expect(strcmp(text_at(kept, "category"), "unknown") != 0 || !captured);
	}
	cr_expect_eq(i, 11);
}

Test(tell, why_somebody_is_decided_so)
{
	const struct pst_drive_explanation encounter = somebody(policy, 4);

	told = pst_tell_explanation(&encounter);
	cr_assert_not_null(told);
	cr_expect_eq(json_integer_value(json_object_get(told, "encounter")), 4);
	cr_expect_str_eq(text_at(told, "rule"), "citizen-declines");
	cr_expect_str_eq(text_at(told, "verdict"), "refuse");
	cr_expect(json_is_null(json_object_get(told, "authority")));
	cr_expect_str_eq(text_at(told, "outcome"), "refer-opted-out");
	cr_expect_str_eq(text_at(json_object_get(told, "notice"), "language"), "es");
	cr_expect_eq(json_array_size(json_object_get(told, "sources")), 3);
	const json_t *dispute = json_array_get(json_object_get(told, "disputes"), 0);
	cr_expect_str_eq(text_at(dispute, "id"), "D7");
	cr_expect_eq(json_array_size(json_object_get(dispute, "readings")), 2);
	const json_t *change = json_array_get(json_object_get(told, "changes"), 0);
	cr_expect_str_eq(text_at(change, "input"), "choice");
	cr_expect_str_eq(text_at(change, "value"), "consent");
	cr_expect_str_eq(text_at(change, "verdict"), "allow");
	cr_expect_str_eq(text_at(change, "rule"), "citizen-offered");
	const json_t *timings = json_object_get(told, "timings");
	cr_expect(json_is_null(json_object_get(timings, "to_permit_ms")));
	cr_expect_eq(json_integer_value(json_object_get(timings, "total_ms")), 2500);
	cr_expect_str_eq(text_at(json_array_get(json_object_get(told, "keeps"), 0), "words"),
		"never stored");
	cr_expect(json_is_null(json_object_get(told, "matched")));
	cr_expect(json_is_null(json_object_get(told, "review")));
}

/* Whatever is said of somebody, no key of it is a score or a name. */
static void check_keys(const json_t *value)
{
	const char *key;
	json_t *held;
	size_t i;

	json_array_foreach(value, i, held)
	{
		check_keys(held);
	}
	json_object_foreach((json_t *)value, key, held)
	{
		cr_expect_null(strstr(key, "score"));
		cr_expect_null(strstr(key, "subject"));
		check_keys(held);
	}
}

Test(tell, a_comparison_is_told_by_its_rate_never_by_a_score)
{
	struct pst_drive_explanation encounter = somebody(policy, 4);

	encounter.compared = encounter.matched = true;
	told = pst_tell_explanation(&encounter);
	cr_expect(json_is_true(json_object_get(told, "matched")));
	cr_expect_float_eq(json_real_value(json_object_get(told, "fmr")), 1e-3, 1e-12);
	check_keys(told);
	json_decref(told);
	encounter.fmr = 0;
	told = pst_tell_explanation(&encounter);
	cr_expect(json_is_null(json_object_get(told, "fmr")));
}

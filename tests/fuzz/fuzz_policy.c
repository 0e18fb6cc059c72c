/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "policy/explain.h"
#include "policy/keeps.h"
#include "policy/language.h"
#include "policy/lint.h"
#include "policy/policy.h"
#include "policy/prove.h"
#include "policy/test.h"
#include "policy/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *context, const struct pst_policy_finding *finding)
{
	*(size_t *)context += finding->line > 0;
}

/* Whatever loads can be tested, explained and linted. */
static void use(const struct pst_policy *policy)
{
	const struct pst_policy_lint lint = {
		.day = 20468, .months = 12, .notice_days = 30, .languages = pst_policy_languages};
	size_t findings = 0;

	for (size_t i = 0; i < policy->case_count; i++) {
		struct pst_policy_explanation explanation;
		struct pst_policy_decision decision;

		(void)pst_policy_test(policy, &policy->cases[i], &decision);
		pst_policy_explain(policy, &policy->cases[i].given, &explanation);
		if (explanation.decision.rule != decision.rule) {
			abort();
		}
	}
	pst_policy_lint(policy, &lint, count, &findings);
}

/* Whatever is kept of somebody is kept under a class of the policy, for no longer than the longest.
 */
static void keep(const struct pst_policy *policy)
{
	const struct pst_policy_request request = {.day = 20468};
	const struct pst_retention *class[PST_STORE_COUNT];
	struct pst_policy_view view;
	struct pst_error error = {0};

	if (pst_policy_view_open(policy, &request, 1u << PST_AXIS_CHOICE | 1u << PST_AXIS_DIRECTION,
		    &view, &error) < 0) {
		return;
	}
	for (uint16_t i = 1; i <= policy->table.size[PST_AXIS_CATEGORY]; i++) {
		bool any = pst_policy_keeps(&view, i, class);

		for (int store = 0; any && store < PST_STORE_COUNT; store++) {
			char words[PST_POLICY_PERIOD_SIZE];

			pst_policy_period_words(class[store], (enum pst_store)store, words);
			if (class[store] < policy -> retention || !words[0] ||
							     class[store] >= policy
				-> retention + policy -> retention_count) {
				abort();
			}
		}
	}
}

static void speak(const struct pst_policy *policy)
{
	for (size_t i = 0; i < policy->texts.translation_count; i++) {
		const struct pst_policy_wording *wording = &policy->texts.translations[i];

		if (pst_policy_wording(policy, wording->language) != wording ||
			!pst_language_is_known(wording->language)) {
			abort();
		}
	}
}

/* Whatever loads is total: the proof holds for it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_policy *policy = NULL;
	struct pst_policy_proof proof;
	struct pst_error error = {0};
	uint8_t *copy = malloc(size ? size : 1);
	int status;

	if (!copy) {
		return 0;
	}
	if (size) {
		memcpy(copy, data, size);
	}
	status = pst_policy_parse("fuzz", copy, size, &policy, &error);
	free(copy);
	if ((status == 0) != (policy != NULL) || (status < 0) != (error.text[0] != 0)) {
		abort();
	}
	if (policy) {
		use(policy);
		keep(policy);
		speak(policy);
	}
	if (policy && policy->table.combinations < 100000 &&
		pst_policy_prove(policy, &proof, &error) < 0) {
		abort();
	}
	pst_policy_destroy(&policy);
	return 0;
}

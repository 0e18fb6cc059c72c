/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include <stdio.h>
#include <unistd.h>

#include "policy/prove.h"

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

static int prove_text(const char *text, struct pst_policy_proof *proof, struct pst_error *error)
{
	char path[] = "/tmp/postern-prove-XXXXXX";
	int fd = mkstemp(path);
	int status;

	cr_assert_geq(fd, 0);
	(void)close(fd);
	write_file(path, text);
	status = pst_policy_prove_file(path, proof, error);
	(void)unlink(path);
	return status;
}

Test(prove, a_total_policy_holds_and_every_combination_is_counted)
{
	struct pst_policy *policy = small_policy();
	struct pst_policy_proof proof;
	struct pst_error error = {0};

	cr_assert_eq(pst_policy_prove(policy, &proof, &error), 0, "%s", error.text);
	cr_assert(proof.holds);
	cr_assert_eq(proof.cells, policy->table.combinations);
	cr_assert_eq(proof.by_verdict[PST_VERDICT_REFUSE] + proof.by_verdict[PST_VERDICT_ASK] +
			     proof.by_verdict[PST_VERDICT_ALLOW],
		proof.cells);
	cr_assert_gt(proof.by_verdict[PST_VERDICT_ALLOW], 0);
	cr_assert_str_empty(proof.counterexample);
	pst_policy_destroy(&policy);
}

Test(prove, a_table_that_differs_from_its_rules_is_caught)
{
	struct pst_policy *policy = small_policy();
	struct pst_cell *cells = (struct pst_cell *)(uintptr_t)policy->table.cells;

	for (uint32_t i = 0; i < policy->table.cell_count; i += 7) {
		struct pst_policy_proof proof;
		struct pst_error error = {0};
		struct pst_cell was = cells[i];

		cells[i].verdict ^= 2;
		cr_assert_eq(pst_policy_prove(policy, &proof, &error), PST_E_UNSAFE);
		cr_assert_eq(
			proof.differing, policy->table.combinations / policy->table.cell_count);
		cr_assert_not(proof.holds);
		cr_assert(strstr(error.text, "differ"), "%s", error.text);
		cells[i] = was;
	}
	pst_policy_destroy(&policy);
}

Test(prove, unsafe_cells_are_caught_though_rules_and_table_agree)
{
	struct pst_policy *policy = small_policy();
	struct pst_cell *cells = (struct pst_cell *)(uintptr_t)policy->table.cells;
	struct pst_rule *rules = (struct pst_rule *)(uintptr_t)policy->rules;
	struct pst_policy_proof proof;
	struct pst_error error = {0};

	for (int rule = 2; rule <= 3; rule++) {
		rules[rule].cell.verdict = PST_VERDICT_ALLOW;
		for (uint32_t i = 0; i < policy->table.cell_count; i++) {
			if (cells[i].rule == rule) {
				cells[i].verdict = PST_VERDICT_ALLOW;
			}
		}
	}
	cr_assert_eq(pst_policy_prove(policy, &proof, &error), PST_E_UNSAFE);
	cr_assert_eq(proof.differing, 0);
	cr_assert_gt(proof.captures_without_notice, 0);
	cr_assert_gt(proof.captures_after_refusal, 0);
	pst_policy_destroy(&policy);
}

Test(prove, a_deleted_rule_fails_with_the_smallest_counterexample)
{
	char *text = small_policy_with("category: [known], choice: [decline, withdraw]",
		"category: [guest], choice: [decline, withdraw]");
	struct pst_policy_proof proof;
	struct pst_error error = {0};

	cr_assert_eq(prove_text(text, &proof, &error), PST_E_UNSAFE);
	cr_assert_gt(proof.undecided, 0);
	cr_assert_eq(proof.contested, 0);
	cr_assert_str_eq(proof.counterexample, "no rule decides: category member, choice decline");
	free(text);
}

Test(prove, a_contest_names_both_rules)
{
	char *text = small_policy_with("category: [unknown]", "category: [unknown, guest]");
	struct pst_policy_proof proof;
	struct pst_error error = {0};

	cr_assert_eq(prove_text(text, &proof, &error), PST_E_UNSAFE);
	cr_assert_gt(proof.contested, 0);
	cr_assert(strstr(proof.counterexample, "'not-known' and '"), "%s", proof.counterexample);
	free(text);
}

Test(prove, what_a_load_refuses_for_other_reasons_is_refused_here_too)
{
	struct pst_policy_proof proof;
	struct pst_error error = {0};
	char *text = small_policy_with("verdict: refuse", "verdict: deny");

	cr_assert_eq(prove_text(text, &proof, &error), PST_E_CONFIG);
	cr_assert_eq(proof.cells, 0);
	free(text);
	text = small_policy_with("category: [unknown]}", "category: [any]}\n    priority: 5");
	error = (struct pst_error){0};
	cr_assert_eq(prove_text(text, &proof, &error), PST_E_CONFIG, "a dead rule");
	free(text);
}

/* A million combinations of 64 categories x 64 places under a hundred rules. */
Test(prove, a_million_combinations, .timeout = 60)
{
	static char text[200000];
	char *end = text;
	struct pst_policy *policy = NULL;
	struct pst_policy_proof proof;
	struct pst_error error = {0};

	end += sprintf(end,
		"policy: wide\nformat: 1\nversion: 1\ntitle: W\nfrom: 2020-01-01\n"
		"choice-window: 0\ntexts: {notice-version: a, notice: a, withdraw: a, "
		"complain: a, disclaimer: a}\naxes:\n  - axis: category\n    values: [c0");
	for (int i = 1; i < 64; i++) {
		end += sprintf(end, ", c%d", i);
	}
	end += sprintf(end, "]\n  - axis: known-by\n    values: [document]\n"
			    "  - axis: direction\n    values: [entry, exit]\n"
			    "  - axis: environment\n    values: [e0");
	for (int i = 1; i < 64; i++) {
		end += sprintf(end, ", e%d", i);
	}
	end += sprintf(end, "]\n  - axis: modality\n    values: [face, other]\nsources:\n"
			    "  - {source: s, title: s, citation: s, checked: 2025-01-01, "
			    "status: seen}\nretention:\n  - {class: day, matching: 12h, "
			    "identity: 0, partner: 0, crossing: 0}\nrules:\n");
	for (int i = 0; i < 64; i++) {
		end += sprintf(end,
			"  - id: no-%d\n    text: t\n    when: {category: [c%d], choice: [decline, "
			"withdraw]}\n    verdict: refuse\n    outcome: refer-opted-out\n    basis: "
			"design\n    sources: [s]\n  - id: ask-%d\n    text: t\n    when: "
			"{category: [c%d], choice: [none, consent]}\n    verdict: ask\n    "
			"outcome: refer-no-consent\n    basis: design\n    sources: [s]\n  - id: "
			"yes-%d\n    text: t\n    when: {environment: [e%d], category: [c%d], "
			"choice: [consent], notice: [current]}\n    priority: 1\n    verdict: "
			"allow\n    authority: consented\n    retention: day\n    basis: design\n"
			"    sources: [s]\n",
			i, i, i, i, i, i, 63 - i);
	}
	cr_assert_eq(pst_policy_parse("wide.yaml", text, (size_t)(end - text), &policy, &error), 0,
		"%s", error.text);
	cr_assert_eq(policy->table.combinations, 64 * 2 * 64 * 3 * 3 * 2 * 3 * 4);
	cr_assert_eq(pst_policy_prove(policy, &proof, &error), 0, "%s", error.text);
	cr_assert_eq(proof.by_verdict[PST_VERDICT_ALLOW], 64 * 2 * 3 * 3 * 2);
	pst_policy_destroy(&policy);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "policy/choices.h"
#include "policy/prove.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy_text[] =
	"policy: small\nformat: 1\nversion: 3\ntitle: T\nfrom: 2020-01-01\nchoice-window: 2s\n"
	"texts: {notice-version: n1, notice: N, withdraw: W, complain: C, disclaimer: D}\n"
	"axes:\n"
	"  - {axis: category, values: [member, unknown]}\n"
	"  - {axis: known-by, values: [document]}\n"
	"  - {axis: direction, values: [entry]}\n"
	"  - {axis: environment, values: [land]}\n"
	"  - {axis: modality, values: [face]}\n"
	"sources:\n"
	"  - {source: law, title: L, citation: C, checked: 2025-01-02, status: seen}\n"
	"disputes:\n"
	"  - {dispute: Q1, question: Q, readings: [a, b], taken: a}\n"
	"retention:\n"
	"  - {class: day, matching: 12h, identity: unset, partner: 0, crossing: none}\n"
	"rules:\n"
	"  - id: not-known\n    text: T\n    when: {category: [unknown]}\n    verdict: refuse\n"
	"    outcome: refer-unknown-category\n    basis: design\n    sources: [law]\n"
	"  - id: offered\n    text: T\n    when: {category: [member]}\n    verdict: refuse\n"
	"    outcome: refer-exempt\n    disputes: [Q1]\n    basis: design\n    sources: [law]\n"
	"    otherwise: {verdict: allow, authority: offered, retention: day}\n";

static void require(int holds)
{
	if (!holds) {
		abort();
	}
}

/* Whatever is chosen, the three things that no file can change hold. */
static void apply(struct pst_policy_choices **choices)
{
	struct pst_policy *policy = NULL;
	struct pst_policy_proof proof;
	struct pst_error error = {0};
	int status = pst_policy_parse_chosen("p.yaml", policy_text, sizeof(policy_text) - 1,
		choices, /* needs_retention= */ false, &policy, &error);

	require((status == 0) == (policy != NULL) && (status == 0) == (*choices == NULL));
	require((status < 0) == (error.text[0] != 0));
	require(!policy || pst_policy_prove(policy, &proof, &error) == 0);
	pst_policy_destroy(&policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_policy_choices *choices = NULL;
	struct pst_error error = {0};
	uint8_t *text = calloc(1, size ? size : 1);

	if (!text) {
		return 0;
	}
	if (size) {
		memcpy(text, data, size);
	}
	if (pst_policy_choices_parse("c.yaml", text, size, &choices, &error) == 0) {
		require(choices->signed_size > 0 && choices->signed_size < size);
		require(choices->count > 0 && choices->count <= PST_POLICY_CHOICES_MAX);
		for (size_t i = 0; i < choices->count; i++) {
			require(!choices->list[i].rule != !choices->list[i].retention);
			require(choices->list[i].reason[0] != 0);
		}
		apply(&choices);
	} else {
		require(strncmp(error.text, "c.yaml:", 7) == 0 && !choices);
	}
	pst_policy_choices_destroy(&choices);
	free(text);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TESTS_SMALL_POLICY_H
#define PST_TESTS_SMALL_POLICY_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

/* A whole policy of four rules, to be broken in one place at a time. */
#define SMALL_POLICY                                                                               \
	"policy: small\n"                                                                          \
	"format: 1\n"                                                                              \
	"version: 3\n"                                                                             \
	"title: A small policy\n"                                                                  \
	"from: 2020-01-01\n"                                                                       \
	"choice-window: 2s\n"                                                                      \
	"texts: {notice-version: n1, notice: N, withdraw: W, complain: C, disclaimer: D}\n"        \
	"axes:\n"                                                                                  \
	"  - axis: category\n"                                                                     \
	"    values: [guest, member, unknown]\n"                                                   \
	"    groups:\n"                                                                            \
	"      - group: known\n"                                                                   \
	"        of: [guest, member]\n"                                                            \
	"  - axis: known-by\n"                                                                     \
	"    values: [document, self]\n"                                                           \
	"  - axis: direction\n"                                                                    \
	"    values: [entry, exit]\n"                                                              \
	"    default: entry\n"                                                                     \
	"  - axis: environment\n"                                                                  \
	"    values: [land]\n"                                                                     \
	"  - axis: modality\n"                                                                     \
	"    values: [face]\n"                                                                     \
	"always: [give-receipt]\n"                                                                 \
	"sources:\n"                                                                               \
	"  - source: law\n"                                                                        \
	"    title: The law\n"                                                                     \
	"    citation: section 1\n"                                                                \
	"    checked: 2025-01-02\n"                                                                \
	"    status: seen\n"                                                                       \
	"  - source: rumour\n"                                                                     \
	"    title: A rumour\n"                                                                    \
	"    citation: heard\n"                                                                    \
	"    checked: 2025-01-03\n"                                                                \
	"    status: disputed\n"                                                                   \
	"disputes:\n"                                                                              \
	"  - dispute: Q1\n"                                                                        \
	"    question: Must members?\n"                                                            \
	"    readings: [They may decline., They must.]\n"                                          \
	"    taken: they may decline\n"                                                            \
	"retention:\n"                                                                             \
	"  - class: day\n"                                                                         \
	"    matching: 12h\n"                                                                      \
	"    identity: 75y\n"                                                                      \
	"    partner: 0\n"                                                                         \
	"    crossing: unstated\n"                                                                 \
	"rules:\n"                                                                                 \
	"  - id: not-known\n"                                                                      \
	"    text: Nobody knows who this is.\n"                                                    \
	"    when: {category: [unknown]}\n"                                                        \
	"    verdict: refuse\n"                                                                    \
	"    outcome: refer-unknown-category\n"                                                    \
	"    basis: design\n"                                                                      \
	"    sources: [law]\n"                                                                     \
	"  - id: said-no\n"                                                                        \
	"    text: No is no.\n"                                                                    \
	"    when: {category: [known], choice: [decline, withdraw]}\n"                             \
	"    verdict: refuse\n"                                                                    \
	"    outcome: refer-opted-out\n"                                                           \
	"    basis: policy\n"                                                                      \
	"    sources: [law]\n"                                                                     \
	"  - id: not-told\n"                                                                       \
	"    text: No notice.\n"                                                                   \
	"    when: {category: [known], choice: [none, consent], notice: [absent, stale]}\n"        \
	"    verdict: ask\n"                                                                       \
	"    outcome: refer-no-notice\n"                                                           \
	"    obligations: [show-notice]\n"                                                         \
	"    basis: policy\n"                                                                      \
	"    sources: [law]\n"                                                                     \
	"  - id: offered\n"                                                                        \
	"    text: Offered to all.\n"                                                              \
	"    when: {category: [known], choice: [none, consent], notice: [current]}\n"              \
	"    from: 2020-01-01\n"                                                                   \
	"    verdict: allow\n"                                                                     \
	"    authority: offered\n"                                                                 \
	"    retention: day\n"                                                                     \
	"    otherwise: {verdict: allow, authority: required-if-asked, retention: day}\n"          \
	"    basis: statute\n"                                                                     \
	"    sources: [law, rumour]\n"                                                             \
	"    disputes: [Q1]\n"

/* The small policy with the first occurrence of one text replaced; the caller frees it. */
static inline char *small_policy_with(const char *old, const char *new)
{
	const char *at = strstr(SMALL_POLICY, old);
	size_t before = at ? (size_t)(at - SMALL_POLICY) : 0;
	char *text = malloc(strlen(SMALL_POLICY) + strlen(new) + 1);

	cr_assert(at && text, "'%s' is not in the small policy", old);
	memcpy(text, SMALL_POLICY, before);
	strcpy(text + before, new);
	strcat(text, at + strlen(old));
	return text;
}

static inline int small_policy_parse(
	const char *text, struct pst_policy **ret_policy, struct pst_error *error)
{
	return pst_policy_parse("small.yaml", text, strlen(text), ret_policy, error);
}

static inline struct pst_policy *small_policy(void)
{
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};

	cr_assert_eq(small_policy_parse(SMALL_POLICY, &policy, &error), 0, "%s", error.text);
	return policy;
}

#endif

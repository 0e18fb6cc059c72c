/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_TEXTS_H
#define PST_POLICY_TEXTS_H

#include <stddef.h>
#include <stdint.h>

#define PST_POLICY_TRANSLATIONS_MAX 32

struct pst_policy;

/** What the traveler is shown and told, in one language. */
struct pst_policy_wording {
	const char *language; /* language.h */
	const char *notice;
	const char *withdraw;
	const char *complain;
	const char *disclaimer;
};

struct pst_policy_texts {
	int line; /* in the file, of notice-until or else of the notice */
	const char *notice_version;
	int32_t notice_until_day; /* last day on which it is current; INT32_MAX: not stated */
	struct pst_policy_wording own;
	const struct pst_policy_wording *translations; /* into other languages, each once */
	size_t translation_count;
};

/** @return what is shown and told in a language; NULL where the policy has none in it. [any] */
const struct pst_policy_wording *pst_policy_wording(
	const struct pst_policy *policy, const char *language);

#endif

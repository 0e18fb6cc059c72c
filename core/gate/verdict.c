/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/verdict.h"

#define WORD_TEXT(name, text) text,

#define WORDS(list, MAP, type, prefix)                                                             \
	const char *const pst_##list##_names[] = {MAP(WORD_TEXT) NULL};                            \
                                                                                                   \
	const char *pst_##list##_name(enum type value)                                             \
	{                                                                                          \
		return (unsigned)value < prefix##_COUNT ? pst_##list##_names[value]                \
							: pst_##list##_names[0];                   \
	}

WORDS(verdict, PST_VERDICT_MAP, pst_verdict, PST_VERDICT)
WORDS(authority, PST_AUTHORITY_MAP, pst_authority, PST_AUTHORITY)
WORDS(outcome, PST_OUTCOME_MAP, pst_outcome, PST_OUTCOME)
WORDS(capture_reason, PST_CAPTURE_REASON_MAP, pst_capture_reason, PST_CAPTURE_REASON)
WORDS(notice, PST_NOTICE_MAP, pst_notice, PST_NOTICE)
WORDS(choice, PST_CHOICE_MAP, pst_choice, PST_CHOICE)
WORDS(mode, PST_MODE_MAP, pst_mode, PST_MODE)
WORDS(purpose, PST_PURPOSE_MAP, pst_purpose, PST_PURPOSE)
WORDS(obligation, PST_OBLIGATION_MAP, pst_obligation, PST_OBLIGATION)

bool pst_outcome_is_refer(enum pst_outcome outcome)
{
	return outcome != PST_OUTCOME_VERIFIED && outcome != PST_OUTCOME_ENROLLED;
}

int pst_verdict_intrusion(enum pst_verdict verdict, enum pst_authority authority)
{
	return verdict == PST_VERDICT_ALLOW ? (int)PST_VERDICT_ALLOW + (int)authority
					    : (int)verdict;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_LINT_H
#define PST_POLICY_LINT_H

#include "policy/policy.h"

/** What a valid file could do better. X(name, text) */
#define PST_SEVERITY_MAP(X)                                                                        \
	X(PST_SEVERITY_NOTE, "note")	   /* to know */                                           \
	X(PST_SEVERITY_WARNING, "warning") /* to mend before the file is used in earnest */        \
	X(PST_SEVERITY_ERROR, "error")	   /* no lane loads it so */

enum pst_severity {
#define PST_SEVERITY_ENUM(name, text) name,
	PST_SEVERITY_MAP(PST_SEVERITY_ENUM)
#undef PST_SEVERITY_ENUM
		PST_SEVERITY_COUNT
};

extern const char *const pst_severity_names[];

struct pst_policy_finding {
	enum pst_severity severity;
	int line; /* in the file, from 1 */
	char text[400];
};

struct pst_policy_lint {
	int32_t day;		      /* today, days since 1970-01-01 */
	int months;		      /* a source checked longer ago is old */
	int notice_days;	      /* a notice that lapses within so many days is reported */
	const char *const *languages; /* of the displays; NULL-terminated */
	bool needs_languages;	      /* of a file without translations too */
};

/** What a display is set to if nobody says otherwise: en, es, fr, zh, ar. NULL-terminated. */
extern const char *const pst_policy_languages[];

/** Takes a finding; it is the linter's again after return. */
typedef void (*pst_policy_finding_fn)(void *context, const struct pst_policy_finding *finding);

/**
 * Reports what is unset, old, lapsed, unused, unconfirmed or beside the point, in no set order.
 *
 * @param policy  loaded with pst_policy_read(), so that an unset retention is a finding
 * [control]
 */
void pst_policy_lint(const struct pst_policy *policy, const struct pst_policy_lint *lint,
	pst_policy_finding_fn report, void *context);

#endif

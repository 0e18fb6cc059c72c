/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/words.h"

#include <stdio.h>
#include <string.h>

#include "policy/choices.h"

_Static_assert(PST_POLICY_TAKEN_SIZE > PST_POLICY_REASON_MAX + 64, "a reason fits");

/* "12h" as policies write it becomes "12 hours". */
static void put_span(const char *written, char text[PST_POLICY_PERIOD_SIZE])
{
	static const struct {
		const char *unit, *word;
	} units[] = {{"ms", "millisecond"}, {"s", "second"}, {"min", "minute"}, {"h", "hour"},
		{"d", "day"}, {"y", "year"}};
	const char *unit = written + strspn(written, "0123456789.");
	const bool is_one = unit - written == 1 && *written == '1';

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].unit) == 0) {
			(void)snprintf(text, PST_POLICY_PERIOD_SIZE, "%.*s %s%s",
				(int)(unit - written), written, units[i].word, is_one ? "" : "s");
			return;
		}
	}
	(void)snprintf(text, PST_POLICY_PERIOD_SIZE, "%s", written);
}

void pst_policy_period_words(const struct pst_retention *retention, enum pst_store store,
	char text[PST_POLICY_PERIOD_SIZE])
{
	const char *written = retention->text[store];

	if (retention->keep_s[store] > 0) {
		put_span(written, text);
	} else if (strcmp(written, "none") == 0) {
		(void)snprintf(text, PST_POLICY_PERIOD_SIZE, "never stored");
	} else if (strcmp(written, "unstated") == 0) {
		(void)snprintf(text, PST_POLICY_PERIOD_SIZE, "no period stated, so nothing");
	} else if (retention->is_unset[store]) {
		(void)snprintf(text, PST_POLICY_PERIOD_SIZE, "unset");
	} else {
		(void)snprintf(text, PST_POLICY_PERIOD_SIZE, "wiped once sent");
	}
}

const char *pst_policy_taken_words(const struct pst_policy_decision *decision,
	const struct pst_dispute *dispute, char text[PST_POLICY_TAKEN_SIZE])
{
	const struct pst_policy_choice *choice = decision->choice;

	if (!choice || !choice->rule) {
		return dispute->taken;
	}
	(void)snprintf(text, PST_POLICY_TAKEN_SIZE,
		"the other reading, by the operator's choice: %s", choice->reason);
	return text;
}

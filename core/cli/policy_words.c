/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "policy/choices.h"
#include "policy/words.h"

const char *const policy_store_words[PST_STORE_COUNT] = {
	[PST_STORE_MATCHING] = "where it is compared",
	[PST_STORE_IDENTITY] = "identity store",
	[PST_STORE_PARTNER] = "partner's camera",
	[PST_STORE_CROSSING] = "crossing record",
};

/* By intrusion; an ALLOW on no authority, which no policy states, is the empty one. */
static const struct {
	const char *word;
	const char *meaning;
} cell_words[POLICY_CELL_WORDS] = {
	{"refuse", "nothing is captured"},
	{"ask", "nothing yet: the notice or the person's choice is still missing"},
	{"", ""},
	{"consented", "captured once the person consents"},
	{"offered", "captured unless the person declines"},
	{"required", "may be required if asked (required-if-asked); whoever declines is referred"},
};

const char *policy_cell_word(struct pst_cell cell)
{
	return cell_words[pst_verdict_intrusion((enum pst_verdict)cell.verdict,
				  (enum pst_authority)cell.authority)]
		.word;
}

const char *policy_cell_meaning(struct pst_cell cell)
{
	return cell_words[pst_verdict_intrusion((enum pst_verdict)cell.verdict,
				  (enum pst_authority)cell.authority)]
		.meaning;
}

const struct pst_cell *policy_rule_taken(const struct pst_rule *rule)
{
	return rule->choice ? &rule->otherwise : &rule->cell;
}

const struct pst_cell *policy_rule_not_taken(const struct pst_rule *rule)
{
	return rule->choice ? &rule->cell : &rule->otherwise;
}

bool policy_choice_is_of_class(
	const struct pst_policy_choice *choice, const struct pst_retention *class)
{
	size_t length = strlen(class->class_name);

	return choice->retention && strncmp(choice->retention, class->class_name, length) == 0 &&
	       strchr(choice->retention + length, '.') == choice->retention + length;
}

const char *policy_mark_sign(enum pst_source_status mark)
{
	switch (mark) {
	case PST_SOURCE_STATUS_RECALLED:
		return "?";
	case PST_SOURCE_STATUS_DISPUTED:
		return "!";
	case PST_SOURCE_STATUS_UNSET:
	case PST_SOURCE_STATUS_SEEN:
	case PST_SOURCE_STATUS_COUNT:
		break;
	}
	return "";
}

static bool is_in(const uint64_t *set, size_t index)
{
	return set[index / 64] >> (index % 64) & 1;
}

void policy_put_names(
	const char *const *names, const uint64_t *set, const char *separator, FILE *to)
{
	bool first = true;

	for (size_t i = 0; names[i]; i++) {
		if (is_in(set, i)) {
			(void)fprintf(to, "%s%s", first ? "" : separator, names[i]);
			first = false;
		}
	}
}

json_t *policy_json_names(const char *const *names, const uint64_t *set)
{
	json_t *list = json_array();

	for (size_t i = 0; names[i]; i++) {
		if (is_in(set, i)) {
			json_array_append_new(list, json_string(names[i]));
		}
	}
	return list;
}

void policy_put_period(const struct pst_retention *retention, enum pst_store store, FILE *to)
{
	char text[PST_POLICY_PERIOD_SIZE];

	pst_policy_period_words(retention, store, text);
	(void)fputs(text, to);
}

void policy_put_days(int32_t first, int32_t last, FILE *to)
{
	char text[PST_CLOCK_TEXT_SIZE];

	if (first > INT32_MIN) {
		pst_clock_format_day(first, text);
		(void)fprintf(to, "from %s", text);
	}
	if (last < INT32_MAX) {
		pst_clock_format_day(last, text);
		(void)fprintf(to, "%suntil %s", first > INT32_MIN ? " " : "", text);
	}
}

void policy_print_wrapped(int column, int indent, const char *text)
{
	bool begun = false;

	while (*text) {
		int length = (int)strcspn(text, " \n");

		if (begun && column + 1 + length > POLICY_TEXT_WIDTH) {
			(void)printf("\n%*s", indent, "");
			column = indent;
			begun = false;
		}
		column += printf("%s%.*s", begun ? " " : "", length, text);
		begun = true;
		text += length;
		text += strspn(text, " \n");
	}
	(void)putchar('\n');
}

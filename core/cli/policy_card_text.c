/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_card.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/policy_words.h"

#define LABEL_WIDTH 16
#define MARGIN 2

/* Prints a labelled text that is written to a stream first; begin_text() gives it. */
struct text {
	char *data;
	size_t size;
	FILE *to;
};

static FILE *begin_text(struct text *text)
{
	*text = (struct text){0};
	text->to = open_memstream(&text->data, &text->size);
	return text->to;
}

static void end_text(struct text *text, int margin, const char *label)
{
	if (fclose(text->to) == 0) {
		policy_print_wrapped(printf("%*s%-*s", margin, "", LABEL_WIDTH, label),
			margin + LABEL_WIDTH, text->data);
	}
	free(text->data);
}

static void print_labelled(int margin, const char *label, const char *words)
{
	policy_print_wrapped(
		printf("%*s%-*s", margin, "", LABEL_WIDTH, label), margin + LABEL_WIDTH, words);
}

static void print_head(const struct pst_policy_card *card, const char *what)
{
	const struct pst_policy *policy = card->view.policy;
	char day[PST_CLOCK_TEXT_SIZE];

	policy_print_wrapped(0, 0, policy->title);
	pst_clock_format_day(card->view.day, day);
	(void)printf("%s on %s (%s, version %lld)\n\n", what, day, policy->id,
		(long long)policy->version);
}

static void print_kept(const struct pst_retention *retention)
{
	struct text text;

	if (!begin_text(&text)) {
		return;
	}
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		(void)fprintf(text.to, "%s%s: ", store ? "; " : "", policy_store_words[store]);
		policy_put_period(retention, (enum pst_store)store, text.to);
	}
	end_text(&text, MARGIN, "What is kept");
}

static void print_doubts(const struct pst_policy_answer *answer)
{
	struct text text;

	if (answer->is_recalled) {
		print_labelled(MARGIN, "Unconfirmed",
			"Part of this rests on memory; no source was seen for it.");
	}
	if (!answer->disputes[0] || !begin_text(&text)) {
		return;
	}
	for (size_t i = 0; answer->disputes[i]; i++) {
		(void)fprintf(text.to, "%s%s", i ? ", " : "", answer->disputes[i]->id);
	}
	if (answer->other_reading != answer->duty) {
		const struct pst_policy_answer other = {.duty = answer->other_reading};

		(void)fprintf(text.to, ". Others read: %s", policy_card_must(&other));
	}
	end_text(&text, MARGIN, "Disputed");
}

static void print_line(const struct pst_policy_card *card,
	const struct pst_policy_card_group *group, const struct pst_policy_card_line *line)
{
	struct text text;

	if (group->line_count > 1 && begin_text(&text)) {
		if (policy_card_is_rest(group, line)) {
			(void)fputs("in all other cases", text.to);
		} else {
			policy_card_put_when(card, line, text.to);
		}
		end_text(&text, MARGIN, "When");
	}
	print_labelled(MARGIN, "Must I?", policy_card_must(&line->answer));
	print_labelled(MARGIN, "May I decline?", policy_card_decline(&line->answer));
	if (line->answer.duty != PST_DUTY_NOTHING) {
		print_kept(line->answer.retention);
	}
	print_doubts(&line->answer);
	(void)putchar('\n');
}

static void print_disputes(const struct pst_policy_card *card)
{
	const struct pst_policy *policy = card->view.policy;
	struct text text;

	for (size_t i = 0; i < policy->dispute_count; i++) {
		const struct pst_dispute *dispute = &policy->disputes[i];

		if (policy_card_names_dispute(card, dispute) && begin_text(&text)) {
			(void)fprintf(text.to, "%s Here: %s.", dispute->question, dispute->taken);
			end_text(&text, 0, dispute->id);
		}
	}
}

static void print_foot(const struct pst_policy_card *card)
{
	const struct pst_policy_texts *texts = &card->view.policy->texts;
	struct text text;

	print_labelled(0, "How to decline", card->wording->withdraw);
	print_labelled(0, "To complain", card->wording->complain);
	if (begin_text(&text)) {
		(void)fputs(texts->notice_version, text.to);
		if (texts->notice_until_day < INT32_MAX) {
			(void)fputs(", current ", text.to);
			policy_put_days(INT32_MIN, texts->notice_until_day, text.to);
		}
		end_text(&text, 0, "Notice");
	}
	print_labelled(0, "Please note", card->wording->disclaimer);
}

void policy_card_print_text(const struct pst_policy_card *card)
{
	print_head(card, "For travelers");
	(void)printf("Is a %s taken of me here?\n\n", policy_card_subject(card));
	for (size_t i = 0; i < card->group_count; i++) {
		const struct pst_policy_card_group *group = &card->groups[i];
		struct text text;

		if (begin_text(&text)) {
			policy_card_put_categories(card, group->categories, text.to);
			end_text(&text, 0, "I am:");
		}
		for (size_t j = 0; j < group->line_count; j++) {
			print_line(card, group, &group->lines[j]);
		}
	}
	print_disputes(card);
	print_foot(card);
}

void policy_notice_print_text(const struct pst_policy_card *card)
{
	const struct pst_policy *policy = card->view.policy;

	print_head(card, "Notice");
	policy_print_wrapped(0, 0, card->wording->notice);
	(void)putchar('\n');
	for (size_t i = 1; i < policy->retention_count; i++) {
		uint64_t categories = policy_card_kept_of(card, &policy->retention[i]);
		struct text text;

		if (categories && begin_text(&text)) {
			policy_card_put_categories(card, categories, text.to);
			end_text(&text, 0, "Of");
			print_kept(&policy->retention[i]);
		}
	}
	(void)putchar('\n');
	print_foot(card);
}

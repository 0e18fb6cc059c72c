/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_card.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/html.h"
#include "cli/policy_words.h"

static const char style[] =
	":root{color-scheme:light dark;--text:#1c2330;--page:#fff;--soft:#4d5666;--line:#b9c1cd;"
	"--head:#eef1f5}"
	"@media(prefers-color-scheme:dark){:root{--text:#e2e7ef;--page:#14181f;--soft:#a5afbf;"
	"--line:#3c4554;--head:#1d232d}}"
	"body{font:15px/1.35 system-ui,sans-serif;max-width:900px;margin:1.5em auto;padding:0 1em;"
	"color:var(--text);background:var(--page)}h1{font-size:1.5em;line-height:1.2;margin:0}"
	"h2{font-size:1em;margin:.7em 0 .1em}p{margin:.15em 0}.soft{color:var(--soft)}"
	".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:.5em 0}"
	"th,td{border:1px solid var(--line);padding:.2em .4em;text-align:left;vertical-align:top}"
	"thead th{background:var(--head)}tbody th{font-weight:600}"
	".notice{font-size:1.7em;line-height:1.35;margin:.8em 0}.big{font-size:1.25em}"
	"@page{size:A4;margin:9mm}"
	"@media print{:root{--text:#000;--page:#fff;--soft:#333;--line:#777;--head:#eee}"
	"body{max-width:none;margin:0;padding:0}main{font-size:var(--print)}.card{line-height:1.22}"
	".wide{overflow:visible}tr{break-inside:avoid}}";

/* How a page is set in print: what A4 holds at full size, in letters, was tried out. */
struct page {
	const char *class;
	double full_pt;
	double letters;
};

static const struct page card_page = {"card", 8.6, 2800};
static const struct page notice_page = {"poster", 11, 1800};

static size_t count_letters(const char *html)
{
	size_t count = 0;
	bool in_tag = false;

	for (; *html; html++) {
		in_tag |= *html == '<';
		count += !in_tag;
		in_tag &= *html != '>';
	}
	return count;
}

/* In print, the more there is the smaller it is set, so that it stays on one page. */
static void print_page(const struct pst_policy_card *card, const struct page *page,
	void (*put_body)(const struct pst_policy_card *card, FILE *to))
{
	char *body = NULL;
	size_t size;
	FILE *to = open_memstream(&body, &size);
	double scale;

	if (to) {
		put_body(card, to);
	}
	if (to && fclose(to) == 0) {
		scale = sqrt(page->letters / (double)count_letters(body));
		pst_html_begin(card->view.policy->title, style, stdout);
		(void)printf("<main class=\"%s\" style=\"--print:%.1fpt\">\n%s</main>\n",
			page->class, page->full_pt * (scale < 1 ? scale : 1), body);
		pst_html_end(stdout);
	}
	free(body);
}

static void print_head(const struct pst_policy_card *card, const char *what, FILE *to)
{
	const struct pst_policy *policy = card->view.policy;
	char day[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_day(card->view.day, day);
	(void)fputs("<h1>", to);
	pst_html_escape(policy->title, to);
	(void)fprintf(to, "</h1>\n<p class=\"soft\">%s on <time>%s</time> (%s, version %lld)</p>\n",
		what, day, policy->id, (long long)policy->version);
}

/* Classes of which something is kept, in the file's order: A, B, ... */
static char class_letter(const struct pst_policy_card *card, const struct pst_retention *retention)
{
	char letter = 'A';

	for (const struct pst_retention *at = card->view.policy->retention + 1; at < retention;
		at++) {
		letter = (char)(letter + (policy_card_kept_of(card, at) != 0));
	}
	return letter;
}

/* What is kept for some time, and a letter that leads to the rest. */
static void print_kept(
	const struct pst_policy_card *card, const struct pst_retention *retention, FILE *to)
{
	char letter = class_letter(card, retention);
	bool any = false;

	for (int store = 0; store < PST_STORE_COUNT; store++) {
		if (retention->keep_s[store] > 0) {
			(void)fputs(any ? "; " : "", to);
			policy_put_period(retention, (enum pst_store)store, to);
			(void)fprintf(to, " (%s)", policy_store_words[store]);
			any = true;
		}
	}
	(void)fprintf(to, "%s; see <a href=\"#kept-%c\">%c</a>", any ? "" : "nothing for longer",
		letter, letter);
}

static void print_doubts(const struct pst_policy_answer *answer, FILE *to)
{
	const char *before = "";

	if (answer->is_recalled) {
		(void)fputs("in part from memory", to);
		before = "<br>";
	}
	for (size_t i = 0; answer->disputes[i]; i++) {
		(void)fprintf(to, "%s<a href=\"#dispute-%s\">%s</a>", i ? ", " : before,
			answer->disputes[i]->id, answer->disputes[i]->id);
	}
	if (answer->other_reading != answer->duty) {
		const struct pst_policy_answer other = {.duty = answer->other_reading};

		(void)fprintf(to, "<br>Others read: %s", policy_card_must(&other));
	}
}

static void print_line(const struct pst_policy_card *card,
	const struct pst_policy_card_group *group, size_t index, FILE *to)
{
	const struct pst_policy_card_line *line = &group->lines[index];

	(void)fputs("<tr>", to);
	if (index == 0) {
		(void)fprintf(to, "<th scope=\"rowgroup\" rowspan=\"%zu\">", group->line_count);
		policy_card_put_categories(card, group->categories, to);
		(void)fputs("</th>", to);
	}
	(void)fputs("<td>", to);
	if (policy_card_is_rest(group, line)) {
		(void)fputs("in all other cases", to);
	} else {
		policy_card_put_when(card, line, to);
	}
	(void)fprintf(to, "</td><td>%s</td><td>%s</td><td>", policy_card_must(&line->answer),
		policy_card_decline(&line->answer));
	if (line->answer.duty == PST_DUTY_NOTHING) {
		(void)fputs("nothing", to);
	} else {
		print_kept(card, line->answer.retention, to);
	}
	(void)fputs("</td><td>", to);
	print_doubts(&line->answer, to);
	(void)fputs("</td></tr>\n", to);
}

/* A text of the policy, which may be in another language than the page. */
static void print_wording(
	const struct pst_policy_card *card, const char *class, const char *text, FILE *to)
{
	(void)fprintf(
		to, "<p class=\"%s\" lang=\"%s\" dir=\"auto\">", class, card->wording->language);
	pst_html_escape(text, to);
	(void)fputs("</p>\n", to);
}

static void print_disputes(const struct pst_policy_card *card, FILE *to)
{
	const struct pst_policy *policy = card->view.policy;
	bool any = false;

	for (size_t i = 0; i < policy->dispute_count; i++) {
		const struct pst_dispute *dispute = &policy->disputes[i];

		if (policy_card_names_dispute(card, dispute)) {
			(void)fprintf(to, "%s<p id=\"dispute-%s\"><b>%s</b> ",
				any ? "" : "<h2>Where sources disagree</h2>\n", dispute->id,
				dispute->id);
			pst_html_escape(dispute->question, to);
			(void)fputs(" Here: ", to);
			pst_html_escape(dispute->taken, to);
			(void)fputs(".</p>\n", to);
			any = true;
		}
	}
}

static void print_foot(const struct pst_policy_card *card, FILE *to)
{
	const struct pst_policy_texts *texts = &card->view.policy->texts;

	(void)fputs("<p class=\"soft\">Notice ", to);
	pst_html_escape(texts->notice_version, to);
	if (texts->notice_until_day < INT32_MAX) {
		(void)fputs(", current ", to);
		policy_put_days(INT32_MIN, texts->notice_until_day, to);
	}
	(void)fputs(".</p>\n", to);
	print_wording(card, "soft", card->wording->disclaimer, to);
}

static void print_retention(const struct pst_policy_card *card, FILE *to)
{
	const struct pst_policy *policy = card->view.policy;

	(void)fputs("<h2>What is kept, where and for how long</h2>\n<div class=\"wide\" "
		    "tabindex=\"0\" role=\"region\" aria-label=\"what is kept\"><table>\n<thead>"
		    "<tr><th scope=\"col\">of</th>",
		to);
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		(void)fprintf(to, "<th scope=\"col\">%s</th>", policy_store_words[store]);
	}
	(void)fputs("</tr></thead>\n<tbody>\n", to);
	for (size_t i = 1; i < policy->retention_count; i++) {
		uint64_t categories = policy_card_kept_of(card, &policy->retention[i]);
		char letter;

		if (!categories) {
			continue;
		}
		letter = class_letter(card, &policy->retention[i]);
		(void)fprintf(to, "<tr id=\"kept-%c\"><th scope=\"row\">%c: ", letter, letter);
		policy_card_put_categories(card, categories, to);
		(void)fputs("</th>", to);
		for (int store = 0; store < PST_STORE_COUNT; store++) {
			(void)fputs("<td>", to);
			policy_put_period(&policy->retention[i], (enum pst_store)store, to);
			(void)fputs("</td>", to);
		}
		(void)fputs("</tr>\n", to);
	}
	(void)fputs("</tbody></table></div>\n", to);
}

static void put_card(const struct pst_policy_card *card, FILE *to)
{
	print_head(card, "For travelers", to);
	(void)fprintf(to,
		"<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"answers\">"
		"<table>\n<thead><tr><th scope=\"col\">I am</th><th scope=\"col\">when</th>"
		"<th scope=\"col\">Must I give a %s?</th><th scope=\"col\">May I decline?</th>"
		"<th scope=\"col\">What is kept</th><th scope=\"col\">Disputed</th></tr>"
		"</thead>\n",
		policy_card_subject(card));
	for (size_t i = 0; i < card->group_count; i++) {
		(void)fputs("<tbody>\n", to);
		for (size_t j = 0; j < card->groups[i].line_count; j++) {
			print_line(card, &card->groups[i], j, to);
		}
		(void)fputs("</tbody>\n", to);
	}
	(void)fputs("</table></div>\n", to);
	print_retention(card, to);
	(void)fputs("<h2>How to decline, at any time</h2>\n", to);
	print_wording(card, "", card->wording->withdraw, to);
	(void)fputs("<h2>How to complain</h2>\n", to);
	print_wording(card, "", card->wording->complain, to);
	print_disputes(card, to);
	print_foot(card, to);
}

static void put_notice(const struct pst_policy_card *card, FILE *to)
{
	print_head(card, "Notice", to);
	print_wording(card, "notice", card->wording->notice, to);
	(void)fputs("<h2>How to decline, at any time</h2>\n", to);
	print_wording(card, "big", card->wording->withdraw, to);
	print_retention(card, to);
	(void)fputs("<h2>How to complain</h2>\n", to);
	print_wording(card, "big", card->wording->complain, to);
	print_foot(card, to);
}

void policy_card_print_html(const struct pst_policy_card *card)
{
	print_page(card, &card_page, put_card);
}

void policy_notice_print_html(const struct pst_policy_card *card)
{
	print_page(card, &notice_page, put_notice);
}

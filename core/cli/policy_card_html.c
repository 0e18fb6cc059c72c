/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_card.h"

#include <stdio.h>

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
	"body{max-width:none;margin:0;padding:0}.card{font-size:8.2pt;line-height:1.22}"
	".wide{overflow:visible}tr{break-inside:avoid}}";

static void print_head(const struct pst_policy_card *card, const char *class, const char *what)
{
	const struct pst_policy *policy = card->view.policy;
	char day[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_day(card->view.day, day);
	pst_html_begin(policy->title, style, stdout);
	(void)printf("<main class=\"%s\">\n<h1>", class);
	pst_html_escape(policy->title, stdout);
	(void)printf("</h1>\n<p class=\"soft\">%s on <time>%s</time> (%s, version %lld)</p>\n",
		what, day, policy->id, (long long)policy->version);
}

static void print_kept(const struct pst_retention *retention)
{
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		(void)printf("%s%s: ", store ? "<br>" : "", policy_store_words[store]);
		policy_put_period(retention, (enum pst_store)store, stdout);
	}
}

static void print_doubts(const struct pst_policy_answer *answer)
{
	const char *before = "";

	if (answer->mark == PST_SOURCE_STATUS_RECALLED) {
		(void)fputs("Unconfirmed, from memory", stdout);
		before = "<br>";
	}
	for (size_t i = 0; answer->disputes[i]; i++) {
		(void)printf("%s<a href=\"#dispute-%s\">%s</a>", i ? ", " : before,
			answer->disputes[i]->id, answer->disputes[i]->id);
	}
	if (answer->other_reading != answer->duty) {
		const struct pst_policy_answer other = {.duty = answer->other_reading};

		(void)printf("<br>Others read: %s", policy_card_must(&other));
	}
}

static void print_line(
	const struct pst_policy_card *card, const struct pst_policy_card_group *group, size_t index)
{
	const struct pst_policy_card_line *line = &group->lines[index];

	(void)fputs("<tr>", stdout);
	if (index == 0) {
		(void)printf("<th scope=\"rowgroup\" rowspan=\"%zu\">", group->line_count);
		policy_card_put_categories(card, group->categories, stdout);
		(void)fputs("</th>", stdout);
	}
	(void)fputs("<td>", stdout);
	if (policy_card_is_rest(group, line)) {
		(void)fputs("in all other cases", stdout);
	} else {
		policy_card_put_when(card, line, stdout);
	}
	(void)printf("</td><td>%s</td><td>%s</td><td>", policy_card_must(line->answer),
		policy_card_decline(line->answer));
	if (line->answer->duty == PST_DUTY_NOTHING) {
		(void)fputs("nothing", stdout);
	} else {
		print_kept(line->answer->retention);
	}
	(void)fputs("</td><td>", stdout);
	print_doubts(line->answer);
	(void)fputs("</td></tr>\n", stdout);
}

static void print_paragraph(const char *title, const char *class, const char *text)
{
	(void)printf("<h2>%s</h2>\n<p class=\"%s\">", title, class);
	pst_html_escape(text, stdout);
	(void)fputs("</p>\n", stdout);
}

static void print_disputes(const struct pst_policy_card *card)
{
	const struct pst_policy *policy = card->view.policy;
	bool any = false;

	for (size_t i = 0; i < policy->dispute_count; i++) {
		const struct pst_dispute *dispute = &policy->disputes[i];

		if (policy_card_names_dispute(card, dispute)) {
			(void)printf("%s<p id=\"dispute-%s\"><b>%s</b> ",
				any ? "" : "<h2>Where sources disagree</h2>\n", dispute->id,
				dispute->id);
			pst_html_escape(dispute->question, stdout);
			(void)fputs(" Here: ", stdout);
			pst_html_escape(dispute->taken, stdout);
			(void)fputs(".</p>\n", stdout);
			any = true;
		}
	}
}

static void print_foot(const struct pst_policy_card *card)
{
	const struct pst_policy_texts *texts = &card->view.policy->texts;

	(void)fputs("<p class=\"soft\">Notice ", stdout);
	pst_html_escape(texts->notice_version, stdout);
	if (texts->notice_until_day < INT32_MAX) {
		(void)fputs(", current ", stdout);
		policy_put_days(INT32_MIN, texts->notice_until_day, stdout);
	}
	(void)fputs(". ", stdout);
	pst_html_escape(texts->disclaimer, stdout);
	(void)fputs("</p>\n</main>\n", stdout);
	pst_html_end(stdout);
}

void policy_card_print_html(const struct pst_policy_card *card)
{
	const struct pst_policy_texts *texts = &card->view.policy->texts;

	print_head(card, "card", "For travelers");
	(void)printf("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"answers\">"
		     "<table>\n<thead><tr><th scope=\"col\">I am</th><th scope=\"col\">when</th>"
		     "<th scope=\"col\">Must I give a %s?</th><th scope=\"col\">May I decline?</th>"
		     "<th scope=\"col\">What is kept</th><th scope=\"col\">Disputed</th></tr>"
		     "</thead>\n",
		policy_card_subject(card));
	for (size_t i = 0; i < card->group_count; i++) {
		(void)fputs("<tbody>\n", stdout);
		for (size_t j = 0; j < card->groups[i].line_count; j++) {
			print_line(card, &card->groups[i], j);
		}
		(void)fputs("</tbody>\n", stdout);
	}
	(void)fputs("</table></div>\n", stdout);
	print_paragraph("How to decline, at any time", "", texts->withdraw);
	print_paragraph("How to complain", "", texts->complain);
	print_disputes(card);
	print_foot(card);
}

void policy_notice_print_html(const struct pst_policy_card *card)
{
	const struct pst_policy *policy = card->view.policy;

	print_head(card, "notice-page", "Notice");
	(void)fputs("<p class=\"notice\">", stdout);
	pst_html_escape(policy->texts.notice, stdout);
	(void)fputs("</p>\n", stdout);
	print_paragraph("How to decline, at any time", "big", policy->texts.withdraw);
	(void)fputs("<h2>What is kept, where and for how long</h2>\n<div class=\"wide\" "
		    "tabindex=\"0\" role=\"region\" aria-label=\"what is kept\"><table>\n<thead>"
		    "<tr><th scope=\"col\">of</th>",
		stdout);
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		(void)printf("<th scope=\"col\">%s</th>", policy_store_words[store]);
	}
	(void)fputs("</tr></thead>\n<tbody>\n", stdout);
	for (size_t i = 1; i < policy->retention_count; i++) {
		uint64_t categories = policy_card_kept_of(card, &policy->retention[i]);

		if (!categories) {
			continue;
		}
		(void)fputs("<tr><th scope=\"row\">", stdout);
		policy_card_put_categories(card, categories, stdout);
		(void)fputs("</th>", stdout);
		for (int store = 0; store < PST_STORE_COUNT; store++) {
			(void)fputs("<td>", stdout);
			policy_put_period(&policy->retention[i], (enum pst_store)store, stdout);
			(void)fputs("</td>", stdout);
		}
		(void)fputs("</tr>\n", stdout);
	}
	(void)fputs("</tbody></table></div>\n", stdout);
	print_paragraph("How to complain", "big", policy->texts.complain);
	print_foot(card);
}

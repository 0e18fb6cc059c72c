/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_grid.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/html.h"
#include "cli/policy_words.h"
#include "policy/choices.h"

/* Words and signs tell everything; colour only repeats it. */
static const char style[] =
	":root{color-scheme:light dark;--text:#1c2330;--page:#fff;--soft:#5b6577;--line:#c3c9d4;"
	"--refuse:#eef1f5;--ask:#f2ecfb;--consented:#e6f4ea;--offered:#e3effa;--required:#fdeedd;"
	"--link:#1b4f8f}"
	"@media(prefers-color-scheme:dark){:root{--text:#e2e7ef;--page:#14181f;--soft:#a5afbf;"
	"--line:#3c4554;--refuse:#1d232d;--ask:#2c2440;--consented:#183324;--offered:#172c45;"
	"--required:#43300f;--link:#9cc4f5}}"
	"body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;"
	"color:var(--text);background:var(--page)}h1{font-size:1.5em;margin:0}"
	"h2{font-size:1.15em;margin:1.8em 0 .4em}h3{font-size:1em;margin:1.2em 0 .2em}"
	"p,ul{margin:.3em 0}.soft{color:var(--soft)}a{color:var(--link)}"
	".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:1em 0}"
	"caption{text-align:left;color:var(--soft);padding-bottom:.4em}"
	"th,td{border:1px solid var(--line);padding:.35em .6em;text-align:left;vertical-align:top}"
	"td a{text-decoration:none}td a:hover,td a:focus{text-decoration:underline}"
	"td b{display:block;color:var(--text)}"
	".refuse{background:var(--refuse)}.ask{background:var(--ask)}"
	".consented{background:var(--consented)}.offered{background:var(--offered)}"
	".required{background:var(--required)}"
	":target{outline:2px solid var(--link);outline-offset:.3em}"
	"@media print{body{font-size:10pt;margin:0;max-width:none;color:#000;background:#fff}"
	"tr,h3,h3+p{break-inside:avoid}h2,h3{break-after:avoid}a{color:inherit}.wide{overflow:"
	"visible}}";

static void print_values(
	const struct pst_policy_grid *grid, enum pst_axis axis, const struct pst_policy_box *column)
{
	policy_put_names(grid->view.policy->values[axis], column->set[axis], ", ", stdout);
}

static void print_day(int32_t day)
{
	char text[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_day(day, text);
	(void)printf("<time>%s</time>", text);
}

static void print_caption(const struct pst_policy_grid *grid)
{
	struct pst_place held = pst_policy_view_first(&grid->view);
	bool first = true;

	(void)fputs("<caption>Held: ", stdout);
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (policy_grid_tells(grid, axis)) {
			(void)printf("%s%s %s%s", first ? "" : ", ", pst_axis_names[axis],
				pst_policy_value_name(
					grid->view.policy, (enum pst_axis)axis, held.value[axis]),
				grid->steering >> axis & 1 ? "*" : "");
			first = false;
		}
	}
	(void)fputs(".", stdout);
	if (grid->steering & ~(1u << PST_AXIS_PERIOD)) {
		(void)fputs(" * Another value decides some cell otherwise.", stdout);
	}
	(void)fputs("</caption>\n", stdout);
}

static void print_head_row(const struct pst_policy_grid *grid)
{
	(void)fputs("<thead><tr><th scope=\"col\">category</th>", stdout);
	for (size_t i = 0; i < grid->columns.count; i++) {
		(void)fputs("<th scope=\"col\">", stdout);
		print_values(grid, PST_AXIS_DIRECTION, &grid->columns.box[i]);
		(void)fputs("<br><span class=\"soft\">", stdout);
		print_values(grid, PST_AXIS_ENVIRONMENT, &grid->columns.box[i]);
		(void)fputs("</span></th>", stdout);
	}
	(void)fputs("</tr></thead>\n", stdout);
}

static void print_cell(const struct pst_policy *policy, struct pst_cell cell)
{
	const struct pst_rule *rule = &policy->rules[cell.rule];

	(void)printf("<td class=\"%s\"><b>%s%s</b><a href=\"#rule-%s\">%s</a>",
		policy_cell_word(cell), policy_cell_word(cell), policy_mark_sign(rule->mark),
		rule->id, rule->id);
	if (cell.verdict != PST_VERDICT_ALLOW) {
		(void)printf("<br><span class=\"soft\">%s</span>",
			pst_outcome_name((enum pst_outcome)cell.outcome));
	}
	if (rule->mark != PST_SOURCE_STATUS_SEEN) {
		(void)printf(
			"<br><span class=\"soft\">%s</span>", pst_source_status_name(rule->mark));
	}
	(void)fputs("</td>", stdout);
}

static void print_table(const struct pst_policy_grid *grid)
{
	const struct pst_policy *policy = grid->view.policy;

	(void)fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"table\">"
		    "<table>\n",
		stdout);
	print_caption(grid);
	print_head_row(grid);
	(void)fputs("<tbody>\n", stdout);
	for (unsigned i = 1; i <= policy->table.size[PST_AXIS_CATEGORY]; i++) {
		if (!pst_policy_view_shows(&grid->view, PST_AXIS_CATEGORY, i)) {
			continue;
		}
		(void)printf(
			"<tr><th scope=\"row\">%s</th>", policy->values[PST_AXIS_CATEGORY][i - 1]);
		for (size_t column = 0; column < grid->columns.count; column++) {
			print_cell(policy,
				pst_policy_grid_column_cell(grid, i, &grid->columns.box[column]));
		}
		(void)fputs("</tr>\n", stdout);
	}
	(void)fputs("</tbody></table></div>\n", stdout);
}

static void print_legend(const struct pst_policy_grid *grid)
{
	struct policy_grid_walk walk = {.grid = grid};
	unsigned words = 0;

	(void)fputs("<ul>\n", stdout);
	while (policy_grid_next(&walk)) {
		unsigned word =
			1u << pst_verdict_intrusion(walk.decision.verdict, walk.decision.authority);

		if (!(words & word)) {
			(void)printf("<li><b>%s</b>: %s</li>\n",
				policy_cell_word(walk.decision.cell),
				policy_cell_meaning(walk.decision.cell));
		}
		words |= word;
	}
	(void)fputs("<li><b>?</b>: from memory, no source has been seen yet; <b>!</b>: sources "
		    "contradict each other</li>\n</ul>\n",
		stdout);
}

static void print_retention(const struct pst_retention *retention)
{
	(void)printf("<p>Keeps, as <b>%s</b>: ", retention->class_name);
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		(void)printf("%s%s: ", store ? "; " : "", policy_store_words[store]);
		policy_put_period(retention, (enum pst_store)store, stdout);
	}
	(void)fputs(".", stdout);
	if (retention->note[0]) {
		(void)fputs(" <span class=\"soft\">", stdout);
		pst_html_escape(retention->note, stdout);
		(void)fputs("</span>", stdout);
	}
	(void)fputs("</p>\n", stdout);
}

static void print_origin(const struct pst_rule *rule)
{
	(void)fputs("<p class=\"soft\">Sources: ", stdout);
	for (size_t i = 0; rule->sources[i]; i++) {
		(void)printf("%s<a href=\"#source-%s\">%s</a>", i ? ", " : "", rule->sources[i]->id,
			rule->sources[i]->id);
	}
	for (size_t i = 0; rule->disputes[i]; i++) {
		(void)printf("%s<a href=\"#dispute-%s\">%s</a>",
			i ? ", " : ". Disputed: ", rule->disputes[i]->id, rule->disputes[i]->id);
	}
	if (rule->has_otherwise) {
		(void)printf(". The reading not taken: %s",
			policy_cell_word(*policy_rule_not_taken(rule)));
	}
	(void)fputs(".</p>\n", stdout);
	if (rule->choice) {
		(void)printf("<p>Chosen by %s: ", rule->choice->by);
		pst_html_escape(rule->choice->reason, stdout);
		(void)fputs("</p>\n", stdout);
	}
}

static void print_rules(const struct pst_policy_grid *grid)
{
	const struct pst_policy *policy = grid->view.policy;

	(void)fputs("<h2>Rules</h2>\n", stdout);
	for (unsigned i = 1; i < policy->rule_count; i++) {
		const struct pst_rule *rule = &policy->rules[i];

		if (!grid->uses[i]) {
			continue;
		}
		(void)printf("<section id=\"rule-%s\"><h3>%s</h3>\n<p>", rule->id, rule->id);
		pst_html_escape(rule->text, stdout);
		(void)printf("</p>\n<p class=\"soft\">Line %d, basis: %s, mark: %s", rule->line,
			rule->basis, pst_source_status_name(rule->mark));
		if (rule->from_day > INT32_MIN || rule->until_day < INT32_MAX) {
			(void)fputs(", in force ", stdout);
			policy_put_days(rule->from_day, rule->until_day, stdout);
		}
		(void)fputs(".</p>\n", stdout);
		if (policy_rule_taken(rule)->verdict == PST_VERDICT_ALLOW) {
			print_retention(&policy->retention[policy_rule_taken(rule)->retention]);
		}
		print_origin(rule);
		(void)fputs("</section>\n", stdout);
	}
}

static void print_sources(const struct pst_policy_grid *grid)
{
	const struct pst_policy *policy = grid->view.policy;

	(void)fputs("<h2>Sources</h2>\n<ul>\n", stdout);
	for (size_t i = 0; i < policy->source_count; i++) {
		const struct pst_source *source = &policy->sources[i];

		if (!policy_grid_names_source(grid, source)) {
			continue;
		}
		(void)printf("<li id=\"source-%s\"><b>%s</b> (%s, checked ", source->id, source->id,
			pst_source_status_name(source->status));
		print_day(source->checked_day);
		(void)fputs("): ", stdout);
		pst_html_escape(source->title, stdout);
		(void)fputs("; ", stdout);
		pst_html_escape(source->citation, stdout);
		(void)fputs("</li>\n", stdout);
	}
	(void)fputs("</ul>\n", stdout);
}

static void print_disputes(const struct pst_policy_grid *grid)
{
	const struct pst_policy *policy = grid->view.policy;
	bool any = false;

	for (size_t i = 0; i < policy->dispute_count; i++) {
		const struct pst_dispute *dispute = &policy->disputes[i];

		if (!policy_grid_names_dispute(grid, dispute)) {
			continue;
		}
		(void)printf("%s<section id=\"dispute-%s\"><h3>%s: ",
			any ? "" : "<h2>Disputes</h2>\n", dispute->id, dispute->id);
		pst_html_escape(dispute->question, stdout);
		(void)fputs("</h3>\n<ul>\n", stdout);
		for (size_t j = 0; dispute->readings[j]; j++) {
			(void)fputs("<li>", stdout);
			pst_html_escape(dispute->readings[j], stdout);
			(void)fputs("</li>\n", stdout);
		}
		(void)fputs("</ul>\n<p>Taken: ", stdout);
		pst_html_escape(dispute->taken, stdout);
		(void)fputs("</p></section>\n", stdout);
		any = true;
	}
}

void policy_grid_print_html(const struct pst_policy_grid *grid)
{
	const struct pst_policy *policy = grid->view.policy;

	pst_html_begin(policy->title, style, stdout);
	(void)fputs("<main>\n<h1>", stdout);
	pst_html_escape(policy->title, stdout);
	(void)printf("</h1>\n<p class=\"soft\">%s, version %lld, on ", policy->id,
		(long long)policy->version);
	print_day(grid->view.day);
	(void)fputs("</p>\n", stdout);
	print_table(grid);
	print_legend(grid);
	print_rules(grid);
	print_sources(grid);
	print_disputes(grid);
	(void)fputs("<p class=\"soft\">", stdout);
	pst_html_escape(policy->texts.own.disclaimer, stdout);
	(void)fputs("</p>\n</main>\n", stdout);
	pst_html_end(stdout);
}

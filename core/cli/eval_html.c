/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "cli/eval_plot.h"
#include "cli/eval_print.h"
#include "cli/html.h"

static const char style[] =
	":root{color-scheme:light dark}"
	"body{font:15px/1.55 system-ui,sans-serif;max-width:58em;margin:2em auto;padding:0 1.2em;"
	"color:var(--ink);background:var(--paper)}"
	"h1{font-size:1.6em;margin:0}h2{font-size:1.15em;margin:2.4em 0 .3em}p{margin:.4em 0}"
	".soft{color:var(--soft)}.figures{display:flex;flex-wrap:wrap;gap:1em 2.6em;margin:1.6em 0}"
	".figures b{display:block;font-size:1.7em;font-weight:600}"
	".caution{border-left:4px solid var(--two);padding:.2em .8em;margin:.5em 0}"
	".wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;"
	"margin:.8em 0}th,td{padding:.25em 1em .25em 0;text-align:right;white-space:nowrap;"
	"border-bottom:1px solid var(--grid)}th{color:var(--soft);font-weight:400}"
	"th:first-child,td:first-child{text-align:left}.worst td{font-weight:600}"
	"dt{font-weight:600;margin-top:.6em}dd{margin:0}"
	"@media print{body{margin:0;max-width:none;font-size:10pt}svg,tr{break-inside:avoid}"
	"h2{break-after:avoid}}";

struct page {
	const struct pst_eval_data *data;
	const struct pst_evaluation *e;
	FILE *to;
};

static void put(const struct page *page, const char *html)
{
	(void)fputs(html, page->to);
}

static void put_cell(const struct page *page, const char *text)
{
	put(page, "<td>");
	pst_html_escape(text, page->to);
	put(page, "</td>");
}

static void begin_table(const struct page *page, const char *const *names)
{
	put(page, "<div class=\"wide\"><table><thead><tr>");
	for (; *names; names++) {
		(void)fprintf(page->to, "<th scope=\"col\">%s</th>", *names);
	}
	put(page, "</tr></thead><tbody>\n");
}

static void end_table(const struct page *page)
{
	put(page, "</tbody></table></div>\n");
}

static const char *interval(double low, double high, char text[PST_EVAL_TEXT_SIZE])
{
	char from[PST_EVAL_TEXT_SIZE], to[PST_EVAL_TEXT_SIZE];

	(void)snprintf(text, PST_EVAL_TEXT_SIZE, "%.40s to %.40s", pst_eval_percent(low, from),
		pst_eval_percent(high, to));
	return text;
}

static const char *of(uint64_t errors, uint64_t trials, char text[PST_EVAL_TEXT_SIZE])
{
	(void)snprintf(text, PST_EVAL_TEXT_SIZE, "%llu of %llu", (unsigned long long)errors,
		(unsigned long long)trials);
	return text;
}

static void put_figure(const struct page *page, const char *figure, const char *what)
{
	put(page, "<div><b>");
	pst_html_escape(figure, page->to);
	put(page, "</b>");
	pst_html_escape(what, page->to);
	put(page, "</div>\n");
}

static void put_worst(const struct page *page, enum pst_pad_question question)
{
	const struct pst_eval_data *data = page->data;
	uint32_t worst = data->attacks.summary[question].worst;
	char figure[PST_EVAL_TEXT_SIZE], what[PST_EVAL_CLAIM_SIZE];

	if (worst == PST_NAMES_NONE) {
		return;
	}
	(void)snprintf(what, sizeof(what), "of the worst attack pass (APCER, %s: %.128s)",
		pst_pad_question_name(question), data->attack_files.people.at[worst]);
	put_figure(page,
		pst_eval_percent(data->attacks.species[worst].tally[question].error.rate, figure),
		what);
}

/* What one wants to know first. */
static void put_figures(const struct page *page)
{
	const struct pst_evaluation *e = page->e;
	char figure[PST_EVAL_TEXT_SIZE], what[PST_EVAL_TEXT_SIZE];

	put(page, "<div class=\"figures\">\n");
	if (e->has_chosen) {
		(void)snprintf(what, sizeof(what), "not recognised (FNMR) at FMR %g",
			e->chosen.fmr_wanted);
		put_figure(page, pst_eval_percent(e->chosen.fnmr.rate, figure), what);
	}
	if (!isnan(e->eer)) {
		put_figure(page, pst_eval_percent(e->eer, figure), "equal error rate");
	}
	if (e->has_identification) {
		put_figure(page, pst_eval_percent(1 - e->identification.rank[0].rate, figure),
			"found at rank 1");
	}
	if (e->has_pictures) {
		put_figure(page, pst_eval_percent(e->counts.acquire.rate, figure),
			"of the pictures gave no template");
	}
	for (int q = 0; page->data->pad && q < PST_PAD_QUESTION_COUNT; q++) {
		put_worst(page, (enum pst_pad_question)q);
	}
	put(page, "</div>\n");
}

static void put_plot(const struct page *page, enum pst_eval_plot plot, const char *explained)
{
	if (!pst_eval_plot_has(plot, page->e)) {
		return;
	}
	(void)fprintf(page->to, "<h2>%s</h2>\n<p class=\"soft\">%s</p>\n",
		pst_eval_plot_title(plot), explained);
	pst_eval_plot_draw(plot, page->e, /* alone= */ false, page->to);
}

static void put_points(const struct page *page)
{
	static const char *const names[] = {"FMR aimed at", "threshold", "matched", "FNMR",
		"95 % interval", "bootstrap", "GFRR", NULL};
	const struct pst_evaluation *e = page->e;
	char text[PST_EVAL_TEXT_SIZE];

	if (e->points == 0) {
		return;
	}
	put(page, "<h2>Operating points</h2>\n<p class=\"soft\">How often one person is not "
		  "recognised, when two people are taken for one at most that often.</p>\n");
	begin_table(page, names);
	for (uint32_t i = 0; i < e->points; i++) {
		const struct pst_operating_point *point = &e->point[i];
		const struct pst_band *band = &e->point_band[i];

		put(page, "<tr>");
		(void)snprintf(text, sizeof(text), "%g", point->fmr_wanted);
		put_cell(page, text);
		put_cell(page, pst_eval_number(point->threshold, text));
		put_cell(page, of(point->fmr.errors, point->fmr.trials, text));
		put_cell(page, pst_eval_percent(point->fnmr.rate, text));
		put_cell(page, interval(point->fnmr.low, point->fnmr.high, text));
		put_cell(page, e->replicates ? interval(band->low, band->high, text) : "-");
		put_cell(page, pst_eval_percent(point->gfrr.rate, text));
		put(page, "</tr>\n");
	}
	end_table(page);
}

static void put_searches(const struct page *page)
{
	static const char *const names[] = {"FPIR aimed at", "threshold", "false alarms",
		"FNIR at rank 1", "95 % interval", "found (DIR)", NULL};
	const struct pst_identification *search = &page->e->identification;
	char text[PST_EVAL_TEXT_SIZE];

	if (!page->e->has_identification || search->points == 0) {
		return;
	}
	(void)fprintf(page->to,
		"<h2>Searches</h2>\n<p class=\"soft\">Each picture is searched among all others of "
		"%u "
		"people (leave one out), and once more without its own person, when any candidate "
		"at or above the threshold is a false alarm.</p>\n",
		search->people);
	begin_table(page, names);
	for (uint32_t i = 0; i < search->points; i++) {
		const struct pst_search_point *point = &search->point[i];

		put(page, "<tr>");
		(void)snprintf(text, sizeof(text), "%g", point->fpir_wanted);
		put_cell(page, text);
		put_cell(page, pst_eval_number(point->threshold, text));
		put_cell(page, of(point->fpir.errors, point->fpir.trials, text));
		put_cell(page, pst_eval_percent(point->fnir.rate, text));
		put_cell(page, interval(point->fnir.low, point->fnir.high, text));
		put_cell(page, pst_eval_percent(1 - point->fnir.rate, text));
		put(page, "</tr>\n");
	}
	end_table(page);
}

static void put_spread(
	const struct page *page, const char *what, const struct pst_cohort_spread *spread)
{
	if (spread->worst == PST_NAMES_NONE) {
		return;
	}
	(void)fprintf(page->to, "<p>Highest %s: ", what);
	pst_html_escape(page->data->cohorts.names.at[spread->worst], page->to);
	if (isnan(spread->to_least)) {
		put(page, ". There is no ratio, as one cohort has no error at all.</p>\n");
	} else {
		(void)fprintf(page->to,
			", %.3g times the lowest and %.3g times the geometric mean.</p>\n",
			spread->to_least, spread->to_geomean);
	}
}

static void put_cohorts(const struct page *page)
{
	static const char *const names[] = {"cohort", "people", "FMR", "95 % interval", "FNMR",
		"95 % interval", "no template", NULL};
	const struct pst_evaluation *e = page->e;
	char text[PST_EVAL_TEXT_SIZE];

	if (e->cohorts == 0) {
		return;
	}
	(void)fprintf(page->to,
		"<h2>Cohorts</h2>\n<p class=\"soft\">At threshold %.6g, which gives FMR %g over "
		"all "
		"people. Comparisons are within each cohort: those are the hardest.</p>\n",
		e->chosen.threshold, e->chosen.fmr_wanted);
	begin_table(page, names);
	for (uint32_t i = 0; i < e->cohorts; i++) {
		const struct pst_cohort_rates *cohort = &e->cohort[i];

		put(page, e->fmr_spread.worst == i ? "<tr class=\"worst\">" : "<tr>");
		put_cell(page, page->data->cohorts.names.at[i]);
		(void)snprintf(text, sizeof(text), "%u", cohort->people);
		put_cell(page, text);
		put_cell(page, pst_eval_percent(cohort->fmr.rate, text));
		put_cell(page, interval(cohort->fmr.low, cohort->fmr.high, text));
		put_cell(page, pst_eval_percent(cohort->fnmr.rate, text));
		put_cell(page, interval(cohort->fnmr.low, cohort->fnmr.high, text));
		put_cell(page, pst_eval_percent(cohort->failed.rate, text));
		put(page, "</tr>\n");
	}
	end_table(page);
	put_spread(page, "FMR", &e->fmr_spread);
	put_spread(page, "FNMR", &e->fnmr_spread);
}

/* The interval as a bar, the rate as a dot on it, from 0 to 1. */
static void put_bar(const struct page *page, const struct pst_rate *rate)
{
	if (rate->trials == 0) {
		put(page, "<td></td>");
		return;
	}
	(void)fprintf(page->to,
		"<td><svg width=\"64\" height=\"12\" aria-hidden=\"true\"><line class=\"frame\" "
		"x1=\"2\" x2=\"62\" y1=\"6\" y2=\"6\"/><rect class=\"area-one\" x=\"%.1f\" "
		"y=\"2\" "
		"width=\"%.1f\" height=\"8\"/><circle class=\"dot\" cx=\"%.1f\" cy=\"6\" "
		"r=\"2.5\"/>"
		"</svg></td>",
		2 + 60 * rate->low, 60 * (rate->high - rate->low), 2 + 60 * rate->rate);
}

static void put_count(const struct page *page, uint64_t count)
{
	(void)fprintf(page->to, "<td>%llu</td>", (unsigned long long)count);
}

static void put_attack_row(const struct page *page, const struct pst_attack_set *set,
	const char *name, enum pst_pad_question question, bool worst)
{
	const struct pst_attack_tally *tally = &set->tally[question];
	const struct pst_rate *error = &tally->error;
	char text[PST_EVAL_TEXT_SIZE];

	put(page, worst ? "<tr class=\"worst\">" : "<tr>");
	put_cell(page, name);
	put_count(page, set->presentations);
	for (uint32_t answer = PST_PAD_PASS; answer < PST_PAD_ANSWER_COUNT; answer++) {
		put_count(page, tally->answer[answer]);
	}
	put_count(page, tally->silent.errors);
	put_cell(page, pst_eval_percent(error->rate, text));
	put_cell(page, error->trials > 0 ? interval(error->low, error->high, text) : "-");
	put_bar(page, error);
	put(page, "</tr>\n");
}

static void put_question(const struct page *page, enum pst_pad_question question)
{
	static const char *const names[] = {"", "n", "pass", "fail", "uncertain", "no answer",
		"APCER", "95 % interval", "", NULL};
	const struct pst_attacks *attacks = &page->data->attacks;
	const struct pst_attack_summary *summary = &attacks->summary[question];
	char text[PST_EVAL_CLAIM_SIZE];

	if (!summary->looked_for) {
		(void)fprintf(page->to, "<p>%s is not looked for.</p>\n",
			question == PST_PAD_QUESTION_EVASION ? "Evasion" : "Impersonation");
		return;
	}
	(void)fprintf(page->to, "<h3>%s</h3>\n",
		question == PST_PAD_QUESTION_EVASION ? "Evasion" : "Impersonation");
	begin_table(page, names);
	for (uint32_t i = 0; i < attacks->count; i++) {
		put_attack_row(page, &attacks->species[i], page->data->attack_files.people.at[i],
			question, summary->worst == i);
	}
	put_attack_row(page, &attacks->bona_fide, "bona fide (BPCER)", question, false);
	end_table(page);
	pst_eval_claim(page->data, question, text);
	put(page, "<p>");
	pst_html_escape(text, page->to);
	put(page, "</p>\n");
}

static void put_attacks(const struct page *page)
{
	if (!page->data->pad) {
		return;
	}
	put(page, "<h2>Presentation attack detection</h2>\n<p class=\"soft\">By ");
	pst_html_escape(page->data->pad->id, page->to);
	put(page,
		". Of attacks those that pass are errors (APCER), of bona fide presentations "
		"those that do not (BPCER). Each species stands for itself; the worst one counts. "
		"What got no answer is in neither rate.</p>\n");
	for (int q = 0; q < PST_PAD_QUESTION_COUNT; q++) {
		put_question(page, (enum pst_pad_question)q);
	}
}

static void put_pictures(const struct page *page)
{
	static const char *const names[] = {"", "pictures", NULL};
	const struct pst_evaluation_counts *counts = &page->e->counts;
	char text[PST_EVAL_TEXT_SIZE];

	if (!page->e->has_pictures) {
		return;
	}
	put(page, "<h2>Pictures</h2>\n");
	begin_table(page, names);
	for (int i = 0; i < PST_FAILURE_COUNT; i++) {
		if (counts->failure[i] == 0) {
			continue;
		}
		put(page, "<tr>");
		put_cell(page, i == PST_FAILURE_NONE ? "gave a template"
						     : pst_failure_text((enum pst_failure)i));
		put_cell(page, of(counts->failure[i], counts->pictures, text));
		put(page, "</tr>\n");
	}
	end_table(page);
	(void)fprintf(page->to, "<p>People without any template (failure to enrol): %s.",
		of(counts->enrol.errors, counts->enrol.trials, text));
	if (counts->several > 0) {
		(void)fprintf(page->to,
			" Several faces were in %llu pictures; the widest is taken for the "
			"person's.",
			(unsigned long long)counts->several);
	}
	put(page, "</p>\n");
}

static void put_words(const struct page *page)
{
	put(page,
		"<h2>Words</h2>\n<dl>"
		"<dt>FMR, FNMR</dt><dd>False match rate: of comparisons of two people, those that "
		"match. False non-match rate: of comparisons of one person, those that do not. A "
		"comparison matches if its score is at or above the threshold.</dd>"
		"<dt>GFRR</dt><dd>The same as FNMR, where a picture that gave no template counts "
		"as "
		"not recognised.</dd>"
		"<dt>FPIR, FNIR</dt><dd>The same for searches: of people who are not in the "
		"gallery, "
		"those for whom a candidate comes up; of people who are, those who do not come up "
		"first.</dd>"
		"<dt>95 % interval</dt><dd>Exact binomial limits (Clopper and Pearson). They take "
		"comparisons as independent; those of one person are not, so that the truth may "
		"lie "
		"further off.</dd>"
		"<dt>bootstrap</dt><dd>What comes out when other people are drawn from these ones, "
		"again and again: the middle 95 %. The shaded bands of the curves are the "
		"same.</dd></dl>\n");
}

void pst_eval_print_html(
	const struct pst_eval_data *data, const struct pst_evaluation *evaluation, FILE *to)
{
	const struct page page = {data, evaluation, to};
	char text[512], lines[8][256], css[sizeof(style) + 2048];
	size_t count = pst_eval_cautions(data, evaluation, lines);

	(void)snprintf(css, sizeof(css), "%s%s", pst_eval_plot_style, style);
	pst_html_begin("Evaluation", css, to);
	put(&page, "<h1>Evaluation</h1>\n<p>");
	pst_eval_subject(data, evaluation, text, sizeof(text));
	pst_html_escape(text, to);
	(void)fprintf(to, "; %llu genuine and %llu impostor comparisons.</p>\n",
		(unsigned long long)evaluation->genuine, (unsigned long long)evaluation->impostor);
	put_figures(&page);
	for (size_t i = 0; i < count; i++) {
		put(&page, "<p class=\"caution\">");
		pst_html_escape(lines[i], to);
		put(&page, "</p>\n");
	}
	put_points(&page);
	put_plot(&page, PST_EVAL_PLOT_DET,
		"Both errors over all thresholds: further down and to the left is better. Dots are "
		"the operating points of the table.");
	put_plot(&page, PST_EVAL_PLOT_ROC,
		"The same the other way up: how many are recognised at what risk of a false "
		"match.");
	put_plot(&page, PST_EVAL_PLOT_HISTOGRAM,
		"How often each score occurs. The further the two hills lie apart, the better; the "
		"dashed line is the threshold.");
	put_searches(&page);
	put_plot(&page, PST_EVAL_PLOT_CMC,
		"How often a person in the gallery is among the best candidates of a search.");
	put_cohorts(&page);
	put_plot(&page, PST_EVAL_PLOT_DISCARD,
		"What happens to the FNMR when comparisons with the worst pictures are left out. A "
		"quality score that is of use makes this line fall.");
	put_attacks(&page);
	put_pictures(&page);
	put_words(&page);
	pst_html_end(to);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/html.h"
#include "cli/report_print.h"

#define OUTCOME(name) (PST_MEASURE_OUTCOME + PST_OUTCOME_REFER_##name)

#define WIDTH 760 /* px, of each drawing */
#define LABEL 190 /* for the names at its left */
#define VALUE 90  /* for the numbers at its right */
#define PLOT (WIDTH - LABEL - VALUE)
#define ROW 28
#define BAR 18

static const char style[] =
	":root{color-scheme:light dark;--ink:#1c2330;--soft:#5b6577;--line:#c9cfd9;--paper:#fff;"
	"--b0:#0072b2;--b1:#56b4e9;--b2:#e69f00;--b3:#009e73;--b4:#cc79a7;--b5:#8b94a3;"
	"--b6:#d9c81e;--b7:#d55e00}"
	"@media(prefers-color-scheme:dark){:root{--ink:#dfe4ec;--soft:#9aa5b5;--line:#3a4350;"
	"--paper:#14181f;--b0:#4a9fd8;--b3:#2bb88f;--b5:#79828f}}"
	"body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1.2em;"
	"color:var(--ink);background:var(--paper)}"
	"h1{font-size:1.5em;margin:0}h2{font-size:1.1em;margin:2em 0 "
	".4em}h3{font-size:1em;font-weight:400;margin:.8em 0 .2em}p{margin:.3em 0}"
	".soft{color:var(--soft)}.warning{border-left:4px solid var(--b7);padding:.3em .8em;"
	"margin:.8em 0}"
	".wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
	"caption{text-align:left;color:var(--soft);padding-bottom:.3em;white-space:nowrap}"
	"th,td{padding:.2em .8em .2em 0;text-align:right;border-bottom:1px solid var(--line)}"
	"th{font-weight:600}thead th{vertical-align:bottom;color:var(--soft);font-weight:400}"
	".wide+.wide{margin-top:1.5em}"
	"th[scope=row],th.text,td.text{text-align:left}th[scope=row]{white-space:nowrap}"
	"p.text{overflow-wrap:anywhere}"
	"svg{display:block;width:100%;height:auto;margin:.4em 0}"
	"svg text{font:13px system-ui,sans-serif;fill:var(--ink)}svg .soft{fill:var(--soft)}"
	".axis{stroke:var(--line)}.rest{fill:url(#hatch)}.hatch{stroke:var(--soft)}"
	".legend{display:flex;flex-wrap:wrap;gap:.2em 1.2em;padding:0;margin:.4em 0;"
	"list-style:none}.legend svg{display:inline-block;width:12px;height:12px;margin:0 .4em 0 0}"
	".b0{fill:var(--b0)}.b1{fill:var(--b1)}.b2{fill:var(--b2)}.b3{fill:var(--b3)}"
	".b4{fill:var(--b4)}.b5{fill:var(--b5)}.b6{fill:var(--b6)}.b7{fill:var(--b7)}"
	"@media print{:root{--ink:#000;--soft:#444;--line:#999;--paper:#fff}@page{margin:14mm}"
	"body{margin:0;max-width:none;font-size:10pt}tr,svg{break-inside:avoid}"
	"h2,h3,caption{break-after:avoid}.wide{overflow:visible}table{font-size:8pt}"
	"th,td{padding-right:.5em}"
	"*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

/* How encounters ended, in the order of the bars. The class is b and the index. */
static const struct {
	const char *name;
	unsigned measures[4]; /* ended by 0 */
} bands[] = {
	{"captured", {PST_MEASURE_CAPTURED}},
	{"recorded", {PST_MEASURE_RECORDED}},
	{"not captured", {OUTCOME(NOT_CAPTURED)}},
	{"opted out", {OUTCOME(OPTED_OUT)}},
	{"withdrew", {OUTCOME(WITHDRAWN)}},
	{"exempt, no consent or unknown",
		{OUTCOME(EXEMPT), OUTCOME(NO_CONSENT), OUTCOME(UNKNOWN_CATEGORY)}},
	{"no current notice", {OUTCOME(NO_NOTICE)}},
	{"fault", {OUTCOME(FAULT)}},
};
#define BANDS (sizeof(bands) / sizeof(bands[0]))

/* @return whether all of a band may be told */
static bool band_of(const struct pst_report_group *group, size_t band, uint64_t *ret_count)
{
	uint64_t count;

	*ret_count = 0;
	for (size_t i = 0; bands[band].measures[i]; i++) {
		if (!pst_report_count(group, bands[band].measures[i], &count)) {
			return false;
		}
		*ret_count += count;
	}
	return true;
}

static void put_text(
	double x, double y, const char *anchor, const char *class, const char *text, FILE *to)
{
	(void)fprintf(to, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">", x, y,
		anchor, class);
	pst_html_escape(text, to);
	(void)fputs("</text>\n", to);
}

static void put_bar(
	double x, double y, double width, const char *class, const char *title, FILE *to)
{
	(void)fprintf(to,
		"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"><title>",
		class, x, y, width, BAR);
	pst_html_escape(title, to);
	(void)fputs("</title></rect>\n", to);
}

static void begin_drawing(const char *title, size_t rows, FILE *to)
{
	(void)fprintf(to, "<svg viewBox=\"0 0 %d %zu\" role=\"img\" aria-label=\"%s\">\n", WIDTH,
		rows * ROW + 8, title);
	(void)fprintf(to, "<line class=\"axis\" x1=\"%d\" y1=\"0\" x2=\"%d\" y2=\"%zu\"/>\n", LABEL,
		LABEL, rows * ROW + 4);
}

static void begin_section(const char *title, FILE *to)
{
	(void)fprintf(to, "<section>\n<h2>%s</h2>\n", title);
}

/* A heading cell for each name, ended by NULL. @param texts  so many columns hold no numbers */
static void begin_table(const char *caption, const char *const *names, size_t texts, FILE *to)
{
	(void)fprintf(
		to, "<div class=\"wide\"><table>\n<caption>%s</caption>\n<thead><tr>", caption);
	for (size_t i = 0; names[i]; i++) {
		(void)fprintf(to, "<th scope=\"col\"%s>%s</th>", i < texts ? " class=\"text\"" : "",
			names[i]);
	}
	(void)fputs("</tr></thead>\n<tbody>\n", to);
}

static void end_table(FILE *to)
{
	(void)fputs("</tbody></table></div>\n", to);
}

/* "all", "us-citizen", "lane north" */
static void put_name(const struct pst_report_row *row, FILE *to)
{
	(void)fputs("<tr><th scope=\"row\">", to);
	if (strcmp(row->kind, "lane") == 0) {
		(void)fputs("lane ", to);
	}
	pst_html_escape(strcmp(row->kind, "all") == 0 ? "all" : row->group->name, to);
	(void)fputs("</th>", to);
}

static void put_cell(const char *text, FILE *to)
{
	(void)fprintf(to, "<td>%s</td>", text);
}

static void put_swatch(const char *class, const char *name, FILE *to)
{
	(void)fprintf(to,
		"<li><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"%s\" "
		"width=\"12\" height=\"12\"/></svg>%s</li>\n",
		class, name);
}

static void put_legend(bool recorded, FILE *to)
{
	char class[8];

	(void)fputs("<ul class=\"legend\">\n", to);
	for (size_t i = 0; i < BANDS; i++) {
		(void)snprintf(class, sizeof(class), "b%zu", i);
		if (bands[i].measures[0] != PST_MEASURE_RECORDED || recorded) {
			put_swatch(class, bands[i].name, to);
		}
	}
	put_swatch("rest", "not told", to);
	(void)fputs("</ul>\n", to);
}

/* One bar of all bands; what is not told is drawn as what is left. */
static void draw_bands(const struct pst_report_group *group, double y, uint64_t most, FILE *to)
{
	uint64_t all, count, told = 0;
	double x = LABEL;
	double scale = PLOT / (double)(most > 0 ? most : 1);
	char title[96], class[8];

	if (!pst_report_count(group, PST_MEASURE_ENCOUNTERS, &all)) {
		put_text(LABEL + 6, y + 14, "start", "soft", "not told", to);
		return;
	}
	for (size_t i = 0; i < BANDS; i++) {
		if (!band_of(group, i, &count) || count == 0) {
			continue;
		}
		(void)snprintf(title, sizeof(title), "%s: %" PRIu64, bands[i].name, count);
		(void)snprintf(class, sizeof(class), "b%zu", i);
		put_bar(x, y, (double)count * scale, class, title, to);
		x += (double)count * scale;
		told += count;
	}
	if (all > told) {
		put_bar(x, y, (double)(all - told) * scale, "rest", "not told", to);
	}
	(void)snprintf(title, sizeof(title), "%" PRIu64, all);
	put_text(LABEL + (double)all * scale + 6, y + 14, "start", "", title, to);
}

static void draw_groups(
	const char *title, const struct pst_report_group *groups, size_t count, FILE *to)
{
	uint64_t most = 0, all;

	for (size_t i = 0; i < count; i++) {
		if (pst_report_count(&groups[i], PST_MEASURE_ENCOUNTERS, &all) && all > most) {
			most = all;
		}
	}
	begin_drawing(title, count, to);
	for (size_t i = 0; i < count; i++) {
		double y = (double)i * ROW + 6;

		put_text(LABEL - 8, y + 14, "end", "", groups[i].name, to);
		draw_bands(&groups[i], y, most, to);
	}
	(void)fputs("</svg>\n", to);
}

static void put_people(const struct pst_report *report, FILE *to)
{
	static const char *const names[] = {"", "people", "captured", "not captured", "opted out",
		"withdrew", "exempt", "no consent", "unknown category", "no current notice",
		"fault", NULL};
	static const unsigned measures[] = {PST_MEASURE_ENCOUNTERS, PST_MEASURE_CAPTURED,
		OUTCOME(NOT_CAPTURED), OUTCOME(OPTED_OUT), OUTCOME(WITHDRAWN), OUTCOME(EXEMPT),
		OUTCOME(NO_CONSENT), OUTCOME(UNKNOWN_CATEGORY), OUTCOME(NO_NOTICE), OUTCOME(FAULT)};
	char text[PST_REPORT_TEXT_SIZE];
	uint64_t recorded;

	begin_section("Encounters, and how they ended", to);
	put_legend(!pst_report_count(&report->all, PST_MEASURE_RECORDED, &recorded) || recorded > 0,
		to);
	(void)fputs("<h3 class=\"soft\">By category</h3>\n", to);
	draw_groups("Encounters by category, and how they ended; the table below has the numbers",
		report->categories, report->category_count, to);
	(void)fputs("<h3 class=\"soft\">By lane</h3>\n", to);
	draw_groups("Encounters by lane, and how they ended; the table below has the numbers",
		report->lanes, report->lane_count, to);
	begin_table("People, by how their encounter ended", names, 1, to);
	for (size_t i = 0; i < pst_report_row_count(report); i++) {
		const struct pst_report_row row = pst_report_row(report, i);

		put_name(&row, to);
		for (size_t k = 0; k < sizeof(measures) / sizeof(measures[0]); k++) {
			put_cell(pst_report_number(row.group, measures[k], text), to);
		}
		(void)fputs("</tr>\n", to);
	}
	end_table(to);
	(void)fputs("</section>\n", to);
}

static void draw_rate(
	const struct pst_report *report, const char *title, enum pst_rate rate, FILE *to)
{
	size_t count = pst_report_row_count(report);

	begin_drawing(title, count, to);
	for (size_t i = 0; i < count; i++) {
		const struct pst_report_row row = pst_report_row(report, i);
		double y = (double)i * ROW + 6;
		double share;
		char text[PST_REPORT_TEXT_SIZE];
		char name[PST_REPORT_NAME_SIZE + 8];

		(void)snprintf(name, sizeof(name), "%s%s",
			strcmp(row.kind, "lane") == 0  ? "lane "
			: strcmp(row.kind, "all") == 0 ? "all"
						       : "",
			row.group->name);
		put_text(LABEL - 8, y + 14, "end", "", name, to);
		enum pst_told told = pst_report_rate(row.group, rate, &share);
		if (told != PST_TOLD_YES) {
			put_text(LABEL + 6, y + 14, "start", "soft",
				told == PST_TOLD_NOBODY ? "nobody" : "not told", to);
			continue;
		}
		const char *percent = pst_report_percent(row.group, rate, text);
		put_bar(LABEL, y, share * PLOT, "b0", percent, to);
		put_text(LABEL + share * PLOT + 6, y + 14, "start", "", percent, to);
	}
	(void)fputs("</svg>\n", to);
}

static void put_rates(const struct pst_report *report, FILE *to)
{
	static const char *const names[] = {"", "captured", "verified", "enrolled", "no match",
		"uncalibrated", "capture rate", "match rate", "referred", NULL};
	static const unsigned measures[] = {PST_MEASURE_CAPTURED,
		PST_MEASURE_OUTCOME + PST_OUTCOME_VERIFIED,
		PST_MEASURE_OUTCOME + PST_OUTCOME_ENROLLED, OUTCOME(NO_MATCH),
		OUTCOME(UNCALIBRATED)};
	static const enum pst_rate rates[] = {PST_RATE_CAPTURE, PST_RATE_MATCH, PST_RATE_REFER};
	char text[PST_REPORT_TEXT_SIZE];

	begin_section("Captured and compared", to);
	(void)fputs("<p class=\"soft\">Capture rate: captured, of those who were captured or not "
		    "captured. Whoever declined, withdrew or was not to be captured is in "
		    "neither.</p>\n",
		to);
	draw_rate(report, "Capture rate; the table below has the numbers", PST_RATE_CAPTURE, to);
	begin_table("Rates: match of those compared, referred to a human of all", names, 1, to);
	for (size_t i = 0; i < pst_report_row_count(report); i++) {
		const struct pst_report_row row = pst_report_row(report, i);

		put_name(&row, to);
		for (size_t k = 0; k < sizeof(measures) / sizeof(measures[0]); k++) {
			put_cell(pst_report_number(row.group, measures[k], text), to);
		}
		for (size_t k = 0; k < sizeof(rates) / sizeof(rates[0]); k++) {
			put_cell(pst_report_percent(row.group, rates[k], text), to);
		}
		(void)fputs("</tr>\n", to);
	}
	end_table(to);
	(void)fputs("</section>\n", to);
}

/* @return whether any group has a number other than 0 there */
static bool any(const struct pst_report *report, unsigned measure)
{
	uint64_t count;

	return !pst_report_count(&report->all, measure, &count) || count > 0;
}

/* A table of the numbers of a list that are not 0 throughout. */
static void put_list(const struct pst_report *report, const char *caption, unsigned first,
	const char *const *words, size_t count, FILE *to)
{
	const char *names[1 + PST_CAPTURE_REASON_COUNT + 1] = {""};
	unsigned measures[PST_CAPTURE_REASON_COUNT];
	size_t columns = 0;
	char text[PST_REPORT_TEXT_SIZE];

	for (size_t i = 0; i < count; i++) {
		if (any(report, first + (unsigned)i)) {
			measures[columns++] = first + (unsigned)i;
			names[columns] = words[i];
		}
	}
	if (columns == 0) {
		(void)fprintf(to, "<p>%s: nobody.</p>\n", caption);
		return;
	}
	begin_table(caption, names, 1, to);
	for (size_t i = 0; i < pst_report_row_count(report); i++) {
		const struct pst_report_row row = pst_report_row(report, i);

		put_name(&row, to);
		for (size_t k = 0; k < columns; k++) {
			put_cell(pst_report_number(row.group, measures[k], text), to);
		}
		(void)fputs("</tr>\n", to);
	}
	end_table(to);
}

/* The reasons of all, as bars. */
static void draw_reasons(const struct pst_report *report, FILE *to)
{
	uint64_t most = 0, count;
	size_t rows = 0;

	for (unsigned i = 0; i < PST_CAPTURE_REASON_COUNT; i++) {
		rows += any(report, PST_MEASURE_REASON + i);
		if (pst_report_count(&report->all, PST_MEASURE_REASON + i, &count) &&
			count > most) {
			most = count;
		}
	}
	if (rows == 0) {
		return;
	}
	begin_drawing("Reasons for not captured, all; the table below has the numbers", rows, to);
	double y = 6;
	for (unsigned i = 0; i < PST_CAPTURE_REASON_COUNT; i++) {
		char text[PST_REPORT_TEXT_SIZE];

		if (!any(report, PST_MEASURE_REASON + i)) {
			continue;
		}
		put_text(LABEL - 8, y + 14, "end", "",
			pst_capture_reason_name((enum pst_capture_reason)i), to);
		if (pst_report_count(&report->all, PST_MEASURE_REASON + i, &count)) {
			const char *number =
				pst_report_number(&report->all, PST_MEASURE_REASON + i, text);
			double width = (double)count * PLOT / (double)most;

			put_bar(LABEL, y, width, "b2", number, to);
			put_text(LABEL + width + 6, y + 14, "start", "", number, to);
		} else {
			put_text(LABEL + 6, y + 14, "start", "soft", "not told", to);
		}
		y += ROW;
	}
	(void)fputs("</svg>\n", to);
}

static void put_reasons(const struct pst_report *report, FILE *to)
{
	begin_section("Not captured, and why", to);
	draw_reasons(report, to);
	put_list(report, "Not captured, by reason", PST_MEASURE_REASON, pst_capture_reason_names,
		PST_CAPTURE_REASON_COUNT, to);
	put_list(report, "Not captured for want of a current notice, by what it was",
		PST_MEASURE_NOTICE, pst_notice_names, PST_NOTICE_COUNT, to);
	(void)fputs("</section>\n", to);
}

static void put_rules(const struct pst_report *report, FILE *to)
{
	static const char *const names[] = {"", "outcome", "rule", "people", NULL};
	char text[PST_REPORT_TEXT_SIZE];

	if (report->rule_count == 0) {
		return;
	}
	begin_section("Refused by rule", to);
	begin_table("People, by the rule that decided", names, 3, to);
	for (size_t i = 0; i < pst_report_row_count(report); i++) {
		const struct pst_report_row row = pst_report_row(report, i);

		for (size_t k = 0; k < report->rule_count; k++) {
			const struct pst_report_rule *rule = &report->rules[k];
			const char *number =
				pst_report_number(row.group, PST_MEASURE_RULE + (unsigned)k, text);

			if (strcmp(number, "0") == 0) {
				continue;
			}
			put_name(&row, to);
			(void)fprintf(to, "<td class=\"text\">%s</td><td class=\"text\">",
				pst_outcome_name(rule->outcome));
			pst_html_escape(rule->name, to);
			(void)fprintf(to, "</td><td>%s</td></tr>\n", number);
		}
	}
	end_table(to);
	(void)fputs("</section>\n", to);
}

static int64_t median_of(const struct pst_times *times)
{
	int64_t median_ms, p90_ms;

	return pst_report_times(times, &median_ms, &p90_ms) ? median_ms : 0;
}

/* Two bars for each lane: consenting above, opting out below. */
static void draw_times(const struct pst_report *report, FILE *to)
{
	int64_t most = 1;

	for (size_t i = 0; i < report->lane_count; i++) {
		int64_t consent = median_of(&report->lanes[i].consent);
		int64_t decline = median_of(&report->lanes[i].decline);

		most = consent > most ? consent : most;
		most = decline > most ? decline : most;
	}
	begin_drawing("Median time to choose, by lane; the table below has the numbers",
		2 * report->lane_count, to);
	for (size_t i = 0; i < report->lane_count; i++) {
		const struct pst_report_group *lane = &report->lanes[i];
		const struct pst_times *const times[] = {&lane->consent, &lane->decline};
		static const char *const what[] = {"consent", "opt out"};
		static const char *const classes[] = {"b0", "b3"};

		put_text(LABEL - 70, (double)i * 2 * ROW + 20, "end", "", lane->name, to);
		for (size_t k = 0; k < 2; k++) {
			double y = (double)(i * 2 + k) * ROW + 6;
			double width = (double)median_of(times[k]) * PLOT / (double)most;
			char text[PST_REPORT_TEXT_SIZE];
			bool slow = k == 1 && pst_report_slowness(lane) > PST_REPORT_SLOWER;

			put_text(LABEL - 8, y + 14, "end", "soft", what[k], to);
			if (median_of(times[k]) > 0) {
				const char *seconds = pst_report_seconds(times[k], false, text);

				put_bar(LABEL, y, width, slow ? "b7" : classes[k], seconds, to);
				put_text(LABEL + width + 6, y + 14, "start", "", seconds, to);
			} else {
				put_text(LABEL + 6, y + 14, "start", "soft", "not told", to);
			}
		}
	}
	(void)fputs("</svg>\n", to);
}

static void put_times(const struct pst_report *report, FILE *to)
{
	static const char *const names[] = {
		"", "consent, median", "9 of 10", "opt out, median", "9 of 10", "as long", NULL};
	char text[PST_REPORT_TEXT_SIZE];

	if (report->all.consent.count + report->all.decline.count == 0) {
		return;
	}
	begin_section("From the notice to the choice", to);
	(void)fputs("<p class=\"soft\">Opting out has to be as easy as consenting.</p>\n", to);
	draw_times(report, to);
	begin_table("Time from the notice to the choice", names, 1, to);
	for (size_t i = 0; i < pst_report_row_count(report); i++) {
		const struct pst_report_row row = pst_report_row(report, i);
		const struct pst_report_group *group = row.group;
		double slowness = pst_report_slowness(group);

		if (group->consent.count + group->decline.count == 0) {
			continue;
		}
		put_name(&row, to);
		put_cell(pst_report_seconds(&group->consent, false, text), to);
		put_cell(pst_report_seconds(&group->consent, true, text), to);
		put_cell(pst_report_seconds(&group->decline, false, text), to);
		put_cell(pst_report_seconds(&group->decline, true, text), to);
		(void)snprintf(text, sizeof(text), slowness > 0 ? "%.2f times" : "*", slowness);
		put_cell(text, to);
		(void)fputs("</tr>\n", to);
	}
	end_table(to);
	(void)fputs("</section>\n", to);
}

static void put_lanes(const struct pst_report *report, FILE *to)
{
	static const char *const names[] = {
		"", "opened", "camera lost", "encounters cut off", NULL};

	begin_section("Lanes", to);
	begin_table("What lanes met with", names, 1, to);
	for (size_t i = 0; i < report->lane_count; i++) {
		const struct pst_report_group *lane = &report->lanes[i];
		bool small = lane->cut > 0 && lane->cut < PST_REPORT_THRESHOLD;

		put_name(&(struct pst_report_row){"lane", lane}, to);
		(void)fprintf(
			to, "<td>%" PRIu64 "</td><td>%" PRIu64 "</td>", lane->runs, lane->losses);
		(void)fprintf(
			to, small ? "<td>*</td></tr>\n" : "<td>%" PRIu64 "</td></tr>\n", lane->cut);
	}
	end_table(to);
	(void)fputs("</section>\n", to);
}

static void put_logs(const struct pst_report *report, FILE *to)
{
	begin_section("Logs", to);
	(void)fputs("<p class=\"soft\">All of them verified before they were counted.</p>\n", to);
	for (size_t i = 0; i < report->log_count; i++) {
		char head[2 * PST_CHAIN_SIZE + 1];

		pst_bytes_to_hex(report->logs[i].head, PST_CHAIN_SIZE, head);
		(void)fputs("<p class=\"text\">", to);
		pst_html_escape(report->logs[i].dir, to);
		(void)fprintf(to, ": counted up to the entry of hash <code>%s</code></p>\n", head);
	}
	(void)fputs("</section>\n", to);
}

int pst_report_print_html(const struct pst_report *report, FILE *to)
{
	char text[160];

	pst_html_begin("Report", style, to);
	(void)fputs("<svg width=\"0\" height=\"0\" style=\"position:absolute\" "
		    "aria-hidden=\"true\"><defs><pattern id=\"hatch\" width=\"6\" height=\"6\" "
		    "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line "
		    "class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" "
		    "stroke-width=\"2\"/></pattern></defs></svg>\n<h1>Report</h1>\n<p>",
		to);
	pst_report_span(report, text);
	pst_html_escape(text, to);
	(void)fprintf(to, "</p>\n<p class=\"soft\">%s</p>\n", PST_REPORT_MARK);
	for (size_t i = 0; i < report->lane_count; i++) {
		if (pst_report_slowness(&report->lanes[i]) > PST_REPORT_SLOWER) {
			pst_report_warning(&report->lanes[i], text, sizeof(text));
			(void)fputs("<p class=\"warning\">", to);
			pst_html_escape(text, to);
			(void)fputs("</p>\n", to);
		}
	}
	put_people(report, to);
	put_rates(report, to);
	put_reasons(report, to);
	put_rules(report, to);
	put_times(report, to);
	put_lanes(report, to);
	put_logs(report, to);
	pst_html_end(to);
	return 0;
}

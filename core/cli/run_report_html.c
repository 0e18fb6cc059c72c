/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "cli/html.h"
#include "cli/run_report.h"

#define WIDTH 720 /* px, of a drawing */
#define HEIGHT 130
#define FOOT 20

static const char style[] =
	":root{color-scheme:light dark;--ink:#1c2330;--soft:#5b6577;--line:#c9cfd9;--paper:#fff;"
	"--bar:#0072b2;--bad:#d55e00}"
	"@media(prefers-color-scheme:dark){:root{--ink:#dfe4ec;--soft:#9aa5b5;--line:#3a4350;"
	"--paper:#14181f;--bar:#4a9fd8}}"
	"body{font:15px/1.5 system-ui,sans-serif;max-width:58em;margin:2em auto;padding:0 1.2em;"
	"color:var(--ink);background:var(--paper)}"
	"h1{font-size:1.5em;margin:0}h2{font-size:1.1em;margin:2em 0 .4em}h3{font-size:1em;"
	"font-weight:400;margin:1em 0 .2em}p{margin:.3em 0}.soft{color:var(--soft)}"
	".figures{display:flex;flex-wrap:wrap;gap:1em 2.6em;margin:1.4em 0}"
	".figures b{display:block;font-size:1.7em;font-weight:600}"
	".wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
	"th,td{padding:.2em 1em .2em 0;text-align:right;white-space:nowrap;"
	"border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:400}"
	"th:first-child,td:first-child{text-align:left}"
	"svg{display:block;width:100%;height:auto}svg text{font:12px system-ui,sans-serif;"
	"fill:var(--soft)}.bar{fill:var(--bar)}.axis{stroke:var(--line)}"
	"@media print{body{margin:0;max-width:none;font-size:10pt}svg,tr{break-inside:avoid}}";

static void put_figure(const char *figure, const char *what, FILE *to)
{
	(void)fputs("<div><b>", to);
	pst_html_escape(figure, to);
	(void)fputs("</b>", to);
	pst_html_escape(what, to);
	(void)fputs("</div>\n", to);
}

static void put_figures(struct pst_run_report *report, FILE *to)
{
	struct pst_load_series *decision = &report->moment[PST_RUN_DECISION];
	const struct pst_run_failure *worst = &report->failure[PST_RUN_LIMITS - 1];
	char text[64];

	(void)fputs("<div class=\"figures\">\n", to);
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)report->encounters);
	put_figure(text, "encounters", to);
	if (decision->count > 0) {
		(void)snprintf(text, sizeof(text), "%.2f s",
			(double)pst_load_series_quantile(decision, 0.5) / PST_NS_PER_S);
		put_figure(text, "to a decision, half of the time", to);
		(void)snprintf(text, sizeof(text), "%.2f s",
			(double)pst_load_series_quantile(decision, 0.95) / PST_NS_PER_S);
		put_figure(text, "in 95 of 100", to);
	}
	if (worst->trials > 0) {
		(void)snprintf(text, sizeof(text), "%llu of %llu",
			(unsigned long long)worst->failures, (unsigned long long)worst->trials);
		put_figure(text, "not captured within 20 s", to);
	}
	(void)fputs("</div>\n", to);
}

static void begin_table(const char *const *names, FILE *to)
{
	(void)fputs("<div class=\"wide\"><table><thead><tr>", to);
	for (; *names; names++) {
		(void)fprintf(to, "<th scope=\"col\">%s</th>", *names);
	}
	(void)fputs("</tr></thead><tbody>\n", to);
}

static void end_table(FILE *to)
{
	(void)fputs("</tbody></table></div>\n", to);
}

static void put_histogram(struct pst_load_series *series, const char *name, FILE *to)
{
	struct pst_run_histogram histogram = pst_run_histogram_of(series);
	double bar = (double)WIDTH / PST_RUN_BINS;

	(void)fprintf(to,
		"<h3>From the beginning to the %s</h3>\n<svg viewBox=\"0 0 %d %d\" "
		"role=\"img\" aria-label=\"histogram of the time to the %s\">\n",
		name, WIDTH, HEIGHT + FOOT, name);
	for (int i = 0; i < PST_RUN_BINS; i++) {
		double height = HEIGHT * (double)histogram.count[i] / (double)histogram.most;

		if (histogram.count[i] > 0) {
			(void)fprintf(to,
				"<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
				"height=\"%.1f\"><title>%g to %g ms: %llu</title></rect>\n",
				i * bar + 1, HEIGHT - height, bar - 2, height,
				i * histogram.width_ms, (i + 1) * histogram.width_ms,
				(unsigned long long)histogram.count[i]);
		}
	}
	(void)fprintf(to, "<line class=\"axis\" x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", HEIGHT,
		WIDTH, HEIGHT);
	for (int i = 0; i <= PST_RUN_BINS; i += PST_RUN_BINS / 4) {
		(void)fprintf(to, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%g ms</text>\n",
			i * bar, HEIGHT + 15,
			i == 0		   ? "start"
			: i < PST_RUN_BINS ? "middle"
					   : "end",
			i * histogram.width_ms);
	}
	(void)fputs("</svg>\n", to);
}

static void put_times(struct pst_run_report *report, FILE *to)
{
	static const char *const names[] = {
		"from the beginning to the", "encounters", "p50 ms", "p95 ms", "p99 ms", NULL};

	(void)fprintf(to,
		"<h2>How long it took</h2>\n<p class=\"soft\">Of those with a permit, on "
		"the clock of the %s.</p>\n",
		report->live ? "lane" : "recording");
	begin_table(names, to);
	for (int i = 0; i < PST_RUN_MOMENTS; i++) {
		struct pst_load_series *series = &report->moment[i];

		if (series->count > 0) {
			(void)fprintf(to,
				"<tr><td>%s</td><td>%zu</td><td>%.0f</td><td>%.0f</td>"
				"<td>%.0f</td></tr>\n",
				pst_run_moment_name((enum pst_run_moment)i), series->count,
				(double)pst_load_series_quantile(series, 0.5) / PST_NS_PER_MS,
				(double)pst_load_series_quantile(series, 0.95) / PST_NS_PER_MS,
				(double)pst_load_series_quantile(series, 0.99) / PST_NS_PER_MS);
		}
	}
	end_table(to);
	for (int i = 0; i < PST_RUN_MOMENTS; i++) {
		if (report->moment[i].count > 0) {
			put_histogram(&report->moment[i],
				pst_run_moment_name((enum pst_run_moment)i), to);
		}
	}
}

static void put_reasons(const struct pst_run_failure *failure, FILE *to)
{
	const char *between = "";

	for (int i = 0; i < PST_CAPTURE_REASON_COUNT; i++) {
		if (failure->reason[i] > 0) {
			(void)fprintf(to, "%s%s %llu", between,
				i == PST_CAPTURE_REASON_UNSET
					? "captured later"
					: pst_capture_reason_name((enum pst_capture_reason)i),
				(unsigned long long)failure->reason[i]);
			between = ", ";
		}
	}
}

static void put_failures(const struct pst_run_report *report, FILE *to)
{
	static const char *const names[] = {
		"within", "had a permit", "not captured", "rate", "why", NULL};

	(void)fputs("<h2>Failure to capture</h2>\n<p class=\"soft\">Counted from the permit. Those "
		    "who opted out or withdrew are not in it.</p>\n",
		to);
	begin_table(names, to);
	for (int i = 0; i < PST_RUN_LIMITS; i++) {
		const struct pst_run_failure *failure = &report->failure[i];

		if (failure->trials > 0) {
			(void)fprintf(to,
				"<tr><td>%g s</td><td>%llu</td><td>%llu</td><td>%.1f %%</td><td>",
				pst_run_limit_s(i), (unsigned long long)failure->trials,
				(unsigned long long)failure->failures,
				100.0 * (double)failure->failures / (double)failure->trials);
			put_reasons(failure, to);
			(void)fputs("</td></tr>\n", to);
		}
	}
	end_table(to);
}

static void put_counts(const struct pst_run_report *report, FILE *to)
{
	static const char *const outcome_names[] = {"outcome", "encounters", NULL};
	static const char *const frame_names[] = {"frames", "", NULL};
	const struct pst_events_frames *frames = &report->summary.frames;

	(void)fputs("<h2>Outcomes</h2>\n", to);
	begin_table(outcome_names, to);
	for (int i = 0; i < PST_OUTCOME_COUNT; i++) {
		if (report->outcome[i] > 0) {
			(void)fprintf(to, "<tr><td>%s</td><td>%llu</td></tr>\n",
				pst_outcome_name((enum pst_outcome)i),
				(unsigned long long)report->outcome[i]);
		}
	}
	end_table(to);
	(void)fputs("<h2>Frames</h2>\n<p class=\"soft\">Seen = leased under a permit + withheld, "
		    "unread + lost by the driver.</p>\n",
		to);
	begin_table(frame_names, to);
	(void)fprintf(to,
		"<tr><td>seen</td><td>%llu</td></tr>\n<tr><td>leased</td><td>%llu</td></tr>\n"
		"<tr><td>withheld</td><td>%llu</td></tr>\n<tr><td>lost</td><td>%llu</td></tr>\n"
		"<tr><td>damaged</td><td>%llu</td></tr>\n",
		(unsigned long long)frames->seen, (unsigned long long)frames->leased,
		(unsigned long long)frames->withheld, (unsigned long long)frames->lost,
		(unsigned long long)frames->damaged);
	end_table(to);
}

static void put_load(struct pst_run_report *report, FILE *to)
{
	static const char *const stage_names[] = {
		"stage", "times", "p50 us", "p95 us", "p99 us", NULL};
	static const char *const process_names[] = {
		"process", "processor s", "memory at most, MB", NULL};

	(void)fputs("<h2>Where the time went</h2>\n", to);
	begin_table(stage_names, to);
	for (int i = 0; i < PST_STAGE_COUNT; i++) {
		struct pst_load_series *series = &report->load.stage[i];

		if (series->count > 0) {
			(void)fprintf(to,
				"<tr><td>%s</td><td>%zu</td><td>%.0f</td><td>%.0f</td>"
				"<td>%.0f</td></tr>\n",
				pst_stage_name((enum pst_stage)i), series->count,
				(double)pst_load_series_quantile(series, 0.5) / 1e3,
				(double)pst_load_series_quantile(series, 0.95) / 1e3,
				(double)pst_load_series_quantile(series, 0.99) / 1e3);
		}
	}
	end_table(to);
	(void)fputs("<h2>Processes</h2>\n", to);
	begin_table(process_names, to);
	for (int i = 0; i < PST_LOAD_PROCESSES; i++) {
		const struct pst_load_process *process = &report->load.process[i];

		if (process->known) {
			(void)fprintf(to, "<tr><td>%s</td><td>%.2f</td><td>%.1f</td></tr>\n",
				process->name, process->cpu_s, (double)process->resident / 1e6);
		}
	}
	(void)fprintf(to, "<tr><td>all, replaced workers too</td><td>%.2f</td><td></td></tr>\n",
		pst_load_cpu_s(&report->load));
	end_table(to);
}

static void put_machine(FILE *to)
{
	json_t *machine = pst_load_machine_json();

	(void)fputs("<p class=\"soft\">", to);
	pst_html_escape(json_string_value(json_object_get(machine, "cpu")), to);
	(void)fprintf(to, ", %lld of %lld cores, Linux ",
		(long long)json_integer_value(json_object_get(machine, "cores_used")),
		(long long)json_integer_value(json_object_get(machine, "cores")));
	pst_html_escape(json_string_value(json_object_get(machine, "kernel")), to);
	(void)fputs("</p>\n", to);
	json_decref(machine);
}

void pst_run_report_html(struct pst_run_report *report, FILE *to)
{
	pst_html_begin("Lane report", style, to);
	(void)fputs("<h1>Lane report: ", to);
	pst_html_escape(report->lane, to);
	(void)fputs("</h1>\n<p class=\"soft\">", to);
	pst_html_escape(report->source, to);
	(void)fputs("; ", to);
	pst_html_escape(report->plugins, to);
	(void)fprintf(to, "; %.1f s</p>\n", (double)report->summary.duration_ns / PST_NS_PER_S);
	put_machine(to);
	put_figures(report, to);
	put_times(report, to);
	put_failures(report, to);
	put_counts(report, to);
	put_load(report, to);
	pst_html_end(to);
}

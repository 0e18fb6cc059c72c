/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/html.h"
#include "cli/probe.h"

#define WIDTH 760 /* px, of each drawing */
#define HEIGHT 200
#define LEFT 60 /* for the scale */
#define BOTTOM 24
#define BINS_MIN 8 /* so that a single one is no wall */

static const char style[] =
	"body{font:15px/1.5 system-ui,sans-serif;max-width:820px;margin:2em auto;padding:0 1em;"
	"color:#1c2330;background:#fff}h1{font-size:1.4em;margin:0}h2{font-size:1.05em;margin:2em "
	"0 "
	".3em}table{border-collapse:collapse}td{padding:.15em 1em .15em 0;vertical-align:top}"
	"td:first-child{color:#5b6577}.good{color:#11703a}.bad{color:#b3261e}svg{display:block;"
	"width:100%;height:auto}.bar{fill:#3a6ea5}.line{fill:none;stroke:#3a6ea5;stroke-width:1}"
	".axis{stroke:#9aa3b2}text{font:11px system-ui,sans-serif;fill:#5b6577}"
	"@media(prefers-color-scheme:dark){body{color:#dfe4ec;background:#14181f}.bar{fill:#7fb0e6}"
	".line{stroke:#7fb0e6}.good{color:#6fd39a}.bad{color:#ff8a80}}";

static void begin_row(const char *name, FILE *to)
{
	(void)fprintf(to, "<tr><td>%s</td><td>", name);
}

static void end_row(FILE *to)
{
	(void)fputs("</td></tr>\n", to);
}

static void spread_row(const char *name, const struct pst_probe_spread *spread, const char *unit,
	double scale, FILE *to)
{
	if (spread->count == 0) {
		return;
	}
	begin_row(name, to);
	(void)fprintf(to, "%.2f %s median, %.2f to %.2f, 99&nbsp;%% within %.2f",
		spread->median * scale, unit, spread->least * scale, spread->most * scale,
		spread->p99 * scale);
	end_row(to);
}

static void print_table(const struct pst_probe_summary *summary, FILE *to)
{
	const struct pst_device_info *info = &summary->info;
	const struct pst_device_counts *counts = &summary->counts;

	(void)fputs("<table>\n", to);
	begin_row("source", to);
	pst_html_escape(info->uri, to);
	(void)fputs(", ", to);
	pst_html_escape(info->driver, to);
	end_row(to);
	begin_row("mode", to);
	(void)fprintf(
		to, "%s %ux%u", pst_frame_format_name(info->format), info->width, info->height);
	if (info->fps > 0) {
		(void)fprintf(to, " at %.4g frames per second", info->fps);
	}
	end_row(to);
	begin_row("frames", to);
	(void)fprintf(to, "%llu in %.1f s, %.2f per second", (unsigned long long)counts->good,
		summary->seconds, summary->rate);
	end_row(to);
	begin_row("missing", to);
	(void)fprintf(to, "%llu lost, %llu flagged by the driver, %llu too short, %llu torn%s",
		(unsigned long long)counts->lost, (unsigned long long)counts->flagged,
		(unsigned long long)counts->undersized, (unsigned long long)counts->torn,
		summary->checked ? "" : " (not looked into)");
	end_row(to);
	spread_row("interval", &summary->interval_ms, "ms", 1, to);
	spread_row("age when handed over", &summary->age_ms, "ms", 1, to);
	spread_row("exposure", &summary->exposure_ms, "ms", 1, to);
	spread_row("JPEG", &summary->bytes, "KiB", 1.0 / 1024, to);
	begin_row("CPU", to);
	(void)fprintf(to, "%.0f &micro;s per frame", summary->cpu_us);
	end_row(to);
	(void)fputs("</table>\n", to);
}

static void begin_drawing(const char *title, FILE *to)
{
	(void)fprintf(to,
		"<h2>%s</h2>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n"
		"<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
		title, WIDTH, HEIGHT, title, LEFT, HEIGHT - BOTTOM, WIDTH, HEIGHT - BOTTOM);
}

static void label(double x, double y, const char *anchor, double value, const char *unit, FILE *to)
{
	(void)fprintf(to, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%.4g%s</text>\n", x, y,
		anchor, value, unit);
}

static void draw_bins(const struct pst_probe_bins *bins, FILE *to)
{
	double step = (WIDTH - LEFT) / (double)(bins->bins > BINS_MIN ? bins->bins : BINS_MIN);
	uint64_t most = 1;

	for (unsigned i = 0; i < bins->bins; i++) {
		most = bins->at[i] > most ? bins->at[i] : most;
	}
	begin_drawing("How long from frame to frame", to);
	label(LEFT - 6, 14, "end", (double)most, "", to);
	for (unsigned i = 0; i < bins->bins; i++) {
		double height = (double)bins->at[i] * (HEIGHT - BOTTOM - 6) / (double)most;

		(void)fprintf(to,
			"<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
			"<title>%llu</title></rect>\n",
			LEFT + i * step, HEIGHT - BOTTOM - height, step * 0.9, height,
			(unsigned long long)bins->at[i]);
		label(LEFT + i * step, HEIGHT - 8, "start", bins->from_ms + i * bins->width_ms,
			i + 1 == bins->bins ? " ms" : "", to);
	}
	(void)fputs("</svg>\n", to);
	if (bins->below + bins->above > 0) {
		(void)fprintf(to, "<p>%llu were shorter, %llu longer than drawn.</p>\n",
			(unsigned long long)bins->below, (unsigned long long)bins->above);
	}
}

static void draw_course(const char *title, const struct pst_probe_course *course, double scale,
	const char *unit, FILE *to)
{
	double most = 0;

	for (unsigned i = 0; i < course->points; i++) {
		most = course->at[i] > most ? course->at[i] : most;
	}
	if (course->points < 2 || most <= 0) {
		return;
	}
	begin_drawing(title, to);
	label(LEFT - 6, 14, "end", most * scale, unit, to);
	label(LEFT - 6, HEIGHT - BOTTOM, "end", 0, "", to);
	label(LEFT, HEIGHT - 8, "start", 0, " s", to);
	label(WIDTH, HEIGHT - 8, "end", course->seconds, " s", to);
	(void)fputs("<polyline class=\"line\" points=\"", to);
	for (unsigned i = 0; i < course->points; i++) {
		(void)fprintf(to, "%.1f,%.1f ",
			LEFT + (double)i * (WIDTH - LEFT) / (course->points - 1),
			HEIGHT - BOTTOM - course->at[i] / most * (HEIGHT - BOTTOM - 10));
	}
	(void)fputs("\"/>\n</svg>\n", to);
}

void pst_probe_print_html(const struct pst_probe_summary *summary, FILE *to)
{
	char text[640];

	pst_html_begin(summary->info.name, style, to);
	(void)fputs("<h1>", to);
	pst_html_escape(summary->info.name, to);
	(void)fputs("</h1>\n", to);
	for (unsigned bit = 1; bit <= PST_PROBE_PROBLEM_FAILED; bit <<= 1) {
		if (summary->problems & bit) {
			pst_probe_problem_text(
				summary, (enum pst_probe_problem)bit, text, sizeof(text));
			(void)fputs("<p class=\"bad\">", to);
			pst_html_escape(text, to);
			(void)fputs("</p>\n", to);
		}
	}
	if (!summary->problems) {
		(void)fputs("<p class=\"good\">healthy</p>\n", to);
	}
	print_table(summary, to);
	draw_bins(&summary->bins, to);
	draw_course("From frame to frame, over time", &summary->intervals, 1, " ms", to);
	draw_course("Size of frames, over time", &summary->sizes, 1.0 / 1024, " KiB", to);
	pst_html_end(to);
}

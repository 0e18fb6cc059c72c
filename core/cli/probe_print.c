/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/probe.h"

#include <string.h>

#define BAR 40 /* characters of the longest bar */

static const struct {
	enum pst_probe_problem problem;
	const char *name;
} problems[] = {
	{PST_PROBE_PROBLEM_FAILED, "failed"},
	{PST_PROBE_PROBLEM_NOTHING, "nothing"},
	{PST_PROBE_PROBLEM_LOST, "lost"},
	{PST_PROBE_PROBLEM_DAMAGED, "damaged"},
	{PST_PROBE_PROBLEM_SLOW, "slow"},
	{PST_PROBE_PROBLEM_DARK, "dark"},
};

#define PROBLEMS (sizeof(problems) / sizeof(problems[0]))

static void slow_text(const struct pst_probe_summary *summary, char *text, size_t size)
{
	double interval_ms = 1000 / summary->info.fps;
	char why[160] = "";

	if (summary->problems & PST_PROBE_PROBLEM_DARK) {
		/* that is the next line */
	} else if (summary->exposure_ms.count == 0) {
		(void)snprintf(why, sizeof(why),
			": the camera does not tell its exposure time; in low light, more light "
			"helps");
	} else {
		(void)snprintf(why, sizeof(why),
			", not for lack of light (exposure %.1f ms of %.1f ms): try format=MJPG, a "
			"smaller size, or a port without a hub",
			summary->exposure_ms.most, interval_ms);
	}
	(void)snprintf(text, size, "%.1f frames per second came where %.4g were agreed on%s",
		summary->made_rate, summary->info.fps, why);
}

static void dark_text(const struct pst_probe_summary *summary, char *text, size_t size)
{
	double share = summary->made_rate / summary->info.fps;
	double interval_ms = 1000 / summary->info.fps;
	const char *does = share > 0.45 && share < 0.55 ? "halves" : "lowers";
	const char *helps = "more light helps, or, with darker pictures, "
			    "controls=exposure_dynamic_framerate:0";

	if (summary->exposure_ms.most > interval_ms) {
		(void)snprintf(text, size, "low light %s the rate: exposure %.0f ms > %.0f ms; %s",
			does, summary->exposure_ms.most, interval_ms, helps);
	} else {
		(void)snprintf(text, size,
			"most likely low light %s the rate, as the automatic exposure may; %s",
			does, helps);
	}
}

void pst_probe_problem_text(const struct pst_probe_summary *summary, enum pst_probe_problem problem,
	char *text, size_t size)
{
	const struct pst_device_counts *counts = &summary->counts;
	unsigned long long damaged = counts->flagged + counts->undersized + counts->torn;

	text[0] = 0;
	switch (problem) {
	case PST_PROBE_PROBLEM_LOST:
		(void)snprintf(text, size,
			"%llu frames were lost: the bus or this machine was too busy: try a "
			"smaller size, a port without a hub, another cable; see what else uses "
			"the bus",
			(unsigned long long)counts->lost);
		break;
	case PST_PROBE_PROBLEM_DAMAGED:
		(void)snprintf(text, size,
			"%llu frames are damaged (%llu flagged by the driver, %llu too short, %llu "
			"torn): %s",
			damaged, (unsigned long long)counts->flagged,
			(unsigned long long)counts->undersized, (unsigned long long)counts->torn,
			summary->info.live ? "try another cable or port"
					   : "the recording was cut or has bad bytes");
		break;
	case PST_PROBE_PROBLEM_SLOW:
		slow_text(summary, text, size);
		break;
	case PST_PROBE_PROBLEM_DARK:
		dark_text(summary, text, size);
		break;
	case PST_PROBE_PROBLEM_NOTHING:
		(void)snprintf(text, size, "not one frame came");
		break;
	case PST_PROBE_PROBLEM_FAILED:
		(void)snprintf(text, size, "%s", summary->failure);
		break;
	case PST_PROBE_PROBLEM_UNSET:
		break;
	}
}

static void print_head(const struct pst_probe_summary *summary, FILE *to)
{
	const struct pst_device_info *info = &summary->info;

	(void)fprintf(to, "%s  \"%s\"  %s\n", info->uri, info->name, info->driver);
	(void)fprintf(to, "  mode      %s %ux%u", pst_frame_format_name(info->format), info->width,
		info->height);
	if (info->fps > 0) {
		(void)fprintf(to, " at %.4g frames per second", info->fps);
	}
	(void)fprintf(to, "\n");
	if (info->choice[0]) {
		(void)fprintf(to, "            %s\n", info->choice);
	}
}

static void print_rate(const struct pst_probe_summary *summary, FILE *to)
{
	const struct pst_probe_spread *interval = &summary->interval_ms;
	const struct pst_device_counts *counts = &summary->counts;

	(void)fprintf(to, "  frames    %llu in %.1f s", (unsigned long long)counts->good,
		summary->seconds);
	if (summary->rate > 0) {
		(void)fprintf(to, ", %.2f per second", summary->rate);
	}
	if (summary->first_ms > 0) {
		(void)fprintf(to, ", the first after %.0f ms", summary->first_ms);
	}
	(void)fprintf(to, "\n");
	if (counts->settling > 0) {
		(void)fprintf(to, "            %llu at the start while the exposure settled\n",
			(unsigned long long)counts->settling);
	}
	if (counts->restamped > 0) {
		(void)fprintf(to, "            %llu times of the driver were of no use\n",
			(unsigned long long)counts->restamped);
	}
	if (interval->count > 0) {
		(void)fprintf(to,
			"  interval  %.2f ms median, jitter %.2f ms, %.1f to %.1f ms, 99 %% within "
			"%.1f ms\n",
			interval->median, interval->deviation, interval->least, interval->most,
			interval->p99);
	}
}

static void print_bar(FILE *to, double from, double until, uint64_t count, uint64_t most)
{
	unsigned length = (unsigned)((count * BAR + most - 1) / most);

	if (until > from) {
		(void)fprintf(to, "  %9.1f to %6.1f ms |", from, until);
	} else {
		(void)fprintf(to, "  %9s %9.1f ms |", until > 0 ? "below" : "above", from);
	}
	for (unsigned i = 0; i < length; i++) {
		(void)fputc('#', to);
	}
	(void)fprintf(to, "%s%llu\n", length ? " " : "", (unsigned long long)count);
}

static void print_bins(const struct pst_probe_bins *bins, FILE *to)
{
	uint64_t most = bins->below > bins->above ? bins->below : bins->above;

	for (unsigned i = 0; i < bins->bins; i++) {
		most = bins->at[i] > most ? bins->at[i] : most;
	}
	if (bins->below > 0) {
		print_bar(to, bins->from_ms, bins->from_ms, bins->below, most);
	}
	for (unsigned i = 0; i < bins->bins; i++) {
		double from = bins->from_ms + i * bins->width_ms;

		print_bar(to, from, from + bins->width_ms, bins->at[i], most);
	}
	if (bins->above > 0) {
		double until = bins->from_ms + PST_PROBE_BINS * bins->width_ms;

		print_bar(to, until, 0, bins->above, most);
	}
}

static void print_costs(const struct pst_probe_summary *summary, FILE *to)
{
	const struct pst_probe_spread *age = &summary->age_ms;
	const struct pst_probe_spread *bytes = &summary->bytes;
	const struct pst_probe_spread *exposure = &summary->exposure_ms;

	if (age->count > 0) {
		(void)fprintf(to,
			"  age       %.1f ms median, 99 %% within %.1f ms, %.1f ms at most, when "
			"handed over\n",
			age->median, age->p99, age->most);
	}
	if (exposure->count > 0) {
		(void)fprintf(to, "  exposure  %.1f to %.1f ms", exposure->least, exposure->most);
		if (summary->info.fps > 0) {
			(void)fprintf(
				to, " of %.1f ms that a frame may take", 1000 / summary->info.fps);
		}
		(void)fprintf(to, "\n");
	}
	if (bytes->count > 0) {
		(void)fprintf(to,
			"  JPEG      %.1f KiB median, %.1f to %.1f KiB; %.2f MB per second\n",
			bytes->median / 1024, bytes->least / 1024, bytes->most / 1024,
			bytes->mean * summary->rate / 1e6);
	}
	(void)fprintf(to, "  CPU       %.0f us per frame", summary->cpu_us);
	if (summary->cpu_share > 0) {
		(void)fprintf(to, ", %.2f %% of a core", summary->cpu_share * 100);
	}
	(void)fprintf(to, "\n");
}

static void print_losses(const struct pst_probe_summary *summary, FILE *to)
{
	const struct pst_device_counts *counts = &summary->counts;

	(void)fprintf(to,
		"  missing   %llu lost, %llu flagged by the driver, %llu too short, %llu torn%s\n",
		(unsigned long long)counts->lost, (unsigned long long)counts->flagged,
		(unsigned long long)counts->undersized, (unsigned long long)counts->torn,
		summary->checked ? "" : " (not looked into: see --check)");
}

void pst_probe_print(const struct pst_probe_summary *summary, FILE *to)
{
	char text[640];

	print_head(summary, to);
	print_rate(summary, to);
	print_bins(&summary->bins, to);
	print_costs(summary, to);
	print_losses(summary, to);
	(void)fprintf(to, "\n");
	for (size_t i = 0; i < PROBLEMS; i++) {
		if (summary->problems & problems[i].problem) {
			pst_probe_problem_text(summary, problems[i].problem, text, sizeof(text));
			(void)fprintf(to, "! %s\n", text);
		}
	}
	if (!summary->problems) {
		(void)fprintf(to, "healthy: every frame that was made came%s%s\n",
			summary->checked ? ", and is whole" : "",
			summary->info.live && summary->info.fps > 0 ? ", at the rate agreed on"
								    : "");
	}
}

static json_t *spread_json(const struct pst_probe_spread *spread)
{
	if (spread->count == 0) {
		return json_null();
	}
	return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:f}", "count", (json_int_t)spread->count,
		"min", spread->least, "median", spread->median, "p99", spread->p99, "max",
		spread->most, "mean", spread->mean, "deviation", spread->deviation);
}

static json_t *bins_json(const struct pst_probe_bins *bins)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < bins->bins; i++) {
		(void)json_array_append_new(list, json_integer((json_int_t)bins->at[i]));
	}
	return json_pack("{s:f, s:f, s:o, s:I, s:I}", "from_ms", bins->from_ms, "width_ms",
		bins->width_ms, "counts", list, "below", (json_int_t)bins->below, "above",
		(json_int_t)bins->above);
}

static json_t *counts_json(const struct pst_probe_summary *summary)
{
	const struct pst_device_counts *counts = &summary->counts;

	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:I, s:I}", "good", (json_int_t)counts->good,
		"lost", (json_int_t)counts->lost, "flagged", (json_int_t)counts->flagged,
		"undersized", (json_int_t)counts->undersized, "torn",
		summary->checked || counts->torn ? json_integer((json_int_t)counts->torn)
						 : json_null(),
		"settling", (json_int_t)counts->settling, "restamped",
		(json_int_t)counts->restamped);
}

static json_t *problems_json(const struct pst_probe_summary *summary)
{
	json_t *list = json_array();
	char text[640];

	for (size_t i = 0; i < PROBLEMS; i++) {
		if (summary->problems & problems[i].problem) {
			pst_probe_problem_text(summary, problems[i].problem, text, sizeof(text));
			(void)json_array_append_new(list,
				json_pack("{s:s, s:s}", "problem", problems[i].name, "text", text));
		}
	}
	return list;
}

json_t *pst_probe_json(const struct pst_probe_summary *summary)
{
	const struct pst_device_info *info = &summary->info;

	return json_pack("{s:b, s:o, s:{s:s, s:s, s:s}, s:{s:s, s:i, s:i, s:f, s:s}, s:f, s:f, "
			 "s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:f, s:f}}",
		"healthy", summary->problems == 0, "problems", problems_json(summary), "source",
		"uri", info->uri, "name", info->name, "driver", info->driver, "mode", "format",
		pst_frame_format_name(info->format), "width", (int)info->width, "height",
		(int)info->height, "fps", info->fps, "choice", info->choice, "seconds",
		summary->seconds, "first_ms", summary->first_ms, "fps", summary->rate, "made_fps",
		summary->made_rate, "frames", counts_json(summary), "interval_ms",
		spread_json(&summary->interval_ms), "intervals", bins_json(&summary->bins),
		"age_ms", spread_json(&summary->age_ms), "exposure_ms",
		spread_json(&summary->exposure_ms), "bytes", spread_json(&summary->bytes), "cpu",
		"us_per_frame", summary->cpu_us, "share", summary->cpu_share);
}

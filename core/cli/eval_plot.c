/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/eval_plot.h"

#include <math.h>
#include <string.h>

#define WIDTH 760 /* px */
#define HEIGHT 400
#define LEFT 68 /* for the scale */
#define RIGHT 28
#define TOP 14
#define BOTTOM 48
#define LINE_OF_TEXT 17

const char pst_eval_plot_style[] =
	":root{--ink:#1c2330;--soft:#5b6577;--grid:#e3e7ed;--paper:#fff;--one:#0072b2;"
	"--two:#d55e00}"
	"@media(prefers-color-scheme:dark){:root{--ink:#dfe4ec;--soft:#9aa5b5;--grid:#2b333f;"
	"--paper:#14181f;--one:#56b4e9;--two:#f0904d}}"
	".plot{display:block;width:100%;height:auto}"
	".plot text{font:13px system-ui,sans-serif;fill:var(--soft)}"
	".plot .ink{fill:var(--ink)}.paper{fill:var(--paper)}"
	".grid{stroke:var(--grid);fill:none}.frame{stroke:var(--soft);fill:none}"
	".one,.two{fill:none;stroke-width:2.2;stroke-linejoin:round}"
	".one{stroke:var(--one)}.two{stroke:var(--two)}"
	".area-one{fill:var(--one);fill-opacity:.25}.area-two{fill:var(--two);fill-opacity:.25}"
	".band{fill:var(--one);fill-opacity:.16}.dot{fill:var(--one)}"
	".mark{stroke:var(--ink);stroke-dasharray:5 4}";

struct axis {
	double low, high;
	bool logarithmic;
	bool percent;
	const char *title;
};

struct plot {
	struct axis x, y;
	FILE *to;
};

static double part_of(const struct axis *axis, double value)
{
	double part = axis->logarithmic ? (log10(fmax(value, axis->low)) - log10(axis->low)) /
						  (log10(axis->high) - log10(axis->low))
					: (value - axis->low) / (axis->high - axis->low);

	return fmin(fmax(part, 0), 1);
}

static double px(const struct plot *plot, double value)
{
	return LEFT + part_of(&plot->x, value) * (WIDTH - LEFT - RIGHT);
}

static double py(const struct plot *plot, double value)
{
	return HEIGHT - BOTTOM - part_of(&plot->y, value) * (HEIGHT - TOP - BOTTOM);
}

static void put_text(const struct plot *plot, double x, double y, const char *anchor,
	const char *class, const char *text)
{
	(void)fprintf(plot->to,
		"<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>\n", x, y,
		anchor, class, text);
}

static void put_line(
	const struct plot *plot, const char *class, double x1, double y1, double x2, double y2)
{
	(void)fprintf(plot->to,
		"<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1,
		y1, x2, y2);
}

static void put_tick(const struct plot *plot, const struct axis *axis, double value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), axis->percent ? "%.4g %%" : "%.4g",
		axis->percent ? value * 100 : value);
	if (axis == &plot->x) {
		put_line(plot, "grid", px(plot, value), TOP, px(plot, value), HEIGHT - BOTTOM);
		put_text(plot, px(plot, value), HEIGHT - BOTTOM + 18, "middle", "", text);
	} else {
		put_line(plot, "grid", LEFT, py(plot, value), WIDTH - RIGHT, py(plot, value));
		put_text(plot, LEFT - 8, py(plot, value) + 4, "end", "", text);
	}
}

/* A step of 1, 2 or 5 times a power of ten, so that there are four to ten of them. */
static double step_of(const struct axis *axis)
{
	double rough = (axis->high - axis->low) / 8;
	double step = pow(10, floor(log10(rough)));

	return rough / step > 5	  ? step * 10
	       : rough / step > 2 ? step * 5
	       : rough / step > 1 ? step * 2
				  : step;
}

static void put_ticks(const struct plot *plot, const struct axis *axis)
{
	if (axis->logarithmic) {
		int low = (int)lround(log10(axis->low)), high = (int)lround(log10(axis->high));

		for (int i = low; i <= high; i++) {
			put_tick(plot, axis, pow(10, i));
		}
		return;
	}
	double step = step_of(axis);
	long first = (long)ceil(axis->low / step - 1e-9);
	long last = (long)floor(axis->high / step + 1e-9);

	for (long i = first; i <= last; i++) {
		put_tick(plot, axis, (double)i * step);
	}
}

static void begin(const struct plot *plot, const char *title, bool alone)
{
	(void)fprintf(plot->to,
		"<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\"%s>\n",
		WIDTH, HEIGHT, title, alone ? " xmlns=\"http://www.w3.org/2000/svg\"" : "");
	if (alone) {
		(void)fprintf(plot->to,
			"<title>%s</title><style>%s</style>\n<rect class=\"paper\" width=\"%d\" "
			"height=\"%d\"/>\n",
			title, pst_eval_plot_style, WIDTH, HEIGHT);
	}
	put_ticks(plot, &plot->x);
	put_ticks(plot, &plot->y);
	put_line(plot, "frame", LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM);
	put_text(plot, LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 8, "middle", "ink",
		plot->x.title);
	(void)fprintf(plot->to,
		"<text x=\"16\" y=\"%d\" text-anchor=\"middle\" class=\"ink\" "
		"transform=\"rotate(-90 16 %d)\">%s</text>\n",
		TOP + (HEIGHT - TOP - BOTTOM) / 2, TOP + (HEIGHT - TOP - BOTTOM) / 2,
		plot->y.title);
}

static void end(const struct plot *plot)
{
	(void)fputs("</svg>\n", plot->to);
}

static void begin_points(const struct plot *plot, const char *kind, const char *class)
{
	(void)fprintf(plot->to, "<%s class=\"%s\" points=\"", kind, class);
}

static void put_point(const struct plot *plot, double x, double y)
{
	(void)fprintf(plot->to, "%.1f,%.1f ", px(plot, x), py(plot, y));
}

static void end_points(const struct plot *plot)
{
	(void)fputs("\"/>\n", plot->to);
}

static void put_dot(const struct plot *plot, double x, double y, const char *text)
{
	(void)fprintf(plot->to,
		"<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" "
		"r=\"4\"><title>%s</title></circle>\n",
		px(plot, x), py(plot, y), text);
}

/* The decade at or below the least rate that a count can show. */
static double decade_below(double count)
{
	return pow(10, fmax(floor(log10(1 / count)), -7));
}

/* FNMR, or what is found, over FMR. */
static void put_rates(const struct plot *plot, const struct pst_evaluation *e, bool found)
{
	if (e->replicates > 0) {
		begin_points(plot, "polygon", "band");
		for (uint32_t i = 0; i < e->grid; i++) {
			double low = e->grid_band[i].low;

			put_point(plot, e->grid_fmr[i], found ? 1 - low : low);
		}
		for (uint32_t i = e->grid; i > 0; i--) {
			double high = e->grid_band[i - 1].high;

			put_point(plot, e->grid_fmr[i - 1], found ? 1 - high : high);
		}
		end_points(plot);
	}
	begin_points(plot, "polyline", "one");
	for (size_t i = 0; i < e->curve.count; i++) {
		const struct pst_curve_point *point = &e->curve.at[i];

		if (point->fmr > 0) {
			put_point(plot, point->fmr, found ? 1 - point->fnmr : point->fnmr);
		}
	}
	end_points(plot);
	for (uint32_t i = 0; i < e->points; i++) {
		const struct pst_operating_point *point = &e->point[i];
		double fnmr = point->fnmr.rate;
		char text[128];

		(void)snprintf(text, sizeof(text), "FMR %g: FNMR %.4g at threshold %.6g",
			point->fmr_wanted, fnmr, point->threshold);
		if (point->fmr.rate > 0) {
			put_dot(plot, point->fmr.rate, found ? 1 - fnmr : fnmr, text);
		}
	}
}

static void draw_det(const struct pst_evaluation *e, bool alone, FILE *to)
{
	const struct plot plot = {
		.x = {decade_below((double)e->impostor), 1, true, true, "false match rate (FMR)"},
		.y = {decade_below((double)e->genuine), 1, true, true,
			"false non-match rate (FNMR)"},
		.to = to,
	};

	begin(&plot, pst_eval_plot_title(PST_EVAL_PLOT_DET), alone);
	put_rates(&plot, e, false);
	end(&plot);
}

static void draw_roc(const struct pst_evaluation *e, bool alone, FILE *to)
{
	const struct plot plot = {
		.x = {decade_below((double)e->impostor), 1, true, true, "false match rate (FMR)"},
		.y = {0, 1, false, true, "true match rate (1 - FNMR)"},
		.to = to,
	};

	begin(&plot, pst_eval_plot_title(PST_EVAL_PLOT_ROC), alone);
	put_rates(&plot, e, true);
	end(&plot);
}

static double most_of(const uint64_t *bin, uint64_t count)
{
	uint64_t most = 0;

	for (int i = 0; i < PST_EVALUATION_BINS; i++) {
		most = bin[i] > most ? bin[i] : most;
	}
	return (double)most / (double)count;
}

static void put_bins(const struct plot *plot, const struct pst_evaluation *e, const uint64_t *bin,
	uint64_t count, const char *area, const char *line)
{
	const char *const kinds[] = {"polygon", "polyline"}, *const classes[] = {area, line};

	for (int k = 0; k < 2; k++) {
		begin_points(plot, kinds[k], classes[k]);
		put_point(plot, e->bin_low, 0);
		for (int i = 0; i < PST_EVALUATION_BINS; i++) {
			double from = e->bin_low + i * e->bin_width;
			double share = (double)bin[i] / (double)count;

			put_point(plot, from, share);
			put_point(plot, from + e->bin_width, share);
		}
		put_point(plot, e->bin_low + PST_EVALUATION_BINS * e->bin_width, 0);
		end_points(plot);
	}
}

static void put_key(const struct plot *plot, int row, const char *class, const char *text)
{
	double y = TOP + 14 + row * LINE_OF_TEXT;

	put_line(plot, class, LEFT + 12, y - 4, LEFT + 36, y - 4);
	put_text(plot, LEFT + 42, y, "start", "ink", text);
}

static void draw_histogram(const struct pst_evaluation *e, bool alone, FILE *to)
{
	double most =
		fmax(most_of(e->genuine_bin, e->genuine), most_of(e->impostor_bin, e->impostor));
	const struct plot plot = {
		.x = {e->bin_low, e->bin_low + PST_EVALUATION_BINS * e->bin_width, false, false,
			"score"},
		.y = {0, most * 1.05, false, true, "part of the comparisons"},
		.to = to,
	};

	begin(&plot, pst_eval_plot_title(PST_EVAL_PLOT_HISTOGRAM), alone);
	put_bins(&plot, e, e->impostor_bin, e->impostor, "area-two", "two");
	put_bins(&plot, e, e->genuine_bin, e->genuine, "area-one", "one");
	put_key(&plot, 0, "one", "one person");
	put_key(&plot, 1, "two", "two people");
	if (e->has_chosen) {
		char text[64];
		double x = px(&plot, e->chosen.threshold);
		bool right = x > WIDTH / 2.0;

		(void)snprintf(text, sizeof(text), "FMR %g", e->chosen.fmr_wanted);
		put_line(&plot, "mark", x, TOP, x, HEIGHT - BOTTOM);
		put_text(&plot, x + (right ? -6 : 6), HEIGHT / 2.0, right ? "end" : "start", "ink",
			text);
	}
	end(&plot);
}

static void draw_ranks(const struct pst_evaluation *e, bool alone, FILE *to)
{
	const struct pst_identification *search = &e->identification;
	double lowest = fmin(1 - search->rank[0].high, 0.9);
	const struct plot plot = {
		.x = {1, search->ranks, false, false, "rank"},
		.y = {fmax(floor(lowest * 10) / 10, 0), 1, false, true,
			"found at that rank or better"},
		.to = to,
	};

	begin(&plot, pst_eval_plot_title(PST_EVAL_PLOT_CMC), alone);
	begin_points(&plot, "polygon", "band");
	for (uint32_t k = 0; k < search->ranks; k++) {
		put_point(&plot, k + 1, 1 - search->rank[k].low);
	}
	for (uint32_t k = search->ranks; k > 0; k--) {
		put_point(&plot, k, 1 - search->rank[k - 1].high);
	}
	end_points(&plot);
	begin_points(&plot, "polyline", "one");
	for (uint32_t k = 0; k < search->ranks; k++) {
		put_point(&plot, k + 1, 1 - search->rank[k].rate);
	}
	end_points(&plot);
	for (uint32_t k = 0; k < search->ranks; k++) {
		char text[64];

		(void)snprintf(
			text, sizeof(text), "rank %u: %.4f", k + 1, 1 - search->rank[k].rate);
		put_dot(&plot, k + 1, 1 - search->rank[k].rate, text);
	}
	end(&plot);
}

static void draw_discard(const struct pst_evaluation *e, bool alone, FILE *to)
{
	const struct pst_discard *discard = &e->discard;
	double most = 0;

	for (size_t i = 0; i < discard->count; i++) {
		most = fmax(most, discard->at[i].fnmr);
	}
	const struct plot plot = {
		.x = {0, 1, false, true, "left out, the pictures of worst quality first"},
		.y = {0, most > 0 ? most * 1.05 : 0.01, false, true, "FNMR of the rest"},
		.to = to,
	};

	begin(&plot, pst_eval_plot_title(PST_EVAL_PLOT_DISCARD), alone);
	begin_points(&plot, "polyline", "one");
	for (size_t i = 0; i < discard->count; i++) {
		put_point(&plot, discard->at[i].discarded, discard->at[i].fnmr);
	}
	end_points(&plot);
	end(&plot);
}

static const struct {
	const char *name, *title;
	void (*draw)(const struct pst_evaluation *, bool, FILE *);
} plots[PST_EVAL_PLOT_COUNT] = {
	[PST_EVAL_PLOT_DET] = {"det", "Detection error tradeoff (DET)", draw_det},
	[PST_EVAL_PLOT_ROC] = {"roc", "Receiver operating characteristic (ROC)", draw_roc},
	[PST_EVAL_PLOT_HISTOGRAM] = {"histogram", "Scores", draw_histogram},
	[PST_EVAL_PLOT_CMC] = {"cmc", "Cumulative match characteristic (CMC)", draw_ranks},
	[PST_EVAL_PLOT_DISCARD] = {"discard", "Error versus discard", draw_discard},
};

const char *pst_eval_plot_name(enum pst_eval_plot plot)
{
	return plots[plot].name;
}

const char *pst_eval_plot_title(enum pst_eval_plot plot)
{
	return plots[plot].title;
}

bool pst_eval_plot_has(enum pst_eval_plot plot, const struct pst_evaluation *evaluation)
{
	switch (plot) {
	case PST_EVAL_PLOT_HISTOGRAM:
		return evaluation->curve.count > 0 && evaluation->bin_width > 0;
	case PST_EVAL_PLOT_CMC:
		return evaluation->has_identification && evaluation->identification.ranks > 1;
	case PST_EVAL_PLOT_DISCARD:
		return evaluation->discard.count > 1;
	default:
		return evaluation->curve.count > 0;
	}
}

void pst_eval_plot_draw(
	enum pst_eval_plot plot, const struct pst_evaluation *evaluation, bool alone, FILE *to)
{
	plots[plot].draw(evaluation, alone, to);
}

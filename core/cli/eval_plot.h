/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_EVAL_PLOT_H
#define PST_CLI_EVAL_PLOT_H

#include <stdio.h>

#include "evaluate/evaluation.h"

enum pst_eval_plot {
	PST_EVAL_PLOT_DET,
	PST_EVAL_PLOT_ROC,
	PST_EVAL_PLOT_HISTOGRAM,
	PST_EVAL_PLOT_CMC,
	PST_EVAL_PLOT_DISCARD,
	PST_EVAL_PLOT_COUNT,
};

/** @return "det", "roc", ... */
const char *pst_eval_plot_name(enum pst_eval_plot plot);

/** What it shows, for people. */
const char *pst_eval_plot_title(enum pst_eval_plot plot);

/** @return whether there is something to draw */
bool pst_eval_plot_has(enum pst_eval_plot plot, const struct pst_evaluation *evaluation);

/**
 * Draws a plot as SVG.
 *
 * @param alone  a file of its own, with its style; else part of a page that has
 *               pst_eval_plot_style
 */
void pst_eval_plot_draw(
	enum pst_eval_plot plot, const struct pst_evaluation *evaluation, bool alone, FILE *to);

/** CSS of the plots. */
extern const char pst_eval_plot_style[];

#endif

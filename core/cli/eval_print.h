/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_EVAL_PRINT_H
#define PST_CLI_EVAL_PRINT_H

#include <stdio.h>

#include <jansson.h>

#include "cli/eval_data.h"
#include "evaluate/evaluation.h"

#define PST_EVAL_TEXT_SIZE 96
#define PST_EVAL_CLAIM_SIZE 512

/** Writes a rate and its interval: "0.0412 (0.0310 to 0.0533)"; "-" without trials. */
const char *pst_eval_rate(const struct pst_rate *rate, char text[PST_EVAL_TEXT_SIZE]);

/** Writes a rate for people: "4.12 %"; "-" where it is NaN. */
const char *pst_eval_percent(double rate, char text[PST_EVAL_TEXT_SIZE]);

/** Writes a threshold with the digits that matter. */
const char *pst_eval_number(double value, char text[PST_EVAL_TEXT_SIZE]);

/** What was evaluated, in a line: "240 pictures of 40 people, by cascade, lbph and cosine". */
void pst_eval_subject(const struct pst_eval_data *data, const struct pst_evaluation *evaluation,
	char *text, size_t size);

/** What a reader has to know of the figures, line by line. @return lines written, at most 8 */
size_t pst_eval_cautions(const struct pst_eval_data *data, const struct pst_evaluation *evaluation,
	char lines[8][256]);

/** What stands of a claim about all species: "APCER <= 5 % of every species: not supported, ...".
 */
void pst_eval_claim(const struct pst_eval_data *data, enum pst_pad_question question,
	char text[PST_EVAL_CLAIM_SIZE]);

/** Tables on stdout. @return 0 or -ENOMEM */
int pst_eval_print_text(
	const struct pst_eval_data *data, const struct pst_evaluation *evaluation) PST_MUST_CHECK;

/** @return the same as JSON, the caller's; NULL: no memory */
json_t *pst_eval_json(const struct pst_eval_data *data, const struct pst_evaluation *evaluation);

/** One page that needs no other file. */
void pst_eval_print_html(
	const struct pst_eval_data *data, const struct pst_evaluation *evaluation, FILE *to);

/**
 * Writes scores.csv (sorted, as --scores reads them), curve.csv, band.csv, cmc.csv, discard.csv,
 * cohorts.csv, pictures.csv, attacks.csv and attack-scores.csv, those of them that there is
 * something for. Names in them are the files and folders as the user called them.
 *
 * @return 0, or -errno with the error naming the file
 */
int pst_eval_write_csv(const char *folder, const struct pst_eval_data *data,
	const struct pst_evaluation *evaluation, struct pst_error *error) PST_MUST_CHECK;

/** Writes each plot as a file of its own. @return as pst_eval_write_csv */
int pst_eval_write_svg(const char *folder, const struct pst_evaluation *evaluation,
	struct pst_error *error) PST_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_EVAL_DATA_H
#define PST_CLI_EVAL_DATA_H

#include <getopt.h>

#include "evaluate/attacks.h"
#include "evaluate/capture.h"
#include "evaluate/cohorts.h"
#include "evaluate/identification.h"
#include "evaluate/scores.h"

/** What eval and calibrate are given, and the scores made of it. */
struct pst_eval_data {
	/* as options say; borrowed */
	const char *command;
	const char *detector_id, *extractor_id, *matcher_id, *quality_id;
	const char *path;		   /* a folder per person, or a list of pairs */
	const char *scores_path;	   /* in place of it: scores as they are */
	const char *cohorts_path;	   /* or NULL */
	const char *pad_id, *attacks_path; /* both or neither: a folder per species of attack */
	bool chips;
	uint32_t min_width; /* px */
	uint32_t every;	    /* frames of recordings */
	enum pst_worker_sandbox sandbox;

	/* what came of it; owned */
	struct pst_catalog *catalog;
	const struct pst_plugin *detector, *extractor, *matcher,
		*quality;	      /* NULL with scores alone */
	const struct pst_plugin *pad; /* NULL without attacks */
	struct pst_dataset dataset;
	struct pst_samples samples;
	struct pst_scores scores;
	struct pst_matrix matrix; /* empty unless all was compared with all */
	struct pst_names people;  /* of scores */
	struct pst_cohorts cohorts;
	struct pst_dataset attack_files; /* its people are the species */
	struct pst_attacks attacks;
};

/** Options that both commands have; the first is above those of a command's own, from 256. */
enum pst_eval_option {
	PST_EVAL_DETECTOR = 512,
	PST_EVAL_EXTRACTOR,
	PST_EVAL_MATCHER,
	PST_EVAL_QUALITY,
	PST_EVAL_SANDBOX,
	PST_EVAL_SCORES,
	PST_EVAL_COHORTS,
	PST_EVAL_CHIPS,
	PST_EVAL_MIN_FACE,
	PST_EVAL_EVERY,
};

#define PST_EVAL_OPTIONS                                                                           \
	{"detector", required_argument, NULL, PST_EVAL_DETECTOR},                                  \
		{"extractor", required_argument, NULL, PST_EVAL_EXTRACTOR},                        \
		{"matcher", required_argument, NULL, PST_EVAL_MATCHER},                            \
		{"quality", required_argument, NULL, PST_EVAL_QUALITY},                            \
		{"sandbox", required_argument, NULL, PST_EVAL_SANDBOX},                            \
		{"scores", required_argument, NULL, PST_EVAL_SCORES},                              \
		{"cohorts", required_argument, NULL, PST_EVAL_COHORTS},                            \
		{"chips", no_argument, NULL, PST_EVAL_CHIPS},                                      \
		{"min-face", required_argument, NULL, PST_EVAL_MIN_FACE},                          \
	{                                                                                          \
		"every", required_argument, NULL, PST_EVAL_EVERY                                   \
	}

#define PST_EVAL_HELP                                                                              \
	"  --detector ID, --extractor ID, --matcher ID, --quality ID\n"                            \
	"                   plugins (default: the best usable)\n"                                  \
	"  --sandbox off    plugins run with your rights instead of locked down\n"                 \
	"  --chips          pictures are cut and aligned as the extractor wants them\n"            \
	"  --min-face PX    a narrower face is too small (default 60, as in lanes)\n"              \
	"  --every N        of recordings, every Nth frame (default 10)\n"                         \
	"  --scores FILE    in place of DATA: SCORE,SAME[,SUBJECT,SUBJECT] line by line\n"         \
	"  --cohorts FILE   PERSON,COHORT line by line\n"

void pst_eval_data_init(struct pst_eval_data *data, const char *command);

/** Takes one of PST_EVAL_OPTIONS. @return 0 or PST_E_USAGE, error filled */
int pst_eval_data_take(struct pst_eval_data *data, int option, const char *value,
	struct pst_error *error) PST_MUST_CHECK;

/** Takes the word behind the options, if one is to be there. @return an exit status; -1 to go on */
int pst_eval_data_take_words(struct pst_eval_data *data, int argc, char **argv) PST_MUST_CHECK;

/**
 * Finds the plugins: those named, else the best usable. Scores alone need no detector and no
 * quality.
 *
 * @return 0 or PST_E_CONFIG, error filled
 */
int pst_eval_data_choose(struct pst_eval_data *data, struct pst_error *error) PST_MUST_CHECK;

/** Reads the scores, or makes them of pictures. @return 0, or a status with the error filled */
int pst_eval_data_load(struct pst_eval_data *data, struct pst_error *error) PST_MUST_CHECK;

/** @return the people that the scores are of; empty: unknown */
const struct pst_names *pst_eval_data_people(const struct pst_eval_data *data);

/** @return the last part of DATA or of the file of scores */
const char *pst_eval_data_name(const struct pst_eval_data *data);

/** @return subjects of the samples that the scores name, malloc'ed; NULL: unknown, or no memory */
uint32_t *pst_eval_data_subjects(const struct pst_eval_data *data);

/** @return whether there are cohorts */
bool pst_eval_data_has_cohorts(const struct pst_eval_data *data);

void pst_eval_data_finish(struct pst_eval_data *data);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_ATTACKS_H
#define PST_EVALUATE_ATTACKS_H

#include "evaluate/capture.h"
#include "evaluate/rate.h"

#define PST_ATTACKS_BINS 20    /* of the scores, over 0..1 */
#define PST_ATTACKS_CLAIM 0.05 /* the APCER that is held against the counts */

/** What a detector said to one question about a set of presentations. */
struct pst_attack_tally {
	uint64_t
		answer[PST_PAD_ANSWER_COUNT]; /* of those judged; UNSET: nothing to this question */
	uint64_t bin[PST_ATTACKS_BINS];	      /* scores of those answered */
	struct pst_rate error;	/* of those answered: APCER, passed; BPCER, not passed */
	struct pst_rate silent; /* of all, those not answered: APNRR, BPNRR */
};

/** The presentations of one species, or the bona fide ones. */
struct pst_attack_set {
	uint64_t presentations;
	uint64_t failure[PST_FAILURE_COUNT]; /* those that no face to be judged came of */
	uint64_t undecided;		     /* those about which the detector could not tell */
	struct pst_attack_tally tally[PST_PAD_QUESTION_COUNT];
};

/** What is said of all species to one question. */
struct pst_attack_summary {
	bool looked_for; /* false: faces were judged and this was never answered */
	uint32_t worst;	 /* species of the highest APCER, or PST_NAMES_NONE */
	double upper;	 /* the highest of the species' upper limits, one-sided */
	uint32_t upper_species;
	bool supported; /* upper is within PST_ATTACKS_CLAIM */
};

/**
 * Presentation attack detection by species, in the terms of ISO/IEC 30107-3. A presentation is a
 * file; of a recording's frames signs of an attack stay, else one pass is enough, as in a lane.
 * Zeroed is a valid empty one.
 */
struct pst_attacks {
	struct pst_attack_set bona_fide;
	struct pst_attack_set *species; /* owned; in the order of the names */
	uint32_t count;
	struct pst_attack_summary summary[PST_PAD_QUESTION_COUNT];
};

/** Pictures and what became of them. */
struct pst_attack_source {
	const struct pst_dataset *dataset;
	const struct pst_samples *samples; /* in the order of the dataset's files */
};

/** @return "impersonation", "evasion" */
const char *pst_pad_question_name(enum pst_pad_question question);

/** Counts. @param attacks  its people are the species @return 0 or -ENOMEM */
int pst_attacks_count(struct pst_attack_source bona_fide, struct pst_attack_source attacks,
	struct pst_attacks *ret_attacks) PST_MUST_CHECK;

/** @return presentations that this question was answered about: pass, fail or uncertain */
uint64_t pst_attacks_answered(const struct pst_attack_tally *tally);

/** @return whether a question was answered about bona fide presentations and about attacks */
bool pst_attacks_has_both(const struct pst_attacks *attacks);

/** @return answers without an error that a claimed rate needs at the least, at 95 %; 59 for 5 % */
uint64_t pst_attacks_needed(double rate);

void pst_attacks_finish(struct pst_attacks *attacks);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_CARD_H
#define PST_POLICY_CARD_H

#include "policy/view.h"

/** The axes a card speaks of; all others are held. Notice and choice are the card's own subject. */
#define PST_POLICY_CARD_AXES                                                                       \
	(1u << PST_AXIS_CATEGORY | 1u << PST_AXIS_AGE_BAND | 1u << PST_AXIS_DIRECTION |            \
		1u << PST_AXIS_ENVIRONMENT | 1u << PST_AXIS_PORT)

/** What a traveler who was told has to expect. X(name, text) */
#define PST_DUTY_MAP(X)                                                                            \
	X(PST_DUTY_NOTHING, "nothing")		       /* never captured, whatever they say */     \
	X(PST_DUTY_IF_AGREED, "if-agreed")	       /* captured once they consent */            \
	X(PST_DUTY_UNLESS_DECLINED, "unless-declined") /* captured if they say nothing */          \
	X(PST_DUTY_IF_ASKED, "if-asked") /* may be required; who declines is referred */

#define PST_DUTY_ENUM(name, text) name,
enum pst_duty { PST_DUTY_MAP(PST_DUTY_ENUM) PST_DUTY_COUNT };
#undef PST_DUTY_ENUM

const char *pst_duty_name(enum pst_duty duty);

struct pst_policy_answer {
	enum pst_duty duty;
	enum pst_duty other_reading; /* of sources that dispute it; equal to duty if none do */
	enum pst_outcome declined;   /* how the encounter of someone who declines ends */
	const struct pst_retention *retention; /* of what is captured; keeps nothing for NOTHING */
	enum pst_source_status mark;	       /* the weakest of the rules that make the answer */
	bool is_recalled;		       /* one of their sources was not seen */
	const struct pst_dispute **disputes;   /* of those rules, as in the file; NULL-terminated */
};

/** One answer and the conditions under which it holds; any of them is enough. */
struct pst_policy_card_line {
	struct pst_policy_answer answer;
	struct pst_policy_boxes when; /* over age band, direction, environment and port */
};

/** Categories that read the same everywhere. */
struct pst_policy_card_group {
	uint64_t categories;		    /* bit v-1: value v */
	struct pst_policy_card_line *lines; /* what reaches furthest first; together they leave no
					       case out */
	size_t line_count;
};

struct pst_policy_card {
	struct pst_policy_view view;
	const struct pst_policy_wording *wording; /* the policy's own, unless set to another */
	struct pst_policy_card_group *groups;	  /* in the order of their first category */
	size_t group_count;
};

/**
 * Puts a policy into a traveler's questions: what is asked of me, may I decline, what is kept.
 *
 * @param view  opened with PST_POLICY_CARD_AXES; its policy must outlive the card
 * @return 0 or -ENOMEM; the caller finishes the card either way
 * [any]
 */
int pst_policy_card_open(
	const struct pst_policy_view *view, struct pst_policy_card *ret_card) PST_MUST_CHECK;

void pst_policy_card_finish(struct pst_policy_card *card);

#endif

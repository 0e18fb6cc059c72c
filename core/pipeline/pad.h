/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_PAD_H
#define PST_PIPELINE_PAD_H

#include <stdbool.h>

#include "wire/result.h"

/*
 * What the answers of a presentation attack detector come to. Nothing here turns anybody away: who
 * is not clear is referred to a human.
 */

/** What is known of one question. */
enum pst_pad_state {
	PST_PAD_STATE_ERROR = 0, /* the detector could not judge the picture */
	PST_PAD_STATE_MISSING,	 /* it does not look for this */
	PST_PAD_STATE_UNCERTAIN,
	PST_PAD_STATE_FAIL, /* signs of an attack */
	PST_PAD_STATE_PASS,
	PST_PAD_STATE_COUNT,
};

struct pst_pad_states {
	enum pst_pad_state impersonation;
	enum pst_pad_state evasion;
};

/** Which questions must pass. */
struct pst_pad_rules {
	bool impersonation;
	bool evasion;
};

enum pst_pad_verdict {
	PST_PAD_VERDICT_ATTACK = 0, /* signs of one; no later picture changes that */
	PST_PAD_VERDICT_UNSURE,	    /* a better picture may be clear */
	PST_PAD_VERDICT_CLEAR,
};

struct pst_pad_states pst_pad_states_of(const struct pst_wire_pad *pad);

/**
 * What is known after another picture: signs of an attack stay, else it is what the picture that is
 * used says.
 *
 * @param used  whether a template was made of it
 */
struct pst_pad_states pst_pad_states_merge(
	struct pst_pad_states before, struct pst_pad_states now, bool used);

/** The worse of the required questions: only PASS is clear, only FAIL is an attack. */
enum pst_pad_verdict pst_pad_fuse(struct pst_pad_rules rules, struct pst_pad_states states);

/** @return "error", "missing", "uncertain", "fail", "pass" */
const char *pst_pad_state_name(enum pst_pad_state state);

#endif

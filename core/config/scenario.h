/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFIG_SCENARIO_H
#define PST_CONFIG_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A scenario file: who steps up in front of a recording, when, and what each of them chooses. The
 * times are on the source's own clock, so that the answers are the same on every machine.
 */

#define PST_SCENARIO_TEXT_SIZE 72 /* an id of at most 64 bytes */
#define PST_SCENARIO_NAME_SIZE 128
#define PST_SCENARIO_ENCOUNTERS_MAX 10000

enum pst_scenario_notice {
	PST_SCENARIO_NOTICE_ABSENT = 0, /* absent: none was shown */
	PST_SCENARIO_NOTICE_STALE,	/* stale: one that is no longer in force */
	PST_SCENARIO_NOTICE_CURRENT,	/* current */
};

enum pst_scenario_choice {
	PST_SCENARIO_CHOICE_NONE = 0,
	PST_SCENARIO_CHOICE_DECLINE,
	PST_SCENARIO_CHOICE_CONSENT,
	PST_SCENARIO_CHOICE_WITHDRAW,
};

/** A number that is expected: "0", "3..", "1..40", "..5". */
struct pst_scenario_count {
	bool expected; /* false: anything will do */
	uint64_t low;
	uint64_t high;
};

/** What must come out. Empty texts: anything will do. */
struct pst_scenario_expect {
	char outcome[PST_SCENARIO_TEXT_SIZE];
	char verdict[PST_SCENARIO_TEXT_SIZE];
	char rule[PST_SCENARIO_TEXT_SIZE];
	struct pst_scenario_count leased;   /* frames */
	struct pst_scenario_count withheld; /* frames */
};

/** One person. Empty texts were not given: the lane's or the policy's default holds. */
struct pst_scenario_encounter {
	unsigned line;	/* of the file, from 1, for messages */
	int64_t at_ns;	/* source clock: steps up */
	int64_t for_ns; /* > 0; steps away at at_ns + for_ns */
	char category[PST_SCENARIO_TEXT_SIZE];
	char known_by[PST_SCENARIO_TEXT_SIZE];
	char age_band[PST_SCENARIO_TEXT_SIZE];
	bool has_born;	  /* then age_band is empty: it follows from this and the day */
	int32_t born_day; /* date of birth, days since 1970-01-01 */
	char direction[PST_SCENARIO_TEXT_SIZE];
	char environment[PST_SCENARIO_TEXT_SIZE];
	char subject[PST_SCENARIO_TEXT_SIZE]; /* of the lane's gallery */
	enum pst_scenario_notice notice;
	enum pst_scenario_choice choice;
	int64_t choice_ns; /* source clock: at_ns + the time given; 0 when there is no choice */
	struct pst_scenario_expect expect;
};

struct pst_scenario {
	char name[PST_SCENARIO_NAME_SIZE];
	struct pst_scenario_encounter *encounters; /* owned; in order, never overlapping */
	size_t count;
};

/**
 * The names that may stand in a scenario, each list ended by NULL. A list that is NULL is not
 * checked: any id will do.
 */
struct pst_scenario_names {
	const char *const *categories;
	const char *const *known_by;
	const char *const *age_bands;
	const char *const *directions;
	const char *const *environments;
	const char *const *outcomes;
	const char *const *verdicts;
	const char *const *rules;
	bool without_ages; /* the policy states no ages, so nobody's date of birth can be used */
};

/**
 * Reads a scenario file.
 *
 * @param names         borrowed until return; may be NULL: nothing is checked against lists
 * @param ret_scenario  on success the caller's, finished with pst_scenario_finish()
 * @return 0
 *         PST_E_CONFIG  not a valid scenario; the error begins "FILE:LINE:COL: "
 *         -errno        cannot be read
 * On error: *ret_scenario is zeroed.
 */
int pst_scenario_load(struct pst_scenario *ret_scenario, const char *path,
	const struct pst_scenario_names *names, struct pst_error *error) PST_MUST_CHECK;

/** As pst_scenario_load, from memory. @param name  what errors call it */
int pst_scenario_parse(struct pst_scenario *ret_scenario, const char *name, const void *text,
	size_t size, const struct pst_scenario_names *names,
	struct pst_error *error) PST_MUST_CHECK;

/** Frees the encounters and zeroes the struct. Accepts a zeroed one. */
void pst_scenario_finish(struct pst_scenario *scenario);

/** @return whether a number is as expected */
bool pst_scenario_count_met(const struct pst_scenario_count *count, uint64_t number);

/** @return "absent", "stale", "current" */
const char *pst_scenario_notice_name(enum pst_scenario_notice notice);

/** @return "none", "decline", "consent", "withdraw" */
const char *pst_scenario_choice_name(enum pst_scenario_choice choice);

#endif

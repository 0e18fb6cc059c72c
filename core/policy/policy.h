/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_POLICY_H
#define PST_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "gate/table.h"
#include "policy/texts.h"

/** A policy file is refused beyond these. */
#define PST_POLICY_FILE_MAX (1u << 20)	/* bytes */
#define PST_POLICY_CELLS_MAX (1u << 24) /* combinations */
#define PST_POLICY_RULES_MAX 1000
#define PST_POLICY_DIGEST_SIZE 32 /* SHA-256 of a policy file */
#define PST_POLICY_VALUES_MAX 64  /* on one axis */
#define PST_POLICY_CASES_MAX 1000

/** How sure a source is. X(name, text) */
#define PST_SOURCE_STATUS_MAP(X)                                                                   \
	X(PST_SOURCE_STATUS_UNSET, "unset")                                                        \
	X(PST_SOURCE_STATUS_SEEN, "seen")                                                          \
	X(PST_SOURCE_STATUS_RECALLED, "recalled")                                                  \
	X(PST_SOURCE_STATUS_DISPUTED, "disputed")

/** Where a template or record may come to rest. X(name, text) */
#define PST_STORE_MAP(X)                                                                           \
	X(PST_STORE_MATCHING, "matching")                                                          \
	X(PST_STORE_IDENTITY, "identity")                                                          \
	X(PST_STORE_PARTNER, "partner")                                                            \
	X(PST_STORE_CROSSING, "crossing")

#define PST_POLICY_ENUM(name, text) name,
enum pst_source_status { PST_SOURCE_STATUS_MAP(PST_POLICY_ENUM) PST_SOURCE_STATUS_COUNT };
enum pst_store { PST_STORE_MAP(PST_POLICY_ENUM) PST_STORE_COUNT };
#undef PST_POLICY_ENUM

const char *pst_source_status_name(enum pst_source_status status);
const char *pst_store_name(enum pst_store store);
extern const char *const pst_source_status_names[];
extern const char *const pst_store_names[];

struct pst_source {
	const char *id;
	int line; /* in the file */
	const char *title;
	const char *citation;
	int32_t checked_day; /* since 1970-01-01 */
	enum pst_source_status status;
};

/** Which sources disagree about what, and what is taken until an operator signs otherwise. */
struct pst_dispute {
	const char *id;
	int line; /* in the file */
	const char *question;
	const char *const *readings; /* NULL-terminated */
	const char *taken;
};

/** Retention class: how long each store may keep what was captured. */
struct pst_retention {
	const char *class_name;
	int line;			   /* in the file, 0 for the built-in class */
	int64_t keep_s[PST_STORE_COUNT];   /* seconds; 0: nothing may rest there */
	bool is_unset[PST_STORE_COUNT];	   /* no source states it: nobody is decided by it */
	const char *text[PST_STORE_COUNT]; /* as written: "12h", "0", "none", "unstated" */
	const char *note;		   /* "" if none */
};

struct pst_rule {
	const char *id;
	const char *text;
	int line; /* in the file, 0 for the built-in rule */
	int priority;
	int32_t from_day;  /* first day in force; INT32_MIN: since ever */
	int32_t until_day; /* last day in force; INT32_MAX: for good */
	struct pst_cell cell;
	struct pst_cell otherwise; /* the disputed reading that was not taken */
	bool has_otherwise;
	const struct pst_policy_choice *choice;	 /* an operator took otherwise; NULL: nobody did */
	const struct pst_source *const *sources; /* NULL-terminated, at least one */
	const struct pst_dispute *const *disputes; /* NULL-terminated, may be empty */
	enum pst_source_status mark;   /* the weakest of its sources; disputed if has_otherwise */
	const char *basis;	       /* "statute", "regulation", "policy", "design" */
	uint64_t when[PST_AXIS_COUNT]; /* bit v-1: value v; all ones where the rule does not care */
};

/** Whole years of age that belong to a value of the axis age-band. */
struct pst_age_band {
	uint16_t from;
	uint16_t to; /* the last one; UINT16_MAX: no end */
};

struct pst_policy_case;	   /* test.h */
struct pst_policy_choice;  /* choices.h */
struct pst_policy_choices; /* choices.h */
struct pst_policy_arena;

/** A loaded policy: immutable, so any thread may read it. */
struct pst_policy {
	const char *id;
	const char *title;
	int64_t version;	  /* >= 1, rises */
	int32_t from_day;	  /* days before are refused */
	int64_t choice_window_ns; /* time the offered have to decline before frames flow */
	struct pst_table table;
	uint16_t always;			   /* obligations of every decision */
	const char *const *values[PST_AXIS_COUNT]; /* NULL-terminated; [0] names value 1 */
	uint16_t default_value[PST_AXIS_COUNT];	   /* 0: must be stated */
	const struct pst_age_band *ages; /* per value of age-band; NULL: the file has none */
	const struct pst_rule *rules;	 /* [0] is built in; the file's follow in its order */
	uint16_t rule_count;		 /* with the built-in one */
	const struct pst_source *sources;
	size_t source_count;
	const struct pst_dispute *disputes;
	size_t dispute_count;
	const struct pst_retention *retention; /* [0] keeps nothing */
	size_t retention_count;
	struct pst_policy_texts texts;
	const struct pst_policy_case *cases;
	size_t case_count;
	const struct pst_policy_choices *choices; /* that were applied; NULL: none */
	struct pst_policy_arena *arena;		  /* owns all of the above */
};

/**
 * Reads, checks and compiles a policy file. Refuses anything that is not total.
 *
 * @param ret_policy  written last, on success only; the caller destroys it
 * @return 0, -errno (file), PST_E_CONFIG (not a valid policy), PST_E_UNSAFE (valid, but some
 *         combination has no rule or two, or a retention is unset); the error names file, line and
 *         what to change
 * [control]
 */
int pst_policy_load(
	const char *path, struct pst_policy **ret_policy, struct pst_error *error) PST_MUST_CHECK;

/** As pst_policy_load(), for tools that decide about nobody: a retention may be unset. */
int pst_policy_read(
	const char *path, struct pst_policy **ret_policy, struct pst_error *error) PST_MUST_CHECK;

/** pst_policy_load() from memory. @param name  what to call it in errors */
int pst_policy_parse(const char *name, const void *data, size_t size,
	struct pst_policy **ret_policy, struct pst_error *error) PST_MUST_CHECK;

/** Frees and sets NULL. Accepts NULL. */
void pst_policy_destroy(struct pst_policy **policy);

/** Inputs by name. All zero is refused. NULL takes the axis's default if the policy declares one.
 */
struct pst_policy_request {
	const char *value[PST_AXIS_COUNT]; /* PST_AXIS_PERIOD stays NULL: the day decides */
	int32_t day;			   /* calendar date at the port, days since 1970-01-01 */
	bool has_born; /* then age-band must be NULL: it follows from these two */
	int32_t born_day;
};

/** Why a request could not be placed. X(name, rule id) */
#define PST_POLICY_GAP_MAP(X)                                                                      \
	X(PST_POLICY_GAP_NONE, "none")                                                             \
	X(PST_POLICY_GAP_MISSING, "built-in.missing-value")                                        \
	X(PST_POLICY_GAP_UNKNOWN, "built-in.unknown-value")                                        \
	X(PST_POLICY_GAP_DATE, "built-in.date-outside-policy")

enum pst_policy_gap {
#define PST_POLICY_GAP_ENUM(name, text) name,
	PST_POLICY_GAP_MAP(PST_POLICY_GAP_ENUM)
#undef PST_POLICY_GAP_ENUM
		PST_POLICY_GAP_COUNT
};

/**
 * Turns names into a place for the table and for encounters.
 *
 * What cannot be placed is left 0, so the place refuses. Notice and choice may be NULL here without
 * counting as a gap, since the encounter sets them.
 *
 * @param ret_axis  may be NULL; the first axis that is missing or unknown
 * @return PST_POLICY_GAP_NONE, or the first gap
 * [any]
 */
enum pst_policy_gap pst_policy_place(const struct pst_policy *policy,
	const struct pst_policy_request *request, struct pst_place *ret_place,
	enum pst_axis *ret_axis);

/**
 * The age band of a person on a day. Who was born on 29 February has the birthday on 1 March in
 * years without that day.
 *
 * @return value of PST_AXIS_AGE_BAND; 0 where the policy states no ages, or before the birth
 * [any]
 */
uint16_t pst_policy_age_band(const struct pst_policy *policy, int32_t born_day, int32_t day);

/** What a notice counts for on a day: one reported as current is stale once it has lapsed. [any] */
enum pst_notice pst_policy_notice(
	const struct pst_policy *policy, enum pst_notice reported, int32_t day);

/** A decision in words. Everything is borrowed from the policy or static. */
struct pst_policy_decision {
	enum pst_verdict verdict;
	enum pst_authority authority;
	enum pst_outcome outcome; /* refer-* when the encounter ends here; UNSET for ALLOW */
	uint16_t obligations;	  /* bit i: enum pst_obligation i */
	uint16_t rule;
	const char *rule_id;
	const char *rule_text;
	const struct pst_source *const *sources;   /* NULL-terminated; empty for built-in rules */
	const struct pst_dispute *const *disputes; /* NULL-terminated */
	enum pst_source_status mark;
	const struct pst_policy_choice *choice; /* by which an operator decided so, or NULL */
	const struct pst_retention *retention;
	struct pst_cell cell;
};

/**
 * Decides a request; notice and choice count as missing here when NULL.
 *
 * Never fails: what cannot be placed is refused by a built-in rule that says why.
 * [any]
 */
void pst_policy_decide(const struct pst_policy *policy, const struct pst_policy_request *request,
	struct pst_policy_decision *ret_decision);

/** Puts a cell (of an encounter, of a lookup) into words. [any] */
void pst_policy_describe(const struct pst_policy *policy, struct pst_cell cell,
	struct pst_policy_decision *ret_decision);

/** @return the value's name, "unset" for 0 or what is outside. [any] */
const char *pst_policy_value_name(
	const struct pst_policy *policy, enum pst_axis axis, uint16_t value);

#endif

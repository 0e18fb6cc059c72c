/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_COMPILE_H
#define PST_POLICY_COMPILE_H

#include "policy/file.h"
#include "policy/policy.h"

/**
 * What a policy owns: the file's strings and the arrays made from them. Filled at load, freed once.
 */
struct pst_policy_arena {
	struct pst_yaml *yaml;
	struct pst_policy_choices *choices;
	struct arena_block *blocks;
};

/** @return zeroed memory that lives as long as the policy; NULL: out of memory */
void *policy_alloc(struct pst_policy *policy, size_t count, size_t size);

/** The bit of a value in a set of an axis's values. */
#define POLICY_BIT(value) (1ULL << ((value)-1))

struct compiler {
	const struct pst_yaml *yaml;
	const struct file_top *top;
	struct pst_policy *policy;
	struct pst_rule *rules;		 /* the policy's, still to be written to */
	struct pst_retention *retention; /* the same */
	struct pst_error *error;
	char where[160]; /* what policy_where() made last */
	uint64_t unless_stated[PST_AXIS_COUNT];
};

/**
 * Takes what the rules refer to: sources, disputes, retention classes, texts.
 *
 * @return 0, PST_E_CONFIG or -ENOMEM with the error filled
 */
int policy_compile_records(struct compiler *compiler) PST_MUST_CHECK;

/** Takes what travelers are shown and told, in each language. */
int policy_compile_texts(struct compiler *compiler) PST_MUST_CHECK;

/** Takes axes, groups and the sets that hold where a rule states none. */
int policy_compile_axes(struct compiler *compiler) PST_MUST_CHECK;

/** Takes the ages that belong to the values of age-band; needs the axes. */
int policy_compile_ages(struct compiler *compiler) PST_MUST_CHECK;

/** Takes the rules and the periods that their dates cut; needs records and axes. */
int policy_compile_rules(struct compiler *compiler) PST_MUST_CHECK;

/**
 * Applies an operator's choices; needs all of the above.
 *
 * @param choices  may be NULL; outlive the policy
 * @return 0, PST_E_UNSAFE they are another policy's, PST_E_CONFIG one of them cannot be made
 */
int policy_choose(
	struct compiler *compiler, const struct pst_policy_choices *choices) PST_MUST_CHECK;

/** What a rule says at a place that it decides: its reading, or the one that was chosen. */
struct pst_cell policy_rule_cell(const struct pst_rule *rule, const struct pst_place *place);

/** Reads a retention as written. @param ret_s  seconds @return 0 or -EINVAL */
int policy_read_period(const char *text, int64_t *ret_s) PST_MUST_CHECK;

/** Takes the cases that `policy test` runs; needs all of the above. */
int policy_compile_cases(struct compiler *compiler) PST_MUST_CHECK;

/** PST_E_CONFIG where a name is none. @param what  "rule", "case" */
int policy_check_id(struct compiler *compiler, const char *where, const char *what,
	const char *id) PST_MUST_CHECK;

/**
 * Reads a list of value and group names into a mask.
 *
 * @param path  of the list in the file, "rules[3].when.category"
 */
int policy_read_values(struct compiler *compiler, enum pst_axis axis, const struct file_list *list,
	const char *path, uint64_t *ret_mask) PST_MUST_CHECK;

/** @return path of a value in the file, valid until the next call */
const char *policy_where(struct compiler *compiler, const char *format, ...) PST_PRINTF(2, 3);

/** PST_E_CONFIG with file, line and column before the message. */
int policy_fail(struct compiler *compiler, const char *where, const char *format, ...)
	PST_PRINTF(3, 4);

/** -ENOMEM with the error filled. */
int policy_no_memory(struct compiler *compiler);

/**
 * Reads one word of a closed list, with a suggestion where it is misspelt.
 *
 * @param names  NULL-terminated; index 0 ("unset", "none") is taken only if zero_is_word
 * @return index, or PST_E_CONFIG with the error filled
 */
int policy_read_word(struct compiler *compiler, const char *where, const char *what,
	const char *word, const char *const *names, bool zero_is_word) PST_MUST_CHECK;

/** What a file may lack; each admits what the one before does. */
enum policy_need {
	POLICY_NEED_ALL = 0, /* nothing: it will decide about people */
	POLICY_NEED_TOTAL,   /* retention: it is only read */
	POLICY_NEED_VALID,   /* rules and cases: gaps and contests are what is looked for */
};

/** Reads, checks and compiles. @param choices  taken on success; *choices may be NULL */
int policy_build(const char *name, const void *data, size_t size, enum policy_need need,
	struct pst_policy_choices **choices, struct pst_policy **ret_policy,
	struct pst_error *error) PST_MUST_CHECK;
int policy_build_file(const char *path, enum policy_need need, struct pst_policy **ret_policy,
	struct pst_error *error) PST_MUST_CHECK;

/** pst_policy_decide(), telling also where the request stands and what it lacks. */
enum pst_policy_gap policy_decide_place(const struct pst_policy *policy,
	const struct pst_policy_request *request, struct pst_place *ret_place,
	enum pst_axis *ret_axis, struct pst_policy_decision *ret_decision);

/** @return the set of all values of an axis */
uint64_t policy_axis_all(const struct pst_policy *policy, enum pst_axis axis);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TESTS_RANDOM_POLICY_H
#define PST_TESTS_RANDOM_POLICY_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

/**
 * Small policies at random, total by the way they are made: the categories are dealt out to parts,
 * and each part has its rules before and since a day, for entry and exit.
 */
#define RANDOM_CATEGORIES 5
#define RANDOM_PARTS 3

struct random_rule {
	unsigned kind;	/* what it decides, 0..7 */
	unsigned words; /* of its text */
};

struct random_policy {
	uint32_t seed;
	unsigned categories;			      /* bit i: there is category i */
	unsigned part_of[RANDOM_CATEGORIES];	      /* 0..RANDOM_PARTS-1 */
	unsigned environments;			      /* 1..3 */
	unsigned from_year;			      /* of the policy */
	unsigned cut_year;			      /* between before and since */
	unsigned keep_days;			      /* of the class "long" */
	struct random_rule rules[RANDOM_PARTS][2][2]; /* [part][since][exit] */
};

static inline uint32_t random_draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static inline struct random_policy random_policy(uint32_t seed)
{
	struct random_policy made = {.seed = seed};

	made.categories = 1 + random_draw(&made.seed, (1u << RANDOM_CATEGORIES) - 1);
	made.environments = 1 + random_draw(&made.seed, 3);
	made.from_year = 2000 + random_draw(&made.seed, 3);
	made.cut_year = 2010 + random_draw(&made.seed, 3);
	made.keep_days = 1 + random_draw(&made.seed, 3);
	for (unsigned i = 0; i < RANDOM_CATEGORIES; i++) {
		made.part_of[i] = random_draw(&made.seed, RANDOM_PARTS);
	}
	for (unsigned i = 0; i < RANDOM_PARTS * 4; i++) {
		made.rules[i / 4][i / 2 % 2][i % 2].kind = random_draw(&made.seed, 8);
	}
	return made;
}

/** Changes one thing; what it hits may make no difference to any cell. */
static inline void random_mutate(struct random_policy *made)
{
	uint32_t which = random_draw(&made->seed, RANDOM_PARTS * 4);
	struct random_rule *rule = &made->rules[which / 4][which / 2 % 2][which % 2];

	switch (random_draw(&made->seed, 8)) {
	case 0:
		rule->words++;
		break;
	case 1:
		made->categories ^= 1u << random_draw(&made->seed, RANDOM_CATEGORIES);
		made->categories += !made->categories;
		break;
	case 2:
		made->part_of[random_draw(&made->seed, RANDOM_CATEGORIES)] =
			random_draw(&made->seed, RANDOM_PARTS);
		break;
	case 3:
		made->environments = 1 + random_draw(&made->seed, 3);
		break;
	case 4:
		made->from_year = 2000 + random_draw(&made->seed, 3);
		break;
	case 5:
		made->cut_year = 2010 + random_draw(&made->seed, 3);
		break;
	case 6:
		made->keep_days = 1 + random_draw(&made->seed, 3);
		break;
	default:
		rule->kind = random_draw(&made->seed, 8);
	}
}

static inline void random_write_when(
	FILE *to, const struct random_policy *made, unsigned part, bool is_since, bool is_exit)
{
	bool first = true;

	(void)fprintf(to, "    when: {category: [");
	for (unsigned i = 0; i < RANDOM_CATEGORIES; i++) {
		if (made->categories >> i & 1 && made->part_of[i] == part) {
			(void)fprintf(to, "%sc%u", first ? "" : ", ", i);
			first = false;
		}
	}
	(void)fprintf(to, "], direction: [%s], choice: [none, consent], notice: [current]}\n",
		is_exit ? "exit" : "entry");
	(void)fprintf(to, "    %s: %u-01-0%d\n", is_since ? "from" : "until", made->cut_year,
		is_since ? 2 : 1);
}

static inline void random_write_rule(
	FILE *to, const struct random_policy *made, unsigned part, bool is_since, bool is_exit)
{
	static const char *const decides[8] = {
		"verdict: refuse\n    outcome: refer-exempt",
		"verdict: refuse\n    outcome: refer-no-consent",
		"verdict: ask\n    outcome: refer-no-consent",
		"verdict: allow\n    authority: offered\n    retention: short",
		"verdict: allow\n    authority: offered\n    retention: long",
		"verdict: allow\n    authority: required-if-asked\n    retention: short",
		"verdict: allow\n    authority: required-if-asked\n    retention: long",
		"verdict: allow\n    authority: offered\n    retention: short\n"
		"    obligations: [human-review]",
	};
	const struct random_rule *rule = &made->rules[part][is_since][is_exit];

	(void)fprintf(to, "  - id: r%u-%s-%s\n    text: Said %u times.\n", part,
		is_since ? "since" : "before", is_exit ? "exit" : "entry", rule->words + 1);
	random_write_when(to, made, part, is_since, is_exit);
	(void)fprintf(to, "    %s\n    basis: design\n    sources: [law]\n", decides[rule->kind]);
}

static inline void random_write_head(FILE *to, const struct random_policy *made)
{
	static const char *const environments[] = {"air", "air, sea", "air, sea, land"};
	bool first = true;

	(void)fprintf(to,
		"policy: random\nformat: 1\nversion: 1\ntitle: T\nfrom: %u-01-01\n"
		"choice-window: 1s\n"
		"texts: {notice-version: n, notice: N, withdraw: W, complain: C, disclaimer: D}\n"
		"axes:\n  - {axis: category, values: [",
		made->from_year);
	for (unsigned i = 0; i < RANDOM_CATEGORIES; i++) {
		if (made->categories >> i & 1) {
			(void)fprintf(to, "%sc%u", first ? "" : ", ", i);
			first = false;
		}
	}
	(void)fprintf(to,
		"]}\n  - {axis: known-by, values: [document]}\n"
		"  - {axis: direction, values: [entry, exit]}\n"
		"  - {axis: environment, values: [%s]}\n"
		"  - {axis: modality, values: [face]}\n"
		"sources:\n  - {source: law, title: L, citation: c, checked: 2025-01-01, "
		"status: seen}\n"
		"retention:\n"
		"  - {class: short, matching: 1h, identity: none, partner: 0, crossing: 0}\n"
		"  - {class: long, matching: %ud, identity: none, partner: 0, crossing: 0}\n"
		"rules:\n"
		"  - {id: no, text: No., when: {choice: [decline, withdraw]}, verdict: refuse, "
		"outcome: refer-opted-out, basis: design, sources: [law]}\n"
		"  - {id: untold, text: Not told., when: {choice: [none, consent], "
		"notice: [absent, stale]}, verdict: ask, outcome: refer-no-notice, basis: design, "
		"sources: [law]}\n",
		environments[made->environments - 1], made->keep_days);
}

static inline struct pst_policy *random_parse(const struct random_policy *made)
{
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	cr_assert_not_null(to);
	random_write_head(to, made);
	for (unsigned part = 0; part < RANDOM_PARTS; part++) {
		bool has_any = false;

		for (unsigned i = 0; i < RANDOM_CATEGORIES; i++) {
			has_any |= made->categories >> i & 1 && made->part_of[i] == part;
		}
		for (unsigned i = 0; has_any && i < 4; i++) {
			random_write_rule(to, made, part, i / 2, i % 2);
		}
	}
	cr_assert_eq(fclose(to), 0);
	cr_assert_eq(pst_policy_parse("random.yaml", text, size, &policy, &error), 0, "%s\n%s",
		error.text, text);
	free(text);
	return policy;
}

#endif

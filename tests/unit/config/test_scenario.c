/* SPDX-License-Identifier: Apache-2.0 */
#include "config/scenario.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static const char *const categories[] = {"us-citizen", "nonimmigrant", NULL};
static const char *const known_by[] = {"document", "self", NULL};
static const char *const age_bands[] = {"under-14", "14-to-79", NULL};
static const char *const directions[] = {"entry", "exit", NULL};
static const char *const environments[] = {"air", "sea", "land", NULL};
static const char *const outcomes[] = {"verified", "refer-opted-out", NULL};
static const char *const verdicts[] = {"refuse", "ask", "allow", NULL};
static const char *const rules[] = {"citizen-declines", NULL};

static const struct pst_scenario_names names = {
	.categories = categories,
	.known_by = known_by,
	.age_bands = age_bands,
	.directions = directions,
	.environments = environments,
	.outcomes = outcomes,
	.verdicts = verdicts,
	.rules = rules,
};

static int parse(const char *text, struct pst_scenario *scenario, struct pst_error *error)
{
	return pst_scenario_parse(scenario, "s.yaml", text, strlen(text), &names, error);
}

static void expect_refusal(const char *text, const char *message)
{
	struct pst_scenario scenario;
	struct pst_error error = {0};

	cr_expect_eq(parse(text, &scenario, &error), PST_E_CONFIG, "taken: %s", text);
	cr_expect_str_eq(error.text, message);
	cr_expect_null(scenario.encounters);
	cr_expect_eq(scenario.count, 0);
	pst_scenario_finish(&scenario);
}

#define HEAD "scenario: 1\nname: n\nencounters:\n"
#define PERSON "  - {at: 1s, for: 2s, category: us-citizen, known-by: document, notice: current"

/* The line added to an otherwise good encounter stands in line 9 of the file. */
static void expect_encounter_refusal(const char *line, const char *message)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
		HEAD "  - at: 1s\n"
		     "    for: 2s\n"
		     "    category: us-citizen\n"
		     "    known-by: document\n"
		     "    notice: current\n"
		     "    %s\n",
		line);
	expect_refusal(text, message);
}

Test(scenario, every_key_is_read)
{
	const char *text = HEAD "  - at: 0.5s\n"
				"    for: 4s\n"
				"    category: us-citizen\n"
				"    known-by: document\n"
				"    age-band: under-14\n"
				"    direction: exit\n"
				"    environment: land\n"
				"    subject: S001\n"
				"    notice: stale\n"
				"    choice: {decline: 1.0s}\n"
				"    expect:\n"
				"      outcome: refer-opted-out\n"
				"      verdict: refuse\n"
				"      rule: citizen-declines\n"
				"      leased: 0\n"
				"      withheld: 3..\n" PERSON "}\n";
	struct pst_scenario scenario;
	struct pst_error error = {0};

	/* The second one would overlap. */
	cr_expect_eq(parse(text, &scenario, &error), PST_E_CONFIG);
	cr_expect_str_eq(error.text,
		"s.yaml:20:10: overlaps the encounter in line 4, which ends at 4500ms; one person "
		"after the other, in the order of time");
	char *copy = strdup(text);
	*strstr(copy, "  - {at: 1s") = 0;
	error = (struct pst_error){0};
	cr_assert_eq(parse(copy, &scenario, &error), 0, "%s", error.text);
	free(copy);
	cr_expect_str_eq(scenario.name, "n");
	cr_assert_eq(scenario.count, 1);
	const struct pst_scenario_encounter *one = &scenario.encounters[0];
	cr_expect_eq(one->line, 4);
	cr_expect_eq(one->at_ns, 500 * PST_NS_PER_MS);
	cr_expect_eq(one->for_ns, 4 * PST_NS_PER_S);
	cr_expect_str_eq(one->category, "us-citizen");
	cr_expect_str_eq(one->known_by, "document");
	cr_expect_str_eq(one->age_band, "under-14");
	cr_expect_str_eq(one->direction, "exit");
	cr_expect_str_eq(one->environment, "land");
	cr_expect_str_eq(one->subject, "S001");
	cr_expect_eq(one->notice, PST_SCENARIO_NOTICE_STALE);
	cr_expect_eq(one->choice, PST_SCENARIO_CHOICE_DECLINE);
	cr_expect_eq(one->choice_ns, 1500 * PST_NS_PER_MS);
	cr_expect_str_eq(one->expect.outcome, "refer-opted-out");
	cr_expect_str_eq(one->expect.verdict, "refuse");
	cr_expect_str_eq(one->expect.rule, "citizen-declines");
	cr_expect(one->expect.leased.expected);
	cr_expect_eq(one->expect.leased.high, 0);
	cr_expect_eq(one->expect.withheld.low, 3);
	pst_scenario_finish(&scenario);
	cr_expect_null(scenario.encounters);
}

Test(scenario, a_date_of_birth_may_stand_in_place_of_an_age_band)
{
	static const struct pst_scenario_names ageless = {.without_ages = true};
	const char *text = HEAD PERSON ", born: 2012-02-29}\n";
	struct pst_scenario scenario;
	struct pst_error error = {0};

	cr_assert_eq(parse(text, &scenario, &error), 0, "%s", error.text);
	cr_expect(scenario.encounters[0].has_born);
	cr_expect_eq(scenario.encounters[0].born_day, 15399);
	cr_expect_str_empty(scenario.encounters[0].age_band);
	pst_scenario_finish(&scenario);
	cr_expect_eq(pst_scenario_parse(&scenario, "s.yaml", text, strlen(text), &ageless, &error),
		PST_E_CONFIG);
	cr_expect(strstr(error.text, "the policy states no ages"), "%s", error.text);
}

Test(scenario, what_is_not_given_is_empty)
{
	struct pst_scenario scenario;
	struct pst_error error = {0};

	cr_assert_eq(parse(HEAD PERSON "}\n", &scenario, &error), 0, "%s", error.text);
	const struct pst_scenario_encounter *one = &scenario.encounters[0];
	cr_expect_str_eq(one->age_band, "");
	cr_expect_str_eq(one->subject, "");
	cr_expect_eq(one->choice, PST_SCENARIO_CHOICE_NONE);
	cr_expect_eq(one->choice_ns, 0);
	cr_expect_str_eq(one->expect.outcome, "");
	cr_expect_not(one->expect.leased.expected);
	pst_scenario_finish(&scenario);
}

Test(scenario, without_lists_any_name_will_do)
{
	const char *text = HEAD "  - {at: 0s, for: 1s, category: martian, known-by: hearsay, "
				"notice: current}\n";
	struct pst_scenario scenario;
	struct pst_error error = {0};

	cr_expect_eq(pst_scenario_parse(&scenario, "s.yaml", text, strlen(text), NULL, &error), 0);
	cr_expect_str_eq(scenario.encounters[0].category, "martian");
	pst_scenario_finish(&scenario);
}

Test(scenario, choices)
{
	static const struct {
		const char *text;
		enum pst_scenario_choice choice;
		int64_t at_ns;
	} cases[] = {
		{"none", PST_SCENARIO_CHOICE_NONE, 0},
		{"{decline: 0s}", PST_SCENARIO_CHOICE_DECLINE, PST_NS_PER_S},
		{"{consent: 500ms}", PST_SCENARIO_CHOICE_CONSENT, 1500 * PST_NS_PER_MS},
		{"{withdraw: 1.999s}", PST_SCENARIO_CHOICE_WITHDRAW, 2999 * PST_NS_PER_MS},
	};
	struct pst_scenario scenario;
	struct pst_error error = {0};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text), HEAD PERSON ", choice: %s}\n", cases[i].text);
		cr_assert_eq(parse(text, &scenario, &error), 0, "%s", error.text);
		cr_expect_eq(scenario.encounters[0].choice, cases[i].choice);
		cr_expect_eq(scenario.encounters[0].choice_ns, cases[i].at_ns);
		pst_scenario_finish(&scenario);
	}
}

#define CHOICE_RULE                                                                                \
	"s.yaml:9:13: choice needs none, or one of decline, consent and withdraw with its time: "  \
	"{decline: 1.0s}"

Test(scenario, choices_that_are_wrong)
{
	expect_encounter_refusal("choice: decline", CHOICE_RULE);
	expect_encounter_refusal("choice: []", CHOICE_RULE);
	expect_encounter_refusal("choice: {}", CHOICE_RULE);
	expect_encounter_refusal("choice: {[a]: b}", CHOICE_RULE);
	expect_encounter_refusal("choice: {decline: 1s, consent: 1s}", CHOICE_RULE);
	expect_encounter_refusal("choice: {decline: 1s, decline: 1s}", CHOICE_RULE);
	expect_encounter_refusal("choice: nope",
		"s.yaml:9:13: unknown value 'nope' for choice; did you mean 'none'?");
	expect_encounter_refusal("choice: {declines: 1s}",
		"s.yaml:9:13: unknown value 'declines' for choice; did you mean 'decline'?");
	expect_encounter_refusal("choice: {none: 1s}", CHOICE_RULE);
	expect_encounter_refusal("choice: {decline: 2s}",
		"s.yaml:9:23: choice.decline comes when the person has left; choose a time below "
		"'for'");
	expect_encounter_refusal("choice: {decline: 1}",
		"s.yaml:9:23: '1' is not a time for choice.decline; write a number and a unit, "
		"such "
		"as 0.5s or 500ms");
	expect_encounter_refusal("choice: {decline: [1s]}",
		"s.yaml:9:23: '' is not a time for choice.decline; write a number and a unit, such "
		"as 0.5s or 500ms");
}

Test(scenario, names_that_are_wrong)
{
	expect_encounter_refusal("born: 2013-02-29",
		"s.yaml:9:11: '2013-02-29' is not a date of birth; write it as 2012-02-29");
	expect_encounter_refusal("born: 2012-02-29\n    age-band: under-14",
		"s.yaml:9:11: born and age-band are both given; leave one out");
	expect_encounter_refusal("age-band: 14-79",
		"s.yaml:9:15: unknown value '14-79' for age-band; known are under-14, 14-to-79");
	expect_encounter_refusal("direction: exot",
		"s.yaml:9:16: unknown value 'exot' for direction; did you mean 'exit'?");
	expect_encounter_refusal("environment: rail",
		"s.yaml:9:18: unknown value 'rail' for environment; did you mean 'air'?");
	expect_encounter_refusal("subject: Jane Doe", "s.yaml:9:14: 'Jane Doe' is not a name for "
						      "subject; 1 to 64 of a-z A-Z 0-9 - _ . are "
						      "allowed, a letter or digit first");
	expect_encounter_refusal("expect: {outcome: verify}",
		"s.yaml:9:23: unknown value 'verify' for expect.outcome; did you mean 'verified'?");
	expect_encounter_refusal("expect: {verdict: deny}",
		"s.yaml:9:23: unknown value 'deny' for expect.verdict; "
		"known are refuse, ask, allow");
	expect_encounter_refusal("expect: {rule: citizen-decline}",
		"s.yaml:9:20: unknown value 'citizen-decline' for expect.rule; did you mean "
		"'citizen-declines'?");
	expect_refusal(HEAD
		"  - {at: 1s, for: 1s, category: us-citizn, known-by: document, notice: "
		"current}\n",
		"s.yaml:4:33: unknown value 'us-citizn' for category; did you mean 'us-citizen'?");
	expect_refusal(HEAD "  - {at: 1s, for: 1s, category: us-citizen, known-by: heart, notice: "
			    "current}\n",
		"s.yaml:4:55: unknown value 'heart' for known-by; known are document, self");
	expect_refusal(HEAD "  - {at: 1s, for: 1s, category: us-citizen, known-by: self, notice: "
			    "curent}\n",
		"s.yaml:4:69: unknown value 'curent' for notice; did you mean 'current'?");
}

Test(scenario, counts)
{
	static const struct {
		const char *text;
		uint64_t low, high;
	} good[] = {{"0", 0, 0}, {"17", 17, 17}, {"3..", 3, INT64_MAX}, {"1..40", 1, 40},
		{"..5", 0, 5}, {"4..4", 4, 4}};
	static const char *const bad[] = {
		"..", "-1", "a", "5..3", "1...3", "1..x", "0x1", "1.5", "99999999999999999999"};
	struct pst_scenario scenario;
	struct pst_error error = {0};
	char text[512];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(
			text, sizeof(text), HEAD PERSON ", expect: {leased: %s}}\n", good[i].text);
		cr_assert_eq(parse(text, &scenario, &error), 0, "%s", error.text);
		const struct pst_scenario_count *count = &scenario.encounters[0].expect.leased;
		cr_expect_eq(count->low, good[i].low, "%s", good[i].text);
		cr_expect_eq(count->high, good[i].high, "%s", good[i].text);
		cr_expect(pst_scenario_count_met(count, good[i].low));
		cr_expect(pst_scenario_count_met(count, good[i].high));
		cr_expect_not(pst_scenario_count_met(count, good[i].high + 1));
		cr_expect_not(good[i].low > 0 && pst_scenario_count_met(count, good[i].low - 1));
		pst_scenario_finish(&scenario);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char line[64];
		char message[256];

		(void)snprintf(line, sizeof(line), "expect: {withheld: %s}", bad[i]);
		(void)snprintf(message, sizeof(message),
			"s.yaml:9:24: '%s' is not a number for expect.withheld; write 0, 3.., "
			"1..40 or ..5",
			bad[i]);
		expect_encounter_refusal(line, message);
	}
	cr_expect(pst_scenario_count_met(&(struct pst_scenario_count){0}, 7));
}

Test(scenario, times_that_are_wrong)
{
	expect_refusal(HEAD "  - {at: soon, for: 1s, category: us-citizen, known-by: self, notice: "
			    "current}\n",
		"s.yaml:4:10: 'soon' is not a time for at; write a number and a unit, such as 0.5s "
		"or "
		"500ms");
	expect_refusal(HEAD "  - {at: -1s, for: 1s, category: us-citizen, known-by: self, notice: "
			    "current}\n",
		"s.yaml:4:10: '-1s' is not a time for at; write a number and a unit, such as 0.5s "
		"or "
		"500ms");
	expect_refusal(HEAD "  - {at: 25h, for: 1s, category: us-citizen, known-by: self, notice: "
			    "current}\n",
		"s.yaml:4:10: 25h is too long for at; at most 24h");
	expect_refusal(HEAD "  - {at: 0s, for: 0s, category: us-citizen, known-by: self, notice: "
			    "current}\n",
		"s.yaml:4:19: 'for' is 0; a person stays for a while");
	expect_refusal(HEAD PERSON "}\n  - {at: 0s, for: 1s, category: us-citizen, known-by: self, "
				   "notice: current}\n",
		"s.yaml:5:10: overlaps the encounter in line 4, which ends at 3s; one person after "
		"the other, in the order of time");
}

Test(scenario, encounters_may_touch)
{
	struct pst_scenario scenario;
	struct pst_error error = {0};

	cr_expect_eq(parse(HEAD PERSON "}\n  - {at: 3s, for: 1s, category: us-citizen, "
				       "known-by: self, notice: absent}\n",
			     &scenario, &error),
		0, "%s", error.text);
	cr_expect_eq(scenario.count, 2);
	pst_scenario_finish(&scenario);
}

Test(scenario, keys_that_are_wrong)
{
	expect_refusal("name: n\nencounters: []\n",
		"s.yaml:2:13: 'encounters' has 0 entries; no fewer than 1 are allowed");
	expect_refusal("name: n\n", "s.yaml:1:1: key 'scenario' is missing; add it");
	expect_refusal("scenario: 1\nname: n\n", "s.yaml:1:1: key 'encounters' is missing; add it");
	expect_refusal("scenario: 1\n", "s.yaml:1:1: key 'name' is missing; add it");
	expect_refusal("scenario: 2\nname: n\nencounters:\n" PERSON "}\n",
		"s.yaml:1:11: scenario version 2; this postern reads version 1");
	expect_refusal(
		HEAD "  - {at: 1s}\n", "s.yaml:4:5: key 'for' is missing in encounters; add it");
	expect_refusal(HEAD "  - {at: 1s, for: 1s, category: us-citizen, known-by: self}\n",
		"s.yaml:4:5: key 'notice' is missing in encounters; add it");
	expect_encounter_refusal("name: Jane",
		"s.yaml:9:5: unknown key 'name' in encounters; known are at, for, category, "
		"known-by, "
		"notice, age-band, born, direction, environment, subject, choice, expect");
	expect_encounter_refusal(
		"for: 3s", "s.yaml:9:5: key 'for' is given twice, first in line 5; remove one");
	expect_encounter_refusal(
		"expect: verified", "s.yaml:9:13: 'expect' needs keys with values, not a value");
	expect_encounter_refusal("expect: {score: 0.7}",
		"s.yaml:9:14: unknown key 'score' in expect; known are outcome, verdict, rule, "
		"leased, withheld");
}

Test(scenario, a_file_that_is_not_there)
{
	struct pst_scenario scenario;
	struct pst_error error = {0};

	cr_expect_eq(pst_scenario_load(&scenario, "no-such.yaml", NULL, &error), -ENOENT);
	cr_expect_str_eq(error.text, "no-such.yaml: No such file or directory");
	pst_scenario_finish(&scenario);
}

Test(scenario, names_of_values)
{
	cr_expect_str_eq(pst_scenario_notice_name(PST_SCENARIO_NOTICE_CURRENT), "current");
	cr_expect_str_eq(pst_scenario_notice_name(99), "absent");
	cr_expect_str_eq(pst_scenario_choice_name(PST_SCENARIO_CHOICE_WITHDRAW), "withdraw");
	cr_expect_str_eq(pst_scenario_choice_name(99), "none");
}

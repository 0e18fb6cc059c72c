/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/lane.h"
#include "config/scenario.h"
#include "gate/verdict.h"
#include "policy/policy.h"

/* Every shipped example is valid, and speaks the words of the policy of its lane. */

#define EXAMPLE_LANES EXAMPLES "/lanes/*.yaml"
#define EXAMPLE_SCENARIOS EXAMPLES "/scenarios/*.yaml"
#define RULES_MAX 256

/* Scenarios that are not named like the lane they are for. */
static const struct {
	const char *scenario, *lane, *purpose;
} played_on[] = {
	{"a-citizen-declines.yaml", "demo.yaml", NULL},
	{"enrol-one.yaml", "demo.yaml", "enrol"},
	{"enrol-travelers.yaml", "demo.yaml", "enrol"},
	{"exit-and-age.yaml", "demo.yaml", NULL},
	{"il-enrol.yaml", "il-entrance.yaml", "enrol"},
	{"travelers.yaml", "demo.yaml", NULL},
};

struct example {
	struct pst_lane_config lane;
	struct pst_policy *policy;
};

static void load(struct example *example, const char *path)
{
	struct pst_error error = {0};

	pst_lane_config_init(&example->lane);
	cr_assert_eq(pst_lane_config_load(&example->lane, path, &error), 0, "%s", error.text);
	cr_assert_eq(pst_lane_config_check(&example->lane, &error), 0, "%s", error.text);
	cr_assert_eq(pst_policy_read(example->lane.policy, &example->policy, &error), 0, "%s",
		error.text);
}

static void load_for_scenario(struct example *example, const char *scenario)
{
	const char *name = strrchr(scenario, '/') + 1;
	const char *lane = name;
	const char *purpose = NULL;
	struct pst_error error = {0};
	char path[1024];

	for (size_t i = 0; i < sizeof(played_on) / sizeof(played_on[0]); i++) {
		if (strcmp(name, played_on[i].scenario) == 0) {
			lane = played_on[i].lane;
			purpose = played_on[i].purpose;
		}
	}
	(void)snprintf(path, sizeof(path), EXAMPLES "/lanes/%s", lane);
	load(example, path);
	if (purpose) {
		cr_assert_eq(pst_lane_config_set(&example->lane, "policy.purpose", purpose, &error),
			0, "%s", error.text);
	}
}

Test(examples, lanes_are_valid)
{
	glob_t files;

	cr_assert_eq(glob(EXAMPLE_LANES, 0, NULL, &files), 0);
	cr_expect_geq(files.gl_pathc, 12);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const struct pst_lane_config *lane;
		struct example example;

		load(&example, files.gl_pathv[i]);
		lane = &example.lane;
		cr_expect_eq(strncmp(lane->policy, EXAMPLES "/lanes/../../policies/",
				     strlen(EXAMPLES "/lanes/../../policies/")),
			0, "%s", lane->policy);
		cr_expect_geq(
			pst_text_index(example.policy->values[PST_AXIS_DIRECTION], lane->direction),
			0, "%s", files.gl_pathv[i]);
		cr_expect_geq(pst_text_index(example.policy->values[PST_AXIS_ENVIRONMENT],
				      lane->environment),
			0, "%s", files.gl_pathv[i]);
		cr_expect_geq(pst_text_index(pst_purpose_names, lane->purpose), 1);
		cr_expect_geq(pst_text_index(pst_mode_names, lane->mode), 1);
		pst_policy_destroy(&example.policy);
	}
	globfree(&files);
}

/* What the policy says of the person once all is shown and said. */
static void decide(const struct example *example, const struct pst_scenario_encounter *person,
	struct pst_policy_decision *ret_decision)
{
	const struct pst_lane_config *lane = &example->lane;
	struct pst_policy_request request = {.day = lane->date};

	request.value[PST_AXIS_CATEGORY] = person->category;
	request.value[PST_AXIS_KNOWN_BY] = person->known_by;
	request.value[PST_AXIS_AGE_BAND] = person->age_band[0] ? person->age_band : NULL;
	request.value[PST_AXIS_DIRECTION] =
		person->direction[0] ? person->direction : lane->direction;
	request.value[PST_AXIS_ENVIRONMENT] =
		person->environment[0] ? person->environment : lane->environment;
	request.value[PST_AXIS_MODE] = lane->mode;
	request.value[PST_AXIS_PURPOSE] = lane->purpose;
	request.value[PST_AXIS_NOTICE] = pst_scenario_notice_name(person->notice);
	request.value[PST_AXIS_CHOICE] = pst_scenario_choice_name(person->choice);
	pst_policy_decide(example->policy, &request, ret_decision);
}

static void check_person(const char *path, const struct example *example,
	const struct pst_scenario_encounter *person)
{
	const struct pst_scenario_expect *expect = &person->expect;
	struct pst_policy_decision decision;

	decide(example, person, &decision);
	cr_expect(expect->outcome[0] || expect->verdict[0], "%s:%u: expects nothing", path,
		person->line);
	cr_expect(!expect->rule[0] || strcmp(expect->rule, decision.rule_id) == 0,
		"%s:%u: the policy decides by %s", path, person->line, decision.rule_id);
	cr_expect(!expect->verdict[0] ||
			  strcmp(expect->verdict, pst_verdict_name(decision.verdict)) == 0,
		"%s:%u: the policy says %s", path, person->line,
		pst_verdict_name(decision.verdict));
	if (decision.verdict != PST_VERDICT_ALLOW && expect->outcome[0]) {
		cr_expect_str_eq(expect->outcome, pst_outcome_name(decision.outcome));
	}
}

static void check_scenario(const char *path)
{
	const char *rules[RULES_MAX + 1] = {NULL};
	struct example example;
	struct pst_scenario scenario;
	struct pst_error error = {0};

	load_for_scenario(&example, path);
	cr_assert_leq(example.policy->rule_count, RULES_MAX);
	for (int i = 0; i < example.policy->rule_count; i++) {
		rules[i] = example.policy->rules[i].id;
	}
	const struct pst_scenario_names names = {
		.categories = example.policy->values[PST_AXIS_CATEGORY],
		.known_by = example.policy->values[PST_AXIS_KNOWN_BY],
		.age_bands = example.policy->values[PST_AXIS_AGE_BAND],
		.directions = example.policy->values[PST_AXIS_DIRECTION],
		.environments = example.policy->values[PST_AXIS_ENVIRONMENT],
		.outcomes = pst_outcome_names,
		.verdicts = pst_verdict_names,
		.rules = rules,
	};
	cr_assert_eq(pst_scenario_load(&scenario, path, &names, &error), 0, "%s", error.text);
	for (size_t i = 0; i < scenario.count; i++) {
		check_person(path, &example, &scenario.encounters[i]);
	}
	pst_scenario_finish(&scenario);
	pst_policy_destroy(&example.policy);
}

Test(examples, scenarios_are_valid)
{
	glob_t files;

	cr_assert_eq(glob(EXAMPLE_SCENARIOS, 0, NULL, &files), 0);
	cr_expect_geq(files.gl_pathc, 13);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		check_scenario(files.gl_pathv[i]);
	}
	globfree(&files);
}

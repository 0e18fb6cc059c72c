/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <glob.h>

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/lane.h"
#include "config/scenario.h"
#include "gate/verdict.h"
#include "policy/policy.h"

/* Every shipped example is valid, and speaks the words of the policy it names. */

#define EXAMPLE_LANES EXAMPLES "/lanes/*.yaml"
#define EXAMPLE_SCENARIOS EXAMPLES "/scenarios/*.yaml"
#define RULES_MAX 256

static struct pst_policy *load_policy(void)
{
	struct pst_error error = {0};
	struct pst_policy *policy;

	cr_assert_eq(pst_policy_load(POLICY, &policy, &error), 0, "%s", error.text);
	return policy;
}

Test(examples, lanes_are_valid)
{
	struct pst_policy *policy = load_policy();
	glob_t files;

	cr_assert_eq(glob(EXAMPLE_LANES, 0, NULL, &files), 0);
	cr_expect_geq(files.gl_pathc, 4);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct pst_lane_config config;
		struct pst_error error = {0};

		pst_lane_config_init(&config);
		cr_expect_eq(pst_lane_config_load(&config, files.gl_pathv[i], &error), 0, "%s",
			error.text);
		cr_expect_eq(pst_lane_config_check(&config, &error), 0, "%s", error.text);
		cr_expect_str_eq(config.policy, EXAMPLES "/lanes/../../policies/us-border.yaml");
		cr_expect_geq(
			pst_text_index(policy->values[PST_AXIS_DIRECTION], config.direction), 0);
		cr_expect_geq(
			pst_text_index(policy->values[PST_AXIS_ENVIRONMENT], config.environment),
			0);
		cr_expect_geq(pst_text_index(pst_purpose_names, config.purpose), 1);
		cr_expect_geq(pst_text_index(pst_mode_names, config.mode), 1);
	}
	globfree(&files);
	pst_policy_destroy(&policy);
}

/* What the policy says of the person once all is shown and said; lanes are for entry by air. */
static void decide(const struct pst_policy *policy, const struct pst_scenario_encounter *person,
	struct pst_policy_decision *ret_decision)
{
	struct pst_policy_request request = {0};

	cr_assert_eq(pst_clock_parse_day("2026-01-15", &request.day), 0);
	request.value[PST_AXIS_CATEGORY] = person->category;
	request.value[PST_AXIS_KNOWN_BY] = person->known_by;
	request.value[PST_AXIS_AGE_BAND] = person->age_band[0] ? person->age_band : NULL;
	request.value[PST_AXIS_DIRECTION] = person->direction[0] ? person->direction : "entry";
	request.value[PST_AXIS_ENVIRONMENT] = person->environment[0] ? person->environment : "air";
	request.value[PST_AXIS_PURPOSE] = "verify";
	request.value[PST_AXIS_NOTICE] = pst_scenario_notice_name(person->notice);
	request.value[PST_AXIS_CHOICE] = pst_scenario_choice_name(person->choice);
	pst_policy_decide(policy, &request, ret_decision);
}

static void check_person(const char *path, const struct pst_policy *policy,
	const struct pst_scenario_encounter *person)
{
	const struct pst_scenario_expect *expect = &person->expect;
	struct pst_policy_decision decision;

	decide(policy, person, &decision);
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

static void check_all(const struct pst_policy *policy, const struct pst_scenario_names *names)
{
	glob_t files;

	cr_assert_eq(glob(EXAMPLE_SCENARIOS, 0, NULL, &files), 0);
	cr_expect_geq(files.gl_pathc, 3);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct pst_scenario scenario;
		struct pst_error error = {0};

		cr_expect_eq(pst_scenario_load(&scenario, files.gl_pathv[i], names, &error), 0,
			"%s", error.text);
		for (size_t j = 0; j < scenario.count; j++) {
			check_person(files.gl_pathv[i], policy, &scenario.encounters[j]);
		}
		pst_scenario_finish(&scenario);
	}
	globfree(&files);
}

Test(examples, scenarios_are_valid)
{
	struct pst_policy *policy = load_policy();
	const char *rules[RULES_MAX + 1] = {NULL};

	cr_assert_leq(policy->rule_count, RULES_MAX);
	for (int i = 0; i < policy->rule_count; i++) {
		rules[i] = policy->rules[i].id;
	}
	const struct pst_scenario_names names = {
		.categories = policy->values[PST_AXIS_CATEGORY],
		.known_by = policy->values[PST_AXIS_KNOWN_BY],
		.age_bands = policy->values[PST_AXIS_AGE_BAND],
		.directions = policy->values[PST_AXIS_DIRECTION],
		.environments = policy->values[PST_AXIS_ENVIRONMENT],
		.outcomes = pst_outcome_names,
		.verdicts = pst_verdict_names,
		.rules = rules,
	};
	check_all(policy, &names);
	pst_policy_destroy(&policy);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <glob.h>

#include "base/clock.h"
#include "policy/lint.h"
#include "policy/prove.h"
#include "policy/test.h"
#include "profile.h"

/* What holds for every shipped profile. Each test visits all of them. */

static void each(void (*check)(const struct profile *profile))
{
	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		struct profile profile;

		profile_load(&profile, profile_names[i]);
		check(&profile);
		profile_finish(&profile);
	}
}

static int32_t day_of(const char *text)
{
	int32_t day = 0;

	cr_assert_eq(pst_clock_parse_day(text, &day), 0);
	return day;
}

Test(profiles, none_is_left_out)
{
	glob_t files;

	cr_assert_eq(glob(POLICIES "/*.yaml", 0, NULL, &files), 0);
	cr_assert_eq(files.gl_pathc, PROFILE_COUNT);
	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		char path[1024];

		profile_path(profile_names[i], path, sizeof(path));
		cr_expect_str_eq(files.gl_pathv[i], path);
	}
	globfree(&files);
}

static void check_proof(const struct profile *profile)
{
	struct pst_policy_proof proof;
	struct pst_error error = {0};

	cr_expect_eq(pst_policy_prove(profile->policy, &proof, &error), 0, "%s", error.text);
	cr_expect_eq(proof.cells, profile->policy->table.combinations);
	cr_expect_str_eq(profile->policy->id, profile->name);
}

Test(profiles, each_is_total)
{
	each(check_proof);
}

/* Only the gates of the United Kingdom lack a period, and no lane opens with them. */
Test(profiles, what_no_source_states_must_be_set)
{
	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		struct pst_policy *policy = NULL;
		struct pst_error error = {0};
		char path[1024];
		int status;

		profile_path(profile_names[i], path, sizeof(path));
		status = pst_policy_load(path, &policy, &error);
		if (strcmp(profile_names[i], "uk-egates") != 0) {
			cr_expect_eq(status, 0, "%s", error.text);
		} else {
			cr_expect_eq(status, PST_E_UNSAFE);
			cr_expect(strstr(error.text, "retention live-image.matching is unset; set "
						     "it in the file"),
				"%s", error.text);
		}
		pst_policy_destroy(&policy);
	}
}

static void check_sources(const struct profile *profile)
{
	const struct pst_policy *policy = profile->policy;

	for (unsigned i = 1; i < policy->rule_count; i++) {
		const struct pst_rule *rule = &policy->rules[i];
		bool to_check = rule->cell.obligations >> PST_OBLIGATION_CHECK_SOURCE & 1;
		enum pst_source_status weakest = PST_SOURCE_STATUS_UNSET;

		for (size_t j = 0; rule->sources[j]; j++) {
			enum pst_source_status status = rule->sources[j]->status;

			weakest = status > weakest ? status : weakest;
		}
		cr_expect_geq(weakest, PST_SOURCE_STATUS_SEEN, "%s has a source", rule->id);
		cr_expect_geq(rule->mark, weakest, "%s", rule->id);
		cr_expect_eq(to_check, rule->mark != PST_SOURCE_STATUS_SEEN,
			"%s %s: what is not seen, and only that, is to be checked", profile->name,
			rule->id);
		cr_expect(rule->mark != PST_SOURCE_STATUS_DISPUTED || rule->disputes[0], "%s",
			rule->id);
	}
}

Test(profiles, every_rule_has_a_source_and_its_mark)
{
	each(check_sources);
}

/* Whichever reading an operator takes: who may be captured is told, and may decline an offer. */
static void check_obligations(const struct profile *profile)
{
	const struct pst_policy *policy = profile->policy;
	const uint64_t not_declined =
		1ULL << (PST_CHOICE_NONE - 1) | 1ULL << (PST_CHOICE_CONSENT - 1);

	for (unsigned i = 1; i < policy->rule_count; i++) {
		const struct pst_rule *rule = &policy->rules[i];
		const struct pst_cell *readings[] = {&rule->cell, &rule->otherwise};

		for (size_t j = 0; j < 2; j++) {
			unsigned needed = 1u << PST_OBLIGATION_SHOW_NOTICE;

			if (readings[j]->authority != PST_AUTHORITY_REQUIRED_IF_ASKED) {
				needed |= 1u << PST_OBLIGATION_OFFER_OPT_OUT;
			}
			if (strcmp(profile->name, "us-border") == 0) {
				needed |= 1u << PST_OBLIGATION_PARTNER_KEEPS_NOTHING;
			}
			cr_expect(readings[j]->verdict != PST_VERDICT_ALLOW ||
					  !(rule->when[PST_AXIS_CHOICE] & not_declined) ||
					  (rule->cell.obligations & needed) == needed,
				"%s %s", profile->name, rule->id);
		}
	}
}

Test(profiles, who_may_be_captured_is_told)
{
	each(check_obligations);
}

static void check_texts(const struct profile *profile)
{
	const struct pst_policy_texts *texts = &profile->policy->texts;

	cr_expect_gt(texts->notice_until_day, day_of("2026-12-31"), "%s", profile->name);
	cr_expect_lt(texts->notice_until_day, day_of("2030-01-01"), "%s", profile->name);
	cr_expect(strstr(texts->own.disclaimer, "not legal advice"), "%s", profile->name);
	for (size_t i = 0; i < profile->policy->source_count; i++) {
		cr_expect_eq(profile->policy->sources[i].checked_day, day_of("2025-12-09"));
	}
}

static void check_languages(const struct profile *profile)
{
	const struct pst_policy_wording *own = &profile->policy->texts.own;

	for (const char *const *language = pst_policy_languages; *language; language++) {
		const struct pst_policy_wording *in =
			pst_policy_wording(profile->policy, *language);

		cr_assert_not_null(in, "%s: %s", profile->name, *language);
		cr_expect(in == own || (strcmp(in->notice, own->notice) != 0 &&
					       strcmp(in->withdraw, own->withdraw) != 0 &&
					       strcmp(in->complain, own->complain) != 0 &&
					       strcmp(in->disclaimer, own->disclaimer) != 0),
			"%s: %s is not translated", profile->name, *language);
	}
}

Test(profiles, each_notice_is_in_the_languages_of_displays)
{
	each(check_languages);
}

Test(profiles, each_notice_lapses_and_each_source_was_read_once)
{
	each(check_texts);
}

static void check_cases(const struct profile *profile)
{
	const struct pst_policy *policy = profile->policy;
	bool *decides = calloc(policy->rule_count, sizeof(*decides));

	for (size_t i = 0; i < policy->case_count; i++) {
		const struct pst_policy_case *one = &policy->cases[i];
		struct pst_policy_decision decision;

		cr_expect(pst_policy_test(policy, one, &decision), "%s:%d: %s: %s decides %s",
			profile->name, one->line, one->id, decision.rule_id,
			pst_verdict_name(decision.verdict));
		decides[decision.rule] = true;
	}
	for (unsigned i = 0; i < policy->rule_count; i++) {
		cr_expect(decides[i], "%s: a case is decided by %s", profile->name,
			policy->rules[i].id);
	}
	free(decides);
}

Test(profiles, every_case_holds_and_every_rule_has_one)
{
	each(check_cases);
}

/* The first day of a period, and the last one before it, each have a case. */
static void check_days(const struct profile *profile)
{
	const struct pst_policy *policy = profile->policy;

	for (unsigned period = 0; period < policy->table.size[PST_AXIS_PERIOD]; period++) {
		int32_t first = policy->table.period_from[period];
		bool found[2] = {false};

		for (size_t i = 0; i < policy->case_count; i++) {
			found[0] |= policy->cases[i].given.day == first - 1;
			found[1] |= policy->cases[i].given.day == first;
		}
		cr_expect(found[0] && found[1], "%s: cases around %s", profile->name,
			policy->values[PST_AXIS_PERIOD][period]);
	}
}

Test(profiles, cases_stand_on_both_sides_of_every_day_that_decides)
{
	each(check_days);
}

/* Deletes rule number index from the text; the cases stay. */
static void delete_rule(const char *text, unsigned index, char *to, char name[65])
{
	const char *from = strstr(text, "\nrules:\n");
	const char *end = strstr(text, "\nexpect:");
	const char *next;

	for (unsigned i = 0; i <= index; i++) {
		from = strstr(from + 1, "\n  - id: ");
		cr_assert_not_null(from);
	}
	cr_assert_eq(sscanf(from, " - id: %64s", name), 1);
	next = strstr(from + 1, "\n  - id: ");
	memcpy(to, text, (size_t)(from - text));
	strcpy(to + (from - text), next ? next : end);
}

static void check_deleted(const struct profile *profile)
{
	char *broken = malloc(strlen(profile->text) + 2);

	for (unsigned i = 0; i + 1 < profile->policy->rule_count; i++) {
		struct pst_policy *policy = NULL;
		struct pst_error error = {0};
		char name[65];

		delete_rule(profile->text, i, broken, name);
		cr_expect_str_eq(name, profile->policy->rules[i + 1].id);
		cr_expect_eq(profile_parse(profile->name, broken, &policy, &error), PST_E_UNSAFE,
			"%s: %s", name, error.text);
		cr_expect(strstr(error.text, "no rule decides"), "%s: %s", name, error.text);
		pst_policy_destroy(&policy);
	}
	free(broken);
}

Test(profiles, each_deleted_rule_is_a_gap)
{
	each(check_deleted);
}

/* However a profile weighs the rest: an opt-in profile captures nobody who did not say yes. */
static void check_consent(const struct profile *profile)
{
	static const char *const opt_in[] = {"gdpr-venue", "us-il-bipa", "us-tx-cubi", NULL};
	const struct pst_policy *policy = profile->policy;
	bool must = false;

	for (size_t i = 0; opt_in[i]; i++) {
		must |= strcmp(profile->name, opt_in[i]) == 0;
	}
	for (uint32_t i = 0; must && i < policy->table.combinations; i++) {
		struct pst_place place;

		pst_table_place(&policy->table, i, &place);
		struct pst_cell cell = pst_table_lookup(&policy->table, &place);
		if (cell.verdict == PST_VERDICT_ALLOW) {
			cr_assert_eq(cell.authority, PST_AUTHORITY_CONSENTED);
			cr_assert_eq(place.value[PST_AXIS_CHOICE], PST_CHOICE_CONSENT);
		}
	}
}

Test(profiles, opt_in_means_nobody_else)
{
	each(check_consent);
}

static const struct pst_retention *class_of(const struct pst_policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->retention_count; i++) {
		if (strcmp(policy->retention[i].class_name, name) == 0) {
			return &policy->retention[i];
		}
	}
	cr_assert_fail("no class %s", name);
	return NULL;
}

/* As the sources state it, in seconds; 0: nothing may rest there. */
Test(profiles, retention_is_what_the_sources_state)
{
	static const int64_t hour = 3600;
	static const int64_t day = 24 * hour;
	const struct {
		const char *profile, *class_name;
		int64_t matching, identity;
	} wanted[] = {
		{"eu-ees", "three-years", 0, 1095 * day},
		{"eu-ees", "five-years", 0, 1826 * day},
		{"gdpr-venue", "holder", 0, 0},
		{"uk-egates", "live-image", hour, 0}, /* as set here */
		{"us-border", "citizen", 12 * hour, 0},
		{"us-border", "exempt-alien", 12 * hour, 0},
		{"us-border", "in-scope-alien", 14 * day, 27393 * day},
		{"us-il-bipa", "compared", 0, 0},
		{"us-il-bipa", "enrolled", 0, 1095 * day},
		{"us-tsa-checkpoint", "document-check", 0, 0},
		{"us-tsa-checkpoint", "touchless", 24 * hour, 0},
		{"us-tsa-checkpoint", "data-collection", 24 * hour, 0},
		{"us-tx-cubi", "compared", 0, 0},
		{"us-tx-cubi", "enrolled", 0, 365 * day},
	};
	const size_t count = sizeof(wanted) / sizeof(wanted[0]);
	size_t classes = 0;

	for (size_t i = 0; i < count; i++) {
		struct profile profile;
		const struct pst_retention *got;

		profile_load(&profile, wanted[i].profile);
		got = class_of(profile.policy, wanted[i].class_name);
		cr_expect_eq(got->keep_s[PST_STORE_MATCHING], wanted[i].matching, "%s", got->note);
		cr_expect_eq(got->keep_s[PST_STORE_IDENTITY], wanted[i].identity, "%s: %lld",
			wanted[i].class_name, (long long)got->keep_s[PST_STORE_IDENTITY] / day);
		cr_expect_eq(got->keep_s[PST_STORE_PARTNER], 0);
		cr_expect_eq(got->keep_s[PST_STORE_CROSSING], 0);
		classes += i == 0 || strcmp(wanted[i].profile, wanted[i - 1].profile) != 0
				   ? profile.policy->retention_count - 1
				   : 0;
		profile_finish(&profile);
	}
	cr_expect_eq(classes, count, "every class is stated above");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/clock.h"
#include "policy/explain.h"
#include "policy/policy.h"
#include "policy/prove.h"

#define FILE_NAME POLICIES "/us-border.yaml"
#define BEFORE "2025-12-25"
#define AFTER "2025-12-26"
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct pst_policy *policy;

static void set_up(void)
{
	struct pst_error error = {0};

	cr_assert_eq(pst_policy_load(FILE_NAME, &policy, &error), 0, "%s", error.text);
}

static void tear_down(void)
{
	pst_policy_destroy(&policy);
}

TestSuite(us_border, .init = set_up, .fini = tear_down);

struct asked {
	const char *category, *age_band, *direction, *environment, *port, *date, *modality;
	const char *notice, *choice, *mode;
};

static struct pst_policy_decision decide(const struct asked *asked)
{
	struct pst_policy_decision decision;
	struct pst_policy_request request = {
		.value = {
			[PST_AXIS_CATEGORY] = asked->category,
			[PST_AXIS_KNOWN_BY] = "document",
			[PST_AXIS_AGE_BAND] = asked->age_band,
			[PST_AXIS_DIRECTION] = asked->direction ? asked->direction : "entry",
			[PST_AXIS_ENVIRONMENT] = asked->environment ? asked->environment : "air",
			[PST_AXIS_PORT] = asked->port,
			[PST_AXIS_MODE] = asked->mode,
			[PST_AXIS_PURPOSE] = "verify",
			[PST_AXIS_MODALITY] = asked->modality,
			[PST_AXIS_NOTICE] = asked->notice ? asked->notice : "current",
			[PST_AXIS_CHOICE] = asked->choice ? asked->choice : "none",
		}};

	cr_assert_eq(pst_clock_parse_day(asked->date, &request.day), 0);
	pst_policy_decide(policy, &request, &decision);
	return decision;
}

static void expect(const struct asked *asked, const char *verdict, const char *rule)
{
	struct pst_policy_decision decision = decide(asked);
	const char *got = decision.verdict == PST_VERDICT_ALLOW
				  ? pst_authority_name(decision.authority)
				  : pst_outcome_name(decision.outcome);

	cr_expect_str_eq(got, verdict, "%s %s %s %s: %s", asked->category, asked->direction,
		asked->environment, asked->date, decision.rule_id);
	cr_expect_str_eq(decision.rule_id, rule, "%s %s %s %s", asked->category, asked->direction,
		asked->environment, asked->date);
	cr_expect_not_null(decision.sources[0]);
}

/* One row of the fact table: entry by air and sea, entry by land, exit; before and after. */
struct row {
	const char *category, *age_band;
	const char *air_verdict, *air_rule;   /* entry by air or sea, before */
	const char *land_verdict, *land_rule; /* entry by land, before */
	const char *exit_verdict, *exit_rule; /* exit at a port without pilot, before */
	const char *pilot_verdict, *pilot_rule;
	const char *after_verdict, *after_rule; /* entry and exit everywhere, after */
};

#define M "required-if-asked"
#define O "offered"
#define X "refer-exempt"
#define NONE "refer-unknown-category"
#define ADULT "14-to-79"
#define ELSEWHERE "exit-elsewhere-before"
#define ALL(category, age, verdict, before, after_verdict, after)                                  \
	{                                                                                          \
		category, age, verdict, before, verdict, before, verdict, before, verdict, before, \
			after_verdict, after                                                       \
	}
#define ENTRY(category, before, pilot, after)                                                      \
	{                                                                                          \
		category, ADULT, M, before, M, before, X, ELSEWHERE, M, pilot, M, after            \
	}

static const struct row rows[] = {
	/* 1 */ ALL("us-citizen", ADULT, O, "citizen-offered", O, "citizen-offered"),
	ALL("us-citizen", "under-14", O, "citizen-offered", O, "citizen-offered"),
	/* 2 */ ALL("us-national", ADULT, O, "national-before", O, "national-after"),
	/* 3 */
	{"permanent-resident", ADULT, M, "resident-entry-before", X, "resident-entry-land-before",
		X, ELSEWHERE, M, "resident-exit-pilot-before", M, "resident-after"},
	/* 4 */
	ENTRY("nonimmigrant", "nonimmigrant-entry-before", "nonimmigrant-exit-pilot-before",
		"nonimmigrant-after"),
	/* 5 */
	ENTRY("immigrant-or-parolee", "immigrant-entry-before", "immigrant-exit-pilot-before",
		"immigrant-after"),
	/* 6 */
	ALL("canadian-visitor", ADULT, X, "canadian-visitor-before", X, "canadian-visitor-after"),
	/* 7 */
	ENTRY("canadian-admitted", "canadian-admitted-entry-before",
		"canadian-admitted-exit-pilot-before", "canadian-admitted-after"),
	/* 8 */ ALL("diplomat", ADULT, X, "diplomat-before", X, "diplomat-after"),
	ALL("diplomat", "under-14", X, "diplomat-before", X, "diplomat-after"),
	/* 9 */ ALL("nonimmigrant", "under-14", X, "under-14-before", M, "under-14-after"),
	ALL("permanent-resident", "under-14", X, "under-14-before", M, "under-14-after"),
	/* 10 */ ALL("nonimmigrant", "over-79", X, "over-79-before", M, "over-79-after"),
	ALL("crew-or-border-card", "over-79", X, "over-79-before", M, "over-79-after"),
	/* 11 */ ALL("exempt-class", ADULT, X, "exempt-class-before", X, "exempt-class-after"),
	/* 12 */
	{"crew-or-border-card", ADULT, M, "crew-entry-before", X, "crew-entry-land-before", X,
		ELSEWHERE, M, "crew-exit-pilot-before", M, "crew-after"},
	/* 13 */ ALL("unknown", ADULT, NONE, "unknown-category", NONE, "unknown-category"),
};

static const char *const environments[] = {"air", "sea", "land"};

Test(us_border, every_row_before_the_rule)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];

		for (size_t j = 0; j < COUNT(environments); j++) {
			struct asked asked = {.category = row->category,
				.age_band = row->age_band,
				.direction = "entry",
				.environment = environments[j],
				.date = BEFORE};

			expect(&asked, j < 2 ? row->air_verdict : row->land_verdict,
				j < 2 ? row->air_rule : row->land_rule);
			asked.direction = "exit";
			expect(&asked, row->exit_verdict, row->exit_rule);
			asked.port = "pilot";
			expect(&asked, row->pilot_verdict, row->pilot_rule);
			asked.date = "2009-01-18";
			expect(&asked, row->pilot_verdict, row->pilot_rule);
		}
	}
}

Test(us_border, every_row_after_the_rule)
{
	static const char *const directions[] = {"entry", "exit"};
	static const char *const ports[] = {"other", "pilot"};
	static const char *const dates[] = {AFTER, "2025-12-27", "2030-02-28"};

	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t j = 0; j < 3 * 2 * 2 * 3; j++) {
			struct asked asked = {.category = rows[i].category,
				.age_band = rows[i].age_band,
				.direction = directions[j / 3 % 2],
				.environment = environments[j % 3],
				.port = ports[j / 6 % 2],
				.date = dates[j / 12]};

			expect(&asked, rows[i].after_verdict, rows[i].after_rule);
		}
	}
}

Test(us_border, other_biometrics_are_decided_apart_from_the_face)
{
	static const struct {
		const char *category, *age_band, *verdict, *rule;
	} after[] = {
		{"us-citizen", ADULT, X, "citizen-other"},
		{"us-national", ADULT, X, "national-other-after"},
		{"permanent-resident", ADULT, M, "in-scope-other-after"},
		{"nonimmigrant", ADULT, M, "in-scope-other-after"},
		{"immigrant-or-parolee", ADULT, M, "in-scope-other-after"},
		{"canadian-visitor", ADULT, X, "exempted-other-after"},
		{"canadian-admitted", ADULT, M, "in-scope-other-after"},
		{"diplomat", ADULT, X, "exempted-other-after"},
		{"nonimmigrant", "under-14", X, "age-exempt-other-after"},
		{"nonimmigrant", "over-79", X, "age-exempt-other-after"},
		{"exempt-class", ADULT, X, "exempted-other-after"},
		{"crew-or-border-card", ADULT, M, "crew-other-after"},
		{"unknown", ADULT, NONE, "unknown-category"},
	};

	for (size_t i = 0; i < COUNT(after); i++) {
		struct asked asked = {.category = after[i].category,
			.age_band = after[i].age_band,
			.modality = "other",
			.date = AFTER};
		bool named = strcmp(after[i].category, "us-citizen") == 0 ||
			     strcmp(after[i].category, "unknown") == 0;

		expect(&asked, after[i].verdict, after[i].rule);
		asked.date = BEFORE;
		expect(&asked, named ? after[i].verdict : X,
			named ? after[i].rule : "other-before");
	}
}

Test(us_border, whoever_says_no_is_never_captured)
{
	const char *const *categories = policy->values[PST_AXIS_CATEGORY];

	for (size_t i = 0; categories[i]; i++) {
		struct asked asked = {
			.category = categories[i], .date = AFTER, .choice = "decline"};
		bool known = strcmp(categories[i], "unknown") != 0;

		cr_expect_eq(decide(&asked).verdict, PST_VERDICT_REFUSE);
		cr_expect_eq(decide(&asked).outcome,
			known ? PST_OUTCOME_REFER_OPTED_OUT : PST_OUTCOME_REFER_UNKNOWN_CATEGORY);
		asked.choice = "withdraw";
		cr_expect_eq(decide(&asked).outcome,
			known ? PST_OUTCOME_REFER_WITHDRAWN : PST_OUTCOME_REFER_UNKNOWN_CATEGORY);
	}
	expect(&(struct asked){.category = "us-citizen", .date = AFTER, .choice = "decline"},
		"refer-opted-out", "citizen-declines");
	expect(
		&(struct asked){
			.category = "permanent-resident", .date = AFTER, .choice = "decline"},
		"refer-opted-out", "alien-declines");
	expect(&(struct asked){.category = "diplomat", .date = BEFORE, .choice = "decline"},
		"refer-opted-out", "exempted-declines");
}

Test(us_border, no_capture_without_a_current_notice)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked asked = {.category = rows[i].category,
			.age_band = rows[i].age_band,
			.date = AFTER,
			.notice = i % 2 ? "stale" : "absent"};
		bool allowed = strcmp(rows[i].after_verdict, O) == 0 ||
			       strcmp(rows[i].after_verdict, M) == 0;

		expect(&asked, allowed ? "refer-no-notice" : rows[i].after_verdict,
			allowed ? "notice-missing" : rows[i].after_rule);
	}
}

Test(us_border, exempted_travelers_may_consent_before_the_rule)
{
	struct asked asked = {.category = "diplomat", .date = BEFORE, .choice = "consent"};

	expect(&asked, "consented", "exempted-consents-before");
	cr_expect_str_eq(decide(&asked).retention->class_name, "exempt-alien");
	asked.age_band = "under-14";
	expect(&asked, X, "exempted-child-before");
	asked.age_band = ADULT;
	asked.date = AFTER;
	expect(&asked, X, "diplomat-after");
}

Test(us_border, suspension_refers_everyone)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked asked = {
			.category = rows[i].category, .date = AFTER, .mode = "suspended"};
		bool known = strcmp(rows[i].category, "unknown") != 0;

		expect(&asked, known ? X : NONE, known ? "suspended" : "unknown-category");
		asked.mode = "partial";
		asked.age_band = rows[i].age_band;
		expect(&asked, rows[i].after_verdict, rows[i].after_rule);
	}
}

Test(us_border, retention_is_per_store)
{
	const struct pst_retention *citizen =
		decide(&(struct asked){.category = "us-citizen", .date = AFTER}).retention;
	const struct pst_retention *alien =
		decide(&(struct asked){.category = "nonimmigrant", .date = AFTER}).retention;
	const struct pst_retention *exempt =
		decide(&(struct asked){.category = "diplomat", .date = AFTER}).retention;

	cr_expect_eq(citizen->keep_s[PST_STORE_MATCHING], 12 * 3600);
	cr_expect_eq(citizen->keep_s[PST_STORE_IDENTITY], 0);
	cr_expect_str_eq(citizen->text[PST_STORE_IDENTITY], "none");
	cr_expect_eq(alien->keep_s[PST_STORE_MATCHING], 14 * 86400);
	cr_expect_eq(alien->keep_s[PST_STORE_IDENTITY], 27393 * 86400LL, "%lld",
		(long long)alien->keep_s[PST_STORE_IDENTITY]);
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		cr_expect_eq(exempt->keep_s[store], 0);
	}
	for (size_t i = 0; i < policy->retention_count; i++) {
		cr_expect_eq(policy->retention[i].keep_s[PST_STORE_PARTNER], 0);
	}
}

Test(us_border, disputes_carry_both_readings_and_take_the_milder)
{
	static const char *const wanted[] = {"D1", "D2", "D3", "D4", "D5", "D6", "D7"};
	struct pst_policy_decision decision;
	bool used[16] = {false};

	for (unsigned i = 1; i < policy->rule_count; i++) {
		const struct pst_rule *rule = &policy->rules[i];

		for (size_t j = 0; rule->disputes[j]; j++) {
			used[rule->disputes[j] - policy->disputes] = true;
		}
		if (rule->has_otherwise) {
			cr_expect_leq(pst_verdict_intrusion((enum pst_verdict)rule->cell.verdict,
					      (enum pst_authority)rule->cell.authority),
				pst_verdict_intrusion((enum pst_verdict)rule->otherwise.verdict,
					(enum pst_authority)rule->otherwise.authority));
			cr_expect_eq(rule->mark, PST_SOURCE_STATUS_DISPUTED);
		}
	}
	for (size_t i = 0; i < COUNT(wanted); i++) {
		size_t j = 0;

		while (j < policy->dispute_count &&
			strcmp(policy->disputes[j].id, wanted[i]) != 0) {
			j++;
		}
		cr_assert_lt(j, policy->dispute_count, "%s", wanted[i]);
		cr_expect(used[j], "%s is named by a rule", wanted[i]);
		cr_expect_not_null(policy->disputes[j].readings[1]);
	}
	decision = decide(&(struct asked){.category = "diplomat", .date = AFTER});
	cr_expect_str_eq(decision.disputes[0]->id, "D3");
	cr_expect(policy->rules[decision.rule].has_otherwise);
}

Test(us_border, marks_follow_the_sources)
{
	static const struct {
		struct asked asked;
		enum pst_source_status mark;
	} cases[] = {
		{{.category = "us-citizen", .date = AFTER}, PST_SOURCE_STATUS_SEEN},
		{{.category = "nonimmigrant", .date = AFTER}, PST_SOURCE_STATUS_SEEN},
		{{.category = "us-national", .date = BEFORE}, PST_SOURCE_STATUS_RECALLED},
		{{.category = "us-national", .date = AFTER}, PST_SOURCE_STATUS_DISPUTED},
		{{.category = "canadian-visitor", .date = AFTER}, PST_SOURCE_STATUS_DISPUTED},
		{{.category = "crew-or-border-card", .date = AFTER}, PST_SOURCE_STATUS_RECALLED},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pst_policy_decision decision = decide(&cases[i].asked);

		cr_expect_eq(decision.mark, cases[i].mark, "%s %s: %s", cases[i].asked.category,
			cases[i].asked.date, pst_source_status_name(decision.mark));
		cr_expect_eq(decision.obligations >> PST_OBLIGATION_CHECK_SOURCE & 1,
			cases[i].mark != PST_SOURCE_STATUS_SEEN);
	}
}

Test(us_border, the_proof_holds)
{
	struct pst_policy_proof proof;
	struct pst_error error = {0};

	cr_assert_eq(pst_policy_prove(policy, &proof, &error), 0, "%s", error.text);
	cr_expect_eq(proof.cells, policy->table.combinations);
	cr_expect_geq(proof.cells, 100000);
}

Test(us_border, nothing_is_captured_without_telling_the_partner_to_keep_nothing)
{
	for (uint32_t i = 0; i < policy->table.cell_count; i++) {
		const struct pst_cell *cell = &policy->table.cells[i];
		unsigned needed = 1u << PST_OBLIGATION_PARTNER_KEEPS_NOTHING |
				  1u << PST_OBLIGATION_SHOW_NOTICE |
				  1u << PST_OBLIGATION_GIVE_RECEIPT;

		if (cell->verdict == PST_VERDICT_ALLOW) {
			cr_assert_eq(cell->obligations & needed, needed);
			cr_assert_gt(cell->retention, 0);
		}
		cr_assert(cell->obligations >> PST_OBLIGATION_GIVE_RECEIPT & 1);
	}
}

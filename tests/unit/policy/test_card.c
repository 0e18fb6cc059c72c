/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include "base/clock.h"
#include "base/text.h"
#include "policy/card.h"

#define FILE_NAME POLICIES "/us-border.yaml"

static struct pst_policy *policy;
static struct pst_policy_card card;
static struct pst_error error;

static void set_up(void)
{
	cr_assert_eq(pst_policy_load(FILE_NAME, &policy, &error), 0, "%s", error.text);
}

static void tear_down(void)
{
	pst_policy_card_finish(&card);
	pst_policy_destroy(&policy);
}

TestSuite(card, .init = set_up, .fini = tear_down);

static void open_card(const struct pst_policy_request *request)
{
	struct pst_policy_view view;

	pst_policy_card_finish(&card);
	cr_assert_eq(pst_policy_view_open(policy, request, PST_POLICY_CARD_AXES, &view, &error), 0,
		"%s", error.text);
	cr_assert_eq(pst_policy_card_open(&view, &card), 0);
}

static void lay_out(const char *day, const char *direction)
{
	struct pst_policy_request request = {.value = {[PST_AXIS_DIRECTION] = direction}};

	cr_assert_eq(pst_clock_parse_day(day, &request.day), 0);
	open_card(&request);
}

static const struct pst_policy_card_group *group_of(const char *category)
{
	int index = pst_text_index(policy->values[PST_AXIS_CATEGORY], category);

	cr_assert_geq(index, 0);
	for (size_t i = 0; i < card.group_count; i++) {
		if (card.groups[i].categories >> index & 1) {
			return &card.groups[i];
		}
	}
	cr_assert_fail("%s is on no group", category);
	return NULL;
}

static bool is_under(const struct pst_policy_card_line *line, const struct pst_place *place)
{
	for (size_t i = 0; i < line->when.count; i++) {
		bool holds = true;

		for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
			if (axis != PST_AXIS_CATEGORY && PST_POLICY_CARD_AXES >> axis & 1) {
				holds &= pst_policy_box_has(
					&line->when.box[i], axis, place->value[axis] - 1u);
			}
		}
		if (holds) {
			return true;
		}
	}
	return false;
}

static enum pst_verdict verdict_for(struct pst_place place, enum pst_choice choice)
{
	place.value[PST_AXIS_CHOICE] = (uint16_t)choice;
	return (enum pst_verdict)pst_table_lookup(&policy->table, &place).verdict;
}

/* One line and no other holds for a place, and what it promises is what the table says. */
static void check_place(const struct pst_place *place)
{
	const struct pst_policy_card_group *group =
		group_of(policy->values[PST_AXIS_CATEGORY][place->value[PST_AXIS_CATEGORY] - 1]);
	const struct pst_policy_answer *answer = NULL;
	struct pst_cell silent = pst_table_lookup(&policy->table, place);

	for (size_t i = 0; i < group->line_count; i++) {
		if (is_under(&group->lines[i], place)) {
			cr_assert_null(answer);
			answer = &group->lines[i].answer;
		}
	}
	cr_assert_not_null(answer);
	cr_expect_eq(answer->duty >= PST_DUTY_UNLESS_DECLINED,
		verdict_for(*place, PST_CHOICE_NONE) == PST_VERDICT_ALLOW);
	cr_expect_eq(answer->duty >= PST_DUTY_IF_AGREED,
		verdict_for(*place, PST_CHOICE_CONSENT) == PST_VERDICT_ALLOW);
	cr_expect_eq(answer->duty == PST_DUTY_IF_ASKED,
		silent.authority == PST_AUTHORITY_REQUIRED_IF_ASKED);
	cr_expect_eq(verdict_for(*place, PST_CHOICE_DECLINE), PST_VERDICT_REFUSE);
	cr_expect_geq(answer->other_reading, answer->duty);
	if (silent.verdict == PST_VERDICT_ALLOW) {
		cr_expect_eq(answer->retention, &policy->retention[silent.retention]);
	}
	cr_expect_eq(answer->duty == PST_DUTY_NOTHING, answer->retention == policy->retention);
}

Test(card, says_what_the_table_says)
{
	static const char *const days[] = {"2009-01-18", "2025-12-25", "2025-12-26", "2031-01-01"};

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		lay_out(days[i], NULL);
		for (uint32_t j = 0; j < policy->table.combinations; j++) {
			struct pst_place first = pst_policy_view_first(&card.view);
			struct pst_place place;
			bool on_card = true;

			pst_table_place(&policy->table, j, &place);
			for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
				on_card &= PST_POLICY_CARD_AXES >> axis & 1 ||
					   place.value[axis] == first.value[axis];
			}
			if (on_card) {
				check_place(&place);
			}
		}
	}
}

static const struct pst_policy_answer *only_answer(const char *category)
{
	const struct pst_policy_card_group *group = group_of(category);

	cr_assert_eq(group->line_count, 1);
	return &group->lines[0].answer;
}

Test(card, names_duty_retention_and_dispute)
{
	const struct pst_policy_answer *citizen;
	const struct pst_policy_answer *diplomat;

	lay_out("2025-12-27", NULL);
	citizen = only_answer("us-citizen");
	cr_expect_eq(citizen->duty, PST_DUTY_UNLESS_DECLINED);
	cr_expect_eq(citizen->other_reading, citizen->duty);
	cr_expect_eq(citizen->declined, PST_OUTCOME_REFER_OPTED_OUT);
	cr_expect_str_eq(citizen->retention->class_name, "citizen");
	cr_expect_eq(citizen->mark, PST_SOURCE_STATUS_RECALLED); /* the directive of dispute D7 */
	cr_expect_str_eq(citizen->disputes[0]->id, "D5");
	cr_expect_str_eq(citizen->disputes[1]->id, "D7");
	cr_expect_null(citizen->disputes[2]);
	diplomat = only_answer("diplomat");
	cr_expect_eq(diplomat->duty, PST_DUTY_NOTHING);
	cr_expect_eq(diplomat->other_reading, PST_DUTY_IF_ASKED);
	cr_expect_eq(diplomat->mark, PST_SOURCE_STATUS_DISPUTED);
}

Test(card, categories_that_read_the_same_stand_together)
{
	const struct pst_policy_card_group *group;

	lay_out("2025-12-27", NULL);
	group = group_of("nonimmigrant");
	cr_expect_eq(group, group_of("immigrant-or-parolee"));
	cr_expect_neq(group, group_of("us-citizen"));
	lay_out("2025-12-25", "exit");
	group = group_of("nonimmigrant");
	cr_assert_eq(group->line_count, 2);
	cr_expect_eq(group->lines[0].answer.duty, PST_DUTY_IF_ASKED, "what reaches furthest first");
	cr_assert_eq(group->lines[0].when.count, 1);
	cr_expect_eq(pst_policy_box_count(&group->lines[0].when.box[0], PST_AXIS_PORT), 1);
	cr_expect_eq(pst_policy_box_count(&group->lines[0].when.box[0], PST_AXIS_AGE_BAND), 1);
}

Test(card, before_the_rule_an_exempted_traveler_may_agree)
{
	lay_out("2025-12-25", NULL);
	cr_expect_eq(group_of("diplomat")->lines[0].answer.duty, PST_DUTY_IF_AGREED);
	cr_expect_str_eq(
		group_of("diplomat")->lines[0].answer.retention->class_name, "exempt-alien");
}

Test(card, an_offer_and_a_duty_are_two_lines_though_all_else_is_equal)
{
	static const char all[] =
		"when: {category: [known], choice: [none, consent], notice: [current]}\n"
		"    from: 2020-01-01\n";
	char *text = small_policy_with(all,
		"when: {category: [known], choice: [none, consent], notice: [current], "
		"direction: [exit]}\n"
		"    verdict: allow\n    authority: required-if-asked\n    retention: day\n"
		"    basis: statute\n    sources: [law]\n"
		"  - id: offered-in\n    text: Offered to all who enter.\n"
		"    when: {category: [known], choice: [none, consent], notice: [current], "
		"direction: [entry]}\n");
	const struct pst_policy_card_group *group;

	pst_policy_destroy(&policy);
	cr_assert_eq(small_policy_parse(text, &policy, &error), 0, "%s", error.text);
	open_card(&(struct pst_policy_request){.day = 20000});
	group = group_of("member");
	cr_assert_eq(group->line_count, 2);
	cr_expect_eq(group->lines[0].answer.duty, PST_DUTY_IF_ASKED);
	cr_expect_eq(group->lines[1].answer.duty, PST_DUTY_UNLESS_DECLINED);
	cr_expect_eq(group->lines[1].answer.other_reading, PST_DUTY_IF_ASKED);
	cr_expect_str_eq(group->lines[1].answer.disputes[0]->id, "Q1");
	free(text);
}

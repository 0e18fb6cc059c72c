/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_grid.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/policy_words.h"

/* Fields hold names, numbers and periods only, so none needs quotes. Lines end as RFC 4180 says. */
#define LINE_END "\r\n"

static void print_header(void)
{
	(void)fputs("policy,version,date", stdout);
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (axis != PST_AXIS_PERIOD) {
			(void)printf(",%s", pst_axis_names[axis]);
		}
	}
	(void)fputs(",verdict,authority,outcome,rule,mark,retention", stdout);
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		(void)printf(",keep-%s", pst_store_names[store]);
	}
	(void)fputs(",obligations,sources,disputes,not-taken" LINE_END, stdout);
}

static void print_inputs(const struct policy_grid_walk *walk)
{
	const struct pst_policy_view *view = &walk->grid->view;
	struct pst_place place = pst_policy_view_first(view);
	char day[PST_CLOCK_TEXT_SIZE];

	place.value[PST_AXIS_CATEGORY] = (uint16_t)walk->category;
	place.value[PST_AXIS_DIRECTION] = (uint16_t)walk->direction;
	place.value[PST_AXIS_ENVIRONMENT] = (uint16_t)walk->environment;
	pst_clock_format_day(view->day, day);
	(void)printf("%s,%lld,%s", view->policy->id, (long long)view->policy->version, day);
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (axis != PST_AXIS_PERIOD) {
			(void)printf(",%s", pst_policy_value_name(view->policy, (enum pst_axis)axis,
						    place.value[axis]));
		}
	}
}

/* Lists within a field are parted by spaces. */
static void print_lists(const struct pst_policy_decision *decision)
{
	bool first = true;

	(void)putchar(',');
	for (int bit = 0; bit < PST_OBLIGATION_COUNT; bit++) {
		if (decision->obligations >> bit & 1) {
			(void)printf("%s%s", first ? "" : " ", pst_obligation_names[bit]);
			first = false;
		}
	}
	(void)putchar(',');
	for (size_t i = 0; decision->sources[i]; i++) {
		(void)printf("%s%s", i ? " " : "", decision->sources[i]->id);
	}
	(void)putchar(',');
	for (size_t i = 0; decision->disputes[i]; i++) {
		(void)printf("%s%s", i ? " " : "", decision->disputes[i]->id);
	}
}

static void print_cell(const struct policy_grid_walk *walk)
{
	const struct pst_policy_decision *decision = &walk->decision;
	const struct pst_rule *rule = &walk->grid->view.policy->rules[decision->rule];

	print_inputs(walk);
	(void)printf(",%s,%s,%s,%s,%s,%s", pst_verdict_name(decision->verdict),
		decision->authority ? pst_authority_name(decision->authority) : "",
		decision->outcome ? pst_outcome_name(decision->outcome) : "", decision->rule_id,
		pst_source_status_name(decision->mark),
		decision->cell.retention ? decision->retention->class_name : "");
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		(void)printf(",%s", decision->retention->text[store]);
	}
	print_lists(decision);
	(void)printf(",%s" LINE_END,
		rule->has_otherwise
			? policy_cell_word(decision->choice ? rule->cell : rule->otherwise)
			: "");
}

void policy_grid_print_csv(const struct pst_policy_grid *grid)
{
	struct policy_grid_walk walk = {.grid = grid};

	print_header();
	while (policy_grid_next(&walk)) {
		print_cell(&walk);
	}
}

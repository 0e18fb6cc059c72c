/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_grid.h"

#include <string.h>

#include "base/clock.h"
#include "cli/policy_words.h"

static bool is_shown(const struct policy_grid_walk *walk)
{
	const struct pst_policy_view *view = &walk->grid->view;

	return pst_policy_view_shows(view, PST_AXIS_CATEGORY, walk->category) &&
	       pst_policy_view_shows(view, PST_AXIS_DIRECTION, walk->direction) &&
	       pst_policy_view_shows(view, PST_AXIS_ENVIRONMENT, walk->environment);
}

/* The next combination, shown or not. */
static bool step(struct policy_grid_walk *walk)
{
	const uint16_t *size = walk->grid->view.policy->table.size;

	if (walk->category == 0) {
		walk->category = walk->direction = walk->environment = 1;
	} else if (++walk->environment > size[PST_AXIS_ENVIRONMENT]) {
		walk->environment = 1;
		if (++walk->direction > size[PST_AXIS_DIRECTION]) {
			walk->direction = 1;
			walk->category++;
		}
	}
	return walk->category <= size[PST_AXIS_CATEGORY];
}

bool policy_grid_next(struct policy_grid_walk *walk)
{
	while (step(walk)) {
		if (is_shown(walk)) {
			pst_policy_describe(walk->grid->view.policy,
				pst_policy_grid_cell(walk->grid, walk->category, walk->direction,
					walk->environment),
				&walk->decision);
			return true;
		}
	}
	return false;
}

bool policy_grid_tells(const struct pst_policy_grid *grid, int axis)
{
	/* No value can be called so; it stands for an axis that is not declared. */
	bool is_declared = strcmp(grid->view.policy->values[axis][0], "any") != 0;

	return is_declared && axis != PST_AXIS_PERIOD && !(PST_POLICY_GRID_AXES >> axis & 1);
}

bool policy_grid_names_source(const struct pst_policy_grid *grid, const struct pst_source *source)
{
	const struct pst_policy *policy = grid->view.policy;

	for (unsigned i = 0; i < policy->rule_count; i++) {
		for (size_t j = 0; grid->uses[i] && policy->rules[i].sources[j]; j++) {
			if (policy->rules[i].sources[j] == source) {
				return true;
			}
		}
	}
	return false;
}

bool policy_grid_names_dispute(
	const struct pst_policy_grid *grid, const struct pst_dispute *dispute)
{
	const struct pst_policy *policy = grid->view.policy;

	for (unsigned i = 0; i < policy->rule_count; i++) {
		for (size_t j = 0; grid->uses[i] && policy->rules[i].disputes[j]; j++) {
			if (policy->rules[i].disputes[j] == dispute) {
				return true;
			}
		}
	}
	return false;
}

static json_t *json_cells(const struct pst_policy_grid *grid)
{
	const char *const *const *values = grid->view.policy->values;
	struct policy_grid_walk walk = {.grid = grid};
	json_t *list = json_array();

	while (policy_grid_next(&walk)) {
		json_t *cell = json_pack("{s:s, s:s, s:s}", "category",
			values[PST_AXIS_CATEGORY][walk.category - 1], "direction",
			values[PST_AXIS_DIRECTION][walk.direction - 1], "environment",
			values[PST_AXIS_ENVIRONMENT][walk.environment - 1]);
		json_t *verdict = policy_json_verdict(&walk.decision.cell);

		json_object_update(cell, verdict);
		json_decref(verdict);
		json_object_set_new(cell, "rule", json_string(walk.decision.rule_id));
		json_object_set_new(
			cell, "mark", json_string(pst_source_status_name(walk.decision.mark)));
		json_object_set_new(
			cell, "retention", json_string(walk.decision.retention->class_name));
		json_object_set_new(
			cell, "obligations", policy_json_obligations(walk.decision.obligations));
		json_array_append_new(list, cell);
	}
	return list;
}

static json_t *json_columns(const struct pst_policy_grid *grid)
{
	const char *const *const *values = grid->view.policy->values;
	json_t *list = json_array();

	for (size_t i = 0; i < grid->columns.count; i++) {
		const struct pst_policy_box *column = &grid->columns.box[i];

		json_array_append_new(list, json_pack("{s:o, s:o}", "direction",
						    policy_json_names(values[PST_AXIS_DIRECTION],
							    column->set[PST_AXIS_DIRECTION]),
						    "environment",
						    policy_json_names(values[PST_AXIS_ENVIRONMENT],
							    column->set[PST_AXIS_ENVIRONMENT])));
	}
	return list;
}

static json_t *json_held(const struct pst_policy_grid *grid)
{
	struct pst_place held = pst_policy_view_first(&grid->view);
	json_t *object = json_object();

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (axis != PST_AXIS_PERIOD && !(PST_POLICY_GRID_AXES >> axis & 1)) {
			json_object_set_new(object, pst_axis_names[axis],
				json_pack("{s:s, s:b}", "value",
					pst_policy_value_name(grid->view.policy,
						(enum pst_axis)axis, held.value[axis]),
					"steers", grid->steering >> axis & 1));
		}
	}
	return object;
}

static json_t *json_day(int32_t day)
{
	char text[PST_CLOCK_TEXT_SIZE];

	if (day == INT32_MIN || day == INT32_MAX) {
		return json_null();
	}
	pst_clock_format_day(day, text);
	return json_string(text);
}

static json_t *json_rules(const struct pst_policy_grid *grid)
{
	const struct pst_policy *policy = grid->view.policy;
	json_t *list = json_array();

	for (unsigned i = 1; i < policy->rule_count; i++) {
		const struct pst_rule *rule = &policy->rules[i];

		if (grid->uses[i]) {
			json_array_append_new(list,
				json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, "
					  "s:o}",
					"id", rule->id, "number", (int)i, "line", rule->line,
					"text", rule->text, "basis", rule->basis, "mark",
					pst_source_status_name(rule->mark), "from",
					json_day(rule->from_day), "until",
					json_day(rule->until_day), "sources",
					policy_json_sources(rule->sources), "disputes",
					policy_json_disputes(rule->disputes), "not_taken",
					rule->has_otherwise
						? policy_json_verdict(policy_rule_not_taken(rule))
						: json_null(),
					"choice", policy_json_choice(rule->choice)));
		}
	}
	return list;
}

static json_t *json_retention(const struct pst_policy_grid *grid)
{
	const struct pst_policy *policy = grid->view.policy;
	json_t *list = json_array();

	for (size_t i = 1; i < policy->retention_count; i++) {
		bool used = false;

		for (unsigned rule = 1; rule < policy->rule_count; rule++) {
			used |= grid->uses[rule] &&
				policy_rule_taken(&policy->rules[rule])->retention == i;
		}
		if (used) {
			json_array_append_new(
				list, policy_json_retention(policy, &policy->retention[i]));
		}
	}
	return list;
}

json_t *policy_grid_json(const struct pst_policy_grid *grid)
{
	const struct pst_policy *policy = grid->view.policy;

	return json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "policy", policy->id,
		"version", (json_int_t)policy->version, "title", policy->title, "date",
		json_day(grid->view.day), "held", json_held(grid), "columns", json_columns(grid),
		"cells", json_cells(grid), "rules", json_rules(grid), "retention",
		json_retention(grid), "disclaimer", policy->texts.own.disclaimer);
}

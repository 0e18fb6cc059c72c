/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/compile.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

#define ANY "any"

/* Axes whose values the encounter machine itself sets or tests: the file may not change them. */
static const char *const *const fixed_values[PST_AXIS_COUNT] = {
	[PST_AXIS_MODE] = pst_mode_names + 1,
	[PST_AXIS_PURPOSE] = pst_purpose_names + 1,
	[PST_AXIS_NOTICE] = pst_notice_names + 1,
	[PST_AXIS_CHOICE] = pst_choice_names + 1,
};

static const enum pst_axis needed[] = {PST_AXIS_CATEGORY, PST_AXIS_KNOWN_BY, PST_AXIS_DIRECTION,
	PST_AXIS_ENVIRONMENT, PST_AXIS_MODALITY};

uint64_t policy_axis_all(const struct pst_policy *policy, enum pst_axis axis)
{
	return UINT64_MAX >> (64 - policy->table.size[axis]);
}

static const struct file_axis *find_axis(const struct compiler *compiler, const char *name)
{
	const struct file_top *top = compiler->file->top;

	for (unsigned i = 0; i < top->axes_count; i++) {
		if (strcmp(top->axes[i].axis, name) == 0) {
			return &top->axes[i];
		}
	}
	return NULL;
}

static int axis_line(const struct compiler *compiler, const char *name)
{
	int axes = policy_file_find_line(compiler->file, 1, "axes");

	return policy_file_find_line(compiler->file, axes, name);
}

static int check_declared(struct compiler *compiler)
{
	const struct file_top *top = compiler->file->top;

	for (unsigned i = 0; i < top->axes_count; i++) {
		const char *name = top->axes[i].axis;
		int axis = pst_text_index(pst_axis_names, name);
		int line = axis_line(compiler, name);

		if (axis == PST_AXIS_PERIOD) {
			return policy_fail(compiler, line,
				"axis 'period' comes from the dates of the rules; remove it");
		}
		if (axis < 0) {
			axis = policy_read_word(compiler, line, "axis", name, pst_axis_names, true);
			return axis;
		}
		if (find_axis(compiler, name) != &top->axes[i]) {
			return policy_fail(compiler, line, "axis '%s' is declared twice", name);
		}
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!find_axis(compiler, pst_axis_names[needed[i]])) {
			return policy_fail(compiler,
				policy_file_find_line(compiler->file, 1, "axes"),
				"axis '%s' is missing", pst_axis_names[needed[i]]);
		}
	}
	return 0;
}

static int take_values(struct compiler *compiler, enum pst_axis axis, const struct file_axis *from)
{
	struct pst_policy *policy = compiler->policy;
	int line = axis_line(compiler, pst_axis_names[axis]);
	const char **values;

	if (from->values.count > PST_POLICY_VALUES_MAX || from->values.count == 0) {
		return policy_fail(compiler, line, "axis '%s' needs 1 to %d values",
			pst_axis_names[axis], PST_POLICY_VALUES_MAX);
	}
	values = policy_alloc(policy, from->values.count + 1, sizeof(*values));
	if (!values) {
		return pst_error_set(compiler->error, -ENOMEM, "out of memory");
	}
	for (unsigned i = 0; i < from->values.count; i++) {
		const char *value = from->values.item[i];

		if (!pst_text_is_id(value) || strcmp(value, ANY) == 0) {
			return policy_fail(compiler,
				policy_file_find_line(compiler->file, line, value),
				"'%s' cannot be a value: letters, digits, '-', '_' and '.' only, "
				"and not 'any'",
				value);
		}
		if (pst_text_index(values, value) >= 0) {
			return policy_fail(compiler,
				policy_file_find_line(compiler->file, line, value),
				"value '%s' stands twice on axis '%s'", value,
				pst_axis_names[axis]);
		}
		values[i] = value;
	}
	policy->values[axis] = values;
	policy->table.size[axis] = (uint16_t)from->values.count;
	return 0;
}

static int take_default(struct compiler *compiler, enum pst_axis axis, const struct file_axis *from)
{
	int line = axis_line(compiler, pst_axis_names[axis]);
	int value;

	if (!from->preset) {
		return 0;
	}
	if (axis == PST_AXIS_CATEGORY || axis == PST_AXIS_KNOWN_BY || axis == PST_AXIS_NOTICE ||
		axis == PST_AXIS_CHOICE) {
		return policy_fail(compiler, line,
			"axis '%s' may have no default: what is not known must stay unknown",
			pst_axis_names[axis]);
	}
	value = policy_read_word(compiler, policy_file_find_line(compiler->file, line, "default"),
		"default", from->preset, compiler->policy->values[axis], true);
	if (value < 0) {
		return value;
	}
	compiler->policy->default_value[axis] = (uint16_t)(value + 1);
	return 0;
}

static int take_axis(struct compiler *compiler, enum pst_axis axis)
{
	static const char *const undeclared[] = {ANY, NULL};
	struct pst_policy *policy = compiler->policy;
	const struct file_axis *from = find_axis(compiler, pst_axis_names[axis]);
	int status = 0;

	if (fixed_values[axis]) {
		policy->values[axis] = fixed_values[axis];
		while (policy->values[axis][policy->table.size[axis]]) {
			policy->table.size[axis]++;
		}
		if (from && from->values.count) {
			return policy_fail(compiler, axis_line(compiler, from->axis),
				"axis '%s' has fixed values; remove 'values'", from->axis);
		}
	} else if (from) {
		status = take_values(compiler, axis, from);
	} else {
		policy->values[axis] = undeclared;
		policy->table.size[axis] = 1;
		policy->default_value[axis] = 1;
	}
	return status < 0 || !from ? status : take_default(compiler, axis, from);
}

static int check_groups(struct compiler *compiler, const struct file_axis *from)
{
	enum pst_axis axis = (enum pst_axis)pst_text_index(pst_axis_names, from->axis);
	int line = axis_line(compiler, from->axis);

	for (unsigned i = 0; i < from->groups_count; i++) {
		const char *name = from->groups[i].group;
		int status = 0;

		if (!pst_text_is_id(name) || strcmp(name, ANY) == 0 ||
			pst_text_index(compiler->policy->values[axis], name) >= 0) {
			return policy_fail(compiler, line, "'%s' cannot name a group on axis '%s'",
				name, from->axis);
		}
		for (unsigned j = 0; j < i; j++) {
			if (strcmp(from->groups[j].group, name) == 0) {
				return policy_fail(compiler, line, "group '%s' stands twice", name);
			}
		}
		line = policy_file_find_line(compiler->file, line, name);
		for (unsigned j = 0; j < from->groups[i].of.count && status >= 0; j++) {
			const char *value = from->groups[i].of.item[j];

			status = policy_read_word(compiler,
				policy_file_find_line(compiler->file, line, value), from->axis,
				value, compiler->policy->values[axis], true);
		}
		if (status < 0) {
			return status;
		}
	}
	return 0;
}

static const struct file_group *find_group(
	const struct compiler *compiler, enum pst_axis axis, const char *name)
{
	const struct file_axis *from = find_axis(compiler, pst_axis_names[axis]);

	for (unsigned i = 0; from && i < from->groups_count; i++) {
		if (strcmp(from->groups[i].group, name) == 0) {
			return &from->groups[i];
		}
	}
	return NULL;
}

static uint64_t group_mask(
	const struct compiler *compiler, enum pst_axis axis, const struct file_group *group)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < group->of.count; i++) {
		int value = pst_text_index(compiler->policy->values[axis], group->of.item[i]);

		mask |= value >= 0 ? 1ULL << value : 0;
	}
	return mask;
}

int policy_read_values(struct compiler *compiler, enum pst_axis axis, const struct file_list *list,
	int line, uint64_t *ret_mask)
{
	const char *const *values = compiler->policy->values[axis];
	uint64_t mask = 0;

	for (unsigned i = 0; i < list->count; i++) {
		const char *word = list->item[i];
		const struct file_group *group = find_group(compiler, axis, word);
		int value = pst_text_index(values, word);

		if (strcmp(word, ANY) == 0) {
			mask |= policy_axis_all(compiler->policy, axis);
		} else if (group) {
			mask |= group_mask(compiler, axis, group);
		} else if (value >= 0) {
			mask |= 1ULL << value;
		} else {
			return policy_read_word(compiler,
				policy_file_find_line(compiler->file, line, word),
				pst_axis_names[axis], word, values, true);
		}
	}
	*ret_mask = mask;
	return 0;
}

int policy_compile_axes(struct compiler *compiler)
{
	const struct file_top *top = compiler->file->top;
	int status = check_declared(compiler);

	for (int axis = 0; axis < PST_AXIS_COUNT && status >= 0; axis++) {
		if (axis != PST_AXIS_PERIOD) {
			status = take_axis(compiler, (enum pst_axis)axis);
		}
	}
	for (unsigned i = 0; i < top->axes_count && status >= 0; i++) {
		status = check_groups(compiler, &top->axes[i]);
	}
	if (status >= 0 &&
		pst_text_index(compiler->policy->values[PST_AXIS_MODALITY], "face") < 0) {
		return policy_fail(
			compiler, axis_line(compiler, "modality"), "axis 'modality' lacks 'face'");
	}
	for (int axis = 0; axis < PST_AXIS_COUNT && status >= 0; axis++) {
		if (axis == PST_AXIS_PERIOD) {
			continue;
		}
		compiler->unless_stated[axis] =
			policy_axis_all(compiler->policy, (enum pst_axis)axis);
		if (top->unless_stated && top->unless_stated->axis[axis].count) {
			status = policy_read_values(compiler, (enum pst_axis)axis,
				&top->unless_stated->axis[axis],
				policy_file_find_line(compiler->file, 1, "unless-stated"),
				&compiler->unless_stated[axis]);
		}
	}
	return status < 0 ? status : 0;
}

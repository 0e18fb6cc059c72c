/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/compile.h"

#include <stdio.h>
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

/* @return which entry under axes: declares it, or -1 */
static int find_axis(const struct compiler *compiler, const char *name)
{
	const struct file_top *top = compiler->top;

	for (unsigned i = 0; i < top->axes_count; i++) {
		if (strcmp(top->axes[i].axis, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

static int check_declared(struct compiler *compiler)
{
	const struct file_top *top = compiler->top;

	for (unsigned i = 0; i < top->axes_count; i++) {
		const char *where = policy_where(compiler, "axes[%u].axis", i);
		const char *name = top->axes[i].axis;
		int axis = policy_read_word(compiler, where, "axis", name, pst_axis_names, true);

		if (axis < 0) {
			return axis;
		}
		if (axis == PST_AXIS_PERIOD) {
			return policy_fail(compiler, where,
				"axis 'period' comes from the dates of the rules; remove it");
		}
		if (find_axis(compiler, name) != (int)i) {
			return policy_fail(compiler, where, "axis '%s' is declared twice", name);
		}
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (find_axis(compiler, pst_axis_names[needed[i]]) < 0) {
			return policy_fail(compiler, "axes", "axis '%s' is missing",
				pst_axis_names[needed[i]]);
		}
	}
	return 0;
}

static int take_values(struct compiler *compiler, enum pst_axis axis, unsigned entry)
{
	const struct file_list *list = &compiler->top->axes[entry].values;
	struct pst_policy *policy = compiler->policy;
	const char **values;

	if (list->count > PST_POLICY_VALUES_MAX || list->count == 0) {
		return policy_fail(compiler, policy_where(compiler, "axes[%u]", entry),
			"axis '%s' needs 1 to %d values", pst_axis_names[axis],
			PST_POLICY_VALUES_MAX);
	}
	values = policy_alloc(policy, list->count + 1, sizeof(*values));
	if (!values) {
		return policy_no_memory(compiler);
	}
	for (unsigned i = 0; i < list->count; i++) {
		const char *where = policy_where(compiler, "axes[%u].values[%u]", entry, i);
		const char *value = list->item[i];

		if (!pst_text_is_id(value) || strcmp(value, ANY) == 0) {
			return policy_fail(compiler, where,
				"'%.64s' cannot be a value: letters, digits, '-', '_' and '.' "
				"only, and not 'any'",
				value);
		}
		if (pst_text_index(values, value) >= 0) {
			return policy_fail(compiler, where, "value '%s' stands twice on axis '%s'",
				value, pst_axis_names[axis]);
		}
		values[i] = value;
	}
	policy->values[axis] = values;
	policy->table.size[axis] = (uint16_t)list->count;
	return 0;
}

static int take_default(struct compiler *compiler, enum pst_axis axis, unsigned entry)
{
	const char *where = policy_where(compiler, "axes[%u].default", entry);
	const char *preset = compiler->top->axes[entry].preset;
	int value;

	if (!preset) {
		return 0;
	}
	if (axis == PST_AXIS_CATEGORY || axis == PST_AXIS_KNOWN_BY || axis == PST_AXIS_NOTICE ||
		axis == PST_AXIS_CHOICE) {
		return policy_fail(compiler, where,
			"axis '%s' may have no default: what is not known must stay unknown",
			pst_axis_names[axis]);
	}
	value = policy_read_word(
		compiler, where, "default", preset, compiler->policy->values[axis], true);
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
	int entry = find_axis(compiler, pst_axis_names[axis]);
	int status = 0;

	if (fixed_values[axis]) {
		policy->values[axis] = fixed_values[axis];
		while (policy->values[axis][policy->table.size[axis]]) {
			policy->table.size[axis]++;
		}
		if (entry >= 0 && compiler->top->axes[entry].values.count) {
			return policy_fail(compiler,
				policy_where(compiler, "axes[%d].values", entry),
				"axis '%s' has fixed values; remove 'values'",
				pst_axis_names[axis]);
		}
	} else if (entry >= 0) {
		status = take_values(compiler, axis, (unsigned)entry);
	} else {
		policy->values[axis] = undeclared;
		policy->table.size[axis] = 1;
		policy->default_value[axis] = 1;
	}
	return status < 0 || entry < 0 ? status : take_default(compiler, axis, (unsigned)entry);
}

static int check_group(struct compiler *compiler, unsigned entry, unsigned index)
{
	const struct file_axis *from = &compiler->top->axes[entry];
	const struct file_group *group = &from->groups[index];
	const char *const *values =
		compiler->policy->values[pst_text_index(pst_axis_names, from->axis)];
	const char *where = policy_where(compiler, "axes[%u].groups[%u].group", entry, index);

	if (!pst_text_is_id(group->group) || strcmp(group->group, ANY) == 0 ||
		pst_text_index(values, group->group) >= 0) {
		return policy_fail(compiler, where, "'%.64s' cannot name a group on axis '%s'",
			group->group, from->axis);
	}
	for (unsigned i = 0; i < index; i++) {
		if (strcmp(from->groups[i].group, group->group) == 0) {
			return policy_fail(
				compiler, where, "group '%s' stands twice", group->group);
		}
	}
	for (unsigned i = 0; i < group->of.count; i++) {
		int value = policy_read_word(compiler,
			policy_where(compiler, "axes[%u].groups[%u].of[%u]", entry, index, i),
			from->axis, group->of.item[i], values, true);

		if (value < 0) {
			return value;
		}
	}
	return 0;
}

static const struct file_group *find_group(
	const struct compiler *compiler, enum pst_axis axis, const char *name)
{
	int entry = find_axis(compiler, pst_axis_names[axis]);

	for (unsigned i = 0; entry >= 0 && i < compiler->top->axes[entry].groups_count; i++) {
		if (strcmp(compiler->top->axes[entry].groups[i].group, name) == 0) {
			return &compiler->top->axes[entry].groups[i];
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
	const char *path, uint64_t *ret_mask)
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
			char where[sizeof(compiler->where)];

			(void)snprintf(where, sizeof(where), "%s[%u]", path, i);
			return policy_read_word(
				compiler, where, pst_axis_names[axis], word, values, true);
		}
	}
	*ret_mask = mask;
	return 0;
}

static int take_unless_stated(struct compiler *compiler, enum pst_axis axis)
{
	const struct file_when *stated = compiler->top->unless_stated;
	char path[64];

	compiler->unless_stated[axis] = policy_axis_all(compiler->policy, axis);
	if (!stated || stated->axis[axis].count == 0) {
		return 0;
	}
	(void)snprintf(path, sizeof(path), "unless-stated.%s", pst_axis_names[axis]);
	return policy_read_values(
		compiler, axis, &stated->axis[axis], path, &compiler->unless_stated[axis]);
}

int policy_compile_axes(struct compiler *compiler)
{
	const struct file_top *top = compiler->top;
	int status = check_declared(compiler);

	for (int axis = 0; axis < PST_AXIS_COUNT && status >= 0; axis++) {
		if (axis != PST_AXIS_PERIOD) {
			status = take_axis(compiler, (enum pst_axis)axis);
		}
	}
	for (unsigned i = 0; i < top->axes_count && status >= 0; i++) {
		for (unsigned j = 0; j < top->axes[i].groups_count && status >= 0; j++) {
			status = check_group(compiler, i, j);
		}
	}
	if (status >= 0 &&
		pst_text_index(compiler->policy->values[PST_AXIS_MODALITY], "face") < 0) {
		return policy_fail(compiler,
			policy_where(compiler, "axes[%d].values", find_axis(compiler, "modality")),
			"axis 'modality' lacks 'face'");
	}
	for (int axis = 0; axis < PST_AXIS_COUNT && status >= 0; axis++) {
		if (axis != PST_AXIS_PERIOD) {
			status = take_unless_stated(compiler, (enum pst_axis)axis);
		}
	}
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/compile.h"

#include "base/clock.h"
#include "base/text.h"

#define OLDEST 150 /* years that a band may begin at */

/* Reads entry number index; they follow each other without gap or overlap. */
static int take_age(struct compiler *compiler, unsigned axis, unsigned index,
	struct pst_age_band *ages, int64_t *next)
{
	const struct file_axis *from = &compiler->top->axes[axis];
	const struct file_age *age = &from->ages[index];
	const char *where = policy_where(compiler, "axes[%u].ages[%u].band", axis, index);
	bool is_last = index + 1 == from->ages_count;
	int64_t first = 0;
	int64_t last = UINT16_MAX;
	int value = policy_read_word(compiler, where, "age-band", age->band,
		compiler->policy->values[PST_AXIS_AGE_BAND], true);

	if (value < 0) {
		return value;
	}
	if (ages[value].to > 0) {
		return policy_fail(compiler, where, "band '%s' stands twice", age->band);
	}
	if ((age->from && pst_text_parse_int(age->from, 0, OLDEST, &first) < 0) ||
		(age->to && pst_text_parse_int(age->to, 1, OLDEST, &last) < 0)) {
		return policy_fail(compiler, where,
			"band '%s' needs whole years: from 0 to %d, to at least 1", age->band,
			OLDEST);
	}
	if (first != *next || last < first || (age->to != NULL) == is_last) {
		return policy_fail(compiler, where,
			"ages must follow each other from 0 without gap or overlap, and only the "
			"last has no 'to'; band '%s' begins at %lld where %lld is due",
			age->band, (long long)first, (long long)*next);
	}
	ages[value] = (struct pst_age_band){(uint16_t)first, (uint16_t)last};
	*next = last + 1;
	return 0;
}

static int take_ages(struct compiler *compiler, unsigned axis)
{
	const struct file_axis *from = &compiler->top->axes[axis];
	struct pst_policy *policy = compiler->policy;
	struct pst_age_band *ages =
		policy_alloc(policy, policy->table.size[PST_AXIS_AGE_BAND], sizeof(*ages));
	int64_t next = 0;
	int status = 0;

	if (!ages) {
		return policy_no_memory(compiler);
	}
	if (from->ages_count != policy->table.size[PST_AXIS_AGE_BAND]) {
		return policy_fail(compiler, policy_where(compiler, "axes[%u].ages", axis),
			"ages needs one entry for each value of age-band");
	}
	for (unsigned i = 0; i < from->ages_count && status >= 0; i++) {
		status = take_age(compiler, axis, i, ages, &next);
	}
	policy->ages = ages;
	return status;
}

int policy_compile_ages(struct compiler *compiler)
{
	const struct file_top *top = compiler->top;

	for (unsigned i = 0; i < top->axes_count; i++) {
		if (top->axes[i].ages_count == 0) {
			continue;
		}
		if (pst_text_index(pst_axis_names, top->axes[i].axis) != PST_AXIS_AGE_BAND) {
			return policy_fail(compiler, policy_where(compiler, "axes[%u].ages", i),
				"axis '%s' cannot have ages; only age-band can", top->axes[i].axis);
		}
		return take_ages(compiler, i);
	}
	return 0;
}

uint16_t pst_policy_age_band(const struct pst_policy *policy, int32_t born_day, int32_t day)
{
	int32_t years;

	if (!policy->ages || born_day > day) {
		return 0;
	}
	years = pst_clock_months(born_day, day) / 12;
	for (uint16_t i = 0; i < policy->table.size[PST_AXIS_AGE_BAND]; i++) {
		if (years >= policy->ages[i].from && years <= policy->ages[i].to) {
			return (uint16_t)(i + 1);
		}
	}
	return 0;
}

enum pst_notice pst_policy_notice(
	const struct pst_policy *policy, enum pst_notice reported, int32_t day)
{
	return reported == PST_NOTICE_CURRENT && day > policy->texts.notice_until_day
		       ? PST_NOTICE_STALE
		       : reported;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/table.h"

#define AXIS_TEXT(name, text) text,
const char *const pst_axis_names[] = {PST_AXIS_MAP(AXIS_TEXT) NULL};

static const struct pst_cell refused = {
	.verdict = PST_VERDICT_REFUSE,
	.rule = PST_RULE_BUILT_IN,
	.outcome = PST_OUTCOME_REFER_UNKNOWN_CATEGORY,
};

uint32_t pst_table_shape(struct pst_table *table, uint32_t idle, uint32_t limit)
{
	uint64_t combinations = 1;
	uint32_t cells = 1;

	table->combinations = 0;
	table->cell_count = 0;
	for (int axis = PST_AXIS_COUNT - 1; axis >= 0; axis--) {
		combinations *= table->size[axis];
		if (combinations == 0 || combinations > limit) {
			return 0;
		}
		table->stride[axis] = idle >> axis & 1 ? 0 : cells;
		cells *= idle >> axis & 1 ? 1 : table->size[axis];
	}
	table->combinations = (uint32_t)combinations;
	table->cell_count = cells;
	return cells;
}

struct pst_cell pst_table_lookup(const struct pst_table *table, const struct pst_place *place)
{
	uint32_t index = 0;
	uint32_t outside = 0;

#pragma GCC unroll 16
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		uint32_t value = (uint32_t)place->value[axis] - 1;

		outside |= value >= table->size[axis];
		index += value * table->stride[axis];
	}
	if (outside || index >= table->cell_count) {
		return refused;
	}
	return table->cells[index];
}

uint16_t pst_table_period(const struct pst_table *table, int32_t day)
{
	uint16_t period = 0;

	while (period < table->size[PST_AXIS_PERIOD] && day >= table->period_from[period]) {
		period++;
	}
	return period;
}

void pst_table_place(const struct pst_table *table, uint32_t index, struct pst_place *ret_place)
{
	for (int axis = PST_AXIS_COUNT - 1; axis >= 0; axis--) {
		ret_place->value[axis] = (uint16_t)(index % table->size[axis] + 1);
		index /= table->size[axis];
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cells.h"

#include <assert.h>

static struct pst_cell cell_of(
	enum pst_authority authority, enum pst_notice notice, enum pst_choice choice)
{
	struct pst_cell cell = {.rule = 1};

	if (choice == PST_CHOICE_DECLINE) {
		cell.outcome = PST_OUTCOME_REFER_OPTED_OUT;
	} else if (choice == PST_CHOICE_WITHDRAW) {
		cell.outcome = PST_OUTCOME_REFER_WITHDRAWN;
	} else if (authority == PST_AUTHORITY_NONE) {
		cell.outcome = PST_OUTCOME_REFER_EXEMPT;
	} else if (notice != PST_NOTICE_CURRENT) {
		cell.verdict = PST_VERDICT_ASK;
		cell.outcome = PST_OUTCOME_REFER_NO_NOTICE;
	} else if (authority == PST_AUTHORITY_CONSENTED && choice != PST_CHOICE_CONSENT) {
		cell.verdict = PST_VERDICT_ASK;
		cell.outcome = PST_OUTCOME_REFER_NO_CONSENT;
	} else {
		cell.verdict = PST_VERDICT_ALLOW;
		cell.authority = (uint8_t)authority;
	}
	return cell;
}

struct pst_table cells_table(enum pst_authority authority, struct pst_cell cells[CELLS_COUNT])
{
	struct pst_table table = {.cells = cells};

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		table.size[axis] = 1;
	}
	table.size[PST_AXIS_PURPOSE] = 3;
	table.size[PST_AXIS_NOTICE] = 3;
	table.size[PST_AXIS_CHOICE] = 4;
	uint32_t count = pst_table_shape(&table, 0, CELLS_COUNT);
	assert(count == CELLS_COUNT);
	for (uint32_t i = 0; i < count; i++) {
		struct pst_place place;

		pst_table_place(&table, i, &place);
		cells[i] = cell_of(authority, (enum pst_notice)place.value[PST_AXIS_NOTICE],
			(enum pst_choice)place.value[PST_AXIS_CHOICE]);
	}
	return table;
}

struct pst_encounter_request cells_request(void)
{
	struct pst_encounter_request request = {0};

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		request.place.value[axis] = 1;
	}
	return request;
}

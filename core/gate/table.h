/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_GATE_TABLE_H
#define PST_GATE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "gate/verdict.h"

/**
 * The verdict table: every combination of every input, decided beforehand.
 *
 * An axis is one input with a finite list of values. A picture is no axis and never will be.
 * X(name, text)
 */
#define PST_AXIS_MAP(X)                                                                            \
	X(PST_AXIS_CATEGORY, "category")                                                           \
	X(PST_AXIS_KNOWN_BY, "known-by")                                                           \
	X(PST_AXIS_AGE_BAND, "age-band")                                                           \
	X(PST_AXIS_DIRECTION, "direction")                                                         \
	X(PST_AXIS_ENVIRONMENT, "environment")                                                     \
	X(PST_AXIS_PORT, "port")                                                                   \
	X(PST_AXIS_PERIOD, "period")                                                               \
	X(PST_AXIS_MODE, "mode")                                                                   \
	X(PST_AXIS_PURPOSE, "purpose")                                                             \
	X(PST_AXIS_MODALITY, "modality")                                                           \
	X(PST_AXIS_NOTICE, "notice")                                                               \
	X(PST_AXIS_CHOICE, "choice")

enum pst_axis {
#define PST_AXIS_ENUM(name, text) name,
	PST_AXIS_MAP(PST_AXIS_ENUM)
#undef PST_AXIS_ENUM
		PST_AXIS_COUNT
};

/** Names in order, ended by NULL. */
extern const char *const pst_axis_names[];

#define PST_PERIODS_MAX 16
#define PST_RULE_BUILT_IN 0

/** One decided combination. All zero is a refusal by the built-in rule. */
struct pst_cell {
	uint8_t verdict;      /* enum pst_verdict */
	uint8_t authority;    /* enum pst_authority; NONE unless the verdict is ALLOW */
	uint16_t rule;	      /* 1..; PST_RULE_BUILT_IN where no rule of the file decided */
	uint8_t retention;    /* retention class, 0: nothing may be kept */
	uint8_t outcome;      /* enum pst_outcome when the encounter ends here; UNSET for ALLOW */
	uint16_t obligations; /* bit i: enum pst_obligation i */
};
_Static_assert(sizeof(struct pst_cell) == 8, "a cell is one 8-byte load");

/** A combination: per axis a value counted from 1; 0 is unset and refused. */
struct pst_place {
	uint16_t value[PST_AXIS_COUNT];
};

/** An axis on which no value makes a difference has stride 0 and takes up no cells. */
struct pst_table {
	uint16_t size[PST_AXIS_COUNT];	      /* values on the axis, >= 1 */
	uint32_t stride[PST_AXIS_COUNT];      /* cells between neighbours on the axis */
	uint32_t combinations;		      /* product of all sizes */
	uint32_t cell_count;		      /* product of the sizes of axes with a stride */
	const struct pst_cell *cells;	      /* borrowed; the policy owns them */
	int32_t period_from[PST_PERIODS_MAX]; /* first day (since 1970-01-01) of each period, rising
					       */
};

/**
 * Sets strides and counts from the sizes.
 *
 * @param idle   bit i: axis i makes no difference, its values share their cells
 * @param limit  most combinations
 * @return cells needed, or 0 when a size is 0 or there are more combinations than limit
 */
uint32_t pst_table_shape(struct pst_table *table, uint32_t idle, uint32_t limit);

/**
 * Decides: one multiply-add chain and one load. No allocation, no failure.
 *
 * A value that is unset or outside its axis yields the built-in refusal.
 * [any]
 */
struct pst_cell pst_table_lookup(const struct pst_table *table, const struct pst_place *place);

/**
 * Which period a day belongs to. The day is the calendar date at the port.
 *
 * @return value for PST_AXIS_PERIOD, from 1; 0 for a day before the first period
 * [any]
 */
uint16_t pst_table_period(const struct pst_table *table, int32_t day);

/** Combination number index (< combinations); the last axis turns fastest. [any] */
void pst_table_place(const struct pst_table *table, uint32_t index, struct pst_place *ret_place);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_GATE_CELLS_H
#define PST_TEST_GATE_CELLS_H

#include "gate/encounter.h"

/*
 * Tables of one category for tests of the encounter: 3 purposes, 3 notices, 4 choices.
 *
 *   REQUIRED_IF_ASKED  needs a current notice          OFFERED    needs it, and no decline
 *   CONSENTED          needs it, and consent           NONE       exempt, whatever is shown
 */
#define CELLS_COUNT (3 * 3 * 4)

/** Fills cells and returns a table that borrows them. */
struct pst_table cells_table(enum pst_authority authority, struct pst_cell cells[CELLS_COUNT]);

/** @return a request of the first value on every axis; time-outs and budget are the caller's */
struct pst_encounter_request cells_request(void);

#endif

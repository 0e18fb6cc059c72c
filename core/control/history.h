/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONTROL_HISTORY_H
#define PST_CONTROL_HISTORY_H

#include <jansson.h>
#include <stdint.h>

#include "pipeline/drive.h"

/*
 * What is told of the last encounters that closed: why they were decided so, their receipts, their
 * reviews. It holds what the receipt holds, and no more of the person. All calls: [control]
 */

#define PST_HISTORY_MAX 1024

struct pst_history_entry {
	uint64_t encounter; /* 0: none */
	char receipt[PST_RECEIPT_ID_SIZE];
	char *explanation; /* owned, as the two below: JSON in one line */
	char *document;	   /* NULL: there is no receipt */
	char *review;	   /* the latest; NULL: none */
};

/** A zeroed one is empty. */
struct pst_history {
	struct pst_history_entry entries[PST_HISTORY_MAX]; /* by number */
	uint64_t latest;				   /* 0: none has closed */
};

/** Keeps an encounter that closed, in place of the oldest. Without memory it is not kept. */
void pst_history_put(struct pst_history *history, const struct pst_drive_explanation *encounter);

/** Keeps a review with its encounter, if that is still there. */
void pst_history_review(struct pst_history *history, uint64_t encounter,
	const struct pst_review *review, uint64_t sequence);

/** @param encounter  0: the latest. @return NULL: not there */
const struct pst_history_entry *pst_history_find(
	const struct pst_history *history, uint64_t encounter);

/** @return NULL: not there */
const struct pst_history_entry *pst_history_of_receipt(
	const struct pst_history *history, const char *receipt);

void pst_history_finish(struct pst_history *history);

#endif

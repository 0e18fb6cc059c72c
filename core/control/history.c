/* SPDX-License-Identifier: Apache-2.0 */
#include "control/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/tell.h"

static void clear(struct pst_history_entry *entry)
{
	free(entry->explanation);
	free(entry->document);
	free(entry->review);
	*entry = (struct pst_history_entry){0};
}

static char *text_of(json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	json_decref(value);
	return text;
}

void pst_history_put(struct pst_history *history, const struct pst_drive_explanation *encounter)
{
	const struct pst_events_closed *told = &encounter->told;
	struct pst_history_entry *entry = &history->entries[told->encounter % PST_HISTORY_MAX];

	clear(entry);
	entry->explanation = text_of(pst_tell_explanation(encounter));
	entry->document = encounter->receipt ? strdup(encounter->receipt) : NULL;
	if (!entry->explanation || (encounter->receipt && !entry->document)) {
		clear(entry);
		return;
	}
	entry->encounter = history->latest = told->encounter;
	(void)snprintf(
		entry->receipt, sizeof(entry->receipt), "%s", told->receipt ? told->receipt : "");
}

void pst_history_review(struct pst_history *history, uint64_t encounter,
	const struct pst_review *review, uint64_t sequence)
{
	struct pst_history_entry *entry = &history->entries[encounter % PST_HISTORY_MAX];

	if (entry->encounter == encounter) {
		free(entry->review);
		entry->review = text_of(pst_tell_review(review, sequence));
	}
}

const struct pst_history_entry *pst_history_find(
	const struct pst_history *history, uint64_t encounter)
{
	const uint64_t number = encounter ? encounter : history->latest;
	const struct pst_history_entry *entry = &history->entries[number % PST_HISTORY_MAX];

	return number && entry->encounter == number ? entry : NULL;
}

const struct pst_history_entry *pst_history_of_receipt(
	const struct pst_history *history, const char *receipt)
{
	for (size_t i = 0; i < PST_HISTORY_MAX; i++) {
		const struct pst_history_entry *entry = &history->entries[i];

		if (entry->document && strcmp(entry->receipt, receipt) == 0) {
			return entry;
		}
	}
	return NULL;
}

void pst_history_finish(struct pst_history *history)
{
	for (size_t i = 0; i < PST_HISTORY_MAX; i++) {
		clear(&history->entries[i]);
	}
	history->latest = 0;
}

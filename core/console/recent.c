/* SPDX-License-Identifier: Apache-2.0 */
#include "console/recent.h"

#include <stdlib.h>
#include <string.h>

void pst_console_recent_keep(
	struct pst_console_recent *recent, char *question, json_t *answer, uint64_t now_ms)
{
	size_t oldest = 0;

	for (size_t i = 1; i < PST_CONSOLE_RECENT_ANSWERS; i++) {
		if (recent->kept[i].at_ms < recent->kept[oldest].at_ms) {
			oldest = i;
		}
	}
	free(recent->kept[oldest].question);
	json_decref(recent->kept[oldest].answer);
	recent->kept[oldest].question = question;
	recent->kept[oldest].answer = json_incref(answer);
	recent->kept[oldest].at_ms = now_ms;
}

const json_t *pst_console_recent_find(
	const struct pst_console_recent *recent, const char *question, uint64_t now_ms)
{
	for (size_t i = 0; i < PST_CONSOLE_RECENT_ANSWERS; i++) {
		if (recent->kept[i].question && strcmp(recent->kept[i].question, question) == 0 &&
			now_ms - recent->kept[i].at_ms < PST_CONSOLE_RECENT_MS) {
			return recent->kept[i].answer;
		}
	}
	return NULL;
}

void pst_console_recent_forget(struct pst_console_recent *recent)
{
	for (size_t i = 0; i < PST_CONSOLE_RECENT_ANSWERS; i++) {
		free(recent->kept[i].question);
		json_decref(recent->kept[i].answer);
	}
	*recent = (struct pst_console_recent){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "audit/account.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct pst_account *account, char *text)
{
	uint64_t sequence = 0;
	char *rest = NULL;
	int status = 0;

	for (char *line = strtok_r(text, "\n", &rest); line && status == 0;
		line = strtok_r(NULL, "\n", &rest)) {
		char *json = strchr(line, ' ');

		if (json) {
			*json++ = 0;
			const struct pst_audit_item item = {
				.sequence = ++sequence, .kind = line, .json = json};

			status = pst_account_take(account, &item);
		}
	}
}

/* A log as lines of "KIND JSON": whatever they say, what holds adds up. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_account *account = pst_account_create(NULL, NULL);
	char *text = malloc(size + 1);

	if (account && text) {
		if (size > 0) {
			memcpy(text, data, size);
		}
		text[size] = 0;
		take(account, text);
		const struct pst_account_report *report = pst_account_finish(account);

		if (report->finding == PST_ACCOUNT_FINDING_OK &&
			report->seen != report->leased + report->withheld + report->lost +
						report->damaged) {
			abort();
		}
	}
	free(text);
	pst_account_destroy(&account);
	return 0;
}

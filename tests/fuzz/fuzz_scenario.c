/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds) {
		abort();
	}
}

static void check_taken(const struct pst_scenario *scenario)
{
	int64_t free_ns = 0;

	require(scenario->count >= 1 && scenario->count <= PST_SCENARIO_ENCOUNTERS_MAX);
	for (size_t i = 0; i < scenario->count; i++) {
		const struct pst_scenario_encounter *one = &scenario->encounters[i];

		require(one->at_ns >= free_ns && one->for_ns > 0 && one->line > 0);
		free_ns = one->at_ns + one->for_ns;
		require(pst_text_is_id(one->category) && pst_text_is_id(one->known_by));
		require(!one->has_born || !one->age_band[0]);
		require(one->choice == PST_SCENARIO_CHOICE_NONE
				? one->choice_ns == 0
				: one->choice_ns >= one->at_ns && one->choice_ns < free_ns);
		require(one->expect.leased.low <= one->expect.leased.high);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const outcomes[] = {"verified", "refer-opted-out", NULL};
	static const struct pst_scenario_names names = {.outcomes = outcomes};
	struct pst_scenario scenario;
	struct pst_error error = {0};
	uint8_t *text = malloc(size ? size : 1);

	if (!text) {
		return 0;
	}
	if (size) {
		memcpy(text, data, size);
	}
	if (pst_scenario_parse(&scenario, "s.yaml", text, size, &names, &error) == 0) {
		check_taken(&scenario);
	} else {
		require(strncmp(error.text, "s.yaml:", 7) == 0 && !scenario.encounters);
	}
	pst_scenario_finish(&scenario);
	free(text);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/lane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds) {
		abort();
	}
}

/* What has been taken lies within the limits that the header promises. */
static void check_taken(const struct pst_lane_config *config)
{
	require(pst_text_is_id(config->name) && pst_text_is_id(config->direction));
	require(config->pace == PST_LANE_PACE_REAL || config->pace == PST_LANE_PACE_MAX);
	require(config->sandbox <= PST_LANE_SANDBOX_OFF);
	require(config->option_count <= PST_LANE_OPTIONS_MAX);
	require(config->fmr >= 1e-7 && config->fmr <= 0.1);
	require(config->zone.x >= 0 && config->zone.width <= 1);
	require(config->timeout_ns >= PST_NS_PER_S && config->timeout_ns <= 600 * PST_NS_PER_S);
	require(config->stop_after_ns >= 0 && config->min_face_px >= 20);
	require(abs(config->time_zone_offset_s) <= 14 * 3600);
	(void)pst_lane_config_day(config, 1768435200);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_lane_config *config = malloc(sizeof(*config));
	struct pst_error error = {0};
	uint8_t *text = malloc(size ? size : 1);

	if (config && text) {
		if (size) {
			memcpy(text, data, size);
		}
		pst_lane_config_init(config);
		if (pst_lane_config_parse(config, "d/l.yaml", text, size, &error) == 0) {
			check_taken(config);
			error.status = pst_lane_config_check(config, &error);
		} else {
			require(strncmp(error.text, "d/l.yaml:", 9) == 0);
		}
	}
	free(text);
	free(config);
	return 0;
}

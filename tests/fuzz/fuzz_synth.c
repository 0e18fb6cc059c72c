/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "devices/impl.h"
#include "devices/synthetic/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read must lie within the limits that the scene relies on. */
static void check(const struct pst_synth_scene_options *scene)
{
	if (scene->people < 1 || scene->people > PST_SYNTH_PEOPLE_MAX || scene->fps < 1 ||
		scene->fps > PST_SYNTH_FPS_MAX || scene->width < PST_SYNTH_WIDTH_MIN ||
		scene->width > PST_SYNTH_WIDTH_MAX || scene->width % 2 ||
		scene->height < PST_SYNTH_HEIGHT_MIN || scene->height > PST_SYNTH_HEIGHT_MAX ||
		scene->height % 2 || scene->bystanders > PST_SYNTH_BYSTANDERS_MAX ||
		!(scene->seconds > 0 && scene->seconds <= PST_SYNTH_SECONDS_MAX) ||
		(scene->turns && scene->turns[0].identity >= scene->people)) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char values[PST_SYNTH_SETTING_COUNT][PST_DEVICE_TEXT_SIZE] = {0}, path[16];
	struct pst_uri_option options[PST_SYNTH_SETTING_COUNT + 1] = {0};
	struct pst_synth_settings settings;
	struct pst_error error = {0};
	char *uri = malloc(size + 1);

	if (!uri) {
		return 0;
	}
	if (size) {
		memcpy(uri, data, size);
	}
	uri[size] = 0;
	for (int i = 0; i < PST_SYNTH_SETTING_COUNT; i++) {
		options[i].key = pst_synth_setting_name((enum pst_synth_setting)i);
		options[i].value = values[i];
	}
	int status = pst_uri_parse(uri, "synth", options, path, sizeof(path), &error);

	pst_synth_settings_init(&settings);
	for (int i = 0; i < PST_SYNTH_SETTING_COUNT && status == 0; i++) {
		if (values[i][0]) {
			status = pst_synth_settings_read(
				&settings, (enum pst_synth_setting)i, values[i], &error);
		}
	}
	if (status == 0 && pst_synth_settings_complete(&settings, &error) == 0) {
		check(&settings.scene);
	}
	if (status < 0 && !error.text[0]) {
		abort();
	}
	free(uri);
	return 0;
}

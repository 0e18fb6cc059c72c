/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_SETTINGS_H
#define PST_DEVICES_SYNTHETIC_SETTINGS_H

#include "devices/synthetic/scene.h"

/** What a scene can be told in words, in a source URI or on the command line. */
#define PST_SYNTH_SETTING_MAP(X)                                                                   \
	X(PEOPLE, "people")	    /* default 4 */                                                \
	X(SEED, "seed")		    /* default 1 */                                                \
	X(TAKE, "take")		    /* default 0 */                                                \
	X(SIZE, "size")		    /* WIDTHxHEIGHT, default 1280x720 */                           \
	X(FPS, "fps")		    /* default 30 */                                               \
	X(SECONDS, "seconds")	    /* default: 4 for each person */                               \
	X(BYSTANDERS, "bystanders") /* default 0 */                                                \
	X(PERSON, "person")	    /* only this one of the people, all the time */

enum pst_synth_setting {
#define PST_SYNTH_SETTING_ENUM(name, text) PST_SYNTH_SETTING_##name,
	PST_SYNTH_SETTING_MAP(PST_SYNTH_SETTING_ENUM)
#undef PST_SYNTH_SETTING_ENUM
		PST_SYNTH_SETTING_COUNT
};

struct pst_synth_settings {
	struct pst_synth_scene_options scene;
	bool has_seconds, has_person, has_size;
	struct pst_synth_turn alone; /* the script when there is one person only */
};

/** @return "people", ... */
const char *pst_synth_setting_name(enum pst_synth_setting setting);

/** Sets all of them to their defaults. */
void pst_synth_settings_init(struct pst_synth_settings *settings);

/** Reads one. @return 0 or PST_E_CONFIG with the error naming it and its limits */
int pst_synth_settings_read(struct pst_synth_settings *settings, enum pst_synth_setting setting,
	const char *value, struct pst_error *error) PST_MUST_CHECK;

/**
 * Fits them together once all are read; settings->scene is then ready for scene_create and
 * points into settings.
 *
 * @return 0 or PST_E_CONFIG with the error filled
 */
int pst_synth_settings_complete(
	struct pst_synth_settings *settings, struct pst_error *error) PST_MUST_CHECK;

#endif

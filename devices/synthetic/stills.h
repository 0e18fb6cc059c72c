/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_STILLS_H
#define PST_DEVICES_SYNTHETIC_STILLS_H

#include "devices/synthetic/recording.h"

#define PST_SYNTH_STILLS_MAX 100u /* pictures of each person */

/**
 * Writes pictures of invented people, a folder for each: FOLDER/00000/000.jpg and so on. The first
 * picture is a portrait; in the others the person stands or walks before a camera, each time in
 * other light and pose, some of them out of focus or too dark. Equal options give equal files.
 *
 * @param folder   made if missing
 * @param options  seed, take, people, width, height; the rest is not looked at
 * @param each     pictures of each person, 1 .. PST_SYNTH_STILLS_MAX
 * @param progress told after each picture; may be NULL
 * @return as pst_synth_record; pictures already written stay
 */
int pst_synth_stills(const char *folder, const struct pst_synth_scene_options *options,
	uint32_t each, pst_synth_progress_fn progress, void *user,
	struct pst_error *error) PST_MUST_CHECK;

#endif

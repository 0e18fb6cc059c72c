/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_TRUTH_H
#define PST_DEVICES_SYNTHETIC_TRUTH_H

#include <stdio.h>

#include "devices/synthetic/scene.h"

/**
 * Writes what is in a scene as one JSON document, a frame per line:
 * {"version": 1, "seed", "take", "people", "size": [w, h], "fps", "turns": [...],
 *  "frames": [{"frame", "faces": [{"identity", "main", "in-zone", "box", "landmarks"}]}]}
 *
 * @return 0, -EIO or -ENOSPC as the file says, or -ENOMEM
 */
int pst_synth_truth_write(FILE *file, const struct pst_synth_scene *scene,
	const struct pst_synth_scene_options *options) PST_MUST_CHECK;

#endif

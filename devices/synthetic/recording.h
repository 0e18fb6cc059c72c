/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_RECORDING_H
#define PST_DEVICES_SYNTHETIC_RECORDING_H

#include "devices/synthetic/scene.h"

/**
 * Writes a recording of a drawn scene: one run of its script as MJPEG in AVI at path, and what is
 * in it, frame by frame, as JSON at path with ".truth.json" added.
 *
 * The recording carries PST_DOMAIN_DRAWN_MARK as its comment. Both files appear
 * whole or not at all: they are written beside their place and renamed at the end; a file that
 * stood there before is replaced.
 *
 * @return 0; PST_E_CONFIG (an option out of limits), -errno of the file system, -ENOMEM; then
 *         nothing new stands at path and the error says what to do
 */
int pst_synth_record(const char *path, const struct pst_synth_scene_options *options,
	struct pst_error *error) PST_MUST_CHECK;

#endif

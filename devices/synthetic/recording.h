/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_RECORDING_H
#define PST_DEVICES_SYNTHETIC_RECORDING_H

#include "devices/synthetic/scene.h"

/** Told after each frame that is written, to show progress. @return false to give up */
typedef bool (*pst_synth_progress_fn)(void *user, uint64_t done, uint64_t total);

/**
 * Writes a recording of a drawn scene: one run of its script as MJPEG in AVI at path, and what is
 * in it, frame by frame, as JSON at path with ".truth.json" added.
 *
 * The recording carries PST_DOMAIN_DRAWN_MARK as its comment. Each file appears whole or not at
 * all: both are written beside their places and renamed at the end; what stood there before is
 * replaced.
 *
 * @param progress  may be NULL
 * @return 0; PST_E_CONFIG (an option out of limits), -errno of the file system, -ENOMEM,
 *         -ECANCELED (progress gave up); then nothing new stands at path and the error says what
 *         to do
 */
int pst_synth_record(const char *path, const struct pst_synth_scene_options *options,
	pst_synth_progress_fn progress, void *user, struct pst_error *error) PST_MUST_CHECK;

/**
 * Writes one person's portrait as a JPEG file; take 0, 1, 2.. gives other light and pose.
 *
 * @return as pst_synth_record
 */
int pst_synth_record_portrait(const char *path, const struct pst_synth_scene_options *options,
	uint32_t identity, struct pst_error *error) PST_MUST_CHECK;

#endif

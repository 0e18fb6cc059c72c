/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_SYNTHETIC_H
#define PST_DEVICES_SYNTHETIC_SYNTHETIC_H

#include "devices/device.h"

/**
 * Opens a drawn scene as a source of MJPEG frames; domain PST_DOMAIN_DRAWN.
 *
 * Paced real it behaves like a camera: the descriptor is a timer, and who takes frames too late
 * loses some. Starting a stopped scene begins it anew; equal URIs give equal frames.
 *
 * @param uri   "synth:?people=4&seed=7&size=1280x720&fps=30&seconds=12&bystanders=2": people take
 *              turns of equal length in the middle; person=N shows only one of them; take=N
 *              changes light, movement and noise, never the faces. It ends after so many seconds;
 *              without seconds it begins again and again.
 * @param pace  PST_PACE_REAL or PST_PACE_MAX (no descriptor, captured_ns counts from 0)
 * @param ret   on success the caller's, to be closed
 * @return 0; PST_E_CONFIG the URI is wrong; -errno; all with the error filled
 * [capture]
 */
int pst_synth_open(struct pst_device **ret, const char *uri, enum pst_pace pace,
	struct pst_error *error) PST_MUST_CHECK;

#endif

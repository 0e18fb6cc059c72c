/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_CLIP_H
#define USB_CAMERA_CLIP_H

#include "format.h"

/** A recording, ready in every mode of a camera. */
struct clip;

/**
 * Reads an MJPEG AVI, a JPEG (or several, one behind the other), or "synth:..." (drawn faces).
 *
 * JPEGs of the right size are kept as they are; for other modes they are decoded, scaled and
 * converted here. At most 600 frames, and of each mode about 64 MiB, are kept.
 *
 * @return 0; PST_E_CONFIG; PST_E_DEVICE; PST_E_CORRUPT; -errno; error filled
 */
int clip_open(struct clip **ret, const char *spec, const struct modes *modes,
	struct pst_error *error) PST_MUST_CHECK;

/** Accepts NULL inside, sets it to NULL. */
void clip_close(struct clip **clip);

/**
 * @param number    from 1; the clip begins again and again
 * @param ret_data  the clip's
 * @return whether the clip has this mode
 */
bool clip_frame(const struct clip *clip, enum format format, struct size size, uint64_t number,
	const uint8_t **ret_data, size_t *ret_size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_PICTURE_H
#define USB_CAMERA_PICTURE_H

#include "format.h"

/** What the camera sees, in every mode it offers. */
struct picture;

/**
 * Opens "counter" (see counter.h) or a clip (see clip.h), which is played again and again. What the
 * camera's modes need of it is made ready here, so that no frame is late because of it.
 *
 * @param settles  darker counters are made ready too
 * @param modes  borrowed until close
 * @return 0; PST_E_CONFIG; PST_E_DEVICE; -errno; error filled
 */
int picture_open(struct picture **ret, const char *spec, bool settles, const struct modes *modes,
	struct pst_error *error) PST_MUST_CHECK;

/** Accepts NULL inside, sets it to NULL. */
void picture_close(struct picture **picture);

/**
 * Gives a frame.
 *
 * @param size      one of the modes', or of half the width and height: then it is a counter's
 * @param light     1 to COUNTER_LIGHT_FULL, of a counter
 * @param mark      the camera's, as a counter shows it
 * @param number    of the frame, from 1
 * @param ret_data  the picture's, valid until the next call
 * @param ret_size  bytes
 * @return 0; -ENOMEM; error filled
 */
int picture_draw(struct picture *picture, enum format format, struct size size, unsigned light,
	char mark, uint64_t number, const uint8_t **ret_data, size_t *ret_size,
	struct pst_error *error) PST_MUST_CHECK;

#endif

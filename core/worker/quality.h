/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_QUALITY_H
#define PST_WORKER_QUALITY_H

#include "base/error.h"
#include "wire/result.h"
#include "worker/decode.h"
#include "worker/guest.h"
#include "worker/picture.h"

/** Measures faces with a quality plugin. Zeroed but for the guest is a valid one. */
struct pst_quality_meter {
	struct pst_guest *guest; /* borrowed; NULL: no face is measured */
	struct pst_picture own;	 /* where the detector's picture is not what the plugin takes */
};

/**
 * Measures the widest PST_QUALITY_FACES_MAX faces of a frame.
 *
 * @param decoder  for memory only
 * @param picture  what the detector was shown, without padding
 * @param geometry  where the picture's pixels lie in the frame; faces are in its space
 * @return 0, every face's quality filled; PST_E_PLUGIN the plugin failed or answered nonsense;
 *         -ENOMEM
 */
int pst_quality_meter_measure(struct pst_quality_meter *meter, struct pst_decoder *decoder,
	const struct pst_image *picture, const struct pst_geometry *geometry,
	struct pst_wire_face *faces, uint32_t count, struct pst_error *error) PST_MUST_CHECK;

void pst_quality_meter_wipe(struct pst_quality_meter *meter);

/** Wipes and frees; the guest stays. */
void pst_quality_meter_finish(struct pst_quality_meter *meter);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_DETECTOR_H
#define POSTERN_DETECTOR_H

#include "postern/entry.h"
#include "postern/face.h"
#include "postern/image.h"

#define PST_FACES_MAX 64 /* more faces in one picture are not asked for */

/** Calls of a detector. Since abi 1.0 */
struct pst_detector {
	uint32_t size; /* sizeof(struct pst_detector) of the plugin */
	uint32_t reserved;

	/**
	 * Finds every face in a picture. The same picture gives the same faces.
	 *
	 * @param image  borrowed until return; in the manifest's input format, scaled so that its
	 *               longer side is at most the manifest's input size
	 * @param faces  the host's array, room for cap entries (1..PST_FACES_MAX), not zeroed;
	 *               filled from 0, best score first; of more than cap the best
	 * @return count written, 0..cap (0 is a normal answer); PST_E_FORMAT not the manifest's
	 *         format; -ENOMEM; PST_E_PLUGIN
	 * On error what stands in faces is ignored.
	 * [frame & running]
	 */
	int (*detect)(
		void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap);
};

#endif

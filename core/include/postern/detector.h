/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_DETECTOR_H
#define POSTERN_DETECTOR_H

#include "postern/entry.h"
#include "postern/image.h"

#define PST_FACES_MAX 64 /* more faces in one picture are not asked for */

/** One face found. Since abi 1.0 */
struct pst_face {
	float x; /* box, px in image space; may reach beyond the image */
	float y;
	float width;
	float height;
	float score;		/* 0..1, higher is surer */
	uint32_t has_landmarks; /* 0: the detector gives none, the worker takes mean positions */
	struct pst_point landmarks[PST_LANDMARK_COUNT];
};

/** Calls of a detector. Since abi 1.0 */
struct pst_detector {
	uint32_t size; /* sizeof(struct pst_detector) of the plugin */
	uint32_t reserved;

	/**
	 * Finds every face in a picture.
	 *
	 * @param image  borrowed until return; in the manifest's input format, scaled so that its
	 *               longer side is at most the manifest's input size
	 * @param faces  the host's array, room for cap entries (1..PST_FACES_MAX), best first
	 * @return count written (0 is a normal answer); PST_E_FORMAT; -ENOMEM; PST_E_PLUGIN
	 * On error what stands in faces is ignored.
	 * [frame & running]
	 */
	int (*detect)(
		void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap);
};

#endif

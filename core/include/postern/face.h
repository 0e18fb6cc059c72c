/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_FACE_H
#define POSTERN_FACE_H

#include <stdint.h>

#include "postern/image.h"

/**
 * Landmarks in the order of pst_face.landmarks, left and right as seen in the picture: the centres
 * of the eyes, the tip of the nose, the corners of the mouth. Since abi 1.0
 */
enum pst_landmark {
	PST_LANDMARK_EYE_LEFT = 0, /* the person's right eye */
	PST_LANDMARK_EYE_RIGHT = 1,
	PST_LANDMARK_NOSE = 2,
	PST_LANDMARK_MOUTH_LEFT = 3,
	PST_LANDMARK_MOUTH_RIGHT = 4,
	PST_LANDMARK_COUNT = 5,
};

/** A face in a picture; every number finite. Since abi 1.0 */
struct pst_face {
	float x; /* box, its upper left corner, px in image space; may reach beyond the image */
	float y;
	float width;		/* px, > 0 */
	float height;		/* px, > 0 */
	float score;		/* 0..1, higher is surer */
	uint32_t has_landmarks; /* 0: a detector gives none, the worker takes mean positions */
	struct pst_point landmarks[PST_LANDMARK_COUNT];
};

#endif

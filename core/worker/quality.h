/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_QUALITY_H
#define PST_WORKER_QUALITY_H

#include "postern/detector.h"
#include "postern/image.h"
#include "wire/result.h"
#include "worker/picture.h"

/**
 * How fit a face is for a template, from the picture it was found in. Names follow ISO/IEC
 * 29794-5: inter-eye distance, sharpness, luminance mean and its spread, pose.
 *
 * @param picture   the detection picture, GREY8, RGB24 or BGR24
 * @param geometry  where its pixels lie in the full image
 * @param face      full image space, with landmarks
 */
void pst_quality_measure(const struct pst_image *picture, const struct pst_geometry *geometry,
	const struct pst_face *face, struct pst_quality *ret_quality);

#endif

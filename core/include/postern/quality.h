/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_QUALITY_H
#define POSTERN_QUALITY_H

#include "postern/entry.h"
#include "postern/face.h"
#include "postern/image.h"

/**
 * Quality measures, by the numbers and names of ISO/IEC 29794-5. The number travels; X(name,
 * number, text). Since abi 1.0
 */
#define PST_MEASURE_MAP(X)                                                                         \
	X(PST_MEASURE_UNIFIED_QUALITY_SCORE, 0x41, "unified-quality-score")                        \
	X(PST_MEASURE_BACKGROUND_UNIFORMITY, 0x42, "background-uniformity")                        \
	X(PST_MEASURE_ILLUMINATION_UNIFORMITY, 0x43, "illumination-uniformity")                    \
	X(PST_MEASURE_LUMINANCE_MEAN, 0x44, "luminance-mean")                                      \
	X(PST_MEASURE_LUMINANCE_VARIANCE, 0x45, "luminance-variance")                              \
	X(PST_MEASURE_UNDER_EXPOSURE_PREVENTION, 0x46, "under-exposure-prevention")                \
	X(PST_MEASURE_OVER_EXPOSURE_PREVENTION, 0x47, "over-exposure-prevention")                  \
	X(PST_MEASURE_DYNAMIC_RANGE, 0x48, "dynamic-range")                                        \
	X(PST_MEASURE_SHARPNESS, 0x49, "sharpness")                                                \
	X(PST_MEASURE_COMPRESSION_ARTIFACTS, 0x4a, "compression-artifacts")                        \
	X(PST_MEASURE_NATURAL_COLOUR, 0x4b, "natural-colour")                                      \
	X(PST_MEASURE_SINGLE_FACE_PRESENT, 0x4c, "single-face-present")                            \
	X(PST_MEASURE_EYES_OPEN, 0x4d, "eyes-open")                                                \
	X(PST_MEASURE_MOUTH_CLOSED, 0x4e, "mouth-closed")                                          \
	X(PST_MEASURE_EYES_VISIBLE, 0x4f, "eyes-visible")                                          \
	X(PST_MEASURE_MOUTH_OCCLUSION_PREVENTION, 0x50, "mouth-occlusion-prevention")              \
	X(PST_MEASURE_FACE_OCCLUSION_PREVENTION, 0x51, "face-occlusion-prevention")                \
	X(PST_MEASURE_INTER_EYE_DISTANCE, 0x52, "inter-eye-distance")                              \
	X(PST_MEASURE_HEAD_SIZE, 0x53, "head-size")                                                \
	X(PST_MEASURE_LEFTWARD_CROP, 0x54, "leftward-crop")                                        \
	X(PST_MEASURE_RIGHTWARD_CROP, 0x55, "rightward-crop")                                      \
	X(PST_MEASURE_MARGIN_ABOVE, 0x56, "margin-above")                                          \
	X(PST_MEASURE_MARGIN_BELOW, 0x57, "margin-below")                                          \
	X(PST_MEASURE_HEAD_POSE_YAW, 0x58, "head-pose-yaw")                                        \
	X(PST_MEASURE_HEAD_POSE_PITCH, 0x59, "head-pose-pitch")                                    \
	X(PST_MEASURE_HEAD_POSE_ROLL, 0x5a, "head-pose-roll")                                      \
	X(PST_MEASURE_EXPRESSION_NEUTRALITY, 0x5b, "expression-neutrality")                        \
	X(PST_MEASURE_NO_HEAD_COVERINGS, 0x5c, "no-head-coverings")

enum pst_measure {
	PST_MEASURE_UNSET = 0,
#define PST_MEASURE_ENUM(name, number, text) name = number,
	PST_MEASURE_MAP(PST_MEASURE_ENUM)
#undef PST_MEASURE_ENUM
};
#define PST_MEASURES_MAX 28 /* each at most once */

/** One measure of one face. Since abi 1.0 */
struct pst_quality_component {
	uint32_t measure; /* enum pst_measure */
	int32_t status;	  /* 0; PST_E_NOT_IMPLEMENTED, or PST_E_FORMAT it can't be told here */
	float score;	  /* 0 worst..100 best; ignored unless status is 0 */
	float raw;	  /* what the score was made of, finite: inter-eye distance in px of the
			     full picture, luminance mean 0..255, angles in degrees, else the
			     plugin's own unit; ignored unless status is 0 */
};

/** Calls of a quality plugin. Since abi 1.0 */
struct pst_quality_calls {
	uint32_t size; /* sizeof(struct pst_quality_calls) of the plugin */
	uint32_t reserved;

	/**
	 * Tells how fit a face is for a template. The same picture, face and scale give the same
	 * numbers.
	 *
	 * @param image  borrowed until return; the picture the face was found in, in the manifest's
	 *               input format, at most as long as its input size
	 * @param face   borrowed until return; image space, always with landmarks
	 * @param scale  px of the full picture per px of image, > 0
	 * @param components  the host's array, not zeroed, room for cap entries
	 *                    (PST_MEASURES_MAX); the first is PST_MEASURE_UNIFIED_QUALITY_SCORE,
	 *                    every measure stands there at most once
	 * @return count written, 1..cap; PST_E_FORMAT; -ENOMEM; PST_E_PLUGIN
	 * On error what stands in components is ignored.
	 * [frame & running]
	 */
	int (*assess)(void *self, const struct pst_image *image, const struct pst_face *face,
		float scale, struct pst_quality_component *components, uint32_t cap);
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef YUNET_FACES_H
#define YUNET_FACES_H

#include <cstdint>
#include <vector>

#include "postern/detector.h"

/** One stride's outputs of the net, cell by cell in row order; borrowed. */
struct stride_outputs {
	uint32_t stride; // px: 8, 16 or 32
	uint32_t columns;
	uint32_t rows;
	const float *cls; // 1 per cell
	const float *obj; // 1 per cell
	const float *box; // 4 per cell
	const float *kps; // 10 per cell
};

/**
 * Adds the faces of one stride that score at least `least`.
 *
 * YuNet (Wu, Peng, Yu: YuNet: a tiny millisecond-level face detector, 2023): score =
 * sqrt(cls * obj), centre = (cell + box[0..1]) * stride, size = exp(box[2..3]) * stride,
 * landmark = (cell + kps) * stride. Cells with values that are not finite are passed over.
 */
void decode_faces(const stride_outputs &outputs, float least, std::vector<pst_face> &faces);

/** Sorts best first and drops each face that overlaps a better one more than `overlap` (IoU). */
void suppress_faces(float overlap, std::vector<pst_face> &faces);

#endif

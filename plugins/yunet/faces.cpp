/* SPDX-License-Identifier: Apache-2.0 */
#include "faces.h"

#include <algorithm>
#include <cmath>

namespace
{

bool decode_cell(const stride_outputs &o, uint32_t cell, float score, pst_face &face)
{
	const float *box = o.box + 4 * (size_t)cell;
	const float *kps = o.kps + 10 * (size_t)cell;
	const float stride = (float)o.stride;
	const uint32_t line = cell / o.columns;
	const float column = (float)(cell - line * o.columns);
	const float row = (float)line;

	face = {};
	face.score = score;
	face.width = std::exp(box[2]) * stride;
	face.height = std::exp(box[3]) * stride;
	face.x = (column + box[0]) * stride - face.width / 2;
	face.y = (row + box[1]) * stride - face.height / 2;
	face.has_landmarks = 1;
	bool finite = std::isfinite(face.x) && std::isfinite(face.y) && std::isfinite(face.width) &&
		      std::isfinite(face.height);
	for (uint32_t i = 0; i < PST_LANDMARK_COUNT; i++, kps += 2) {
		face.landmarks[i].x = (column + kps[0]) * stride;
		face.landmarks[i].y = (row + kps[1]) * stride;
		finite = finite && std::isfinite(face.landmarks[i].x) &&
			 std::isfinite(face.landmarks[i].y);
	}
	return finite;
}

float intersection_over_union(const pst_face &a, const pst_face &b)
{
	float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
	float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);

	if (width <= 0 || height <= 0) {
		return 0;
	}
	float both = width * height;
	return both / (a.width * a.height + b.width * b.height - both);
}

} // namespace

void decode_faces(const stride_outputs &outputs, float least, std::vector<pst_face> &faces)
{
	const uint32_t cells = outputs.columns * outputs.rows;

	for (uint32_t cell = 0; cell < cells; cell++) {
		float cls = std::min(outputs.cls[cell], 1.0f);
		float obj = std::min(outputs.obj[cell], 1.0f);
		pst_face face;

		if (!(cls > 0 && obj > 0 && cls * obj >= least * least)) {
			continue;
		}
		if (decode_cell(outputs, cell, std::sqrt(cls * obj), face)) {
			faces.push_back(face);
		}
	}
}

void suppress_faces(float overlap, std::vector<pst_face> &faces)
{
	size_t kept = 0;

	std::stable_sort(faces.begin(), faces.end(),
		[](const pst_face &a, const pst_face &b) { return a.score > b.score; });
	for (const pst_face &face : faces) {
		bool hidden = std::any_of(
			faces.begin(), faces.begin() + kept, [&](const pst_face &better) {
				return intersection_over_union(face, better) > overlap;
			});

		if (!hidden) {
			faces[kept++] = face;
		}
	}
	faces.resize(kept);
}

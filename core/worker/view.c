/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/view.h"

#include <math.h>
#include <string.h>

#include "worker/align.h"

void pst_view_fit(const struct pst_wire_plugin *plugin, uint32_t width, uint32_t height,
	uint32_t *ret_width, uint32_t *ret_height)
{
	uint32_t longer = width > height ? width : height;

	*ret_width = width;
	*ret_height = height;
	if (longer > plugin->input_size) {
		*ret_width = (width * plugin->input_size + longer / 2) / longer;
		*ret_height = (height * plugin->input_size + longer / 2) / longer;
	}
	*ret_width = *ret_width ? *ret_width : 1;
	*ret_height = *ret_height ? *ret_height : 1;
}

int pst_view_shape(const struct pst_wire_plugin *plugin, uint32_t width, uint32_t height,
	struct pst_picture *picture)
{
	uint32_t multiple = plugin->input_multiple;

	return pst_picture_shape(picture, plugin->input_format,
		(width + multiple - 1) / multiple * multiple,
		(height + multiple - 1) / multiple * multiple);
}

void pst_view_face(
	const struct pst_geometry *geometry, const struct pst_face *face, struct pst_face *ret_face)
{
	struct pst_point corner =
		pst_geometry_from_full(geometry, (struct pst_point){face->x, face->y});

	*ret_face = *face;
	ret_face->x = corner.x;
	ret_face->y = corner.y;
	ret_face->width = face->width / geometry->scale_x;
	ret_face->height = face->height / geometry->scale_y;
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		ret_face->landmarks[i] = pst_geometry_from_full(geometry, face->landmarks[i]);
	}
}

static int fill_chip(struct pst_view *view, const struct pst_wire_plugin *plugin,
	struct pst_decoder *decoder, struct pst_picture *whole, const struct pst_frame *frame,
	const struct pst_face *face)
{
	struct pst_similarity to_chip;
	struct pst_geometry geometry;
	struct pst_rect part;
	int status = pst_similarity_fit(
		face->landmarks, plugin->chip_landmark, PST_LANDMARK_COUNT, &to_chip);

	if (status == 0) {
		status = pst_align_part(&to_chip, plugin->chip_width, plugin->chip_height,
			frame->width, frame->height, &part);
	}
	if (status == 0) {
		float scale = hypotf(to_chip.a, to_chip.b);

		status = pst_decode_part(
			decoder, frame, &part, 1 / scale, plugin->chip_format, whole, &geometry);
	}
	if (status == 0) {
		status = pst_picture_shape(&view->picture, plugin->chip_format, plugin->chip_width,
			plugin->chip_height);
	}
	if (status == 0) {
		pst_align_warp(&whole->image, &geometry, &to_chip, &view->picture);
		pst_align_face(&to_chip, face, &view->face);
	}
	return status;
}

int pst_view_fill(struct pst_view *view, const struct pst_wire_plugin *plugin,
	struct pst_decoder *decoder, struct pst_picture *part, const struct pst_frame *frame,
	const struct pst_face *face)
{
	struct pst_geometry geometry = {0};
	uint32_t width, height;
	int status;

	if (plugin->chip_format) {
		return fill_chip(view, plugin, decoder, part, frame, face);
	}
	pst_view_fit(plugin, frame->width, frame->height, &width, &height);
	status = pst_view_shape(plugin, width, height, &view->picture);
	if (status == 0) {
		status =
			pst_decode(decoder, frame, width, height, /* fine= */ true, &view->picture);
	}
	if (status == 0) {
		geometry.scale_x = (float)frame->width / (float)width;
		geometry.scale_y = (float)frame->height / (float)height;
		pst_view_face(&geometry, face, &view->face);
	}
	return status;
}

int pst_view_blank(struct pst_view *view, const struct pst_wire_plugin *plugin, uint32_t width,
	uint32_t height)
{
	struct pst_face *face = &view->face;
	int status;

	if (plugin->chip_format) {
		*face = (struct pst_face){.width = (float)plugin->chip_width,
			.height = (float)plugin->chip_height,
			.score = 1,
			.has_landmarks = 1};
		memcpy(face->landmarks, plugin->chip_landmark, sizeof(face->landmarks));
		return pst_picture_shape(&view->picture, plugin->chip_format, plugin->chip_width,
			plugin->chip_height);
	}
	pst_view_fit(plugin, width, height, &width, &height);
	status = pst_view_shape(plugin, width, height, &view->picture);
	*face = (struct pst_face){.x = (float)width / 4,
		.y = (float)height / 4,
		.width = (float)width / 2,
		.height = (float)height / 2,
		.score = 1};
	pst_align_guess_landmarks(face);
	return status;
}

void pst_view_wipe(struct pst_view *view)
{
	pst_picture_wipe(&view->picture);
	explicit_bzero(&view->face, sizeof(view->face));
}

void pst_view_finish(struct pst_view *view)
{
	pst_picture_finish(&view->picture);
}

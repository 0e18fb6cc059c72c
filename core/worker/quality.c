/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/quality.h"

#include <errno.h>
#include <string.h>

#include "worker/view.h"

/* The detector's picture where the plugin takes it as it is, else a copy of its size and format. */
static int prepare(struct pst_quality_meter *meter, struct pst_decoder *decoder,
	const struct pst_image *picture, struct pst_image *ret_image, uint32_t *ret_width,
	uint32_t *ret_height)
{
	const struct pst_wire_plugin *plugin = pst_guest_plugin(meter->guest);
	uint32_t width, height;
	int status;

	pst_view_fit(plugin, picture->width, picture->height, &width, &height);
	*ret_width = width;
	*ret_height = height;
	if (width == picture->width && picture->format == plugin->input_format &&
		width % plugin->input_multiple == 0 && height % plugin->input_multiple == 0) {
		*ret_image = *picture;
		return 0;
	}
	status = pst_view_shape(plugin, width, height, &meter->own);
	if (status == 0) {
		status = pst_decode_image(decoder, picture, width, height, &meter->own);
	}
	*ret_image = meter->own.image;
	return status;
}

static int assess(struct pst_quality_meter *meter, const struct pst_image *image, float scale,
	const struct pst_face *face, struct pst_quality *quality, struct pst_error *error)
{
	const struct pst_quality_calls *calls = pst_guest_calls(meter->guest);
	const char *id = pst_guest_plugin(meter->guest)->id;
	const char *problem = NULL;
	int count = calls->assess(pst_guest_self(meter->guest), image, face, scale,
		quality->component, PST_MEASURES_MAX);

	if (count < 0) {
		return pst_error_set(error, PST_E_PLUGIN, "plugin %s: measuring failed: %s", id,
			pst_status_text(count));
	}
	if (count < 1 || count > PST_MEASURES_MAX) {
		return pst_error_set(error, PST_E_PLUGIN,
			"plugin %s: claims %d components, room is %d", id, count, PST_MEASURES_MAX);
	}
	quality->count = (uint32_t)count;
	for (uint32_t i = 0; i < quality->count; i++) {
		struct pst_quality_component *component = &quality->component[i];

		component->score = component->status ? 0 : component->score;
		component->raw = component->status ? 0 : component->raw;
	}
	if (pst_quality_conclude(quality, &problem) < 0) {
		return pst_error_set(
			error, PST_E_PLUGIN, "plugin %s: its answer has %s", id, problem);
	}
	return 0;
}

/* Whether fewer than PST_QUALITY_FACES_MAX are wider. */
static bool is_wide(const struct pst_wire_face *faces, uint32_t count, uint32_t index)
{
	uint32_t wider = 0;

	for (uint32_t i = 0; i < count; i++) {
		float more = faces[i].face.width - faces[index].face.width;

		wider += more > 0 || (more == 0 && i < index);
	}
	return wider < PST_QUALITY_FACES_MAX;
}

int pst_quality_meter_measure(struct pst_quality_meter *meter, struct pst_decoder *decoder,
	const struct pst_image *picture, const struct pst_geometry *geometry,
	struct pst_wire_face *faces, uint32_t count, struct pst_error *error)
{
	struct pst_geometry own = *geometry;
	struct pst_image image;
	uint32_t width = 1, height = 1;
	int status = 0;

	for (uint32_t i = 0; i < count; i++) {
		faces[i].quality = (struct pst_quality){0};
	}
	if (!meter->guest || count == 0) {
		return 0;
	}
	status = prepare(meter, decoder, picture, &image, &width, &height);
	if (status < 0) {
		return pst_error_set(error, status, "no picture for plugin %s: %s",
			pst_guest_plugin(meter->guest)->id, pst_status_text(status));
	}
	own.scale_x *= (float)picture->width / (float)width;
	own.scale_y *= (float)picture->height / (float)height;
	for (uint32_t i = 0; status == 0 && i < count; i++) {
		struct pst_face face;

		if (is_wide(faces, count, i)) {
			pst_view_face(&own, &faces[i].face, &face);
			status =
				assess(meter, &image, own.scale_x, &face, &faces[i].quality, error);
		}
	}
	return status;
}

void pst_quality_meter_wipe(struct pst_quality_meter *meter)
{
	pst_picture_wipe(&meter->own);
}

void pst_quality_meter_finish(struct pst_quality_meter *meter)
{
	pst_picture_finish(&meter->own);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/reader.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/align.h"

static uint32_t format_of(const char *name)
{
	static const char *const names[] = {"", "grey8", "rgb24", "bgr24"};

	for (uint32_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) == 0) {
			return i;
		}
	}
	return PST_PIXELS_UNSET;
}

/* Opens with the first model file that exists, without one where the manifest names none. */
static int open_one(struct guest *guest, const char *folder, const char *id)
{
	char path[512] = "", file[256] = "";
	char *manifest;
	int status = guest_open(guest, folder, id, NULL, NULL);
	bool is_found = false;

	if (status != PST_E_CONFIG || !guest->manifest) {
		return status;
	}
	manifest = strdup(guest->manifest);
	guest_close(guest);
	for (const char *at = manifest; at && !is_found; at = strchr(at + 1, '\n')) {
		if (sscanf(at, "\n  - file: %255s", file) == 1) {
			is_found = guest_find_model(file, path);
		}
	}
	free(manifest);
	return is_found ? guest_open(guest, folder, id, NULL, path) : -ENOENT;
}

static int read_geometry(struct reader *reader)
{
	char format[16];
	struct pst_point *p = reader->reference;

	if (reader->detector.entry) {
		if (sscanf(guest_field(&reader->detector, "input"),
			    "{format: %15[a-z0-9], size: %u, multiple: %u}", format,
			    &reader->input_size, &reader->input_multiple) != 3) {
			return -EINVAL;
		}
		reader->input_format = format_of(format);
	}
	if (sscanf(guest_field(&reader->extractor, "chip"),
		    "{format: %15[a-z0-9], width: %u, height: %u, landmarks: "
		    "[[%f, %f], [%f, %f], [%f, %f], [%f, %f], [%f, %f]]}",
		    format, &reader->chip_width, &reader->chip_height, &p[0].x, &p[0].y, &p[1].x,
		    &p[1].y, &p[2].x, &p[2].y, &p[3].x, &p[3].y, &p[4].x, &p[4].y) != 13) {
		return -EINVAL;
	}
	reader->chip_format = format_of(format);
	if (sscanf(guest_field(&reader->extractor, "template"), "{type: float32, dimension: %u}",
		    &reader->template_size) != 1) {
		return -EINVAL;
	}
	reader->template_size *= (uint32_t)sizeof(float);
	return reader->template_size <= PST_TEMPLATE_MAX ? 0 : -EINVAL;
}

int reader_open(
	struct reader *reader, const char *folder, const char *detector, const char *extractor)
{
	int status;

	*reader = (struct reader){0};
	status = detector ? open_one(&reader->detector, folder, detector) : 0;
	if (status == 0) {
		status = open_one(&reader->extractor, folder, extractor);
	}
	if (status == 0) {
		status = read_geometry(reader);
	}
	if (status == 0) {
		status = pst_decoder_init(&reader->decoder);
	}
	if (status < 0) {
		reader_close(reader);
	}
	return status;
}

void reader_close(struct reader *reader)
{
	guest_close(&reader->detector);
	guest_close(&reader->extractor);
	pst_decoder_finish(&reader->decoder);
	pst_picture_finish(&reader->input);
	pst_picture_finish(&reader->whole);
	pst_picture_finish(&reader->chip);
	*reader = (struct reader){0};
}

static uint32_t rounded_up(uint32_t value, uint32_t multiple)
{
	return (value + multiple - 1) / multiple * multiple;
}

int reader_detect(
	struct reader *reader, const struct pst_frame *frame, struct pst_face *faces, uint32_t cap)
{
	uint32_t longer = frame->width > frame->height ? frame->width : frame->height;
	uint32_t size = reader->input_size < longer ? reader->input_size : longer;
	uint32_t width = (frame->width * size + longer / 2) / longer;
	uint32_t height = (frame->height * size + longer / 2) / longer;
	struct pst_geometry geometry = {
		.scale_x = (float)frame->width / (float)width,
		.scale_y = (float)frame->height / (float)height,
	};
	int status = pst_picture_shape(&reader->input, reader->input_format,
		rounded_up(width, reader->input_multiple),
		rounded_up(height, reader->input_multiple));

	if (status == 0) {
		status = pst_decode(&reader->decoder, frame, width, height, false, &reader->input);
	}
	if (status == 0) {
		status = guest_detector(&reader->detector)
				 ->detect(reader->detector.instance, &reader->input.image, faces,
					 cap);
	}
	for (int i = 0; i < status; i++) {
		struct pst_point corner =
			pst_geometry_to_full(&geometry, (struct pst_point){faces[i].x, faces[i].y});

		faces[i].x = corner.x;
		faces[i].y = corner.y;
		faces[i].width *= geometry.scale_x;
		faces[i].height *= geometry.scale_y;
		for (int k = 0; k < PST_LANDMARK_COUNT; k++) {
			faces[i].landmarks[k] =
				pst_geometry_to_full(&geometry, faces[i].landmarks[k]);
		}
	}
	return status;
}

int reader_align(struct reader *reader, const struct pst_frame *frame, const struct pst_face *face)
{
	struct pst_similarity to_chip;
	struct pst_geometry geometry;
	struct pst_rect part;
	int status = pst_similarity_fit(
		face->landmarks, reader->reference, PST_LANDMARK_COUNT, &to_chip);

	if (status == 0) {
		status = pst_align_part(&to_chip, reader->chip_width, reader->chip_height,
			frame->width, frame->height, &part);
	}
	if (status == 0) {
		status = pst_decode_part(&reader->decoder, frame, &part,
			1 / hypotf(to_chip.a, to_chip.b), reader->chip_format, &reader->whole,
			&geometry);
	}
	if (status == 0) {
		status = pst_picture_shape(&reader->chip, reader->chip_format, reader->chip_width,
			reader->chip_height);
	}
	if (status == 0) {
		pst_align_warp(&reader->whole.image, &geometry, &to_chip, &reader->chip);
		pst_align_face(&to_chip, face, &reader->chip_face);
	}
	return status;
}

int reader_extract(struct reader *reader, const struct pst_frame *frame,
	const struct pst_face *face, uint8_t *ret_template)
{
	int status = reader_align(reader, frame, face);

	if (status < 0) {
		return status;
	}
	return guest_extractor(&reader->extractor)
		->extract(reader->extractor.instance, &reader->chip.image, &reader->chip_face,
			PST_ROLE_PROBE, ret_template, reader->template_size);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

	if (sscanf(guest_field(&reader->detector, "input"),
		    "{format: %15[a-z0-9], size: %u, multiple: %u}", format, &reader->input_size,
		    &reader->input_multiple) != 3) {
		return -EINVAL;
	}
	reader->input_format = format_of(format);
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

int reader_open(struct reader *reader, const char *folder, const char *detector,
	const char *extractor, uint32_t size)
{
	int status;

	*reader = (struct reader){0};
	status = open_one(&reader->detector, folder, detector);
	if (status == 0) {
		status = open_one(&reader->extractor, folder, extractor);
	}
	if (status == 0) {
		status = read_geometry(reader);
	}
	if (status < 0) {
		reader_close(reader);
	} else if (size > 0) {
		reader->input_size = size;
	}
	return status;
}

void reader_close(struct reader *reader)
{
	guest_close(&reader->detector);
	guest_close(&reader->extractor);
}

int reader_detect(struct reader *reader, const uint8_t *rgb, uint32_t width, uint32_t height,
	struct pst_face *faces, uint32_t cap)
{
	struct pst_image image;
	float scale;
	int count;

	chip_scale(rgb, width, height, reader->input_size, reader->input_multiple,
		reader->input_format, &image, &scale);
	count = guest_detector(&reader->detector)
			->detect(reader->detector.instance, &image, faces, cap);
	chip_free(&image);
	for (int i = 0; i < count; i++) {
		faces[i].x /= scale;
		faces[i].y /= scale;
		faces[i].width /= scale;
		faces[i].height /= scale;
		for (int k = 0; k < PST_LANDMARK_COUNT; k++) {
			faces[i].landmarks[k].x /= scale;
			faces[i].landmarks[k].y /= scale;
		}
	}
	return count;
}

int reader_extract(struct reader *reader, const uint8_t *rgb, uint32_t width, uint32_t height,
	const struct pst_face *face, uint8_t *ret_template)
{
	struct pst_image chip;
	int size;

	chip_align(rgb, width, height, face->landmarks, reader->reference, reader->chip_width,
		reader->chip_height, reader->chip_format, &chip);
	size = guest_extractor(&reader->extractor)
		       ->extract(reader->extractor.instance, &chip, PST_ROLE_PROBE, ret_template,
			       reader->template_size);
	chip_free(&chip);
	return size;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "clip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "convert.h"
#include "counter.h"
#include "devices/synthetic/synthetic.h"
#include "jpegs.h"

#define FRAMES_MAX 600
#define FILE_BYTES_MAX (256U << 20)
#define MODE_BYTES_MAX (64U << 20)
#define MODES_MAX (FORMAT_COUNT * SIZES_MAX)
#define QUALITY 85

struct clip_mode {
	enum format format;
	struct size size;
	unsigned count;
	size_t bytes;
	struct {
		uint8_t *data; /* owned */
		size_t size;
	} frames[FRAMES_MAX];
};

struct clip {
	unsigned mode_count;
	struct clip_mode modes[MODES_MAX];
};

static int no_memory(struct pst_error *error)
{
	return pst_error_set(error, -ENOMEM, "no memory for the picture");
}

static bool is_same(struct size one, struct size other)
{
	return one.width == other.width && one.height == other.height;
}

static bool is_full(const struct clip_mode *mode)
{
	return mode->count == FRAMES_MAX || mode->bytes > MODE_BYTES_MAX;
}

/* @param data  taken: the mode's from here on */
static void keep(struct clip_mode *mode, uint8_t *data, size_t size)
{
	mode->frames[mode->count].data = data;
	mode->frames[mode->count++].size = size;
	mode->bytes += size;
}

static int keep_copy(
	struct clip_mode *mode, const uint8_t *data, size_t size, struct pst_error *error)
{
	uint8_t *copy = malloc(size);

	if (!copy) {
		return no_memory(error);
	}
	memcpy(copy, data, size);
	keep(mode, copy, size);
	return 0;
}

static int keep_converted(
	struct clip_mode *mode, const struct planar *planar, struct pst_error *error)
{
	if (mode->format == FORMAT_MJPEG) {
		const uint8_t *const planes[3] = {
			planar->planes[0], planar->planes[1], planar->planes[2]};
		uint8_t *jpeg = NULL;
		ssize_t size = counter_compress(planes, mode->size, 0, QUALITY, &jpeg);

		if (size < 0) {
			return no_memory(error);
		}
		keep(mode, jpeg, (size_t)size);
		return 0;
	}
	uint8_t *data = malloc(format_bytes(mode->format, mode->size));

	if (!data) {
		return no_memory(error);
	}
	planar_pack(planar, mode->format, data);
	keep(mode, data, format_bytes(mode->format, mode->size));
	return 0;
}

/* Modes are sorted by size, so that a picture is scaled once for each. */
static int add_jpeg(struct clip *clip, const uint8_t *jpeg, size_t bytes, struct pst_error *error)
{
	struct planar planar = {0};
	struct size size;
	int status = planar_size(jpeg, bytes, &size, error);

	for (unsigned i = 0; status == 0 && i < clip->mode_count; i++) {
		struct clip_mode *mode = &clip->modes[i];

		if (is_full(mode)) {
			continue;
		}
		if (mode->format == FORMAT_MJPEG && is_same(mode->size, size)) {
			status = keep_copy(mode, jpeg, bytes, error);
			continue;
		}
		if (!planar.planes[0] || !is_same(planar.size, mode->size)) {
			planar_finish(&planar);
			status = planar_decode(jpeg, bytes, mode->size, &planar, error);
		}
		if (status == 0) {
			status = keep_converted(mode, &planar, error);
		}
	}
	planar_finish(&planar);
	return status;
}

static int read_file(struct clip *clip, const char *path, struct pst_error *error)
{
	uint8_t *data = NULL;
	const uint8_t *jpeg;
	size_t size = 0, bytes;
	struct jpegs jpegs;
	int status = pst_fd_read_file(path, FILE_BYTES_MAX, &data, &size, error);

	if (status < 0) {
		return status;
	}
	jpegs_init(&jpegs, data, size);
	for (int i = 0; status == 0 && i < FRAMES_MAX && jpegs_next(&jpegs, &jpeg, &bytes); i++) {
		status = add_jpeg(clip, jpeg, bytes, error);
		if (status < 0) {
			pst_error_prefix(error, "%s: frame %d", path, i + 1);
		}
	}
	free(data);
	if (status == 0 && clip->modes[0].count == 0) {
		status = pst_error_set(error, PST_E_DEVICE, "%s: no MJPEG AVI and no JPEG", path);
	}
	return status;
}

static int draw_scene(struct clip *clip, const char *uri, struct pst_error *error)
{
	struct pst_device *device = NULL;
	struct pst_frame frame;
	int status = pst_synth_open(&device, uri, PST_PACE_MAX, error);

	if (status == 0) {
		status = pst_device_start(device, error);
	}
	while (status == 0 && !is_full(&clip->modes[0])) {
		status = pst_device_next(device, &frame, error);
		if (status == 1) {
			status = add_jpeg(clip, frame.plane[0].data, frame.plane[0].size, error);
			pst_device_release(device, &frame);
		}
	}
	pst_device_close(&device);
	return status == PST_E_END ? 0 : status;
}

int clip_open(
	struct clip **ret, const char *spec, const struct modes *modes, struct pst_error *error)
{
	struct clip *clip = calloc(1, sizeof(*clip));

	if (!clip) {
		return no_memory(error);
	}
	for (unsigned i = 0; i < modes->size_count; i++) {
		for (unsigned j = 0; j < modes->format_count; j++) {
			struct clip_mode *mode = &clip->modes[clip->mode_count++];

			mode->format = modes->formats[j];
			mode->size = modes->sizes[i];
		}
	}
	int status = strncmp(spec, "synth:", 6) == 0 ? draw_scene(clip, spec, error)
						     : read_file(clip, spec, error);

	if (status < 0) {
		clip_close(&clip);
		return status;
	}
	*ret = clip;
	return 0;
}

void clip_close(struct clip **clip)
{
	if (*clip) {
		for (unsigned i = 0; i < (*clip)->mode_count; i++) {
			for (unsigned j = 0; j < (*clip)->modes[i].count; j++) {
				free((*clip)->modes[i].frames[j].data);
			}
		}
		free(*clip);
		*clip = NULL;
	}
}

bool clip_frame(const struct clip *clip, enum format format, struct size size, uint64_t number,
	const uint8_t **ret_data, size_t *ret_size)
{
	for (unsigned i = 0; i < clip->mode_count; i++) {
		const struct clip_mode *mode = &clip->modes[i];

		if (mode->format == format && is_same(mode->size, size) && mode->count > 0) {
			unsigned index = (unsigned)((number - 1) % mode->count);

			*ret_data = mode->frames[index].data;
			*ret_size = mode->frames[index].size;
			return true;
		}
	}
	return false;
}

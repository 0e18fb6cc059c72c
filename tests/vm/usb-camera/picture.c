/* SPDX-License-Identifier: Apache-2.0 */
#include "picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clip.h"
#include "counter.h"

#define COUNTERS_MAX (FORMAT_COUNT * SIZES_MAX + 8)

struct picture {
	const struct modes *modes;
	struct clip *clip; /* owned; NULL: counters only */
	struct {
		enum format format;
		struct size size;
		struct counter *counter; /* owned */
	} counters[COUNTERS_MAX];
	unsigned counter_count;
};

static int find_counter(struct picture *picture, enum format format, struct size size,
	struct counter **ret, struct pst_error *error)
{
	for (unsigned i = 0; i < picture->counter_count; i++) {
		if (picture->counters[i].format == format &&
			picture->counters[i].size.width == size.width &&
			picture->counters[i].size.height == size.height) {
			*ret = picture->counters[i].counter;
			return 0;
		}
	}
	unsigned index = picture->counter_count;

	if (index == COUNTERS_MAX) {
		counter_destroy(&picture->counters[--index].counter);
		picture->counter_count--;
	}
	int status = counter_create(&picture->counters[index].counter, format, size, error);

	if (status == 0) {
		picture->counters[index].format = format;
		picture->counters[index].size = size;
		picture->counter_count++;
		*ret = picture->counters[index].counter;
	}
	return status;
}

int picture_open(
	struct picture **ret, const char *spec, const struct modes *modes, struct pst_error *error)
{
	struct picture *picture = calloc(1, sizeof(*picture));
	struct counter *counter;
	int status = 0;

	if (!picture) {
		return pst_error_set(error, -ENOMEM, "no memory for a picture");
	}
	picture->modes = modes;
	if (strcmp(spec, "counter") != 0) {
		status = clip_open(&picture->clip, spec, modes, error);
	}
	/* Raw counters are made in no time, JPEGs are not. */
	for (unsigned i = 0; status == 0 && !picture->clip && i < modes->size_count; i++) {
		for (unsigned j = 0; status == 0 && j < modes->format_count; j++) {
			if (modes->formats[j] == FORMAT_MJPEG) {
				status = find_counter(
					picture, FORMAT_MJPEG, modes->sizes[i], &counter, error);
			}
		}
	}
	if (status < 0) {
		picture_close(&picture);
		return status;
	}
	*ret = picture;
	return 0;
}

void picture_close(struct picture **picture)
{
	if (*picture) {
		for (unsigned i = 0; i < (*picture)->counter_count; i++) {
			counter_destroy(&(*picture)->counters[i].counter);
		}
		clip_close(&(*picture)->clip);
		free(*picture);
		*picture = NULL;
	}
}

int picture_draw(struct picture *picture, enum format format, struct size size, char mark,
	uint64_t number, const uint8_t **ret_data, size_t *ret_size, struct pst_error *error)
{
	struct counter *counter;

	if (picture->clip && clip_frame(picture->clip, format, size, number, ret_data, ret_size)) {
		return 0;
	}
	int status = find_counter(picture, format, size, &counter, error);

	if (status == 0) {
		*ret_size = counter_draw(counter, mark, (uint32_t)number, ret_data);
	}
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clip.h"
#include "counter.h"

#define COUNTERS_MAX (FORMAT_COUNT * SIZES_MAX * COUNTER_LIGHT_FULL + 8)

struct picture {
	const struct modes *modes;
	struct clip *clip; /* owned; NULL: counters only */
	struct {
		enum format format;
		struct size size;
		unsigned light;
		struct counter *counter; /* owned */
	} counters[COUNTERS_MAX];
	unsigned counter_count;
};

static int find_counter(struct picture *picture, enum format format, struct size size,
	unsigned light, struct counter **ret, struct pst_error *error)
{
	for (unsigned i = 0; i < picture->counter_count; i++) {
		if (picture->counters[i].format == format &&
			picture->counters[i].size.width == size.width &&
			picture->counters[i].size.height == size.height &&
			picture->counters[i].light == light) {
			*ret = picture->counters[i].counter;
			return 0;
		}
	}
	unsigned index = picture->counter_count;

	if (index == COUNTERS_MAX) {
		counter_destroy(&picture->counters[--index].counter);
		picture->counter_count--;
	}
	int status = counter_create(&picture->counters[index].counter, format, size, light, error);

	if (status == 0) {
		picture->counters[index].format = format;
		picture->counters[index].size = size;
		picture->counters[index].light = light;
		picture->counter_count++;
		*ret = picture->counters[index].counter;
	}
	return status;
}

/* Raw counters are made in no time, JPEGs are not. */
static int prepare(struct picture *picture, unsigned light, struct pst_error *error)
{
	const struct modes *modes = picture->modes;
	struct counter *counter;
	int status = 0;

	for (unsigned i = 0; status == 0 && i < modes->size_count; i++) {
		for (unsigned j = 0; status == 0 && j < modes->format_count; j++) {
			if (modes->formats[j] == FORMAT_MJPEG) {
				status = find_counter(picture, FORMAT_MJPEG, modes->sizes[i], light,
					&counter, error);
			}
		}
	}
	return status;
}

int picture_open(struct picture **ret, const char *spec, bool settles, const struct modes *modes,
	struct pst_error *error)
{
	struct picture *picture = calloc(1, sizeof(*picture));
	bool counts = strcmp(spec, "counter") == 0;
	int status = 0;

	if (!picture) {
		return pst_error_set(error, -ENOMEM, "no memory for a picture");
	}
	picture->modes = modes;
	if (!counts) {
		status = clip_open(&picture->clip, spec, modes, error);
	}
	for (unsigned light = settles ? 1 : COUNTER_LIGHT_FULL;
		counts && status == 0 && light <= COUNTER_LIGHT_FULL; light++) {
		status = prepare(picture, light, error);
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

int picture_draw(struct picture *picture, enum format format, struct size size, unsigned light,
	char mark, uint64_t number, const uint8_t **ret_data, size_t *ret_size,
	struct pst_error *error)
{
	struct counter *counter;

	if (picture->clip && clip_frame(picture->clip, format, size, number, ret_data, ret_size)) {
		return 0;
	}
	int status = find_counter(picture, format, size, light, &counter, error);

	if (status == 0) {
		*ret_size = counter_draw(counter, mark, (uint32_t)number, ret_data);
	}
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "probes.h"

#include <string.h>

#include "postern/extractor.h"

#include "gallery.h"

static uint32_t width_of(const struct probes *probes)
{
	return probes->count == 1 ? 1 : COARSE_PROBES;
}

static size_t group_size(const struct probes *probes)
{
	return (size_t)width_of(probes) * probes->stride;
}

static size_t rows_size(const struct probes *probes)
{
	return (size_t)probes->count * probes->stride * sizeof(float);
}

/* Rows, then codes, then what the codes mean. */
static size_t whole_size(const struct probes *probes)
{
	return rows_size(probes) + probes->group_count * group_size(probes) +
	       probes->group_count * sizeof(*probes->groups);
}

int probes_reserve(struct probes *probes)
{
	return locked_grow(&probes->memory,
		PST_TEMPLATE_MAX + PST_TEMPLATE_MAX / sizeof(float) + sizeof(*probes->groups));
}

int probes_take(struct probes *probes, const uint8_t *bytes, uint32_t size, uint32_t count)
{
	int status;

	probes->count = 0;
	if (!bytes || size == 0 || size % sizeof(float) != 0 || size > PST_TEMPLATE_MAX) {
		return PST_E_FORMAT;
	}
	probes->count = count;
	probes->stride = gallery_stride(size / sizeof(float));
	probes->group_count = (count + COARSE_PROBES - 1) / COARSE_PROBES;
	status = locked_grow(&probes->memory, whole_size(probes));
	if (status < 0) {
		probes->count = 0;
		return status;
	}
	probes->rows = probes->memory.at;
	for (uint32_t i = 0; i < count && status == 0; i++) {
		status = gallery_normalise(
			bytes + (size_t)i * size, size, probes->rows + (size_t)i * probes->stride);
	}
	return status;
}

void probes_encode(struct probes *probes)
{
	int8_t *codes = (int8_t *)probes->memory.at + rows_size(probes);

	probes->groups =
		(struct coarse_group *)(void *)(codes + probes->group_count * group_size(probes));
	for (uint32_t g = 0; g < probes->group_count; g++) {
		struct coarse_group *group = &probes->groups[g];
		uint32_t first = g * COARSE_PROBES;
		uint32_t left = probes->count - first;

		coarse_group_init(group, left < COARSE_PROBES ? left : COARSE_PROBES,
			width_of(probes), codes + g * group_size(probes), probes->stride);
		for (uint32_t i = 0; i < group->count; i++) {
			coarse_put_probe(group, i, probes_row(probes, first + i), probes->stride);
		}
	}
}

void probes_wipe(struct probes *probes)
{
	if (probes->count > 0) {
		explicit_bzero(probes->memory.at, whole_size(probes));
	}
	probes->count = 0;
}

void probes_finish(struct probes *probes)
{
	locked_finish(&probes->memory);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "portrait.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define SEED 2024

void portrait_draw(struct portrait *portrait, uint32_t identity, uint32_t variation, uint32_t width,
	uint32_t height)
{
	size_t size = (size_t)width * height * 3;
	uint8_t *pixels = malloc(size);
	struct pst_error error = {0};

	cr_assert_not_null(pixels);
	cr_assert_eq(pst_synth_draw_portrait(SEED, identity, variation, width, height, pixels,
			     (size_t)width * 3, &portrait->truth, &error),
		0, "%s", error.text);
	for (size_t i = 0; i < size; i += 3) {
		uint8_t red = pixels[i];

		pixels[i] = pixels[i + 2];
		pixels[i + 2] = red;
	}
	portrait->frame = (struct pst_frame){
		.format = PST_FRAME_FORMAT_BGR24,
		.width = width,
		.height = height,
		.plane[0] = {pixels, width * 3, (uint32_t)size},
	};
}

void portrait_free(struct portrait *portrait)
{
	free((void *)(uintptr_t)portrait->frame.plane[0].data);
	portrait->frame = (struct pst_frame){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "worker/decode.h"

#define WIDTH 64
#define HEIGHT 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A camera's frame as it comes, decoded as for a detector and as for a chip. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pst_decoder decoder;
	static struct pst_picture small, part;
	const struct pst_rect rect = {.x = 10, .y = 5, .width = 30, .height = 30};
	struct pst_geometry geometry;
	struct pst_frame frame = {
		.format = PST_FRAME_FORMAT_MJPEG, .width = WIDTH, .height = HEIGHT};
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy || (!decoder.jpeg && pst_decoder_init(&decoder) < 0)) {
		abort();
	}
	memcpy(copy, data, size);
	frame.plane[0] = (struct pst_frame_plane){copy, 0, (uint32_t)size};
	if (pst_frame_check(&frame, NULL) == 0) {
		int status = pst_picture_shape(&small, PST_PIXELS_BGR24, 32, 32);

		if (status == 0) {
			status = pst_decode(&decoder, &frame, 30, 22, false, &small);
		}
		if (status == 0) {
			status = pst_decode_part(
				&decoder, &frame, &rect, 1, PST_PIXELS_RGB24, &part, &geometry);
		}
		if (status != 0 && status != PST_E_CORRUPT) {
			abort();
		}
	}
	free(copy);
	return 0;
}

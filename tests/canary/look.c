/* SPDX-License-Identifier: Apache-2.0 */
/* canary-look WIDTH HEIGHT IN.jpg OUT: a JPEG as grey pixels, in which marks can be looked for. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "worker/jpeg.h"

int main(int argc, char **argv)
{
	uint32_t width = argc == 5 ? (uint32_t)atoi(argv[1]) : 0;
	uint32_t height = argc == 5 ? (uint32_t)atoi(argv[2]) : 0;
	struct pst_jpeg *jpeg = NULL;
	uint8_t *bytes = NULL;
	uint8_t *pixels = calloc(height + 1, width + 1);
	size_t size = 0;

	if (argc != 5 || !pixels || pst_jpeg_create(&jpeg) < 0 ||
		pst_fd_read_file(argv[3], 1 << 20, &bytes, &size, NULL) < 0 ||
		pst_jpeg_decode(jpeg, bytes, size, width, height, 1, PST_JPEG_PIXELS_GREY8, true,
			pixels, width) < 0) {
		(void)fprintf(stderr, "canary-look: no JPEG of %ux%u\n", width, height);
		return 1;
	}
	FILE *out = fopen(argv[4], "wb");
	bool good = out && fwrite(pixels, width, height, out) == height;

	if (out) {
		good = fclose(out) == 0 && good;
	}
	free(pixels);
	free(bytes);
	pst_jpeg_destroy(&jpeg);
	return good ? 0 : 1;
}

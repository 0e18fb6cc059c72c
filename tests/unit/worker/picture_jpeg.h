/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PICTURE_JPEG_H
#define TEST_PICTURE_JPEG_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

/** Compresses an RGB picture. @return size; *ret_data is malloc'ed */
static inline size_t jpeg_of(
	const uint8_t *rgb, uint32_t width, uint32_t height, int progressive, uint8_t **ret_data)
{
	struct jpeg_compress_struct library;
	struct jpeg_error_mgr errors;
	unsigned char *data = NULL;
	unsigned long size = 0;

	library.err = jpeg_std_error(&errors);
	jpeg_create_compress(&library);
	jpeg_mem_dest(&library, &data, &size);
	library.image_width = width;
	library.image_height = height;
	library.input_components = 3;
	library.in_color_space = JCS_RGB;
	jpeg_set_defaults(&library);
	jpeg_set_quality(&library, 90, TRUE);
	if (progressive) {
		jpeg_simple_progression(&library);
	}
	jpeg_start_compress(&library, TRUE);
	while (library.next_scanline < height) {
		JSAMPROW row =
			(JSAMPROW)(uintptr_t)(rgb + (size_t)library.next_scanline * width * 3);

		(void)jpeg_write_scanlines(&library, &row, 1);
	}
	jpeg_finish_compress(&library);
	jpeg_destroy_compress(&library);
	*ret_data = data;
	return size;
}

#endif

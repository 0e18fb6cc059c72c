/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/jpeg.h"

#include <errno.h>
#include <stdlib.h>

#include "worker/jpeg_base.h"

#include <jerror.h>

#define SCANS_MAX 64 /* a progressive picture can ask for endless work */
#define END_MARKER 0xd9

struct pst_jpeg {
	struct pst_jpeg_base base;
	struct jpeg_decompress_struct library;
	struct jpeg_progress_mgr progress;
};

static void on_message(j_common_ptr library, int level)
{
	const struct jpeg_error_mgr *errors = library->err;

	if (level >= 0) {
		return;
	}
	if (errors->msg_code == JWRN_EXTRANEOUS_DATA && errors->msg_parm.i[1] == END_MARKER) {
		return;
	}
	pst_jpeg_give_up(library->client_data, PST_E_CORRUPT);
}

static void on_progress(j_common_ptr library)
{
	if (((j_decompress_ptr)library)->input_scan_number > SCANS_MAX) {
		pst_jpeg_give_up(library->client_data, PST_E_CORRUPT);
	}
}

int pst_jpeg_create(struct pst_jpeg **ret_jpeg)
{
	struct pst_jpeg *jpeg = calloc(1, sizeof(*jpeg));

	if (!jpeg) {
		return -ENOMEM;
	}
	pst_jpeg_base_init(&jpeg->base);
	jpeg->base.errors.emit_message = on_message;
	jpeg->progress.progress_monitor = on_progress;
	jpeg->library.err = &jpeg->base.errors;
	jpeg->library.client_data = &jpeg->base;
	if (setjmp(jpeg->base.back)) {
		free(jpeg);
		return -ENOMEM;
	}
	jpeg_create_decompress(&jpeg->library);
	jpeg->library.client_data = &jpeg->base;
	jpeg->library.progress = &jpeg->progress;
	pst_jpeg_base_adopt(&jpeg->base, (j_common_ptr)&jpeg->library);
	*ret_jpeg = jpeg;
	return 0;
}

void pst_jpeg_wipe(struct pst_jpeg *jpeg)
{
	pst_arena_wipe(&jpeg->base.arena);
}

void pst_jpeg_destroy(struct pst_jpeg **jpeg)
{
	if (*jpeg) {
		jpeg_destroy_decompress(&(*jpeg)->library);
		pst_arena_finish(&(*jpeg)->base.arena);
		free(*jpeg);
		*jpeg = NULL;
	}
}

uint32_t pst_jpeg_reduction(
	uint32_t width, uint32_t height, uint32_t wanted_width, uint32_t wanted_height)
{
	uint32_t reduce = 8;

	while (reduce > 1 && ((width + reduce - 1) / reduce < wanted_width ||
				     (height + reduce - 1) / reduce < wanted_height)) {
		reduce /= 2;
	}
	return reduce;
}

static J_COLOR_SPACE color_space(enum pst_jpeg_pixels pixels)
{
	switch (pixels) {
	case PST_JPEG_PIXELS_GREY8:
		return JCS_GRAYSCALE;
	case PST_JPEG_PIXELS_RGB24:
		return JCS_EXT_RGB;
	case PST_JPEG_PIXELS_BGR24:
		return JCS_EXT_BGR;
	case PST_JPEG_PIXELS_BGRX32:
		return JCS_EXT_BGRX;
	case PST_JPEG_PIXELS_UNSET:
		break;
	}
	return JCS_UNKNOWN;
}

static void read_rows(struct pst_jpeg *jpeg, uint32_t wanted, uint8_t *to, uint32_t stride)
{
	j_decompress_ptr library = &jpeg->library;

	while (library->output_scanline < wanted) {
		JSAMPROW rows[4];
		JDIMENSION count = wanted - library->output_scanline;

		count = count > 4 ? 4 : count;
		for (JDIMENSION i = 0; i < count; i++) {
			rows[i] = to + (size_t)(library->output_scanline + i) * stride;
		}
		(void)jpeg_read_scanlines(library, rows, count);
	}
}

int pst_jpeg_decode(struct pst_jpeg *jpeg, const uint8_t *data, size_t size, uint32_t width,
	uint32_t height, uint32_t reduce, enum pst_jpeg_pixels pixels, bool fine, uint8_t *to,
	uint32_t stride)
{
	return pst_jpeg_decode_top(jpeg, data, size, width, height, reduce,
		(height + reduce - 1) / reduce, pixels, fine, to, stride);
}

int pst_jpeg_decode_top(struct pst_jpeg *jpeg, const uint8_t *data, size_t size, uint32_t width,
	uint32_t height, uint32_t reduce, uint32_t rows, enum pst_jpeg_pixels pixels, bool fine,
	uint8_t *to, uint32_t stride)
{
	j_decompress_ptr library = &jpeg->library;

	jpeg->base.status = 0;
	if (setjmp(jpeg->base.back)) {
		jpeg_abort_decompress(library);
		return jpeg->base.status;
	}
	jpeg_mem_src(library, data, size);
	if (jpeg_read_header(library, TRUE) != JPEG_HEADER_OK || library->image_width != width ||
		library->image_height != height) {
		pst_jpeg_give_up(&jpeg->base, PST_E_CORRUPT);
	}
	library->scale_num = 1;
	library->scale_denom = reduce;
	library->out_color_space = color_space(pixels);
	library->do_fancy_upsampling = fine ? TRUE : FALSE;
	library->dct_method = JDCT_ISLOW;
	(void)jpeg_start_decompress(library);
	if (library->output_width != (width + reduce - 1) / reduce ||
		library->output_height != (height + reduce - 1) / reduce ||
		rows > library->output_height) {
		pst_jpeg_give_up(&jpeg->base, PST_E_CORRUPT);
	}
	read_rows(jpeg, rows, to, stride);
	jpeg_abort_decompress(library); /* what follows the rows wanted is of no interest */
	return 0;
}

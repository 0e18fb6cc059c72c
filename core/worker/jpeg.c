/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/jpeg.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

#include "worker/arena.h"

#define SCANS_MAX 64			/* a progressive picture can ask for endless work */
#define MEMORY_MAX (256L * 1024 * 1024) /* bytes, for progressive coefficients */
#define END_MARKER 0xd9

struct pst_jpeg {
	struct jpeg_decompress_struct library;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	jmp_buf back;
	struct pst_arena arena; /* what the library would allocate for each picture */
	void (*free_pool)(j_common_ptr, int);
	void *(*alloc_small)(j_common_ptr, int, size_t);
	void *(*alloc_large)(j_common_ptr, int, size_t);
	int status;
};

/* The library can't return an error, it must be left by a jump. */
static _Noreturn void give_up(struct pst_jpeg *jpeg, int status)
{
	jpeg->status = status;
	longjmp(jpeg->back, 1);
}

static void on_error(j_common_ptr library)
{
	int code = library->err->msg_code;

	give_up(library->client_data, code == JERR_OUT_OF_MEMORY ? -ENOMEM : PST_E_CORRUPT);
}

static void on_message(j_common_ptr library, int level)
{
	const struct jpeg_error_mgr *errors = library->err;

	if (level >= 0) {
		return;
	}
	if (errors->msg_code == JWRN_EXTRANEOUS_DATA && errors->msg_parm.i[1] == END_MARKER) {
		return;
	}
	give_up(library->client_data, PST_E_CORRUPT);
}

static void on_output(j_common_ptr library)
{
	(void)library; /* the library must not print */
}

static void on_progress(j_common_ptr library)
{
	if (((j_decompress_ptr)library)->input_scan_number > SCANS_MAX) {
		give_up(library->client_data, PST_E_CORRUPT);
	}
}

static void *take(j_common_ptr library, size_t size)
{
	struct pst_jpeg *jpeg = library->client_data;
	void *data = pst_arena_alloc(&jpeg->arena, size);

	if (!data) {
		give_up(jpeg, -ENOMEM);
	}
	return data;
}

static void *alloc_small(j_common_ptr library, int pool, size_t size)
{
	const struct pst_jpeg *jpeg = library->client_data;

	return pool == JPOOL_IMAGE ? take(library, size) : jpeg->alloc_small(library, pool, size);
}

static void *alloc_large(j_common_ptr library, int pool, size_t size)
{
	const struct pst_jpeg *jpeg = library->client_data;

	return pool == JPOOL_IMAGE ? take(library, size) : jpeg->alloc_large(library, pool, size);
}

/* Rows as long as the library's own: its SIMD writes beyond their ends. */
static JSAMPARRAY alloc_samples(j_common_ptr library, int pool, JDIMENSION width, JDIMENSION rows)
{
	size_t row = ((size_t)width + PST_ARENA_ALIGNMENT - 1) / PST_ARENA_ALIGNMENT *
		     PST_ARENA_ALIGNMENT;
	JSAMPARRAY array = alloc_small(library, pool, rows * sizeof(array[0]));
	JSAMPROW samples = alloc_large(library, pool, row * rows);

	for (JDIMENSION i = 0; i < rows; i++) {
		array[i] = samples + i * row;
	}
	return array;
}

static JBLOCKARRAY alloc_blocks(j_common_ptr library, int pool, JDIMENSION width, JDIMENSION rows)
{
	JBLOCKARRAY array = alloc_small(library, pool, rows * sizeof(void *));
	JBLOCKROW blocks = alloc_large(library, pool, (size_t)width * rows * sizeof(JBLOCK));

	for (JDIMENSION i = 0; i < rows; i++) {
		array[i] = blocks + (size_t)i * width;
	}
	return array;
}

static void free_pool(j_common_ptr library, int pool)
{
	struct pst_jpeg *jpeg = library->client_data;

	jpeg->free_pool(library, pool);
	if (pool == JPOOL_IMAGE) {
		pst_arena_reset(&jpeg->arena);
	}
}

/* The library's own memory manager stays for what lives longer than a picture, and for the
 * coefficients of progressive ones. */
static void keep_memory(struct pst_jpeg *jpeg)
{
	struct jpeg_memory_mgr *memory = jpeg->library.mem;

	jpeg->free_pool = memory->free_pool;
	jpeg->alloc_small = memory->alloc_small;
	jpeg->alloc_large = memory->alloc_large;
	memory->free_pool = free_pool;
	memory->alloc_small = alloc_small;
	memory->alloc_large = alloc_large;
	memory->alloc_sarray = alloc_samples;
	memory->alloc_barray = alloc_blocks;
	memory->max_memory_to_use = MEMORY_MAX;
}

int pst_jpeg_create(struct pst_jpeg **ret_jpeg)
{
	struct pst_jpeg *jpeg = calloc(1, sizeof(*jpeg));

	if (!jpeg) {
		return -ENOMEM;
	}
	jpeg->library.err = jpeg_std_error(&jpeg->errors);
	jpeg->errors.error_exit = on_error;
	jpeg->errors.emit_message = on_message;
	jpeg->errors.output_message = on_output;
	jpeg->progress.progress_monitor = on_progress;
	jpeg->library.client_data = jpeg;
	if (setjmp(jpeg->back)) {
		free(jpeg);
		return -ENOMEM;
	}
	jpeg_create_decompress(&jpeg->library);
	jpeg->library.client_data = jpeg;
	jpeg->library.progress = &jpeg->progress;
	keep_memory(jpeg);
	*ret_jpeg = jpeg;
	return 0;
}

void pst_jpeg_wipe(struct pst_jpeg *jpeg)
{
	pst_arena_wipe(&jpeg->arena);
}

void pst_jpeg_destroy(struct pst_jpeg **jpeg)
{
	if (*jpeg) {
		jpeg_destroy_decompress(&(*jpeg)->library);
		pst_arena_finish(&(*jpeg)->arena);
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

	jpeg->status = 0;
	if (setjmp(jpeg->back)) {
		jpeg_abort_decompress(library);
		return jpeg->status;
	}
	jpeg_mem_src(library, data, size);
	if (jpeg_read_header(library, TRUE) != JPEG_HEADER_OK || library->image_width != width ||
		library->image_height != height) {
		give_up(jpeg, PST_E_CORRUPT);
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
		give_up(jpeg, PST_E_CORRUPT);
	}
	read_rows(jpeg, rows, to, stride);
	jpeg_abort_decompress(library); /* what follows the rows wanted is of no interest */
	return 0;
}

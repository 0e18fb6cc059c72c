/* SPDX-License-Identifier: Apache-2.0 */
#include "counter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#define CELL_HEIGHT 8
#define COLUMNS_MAX 10
#define WORD_BITS 40
#define DARK 72
#define LIGHT 184
#define LIGHT_LEAST 144
#define THRESHOLD ((DARK + LIGHT) / 2)
#define NOISE 14
#define QUALITY 75
#define COMMENT "postern frame %010u of %c"
#define COMMENT_SIZE 29
#define RESTARTS 8

struct grid {
	unsigned columns, rows;
	unsigned cell_width; /* px */
};

/* A compressed cell: what stands between two restart markers. */
struct segment {
	const uint8_t *data;
	size_t size;
};

struct counter {
	enum format format;
	struct size size;
	struct grid grid;
	uint8_t levels[2]; /* luma of dark and of light cells */
	unsigned noise;	   /* from darkest to lightest */
	uint8_t *frame;	   /* owned */
	/* MJPEG: the picture all dark and all light, and where their cells begin */
	uint8_t *jpeg[2];	  /* owned */
	struct segment *cells[2]; /* owned */
	size_t head;		  /* bytes of markers before the first cell, which are the same */
	/* raw */
	uint32_t *drawn; /* owned; bits of each row of cells as they stand in frame */
	char mark;
};

static struct grid grid_of(struct size size)
{
	unsigned blocks = size.width / SIZE_STEP_X, columns = COLUMNS_MAX;

	while (blocks % columns) {
		columns--;
	}
	return (struct grid){columns, size.height / CELL_HEIGHT, size.width / columns};
}

static uint64_t word_of(char mark, uint32_t number)
{
	return (uint64_t)(uint8_t)mark << 32 | number;
}

static unsigned bit_of(uint64_t word, unsigned cell)
{
	return (unsigned)(word >> cell % WORD_BITS) & 1;
}

/* JPEG. */

struct jpeg_trouble {
	struct jpeg_error_mgr base;
	jmp_buf back;
};

static void jpeg_fail(j_common_ptr common)
{
	struct jpeg_trouble *trouble = (struct jpeg_trouble *)common->err;

	longjmp(trouble->back, 1);
}

static void jpeg_ignore(j_common_ptr common)
{
	(void)common;
}

static void start_compress(
	struct jpeg_compress_struct *codec, struct size size, unsigned restart, int quality)
{
	codec->image_width = size.width;
	codec->image_height = size.height;
	codec->input_components = 3;
	codec->in_color_space = JCS_YCbCr;
	jpeg_set_defaults(codec);
	jpeg_set_quality(codec, quality, TRUE);
	codec->comp_info[0].h_samp_factor = 2;
	codec->comp_info[0].v_samp_factor = 1;
	codec->restart_interval = restart;
	codec->dct_method = JDCT_FASTEST;
	codec->raw_data_in = TRUE;
	jpeg_start_compress(codec, TRUE);
}

static void write_rows(
	struct jpeg_compress_struct *codec, const uint8_t *const planes[3], struct size size)
{
	JSAMPROW rows[3][DCTSIZE];
	JSAMPARRAY arrays[3] = {rows[0], rows[1], rows[2]};

	while (codec->next_scanline < codec->image_height) {
		for (unsigned i = 0; i < DCTSIZE; i++) {
			size_t y = codec->next_scanline + i;

			rows[0][i] = (JSAMPROW)planes[0] + y * size.width;
			rows[1][i] = (JSAMPROW)planes[1] + y * size.width / 2;
			rows[2][i] = (JSAMPROW)planes[2] + y * size.width / 2;
		}
		(void)jpeg_write_raw_data(codec, arrays, DCTSIZE);
	}
}

ssize_t counter_compress(const uint8_t *const planes[3], struct size size, unsigned restart,
	int quality, uint8_t **ret_jpeg)
{
	struct jpeg_compress_struct codec;
	struct jpeg_trouble trouble;
	unsigned char *volatile data = NULL;
	unsigned long bytes = 0;

	codec.err = jpeg_std_error(&trouble.base);
	trouble.base.error_exit = jpeg_fail;
	trouble.base.output_message = jpeg_ignore;
	if (setjmp(trouble.back)) {
		jpeg_destroy_compress(&codec);
		free(data);
		return -ENOMEM;
	}
	jpeg_create_compress(&codec);
	jpeg_mem_dest(&codec, (unsigned char **)&data, &bytes);
	start_compress(&codec, size, restart, quality);
	write_rows(&codec, planes, size);
	jpeg_finish_compress(&codec);
	jpeg_destroy_compress(&codec);
	*ret_jpeg = data;
	return (ssize_t)bytes;
}

/* A dark or a light picture with the same noise, so that it is as large as a camera's. */
static int compress_plain(struct counter *counter, unsigned light, struct pst_error *error)
{
	size_t pixels = (size_t)counter->size.width * counter->size.height;
	uint8_t *planes = malloc(pixels * 2);
	uint32_t noise = 1;

	if (!planes) {
		return pst_error_set(error, -ENOMEM, "no memory for a picture");
	}
	for (size_t i = 0; i < pixels; i++) {
		noise = noise * 1664525 + 1013904223;
		planes[i] = (uint8_t)(counter->levels[light] +
				      (noise >> 24) * counter->noise / 256 - counter->noise / 2);
	}
	memset(planes + pixels, 118, pixels / 2);
	memset(planes + pixels * 3 / 2, 138, pixels / 2);
	const uint8_t *const three[3] = {planes, planes + pixels, planes + pixels * 3 / 2};
	ssize_t size = counter_compress(three, counter->size,
		counter->grid.cell_width / SIZE_STEP_X, QUALITY, &counter->jpeg[light]);

	free(planes);
	return size < 0 ? pst_error_set(error, -ENOMEM, "no memory for a JPEG") : (int)size;
}

/* Where the compressed data begins: behind the header of the scan. */
static size_t find_scan(const uint8_t *jpeg)
{
	size_t at = 2;

	while (jpeg[at + 1] != 0xda) {
		at += 2 + ((size_t)jpeg[at + 2] << 8 | jpeg[at + 3]);
	}
	return at + 2 + ((size_t)jpeg[at + 2] << 8 | jpeg[at + 3]);
}

static void find_cells(struct counter *counter, unsigned light, size_t bytes)
{
	const uint8_t *jpeg = counter->jpeg[light];
	size_t begin = counter->head, cell = 0;

	for (size_t at = begin; at + 1 < bytes; at++) {
		if (jpeg[at] == 0xff && jpeg[at + 1] >= 0xd0 && jpeg[at + 1] <= 0xd9) {
			counter->cells[light][cell++] = (struct segment){jpeg + begin, at - begin};
			begin = at + 2;
		}
	}
}

static int prepare_jpeg(struct counter *counter, struct pst_error *error)
{
	size_t cells = (size_t)counter->grid.columns * counter->grid.rows;
	size_t most = 0;

	for (unsigned light = 0; light < 2; light++) {
		int bytes = compress_plain(counter, light, error);

		if (bytes < 0) {
			return bytes;
		}
		counter->cells[light] = calloc(cells, sizeof(struct segment));
		if (!counter->cells[light]) {
			return pst_error_set(error, -ENOMEM, "no memory for a picture");
		}
		counter->head = find_scan(counter->jpeg[light]);
		find_cells(counter, light, (size_t)bytes);
		most += (size_t)bytes;
	}
	counter->frame = malloc(most + COMMENT_SIZE + 4);
	return counter->frame ? 0 : pst_error_set(error, -ENOMEM, "no memory for a picture");
}

static size_t draw_jpeg(struct counter *counter, char mark, uint32_t number)
{
	uint64_t word = word_of(mark, number);
	uint8_t *to = counter->frame;
	unsigned cells = counter->grid.columns * counter->grid.rows;

	memcpy(to, (const uint8_t[]){0xff, 0xd8, 0xff, 0xfe, 0, COMMENT_SIZE + 2}, 6);
	to += 6;
	(void)snprintf((char *)to, COMMENT_SIZE + 1, COMMENT, number, mark);
	to += COMMENT_SIZE;
	memcpy(to, counter->jpeg[0] + 2, counter->head - 2);
	to += counter->head - 2;
	for (unsigned i = 0; i < cells; i++) {
		const struct segment *cell = &counter->cells[bit_of(word, i)][i];

		memcpy(to, cell->data, cell->size);
		to += cell->size;
		*to++ = 0xff;
		*to++ = (uint8_t)(i + 1 == cells ? 0xd9 : 0xd0 + i % RESTARTS);
	}
	return (size_t)(to - counter->frame);
}

/* Raw. */

/* Bytes from pixel to pixel of the luma, and where the first one's luma (its high byte) stands. */
static void luma_place(enum format format, size_t *step, size_t *first)
{
	*step = format == FORMAT_GREY || format == FORMAT_NV12 ? 1 : 2;
	*first = format == FORMAT_UYVY || format == FORMAT_Y16 ? 1 : 0;
}

static int prepare_raw(struct counter *counter, struct pst_error *error)
{
	uint32_t bytes = format_bytes(counter->format, counter->size);

	counter->frame = malloc(bytes);
	counter->drawn = malloc(counter->grid.rows * sizeof(*counter->drawn));
	if (!counter->frame || !counter->drawn) {
		return pst_error_set(error, -ENOMEM, "no memory for a picture");
	}
	memset(counter->frame, 128, bytes);
	memset(counter->drawn, 0xff, counter->grid.rows * sizeof(*counter->drawn));
	return 0;
}

static void draw_row(struct counter *counter, unsigned row, uint32_t bits)
{
	size_t step, first, line = counter->size.width;

	luma_place(counter->format, &step, &first);
	line *= step;
	uint8_t *to = counter->frame + (size_t)row * CELL_HEIGHT * line;

	for (unsigned column = 0; column < counter->grid.columns; column++) {
		uint8_t luma = counter->levels[bits >> column & 1];
		size_t begin = (size_t)column * counter->grid.cell_width;

		for (size_t x = begin; x < begin + counter->grid.cell_width; x++) {
			to[x * step + first] = luma;
		}
	}
	for (unsigned y = 1; y < CELL_HEIGHT; y++) {
		memcpy(to + y * line, to, line);
	}
}

static size_t draw_raw(struct counter *counter, char mark, uint32_t number)
{
	uint64_t word = word_of(mark, number);
	unsigned cell = 0;

	for (unsigned row = 0; row < counter->grid.rows; row++) {
		uint32_t bits = 0;

		for (unsigned column = 0; column < counter->grid.columns; column++) {
			bits |= bit_of(word, cell++) << column;
		}
		if (bits != counter->drawn[row]) {
			draw_row(counter, row, bits);
			counter->drawn[row] = bits;
		}
	}
	return format_bytes(counter->format, counter->size);
}

int counter_create(struct counter **ret, enum format format, struct size size, unsigned light,
	struct pst_error *error)
{
	struct counter *counter = calloc(1, sizeof(*counter));

	if (!counter) {
		return pst_error_set(error, -ENOMEM, "no memory for a picture");
	}
	counter->format = format;
	counter->size = size;
	counter->levels[0] = (uint8_t)(DARK * light / COUNTER_LIGHT_FULL);
	counter->levels[1] =
		(uint8_t)(LIGHT_LEAST + (LIGHT - LIGHT_LEAST) * light / COUNTER_LIGHT_FULL);
	counter->noise = NOISE * light / COUNTER_LIGHT_FULL;
	counter->grid = grid_of(size);
	int status =
		format == FORMAT_MJPEG ? prepare_jpeg(counter, error) : prepare_raw(counter, error);

	if (status < 0) {
		counter_destroy(&counter);
		return status;
	}
	*ret = counter;
	return 0;
}

void counter_destroy(struct counter **counter)
{
	if (*counter) {
		free((*counter)->jpeg[0]);
		free((*counter)->jpeg[1]);
		free((*counter)->cells[0]);
		free((*counter)->cells[1]);
		free((*counter)->frame);
		free((*counter)->drawn);
		free(*counter);
		*counter = NULL;
	}
}

size_t counter_draw(struct counter *counter, char mark, uint32_t number, const uint8_t **ret_data)
{
	*ret_data = counter->frame;
	return counter->format == FORMAT_MJPEG ? draw_jpeg(counter, mark, number)
					       : draw_raw(counter, mark, number);
}

/* Reading. */

/* @return the luma of a JPEG, malloc'ed; NULL with the error filled */
static uint8_t *decode(const uint8_t *data, size_t bytes, struct size size, struct pst_error *error)
{
	struct jpeg_decompress_struct codec;
	struct jpeg_trouble trouble;
	uint8_t *volatile luma = NULL;

	codec.err = jpeg_std_error(&trouble.base);
	trouble.base.error_exit = jpeg_fail;
	trouble.base.output_message = jpeg_ignore;
	if (setjmp(trouble.back)) {
		(void)pst_error_set(error, PST_E_CORRUPT, "it can't be decoded");
		goto fail;
	}
	jpeg_create_decompress(&codec);
	jpeg_mem_src(&codec, data, bytes);
	(void)jpeg_read_header(&codec, TRUE);
	if (codec.image_width != size.width || codec.image_height != size.height) {
		(void)pst_error_set(error, PST_E_CORRUPT, "it is %ux%u, not %ux%u",
			codec.image_width, codec.image_height, size.width, size.height);
		goto fail;
	}
	codec.out_color_space = JCS_GRAYSCALE;
	codec.dct_method = JDCT_FASTEST;
	luma = malloc((size_t)size.width * size.height);
	(void)jpeg_start_decompress(&codec);
	while (luma && codec.output_scanline < codec.output_height) {
		JSAMPROW row = luma + (size_t)codec.output_scanline * size.width;

		(void)jpeg_read_scanlines(&codec, &row, 1);
	}
	if (codec.err->num_warnings > 0) {
		(void)pst_error_set(error, PST_E_CORRUPT, "parts of it are damaged");
		goto fail;
	}
	(void)jpeg_finish_decompress(&codec);
	jpeg_destroy_decompress(&codec);
	return luma;
fail:
	jpeg_destroy_decompress(&codec);
	free(luma);
	return NULL;
}

/* Each bit is shown many times; all must agree. */
static int read_word(struct grid grid, const uint8_t *luma, size_t width, size_t step,
	uint64_t *ret_word, struct pst_error *error)
{
	uint64_t word = 0;
	unsigned cell = 0;

	for (unsigned row = 0; row < grid.rows; row++) {
		for (unsigned column = 0; column < grid.columns; column++, cell++) {
			size_t x = (size_t)column * grid.cell_width + grid.cell_width / 2;
			size_t y = (size_t)row * CELL_HEIGHT + CELL_HEIGHT / 2;
			uint64_t bit = luma[(y * width + x) * step] > THRESHOLD;

			if (cell < WORD_BITS) {
				word |= bit << cell;
			} else if (bit_of(word, cell) != bit) {
				return pst_error_set(error, PST_E_CORRUPT,
					"cell %u of row %u is not as above", column, row);
			}
		}
	}
	*ret_word = word;
	return 0;
}

int counter_read(enum format format, struct size size, const uint8_t *data, size_t bytes,
	char *ret_mark, uint32_t *ret_number, struct pst_error *error)
{
	uint8_t *decoded = NULL;
	size_t step = 1, first = 0;
	uint64_t word = 0;

	if (format == FORMAT_MJPEG) {
		data = decoded = decode(data, bytes, size, error);
		if (!decoded) {
			return PST_E_CORRUPT;
		}
	} else if (bytes != format_bytes(format, size)) {
		return pst_error_set(error, PST_E_CORRUPT, "it has %zu bytes instead of %u", bytes,
			format_bytes(format, size));
	} else {
		luma_place(format, &step, &first);
	}
	int status = read_word(grid_of(size), data + first, size.width, step, &word, error);

	free(decoded);
	if (status == 0) {
		*ret_mark = (char)(word >> 32);
		*ret_number = (uint32_t)word;
	}
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/jpeg_write.h"

#include <errno.h>
#include <stdlib.h>

#include "worker/jpeg_base.h"

struct pst_jpeg_writer {
	struct pst_jpeg_base base;
	struct jpeg_compress_struct library;
	struct jpeg_destination_mgr destination;
};

static void on_begin(j_compress_ptr library)
{
	(void)library; /* where it writes to was set before */
}

static boolean on_full(j_compress_ptr library)
{
	pst_jpeg_give_up(library->client_data, -ENOSPC);
}

static void on_end(j_compress_ptr library)
{
	(void)library; /* what was written stays where it is */
}

int pst_jpeg_writer_create(struct pst_jpeg_writer **ret_writer)
{
	struct pst_jpeg_writer *writer = calloc(1, sizeof(*writer));

	if (!writer) {
		return -ENOMEM;
	}
	pst_jpeg_base_init(&writer->base);
	writer->library.err = &writer->base.errors;
	writer->library.client_data = &writer->base;
	if (setjmp(writer->base.back)) {
		jpeg_destroy_compress(&writer->library);
		free(writer);
		return -ENOMEM;
	}
	jpeg_create_compress(&writer->library);
	writer->library.client_data = &writer->base;
	writer->destination = (struct jpeg_destination_mgr){.init_destination = on_begin,
		.empty_output_buffer = on_full,
		.term_destination = on_end};
	writer->library.dest = &writer->destination;
	pst_jpeg_base_adopt(&writer->base, (j_common_ptr)&writer->library);
	writer->library.input_components = 3;
	writer->library.in_color_space = JCS_EXT_BGR;
	jpeg_set_defaults(&writer->library);
	*ret_writer = writer;
	return 0;
}

void pst_jpeg_writer_wipe(struct pst_jpeg_writer *writer)
{
	pst_arena_wipe(&writer->base.arena);
}

void pst_jpeg_writer_destroy(struct pst_jpeg_writer **writer)
{
	if (*writer) {
		jpeg_destroy_compress(&(*writer)->library);
		pst_arena_finish(&(*writer)->base.arena);
		free(*writer);
		*writer = NULL;
	}
}

int pst_jpeg_write(struct pst_jpeg_writer *writer, const struct pst_image *image, int quality,
	uint8_t *to, size_t room)
{
	j_compress_ptr library = &writer->library;

	writer->base.status = 0;
	if (setjmp(writer->base.back)) {
		jpeg_abort_compress(library);
		return writer->base.status;
	}
	writer->destination.next_output_byte = to;
	writer->destination.free_in_buffer = room;
	library->image_width = image->width;
	library->image_height = image->height;
	jpeg_set_quality(library, quality, TRUE);
	jpeg_start_compress(library, TRUE);
	while (library->next_scanline < library->image_height) {
		JSAMPROW row =
			(JSAMPROW)(uintptr_t)(image->pixels +
					      (size_t)library->next_scanline * image->stride);

		(void)jpeg_write_scanlines(library, &row, 1);
	}
	jpeg_finish_compress(library);
	return (int)(room - writer->destination.free_in_buffer);
}

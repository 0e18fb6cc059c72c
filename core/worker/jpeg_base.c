/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/jpeg_base.h"

#include <errno.h>

#include <jerror.h>

#include "base/error.h"

#define MEMORY_MAX (256L * 1024 * 1024) /* bytes, for progressive coefficients */

_Noreturn void pst_jpeg_give_up(struct pst_jpeg_base *base, int status)
{
	base->status = status;
	longjmp(base->back, 1);
}

static void on_error(j_common_ptr library)
{
	int code = library->err->msg_code;

	pst_jpeg_give_up(
		library->client_data, code == JERR_OUT_OF_MEMORY ? -ENOMEM : PST_E_CORRUPT);
}

static void on_output(j_common_ptr library)
{
	(void)library; /* the library must not print */
}

void pst_jpeg_base_init(struct pst_jpeg_base *base)
{
	(void)jpeg_std_error(&base->errors);
	base->errors.error_exit = on_error;
	base->errors.output_message = on_output;
}

static void *take(j_common_ptr library, size_t size)
{
	struct pst_jpeg_base *base = library->client_data;
	void *data = pst_arena_alloc(&base->arena, size);

	if (!data) {
		pst_jpeg_give_up(base, -ENOMEM);
	}
	return data;
}

static void *alloc_small(j_common_ptr library, int pool, size_t size)
{
	const struct pst_jpeg_base *base = library->client_data;

	return pool == JPOOL_IMAGE ? take(library, size) : base->alloc_small(library, pool, size);
}

static void *alloc_large(j_common_ptr library, int pool, size_t size)
{
	const struct pst_jpeg_base *base = library->client_data;

	return pool == JPOOL_IMAGE ? take(library, size) : base->alloc_large(library, pool, size);
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
	struct pst_jpeg_base *base = library->client_data;

	base->free_pool(library, pool);
	if (pool == JPOOL_IMAGE) {
		pst_arena_reset(&base->arena);
	}
}

/* The library's own memory manager stays for what lives longer than a picture, and for the
 * coefficients of progressive ones. */
void pst_jpeg_base_adopt(struct pst_jpeg_base *base, j_common_ptr library)
{
	struct jpeg_memory_mgr *memory = library->mem;

	base->free_pool = memory->free_pool;
	base->alloc_small = memory->alloc_small;
	base->alloc_large = memory->alloc_large;
	memory->free_pool = free_pool;
	memory->alloc_small = alloc_small;
	memory->alloc_large = alloc_large;
	memory->alloc_sarray = alloc_samples;
	memory->alloc_barray = alloc_blocks;
	memory->max_memory_to_use = MEMORY_MAX;
}

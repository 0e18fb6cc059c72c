/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_JPEG_BASE_H
#define PST_WORKER_JPEG_BASE_H

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "worker/arena.h"

/*
 * What reading and writing JPEGs share, inside jpeg.c and jpeg_write.c only: the library can't
 * return an error and must be left by a jump, and what it would allocate for each picture comes
 * from memory that stays, and that can be wiped.
 *
 * The library's client_data is the base.
 */
struct pst_jpeg_base {
	struct jpeg_error_mgr errors;
	jmp_buf back;
	struct pst_arena arena;
	void (*free_pool)(j_common_ptr, int);
	void *(*alloc_small)(j_common_ptr, int, size_t);
	void *(*alloc_large)(j_common_ptr, int, size_t);
	int status; /* with which it was left */
};

/** Leaves the library for base->back. */
_Noreturn void pst_jpeg_give_up(struct pst_jpeg_base *base, int status);

/** To be called before the library's structure is created: errors come back. */
void pst_jpeg_base_init(struct pst_jpeg_base *base);

/** To be called once it is: memory of pictures comes from the arena. */
void pst_jpeg_base_adopt(struct pst_jpeg_base *base, j_common_ptr library);

#endif

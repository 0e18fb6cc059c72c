/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_JPEG_WRITE_H
#define PST_WORKER_JPEG_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "postern/image.h"

/** A JPEG encoder; its state and its memory are reused from picture to picture. */
struct pst_jpeg_writer;

/** @return 0 or -ENOMEM */
int pst_jpeg_writer_create(struct pst_jpeg_writer **ret_writer) PST_MUST_CHECK;

/** Overwrites what is left of the latest picture. */
void pst_jpeg_writer_wipe(struct pst_jpeg_writer *writer);

/** Wipes and frees. Accepts NULL inside. */
void pst_jpeg_writer_destroy(struct pst_jpeg_writer **writer);

/**
 * Encodes a picture, in colour with chroma halved both ways, and without any metadata.
 *
 * @param image    PST_PIXELS_BGR24
 * @param quality  1..100, the library's
 * @return bytes written; -ENOSPC there is no room for it; -ENOMEM
 */
int pst_jpeg_write(struct pst_jpeg_writer *writer, const struct pst_image *image, int quality,
	uint8_t *to, size_t room) PST_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_READER_H
#define TEST_SUPPORT_READER_H

#include "frame/frame.h"
#include "support/guest.h"
#include "worker/decode.h"

/**
 * A detector and an extractor in one process, with the worker's own decoding and alignment between
 * them: frames in, templates out.
 */
struct reader {
	struct guest detector;
	struct guest extractor;
	uint32_t input_format;
	uint32_t input_size;
	uint32_t input_multiple;
	uint32_t chip_format;
	uint32_t chip_width;
	uint32_t chip_height;
	struct pst_point reference[PST_LANDMARK_COUNT];
	uint32_t template_size; /* bytes */
	struct pst_decoder decoder;
	struct pst_picture input;
	struct pst_picture whole;
	struct pst_picture chip;
	struct pst_face chip_face; /* as it lies in the chip */
};

/**
 * Opens both plugins with the first of their models that is there.
 *
 * @param folder    a plugin folder, or NULL: POSTERN_PLUGINS
 * @param detector  NULL: faces are known, and nothing is detected
 * @return 0; -ENOENT a plugin or its model is missing; else as guest_open
 */
int reader_open(
	struct reader *reader, const char *folder, const char *detector, const char *extractor);

void reader_close(struct reader *reader);

/** Finds faces, in the frame's pixels. @return as pst_detector.detect, or as pst_decode */
int reader_detect(
	struct reader *reader, const struct pst_frame *frame, struct pst_face *faces, uint32_t cap);

/** Cuts and aligns one face: reader->chip, chip_face. @return as pst_decode_part and
 * pst_similarity_fit */
int reader_align(struct reader *reader, const struct pst_frame *frame, const struct pst_face *face);

/** Aligns and extracts. @param ret_template  PST_TEMPLATE_MAX bytes @return bytes or a status */
int reader_extract(struct reader *reader, const struct pst_frame *frame,
	const struct pst_face *face, uint8_t *ret_template);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_READER_H
#define TEST_SUPPORT_READER_H

#include "support/chip.h"
#include "support/guest.h"

/** A detector and an extractor with the geometry between them: pictures in, templates out. */
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
};

/**
 * Opens both plugins with the first of their models that is there.
 *
 * @param folder  a plugin folder, or NULL: POSTERN_PLUGINS
 * @param size    longer side that the detector gets, px; 0: the manifest's
 * @return 0; -ENOENT plugin or model missing (reader->detector.text says which); as guest_open
 */
int reader_open(struct reader *reader, const char *folder, const char *detector,
	const char *extractor, uint32_t size);

void reader_close(struct reader *reader);

/** Finds faces in an RGB picture, in its own pixels. @return as detect */
int reader_detect(struct reader *reader, const uint8_t *rgb, uint32_t width, uint32_t height,
	struct pst_face *faces, uint32_t cap);

/** Makes the template of one face. @param ret_template  PST_TEMPLATE_MAX bytes @return as extract
 */
int reader_extract(struct reader *reader, const uint8_t *rgb, uint32_t width, uint32_t height,
	const struct pst_face *face, uint8_t *ret_template);

#endif

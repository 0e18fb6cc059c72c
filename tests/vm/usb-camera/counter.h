/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_COUNTER_H
#define USB_CAMERA_COUNTER_H

#include <sys/types.h>

#include "format.h"

/**
 * Pictures that carry who sent them and the number of the frame, all over: a grid of light and dark
 * cells, 8 px high, shows the same 40 bits again and again (number, then mark, lowest bit first),
 * so that a frame put together from two, or with a part gone, gives itself away. A JPEG also says
 * "postern frame NNNNNNNNNN of M" in its comment.
 */
struct counter;

#define COUNTER_LIGHT_FULL 4

/**
 * @param light  1 to COUNTER_LIGHT_FULL: with less, the picture is darker, and a JPEG smaller
 * @return 0; -ENOMEM; error filled
 */
int counter_create(struct counter **ret, enum format format, struct size size, unsigned light,
	struct pst_error *error) PST_MUST_CHECK;

/** Accepts NULL inside, sets it to NULL. */
void counter_destroy(struct counter **counter);

/**
 * Draws a frame.
 *
 * @param ret_data  the counter's, valid until the next call; JPEG 4:2:2 or the raw frame
 * @return its bytes
 */
size_t counter_draw(struct counter *counter, char mark, uint32_t number, const uint8_t **ret_data);

/**
 * Reads what a frame carries: of any format of the camera, as the host received it.
 *
 * @param size  of a raw frame; a JPEG knows its own, but it must be this one
 * @return 0; PST_E_CORRUPT it is damaged, of another size, or of no counter (error filled)
 */
int counter_read(enum format format, struct size size, const uint8_t *data, size_t bytes,
	char *ret_mark, uint32_t *ret_number, struct pst_error *error) PST_MUST_CHECK;

/** Compresses a picture as the camera does. @param ret_jpeg  malloc'ed  @return bytes, or -ENOMEM
 */
ssize_t counter_compress(const uint8_t *const planes[3], struct size size, unsigned restart,
	int quality, uint8_t **ret_jpeg);

#endif

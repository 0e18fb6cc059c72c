/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONTROL_PICTURE_H
#define PST_CONTROL_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/picture.h"

/**
 * Writes the answer that holds a picture.
 *
 * @param id        of the request; negative: none
 * @param ret_size  bytes with the newline, at most PST_CONTROL_ANSWER_MAX
 * @return the caller wipes and frees it; NULL: no memory
 */
char *pst_control_picture(int64_t id, const struct pst_picture_made *made, size_t *ret_size);

#endif

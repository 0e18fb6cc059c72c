/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_PICTURE_H
#define PST_CLI_PICTURE_H

#include "frame/frame.h"

/**
 * Writes a frame as a JPEG file, mode 0600: a JPEG as it came, all else at quality 90. It reads the
 * frame's bytes: whoever calls it has said so to the user.
 *
 * @param frame  mapped, and found good by pst_frame_check
 * @return 0; PST_E_CORRUPT, -ENOMEM, or -errno of the file; error filled
 */
int pst_cli_picture_save(
	const struct pst_frame *frame, const char *path, struct pst_error *error) PST_MUST_CHECK;

#endif

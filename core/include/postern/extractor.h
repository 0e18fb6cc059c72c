/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_EXTRACTOR_H
#define POSTERN_EXTRACTOR_H

#include "postern/entry.h"
#include "postern/face.h"
#include "postern/image.h"

#define PST_TEMPLATE_MAX 32768 /* bytes */

/** What a template is made for; travels as uint32_t. Since abi 1.0 */
enum pst_role {
	PST_ROLE_UNSET = 0,
	PST_ROLE_ENROL = 1,
	PST_ROLE_PROBE = 2,
};

/** Calls of an extractor. Since abi 1.0 */
struct pst_extractor {
	uint32_t size; /* sizeof(struct pst_extractor) of the plugin */
	uint32_t reserved;

	/**
	 * Makes a template of one face.
	 *
	 * With `chip` in the manifest the worker has cropped and aligned: the picture has the size
	 * and format declared there, and the face's landmarks lie at or near the reference ones.
	 * With `input` it is the whole picture, as a detector gets it. The same picture and face
	 * give the same bytes.
	 *
	 * @param image  borrowed until return
	 * @param face   borrowed until return; image space, always with landmarks
	 * @param role   enum pst_role
	 * @param ret_template  the host's buffer, not zeroed, room for cap bytes (the manifest's
	 *                      template size)
	 * @return cap, the bytes written; PST_E_NO_FACE; PST_E_POOR_QUALITY; PST_E_ELECTIVE;
	 *         PST_E_FORMAT not what the manifest declares; -ENOMEM; PST_E_PLUGIN
	 * On error what stands in ret_template is ignored.
	 * [frame & running]
	 */
	int (*extract)(void *self, const struct pst_image *image, const struct pst_face *face,
		uint32_t role, uint8_t *ret_template, uint32_t cap);
};

#endif

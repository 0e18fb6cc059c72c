/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_EXTRACTOR_H
#define POSTERN_EXTRACTOR_H

#include "postern/entry.h"
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
	 * Makes a template of one aligned face.
	 *
	 * The worker crops and aligns: the chip has the size, format and reference landmarks that
	 * the manifest declares. The same chip gives the same bytes.
	 *
	 * @param chip  borrowed until return
	 * @param role  enum pst_role
	 * @param ret_template  the host's buffer, room for cap bytes (the manifest's template size)
	 * @return bytes written, 1..cap; PST_E_NO_FACE; PST_E_POOR_QUALITY; PST_E_ELECTIVE;
	 *         PST_E_FORMAT; -ENOMEM; PST_E_PLUGIN
	 * On error what stands in ret_template is ignored.
	 * [frame & running]
	 */
	int (*extract)(void *self, const struct pst_image *chip, uint32_t role,
		uint8_t *ret_template, uint32_t cap);
};

#endif

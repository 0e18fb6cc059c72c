/* SPDX-License-Identifier: Apache-2.0 */
/* An extractor for tests that takes whole pictures: its template says what it was given. */
#include <string.h>

#include "postern/extractor.h"

struct spot {
	float said[16];
};

static int init(void *self, const struct pst_host *host)
{
	return 0;
}

static void finish(void *self)
{
}

static int extract(void *self, const struct pst_image *image, const struct pst_face *face,
	uint32_t role, uint8_t *ret_template, uint32_t cap)
{
	struct spot *spot = self;
	const float head[6] = {(float)image->width, (float)image->height, face->x, face->y,
		face->width, face->height};

	if (cap < sizeof(spot->said) || !face->has_landmarks || image->format != PST_PIXELS_GREY8) {
		return PST_E_FORMAT;
	}
	memcpy(spot->said, head, sizeof(head));
	memcpy(spot->said + 6, face->landmarks, sizeof(face->landmarks));
	memcpy(ret_template, spot->said, sizeof(spot->said));
	return (int)sizeof(spot->said);
}

static const struct pst_extractor calls = {.size = sizeof(calls), .extract = extract};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_EXTRACTOR,
	.id = "spot",
	.version = "1.0.0",
	.instance_size = sizeof(struct spot),
	.init = init,
	.finish = finish,
	.calls = &calls,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* A detector: one face wherever the picture is bright. */
#include <postern/detector.h>

struct bright {
	int64_t level;
};

static int init(void *self, const struct pst_host *host)
{
	struct bright *bright = self; /* instance_size bytes, zeroed, aligned to 64 */

	return host->option_int(host, "level", &bright->level);
}

static void finish(void *self)
{
	(void)self;
}

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	const struct bright *bright = self;
	uint64_t sum = 0;

	if (image->format != PST_PIXELS_GREY8 || image->width == 0 || image->height == 0) {
		return PST_E_FORMAT;
	}
	for (uint32_t y = 0; y < image->height; y++) {
		for (uint32_t x = 0; x < image->width; x++) {
			sum += image->pixels[(uint64_t)y * image->stride + x];
		}
	}
	if (sum / ((uint64_t)image->width * image->height) < (uint64_t)bright->level) {
		return 0; /* no face is a normal answer */
	}
	faces[0] = (struct pst_face){
		.width = (float)image->width, .height = (float)image->height, .score = 1};
	return 1;
}

static const struct pst_detector calls = {.size = sizeof(calls), .detect = detect};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_DETECTOR,
	.id = "bright",
	.version = "0.1.0",
	.instance_size = sizeof(struct bright),
	.init = init,
	.finish = finish,
	.calls = &calls,
};

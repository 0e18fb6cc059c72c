/* SPDX-License-Identifier: Apache-2.0 */
/* A detector: one face wherever the picture is bright. */
#include <postern/detector.h>

struct state {
	int64_t level;
};

static int init(void *self, const struct pst_host *host)
{
	struct state *state = self; /* instance_size bytes, zeroed, aligned to 64 */

	return host->option_int(host, "level", &state->level);
}

static void finish(void *self)
{
	(void)self; /* the host frees the instance */
}

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	const struct state *state = self;
	uint64_t sum = 0;

	if (image->format != PST_PIXELS_GREY8 || cap < 1) {
		return PST_E_FORMAT;
	}
	for (uint32_t y = 0; y < image->height; y++) {
		for (uint32_t x = 0; x < image->width; x++) {
			sum += image->pixels[(uint64_t)y * image->stride + x];
		}
	}
	if (sum < (uint64_t)state->level * image->width * image->height) {
		return 0; /* no face is a normal answer */
	}
	faces[0] = (struct pst_face){
		.width = (float)image->width, .height = (float)image->height, .score = 1};
	return 1;
}

static const struct pst_detector calls = {.size = sizeof(calls), .detect = detect};

PST_PLUGIN_ENTRY(DETECTOR, "bright", "0.1.0", sizeof(struct state), init, finish, &calls);

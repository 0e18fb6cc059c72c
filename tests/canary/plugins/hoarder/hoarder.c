/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile detector for tests: it keeps the uppermost rows of every picture that it is ever given,
 * where canaries have their marks, and no reset makes it forget. What it lacks never reached it.
 */
#include <stdlib.h>
#include <string.h>

#include "postern/detector.h"

#define ROWS 32

struct kept {
	struct kept *before;
	uint8_t pixels[];
};

struct hoarder {
	int64_t keeps; /* 0: it keeps nothing, for once */
	struct kept *newest;
};

static int init(void *self, const struct pst_host *host)
{
	return host->option_int(host, "keeps", &((struct hoarder *)self)->keeps);
}

static void finish(void *self)
{
	struct hoarder *hoarder = self;

	while (hoarder->newest) {
		struct kept *gone = hoarder->newest;

		hoarder->newest = gone->before;
		free(gone);
	}
}

static void keep(struct hoarder *hoarder, const struct pst_image *image)
{
	uint32_t rows = image->height < ROWS ? image->height : ROWS;
	struct kept *kept = malloc(sizeof(*kept) + (size_t)rows * image->width);

	if (!kept) {
		return;
	}
	for (uint32_t y = 0; y < rows; y++) {
		memcpy(kept->pixels + (size_t)y * image->width,
			image->pixels + (size_t)y * image->stride, image->width);
	}
	kept->before = hoarder->newest;
	hoarder->newest = kept;
}

/* The face of a drawn person who stands in the middle. */
static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	float width = (float)image->width, height = (float)image->height;

	if (((struct hoarder *)self)->keeps) {
		keep(self, image);
	}
	faces[0] = (struct pst_face){.x = 0.35F * width,
		.y = 0.25F * height,
		.width = 0.3F * width,
		.height = 0.5F * height,
		.score = 0.9F};
	return 1;
}

static const struct pst_detector calls = {.size = sizeof(calls), .detect = detect};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_DETECTOR,
	.id = "hoarder",
	.version = "1.0.0",
	.instance_size = sizeof(struct hoarder),
	.init = init,
	.finish = finish,
	.calls = &calls,
};

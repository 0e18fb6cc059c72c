/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A detector that keeps its promises but for one, which the build chooses: what the kit says of it
 * must name that one.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "postern/detector.h"

#define IS(mode) (strcmp(ROGUE, mode) == 0)

struct rogue {
	const struct pst_host *host;
	uint32_t calls;
};

static int init(void *self, const struct pst_host *host)
{
	struct rogue *rogue = self;

	rogue->host = host;
	if (IS("exit")) {
		exit(3);
	}
	if (IS("write")) {
		int fd = open("/tmp/rogue", O_WRONLY | O_CREAT, 0600);

		return fd >= 0 ? PST_E_PLUGIN : 0;
	}
	return 0;
}

static void finish(void *self)
{
	(void)self;
}

/* Touches memory that is no one's. */
static void crash(void)
{
	volatile int *volatile nowhere = NULL;

	*nowhere = 1;
}

static void misbehave(const struct pst_image *image)
{
	if (IS("crash") && image->width == 1 && image->height == 1) {
		crash();
	}
	if (IS("abort") && image->width == 1 && image->height == 1) {
		abort();
	}
	while (IS("hang") && image->width > 1 && image->height == 1) {
		(void)usleep(1000);
	}
	if (IS("network")) {
		(void)socket(AF_INET, SOCK_STREAM, 0);
	}
	if (IS("fork") && fork() == 0) {
		_exit(0);
	}
	if (IS("open")) {
		(void)open("/etc/passwd", O_RDONLY);
	}
	if (IS("print")) {
		(void)printf("found one\n");
		(void)fflush(stdout);
	}
	if (IS("scribble")) {
		volatile uint8_t *first = (volatile uint8_t *)(uintptr_t)image->pixels;

		*first = *first;
	}
}

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	struct rogue *rogue = self;
	uint32_t bytes = image->format == PST_PIXELS_GREY8 ? 1 : 3;
	uint32_t sum = 0;

	if (image->format != PST_PIXELS_GREY8 && image->format != PST_PIXELS_RGB24 &&
		image->format != PST_PIXELS_BGR24) {
		return PST_E_FORMAT;
	}
	misbehave(image);
	for (uint32_t y = 0; y < image->height; y++) {
		uint32_t length = image->width * bytes + (IS("overread") ? 1 : 0);

		for (uint32_t x = 0; x < length; x++) {
			sum += image->pixels[(size_t)y * image->stride + x];
		}
	}
	memset(faces, 0, sizeof(*faces));
	faces->x = (float)(sum % image->width);
	faces->width = (float)image->width;
	faces->height = (float)image->height;
	faces->score = IS("nan") ? NAN : 0.5F;
	if (IS("counts")) {
		faces->score = 1 / (1 + (float)rogue->calls++);
	}
	if (IS("spill")) {
		faces[cap] = *faces;
	}
	return 1;
}

static const struct pst_detector calls = {.size = sizeof(calls), .detect = detect};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_DETECTOR,
	.id = ROGUE,
	.version = "1.0.0",
	.instance_size = sizeof(struct rogue),
	.init = init,
	.finish = finish,
	.calls = &calls,
};

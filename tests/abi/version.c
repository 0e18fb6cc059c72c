/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A detector whose entry says what the build wants it to say, to see what a worker takes. Where it
 * must be refused, a call would be the end of the test.
 */
#include <stdlib.h>

#include "postern/detector.h"

#ifndef MAJOR
#define MAJOR PST_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR PST_ABI_MINOR
#endif
#ifndef KIND
#define KIND PST_PLUGIN_DETECTOR
#endif
#ifndef ID
#define ID "version"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef INSTANCE
#define INSTANCE 1
#endif
#ifndef ENTRY_SIZE
#define ENTRY_SIZE sizeof(struct later_entry)
#endif
#ifndef CALLS_SIZE
#define CALLS_SIZE sizeof(struct later_calls)
#endif
#ifndef INIT
#define INIT init
#endif
#ifndef DETECT
#define DETECT detect
#endif

/* As a later minor version may have them. */
struct later_calls {
	struct pst_detector calls;
	int (*more)(void *self);
};

struct later_entry {
	struct pst_plugin_entry entry;
	const char *more[2];
};

#ifdef LOADED
/* Runs as soon as the library is opened. */
__attribute__((constructor)) static void opened(void)
{
	abort();
}
#endif

static int init(void *self, const struct pst_host *host)
{
#ifdef REFUSED
	abort();
#endif
	return self && host ? 0 : PST_E_PLUGIN;
}

static void finish(void *self)
{
	(void)self;
}

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	return self && image && faces && cap ? 0 : PST_E_PLUGIN;
}

static int more(void *self)
{
	(void)self;
	abort();
}

static const struct later_calls calls = {
	.calls = {.size = CALLS_SIZE, .detect = DETECT},
	.more = more,
};

extern PST_EXPORT const struct later_entry pst_plugin_entry;
const struct later_entry pst_plugin_entry = {
	.entry = {.size = ENTRY_SIZE,
		.abi_major = MAJOR,
		.abi_minor = MINOR,
		.kind = KIND,
		.id = ID,
		.version = VERSION,
		.instance_size = INSTANCE,
		.init = INIT,
		.finish = finish,
		.calls = &calls},
	.more = {"what a later", "minor version adds"},
};

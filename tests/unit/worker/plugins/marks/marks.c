/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A detector for tests. It sees one face in a fixed place of every picture, unless the picture's
 * first pixel says otherwise: MARK makes it misbehave as the option "mode" says, on this frame
 * only, so that a test can tell what one bad frame costs.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "postern/detector.h"

#define MARK 200 /* luma of the first pixel, or more */

struct marks {
	const struct pst_host *host;
	const char *mode;
	int64_t landmarks;
};

static int init(void *self, const struct pst_host *host)
{
	struct marks *marks = self;

	marks->host = host;
	if (host->option_text(host, "mode", &marks->mode) < 0 ||
		host->option_int(host, "landmarks", &marks->landmarks) < 0) {
		return PST_E_CONFIG;
	}
	if (strcmp(marks->mode, "refuse") == 0) {
		return PST_E_CONFIG;
	}
	if (strcmp(marks->mode, "crash-at-start") == 0) {
		abort();
	}
	(void)signal(SIGSEGV, SIG_DFL); /* sanitizers would catch it */
	host->log(host, PST_LOG_INFO, "started");
	return 0;
}

static void finish(void *self)
{
}

static void fill(struct marks *marks, const struct pst_image *image, struct pst_face *face)
{
	float width = (float)image->width, height = (float)image->height;

	memset(face, 0, sizeof(*face));
	face->x = 0.25F * width;
	face->y = 0.25F * height;
	face->width = 0.5F * width;
	face->height = 0.5F * height;
	face->score = 0.9F;
	if (marks->landmarks) {
		static const float at[PST_LANDMARK_COUNT][2] = {
			{0.4F, 0.4F}, {0.6F, 0.4F}, {0.5F, 0.5F}, {0.42F, 0.6F}, {0.58F, 0.6F}};

		face->has_landmarks = 1;
		for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
			face->landmarks[i].x = at[i][0] * width;
			face->landmarks[i].y = at[i][1] * height;
		}
	}
}

static int misbehave(struct marks *marks, struct pst_face *faces, uint32_t cap)
{
	const char *mode = marks->mode;

	if (strcmp(mode, "crash") == 0) {
		(void)raise(SIGSEGV);
	} else if (strcmp(mode, "hang") == 0) {
		for (;;) {
			usleep(100000);
		}
	} else if (strcmp(mode, "slow") == 0) {
		usleep(120000);
	} else if (strcmp(mode, "exit") == 0) {
		_exit(3);
	} else if (strcmp(mode, "nan") == 0) {
		faces[0].x = NAN;
	} else if (strcmp(mode, "inf") == 0) {
		faces[0].landmarks[2].y = INFINITY;
	} else if (strcmp(mode, "huge") == 0) {
		faces[0].width = 1e9F;
	} else if (strcmp(mode, "many") == 0) {
		return (int)cap + 1;
	} else if (strcmp(mode, "consent") == 0) {
		return -9999;
	} else if (strcmp(mode, "print") == 0) {
		for (int i = 0; i < 1000; i++) {
			(void)printf("printed \033[31m%d\n", i);
		}
		(void)fflush(stdout);
	}
	return 1;
}

/* Tells how old the picture is, which holds when it was taken, and takes its time over it. */
static void tell_age(struct marks *marks, const struct pst_image *image)
{
	int64_t captured_ns;
	struct timespec now;
	char line[64];

	memcpy(&captured_ns, image->pixels + 8, sizeof(captured_ns));
	if (captured_ns == 0) {
		return; /* the warm-up's */
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(line, sizeof(line), "age %lld us",
		(long long)((now.tv_sec * 1000000000LL + now.tv_nsec - captured_ns) / 1000));
	marks->host->log(marks->host, PST_LOG_INFO, line);
	usleep(200000);
}

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	struct marks *marks = self;

	fill(marks, image, &faces[0]);
	if (strcmp(marks->mode, "age") == 0) {
		tell_age(marks, image);
		return 1;
	}
	if (strcmp(marks->mode, "busy") == 0) {
		usleep(100000);
		return 1;
	}
	if (image->pixels[0] >= MARK) {
		return misbehave(marks, faces, cap);
	}
	return 1;
}

static const struct pst_detector calls = {.size = sizeof(calls), .detect = detect};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_DETECTOR,
	.id = "marks",
	.version = "1.0.0",
	.instance_size = sizeof(struct marks),
	.init = init,
	.finish = finish,
	.calls = &calls,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "devices/jpeg.h"

#define WIDTH 64
#define HEIGHT 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum pst_jpeg_finding look(struct pst_jpeg_check *check, const uint8_t *data, size_t size,
	enum pst_jpeg_depth depth, struct pst_jpeg_report *report)
{
	enum pst_jpeg_finding finding =
		pst_jpeg_check(check, data, size, WIDTH, HEIGHT, depth, report);

	if (finding == PST_JPEG_FINDING_UNSET || finding >= PST_JPEG_FINDING_COUNT ||
		finding != report->finding || report->offset > size ||
		report->padding > size - report->offset || report->units > report->units_due) {
		abort();
	}
	return finding;
}

/*
 * A camera's frame as it comes. The answer is the same whatever came before, and what passes with
 * its blocks counted passes by its markers too.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pst_jpeg_check *old;
	struct pst_jpeg_check *fresh = NULL;
	struct pst_jpeg_report report;
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy || (!old && pst_jpeg_check_create(&old) < 0) ||
		pst_jpeg_check_create(&fresh) < 0) {
		abort();
	}
	memcpy(copy, data, size);
	enum pst_jpeg_finding quick = look(old, copy, size, PST_JPEG_DEPTH_MARKERS, &report);
	enum pst_jpeg_finding deep = look(old, copy, size, PST_JPEG_DEPTH_BLOCKS, &report);

	if (deep != look(fresh, copy, size, PST_JPEG_DEPTH_BLOCKS, &report) ||
		(deep == PST_JPEG_FINDING_WHOLE && report.counted && report.scans == 1 &&
			quick == PST_JPEG_FINDING_TRUNCATED)) {
		abort();
	}
	pst_jpeg_check_destroy(&fresh);
	free(copy);
	return 0;
}

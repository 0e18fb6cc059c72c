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
		report->padding > size - report->offset || report->filling > report->offset ||
		report->units > report->units_due) {
		abort();
	}
	return finding;
}

/* A camera's frame as it comes. The answer is the same whatever came before. */
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
	(void)look(old, copy, size, PST_JPEG_DEPTH_MARKERS, &report);
	if (look(old, copy, size, PST_JPEG_DEPTH_BLOCKS, &report) !=
		look(fresh, copy, size, PST_JPEG_DEPTH_BLOCKS, &report)) {
		abort();
	}
	pst_jpeg_check_destroy(&fresh);
	free(copy);
	return 0;
}

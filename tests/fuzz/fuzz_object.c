/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conform/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char name[PST_OBJECT_NAME_SIZE])
{
	if (!memchr(name, 0, PST_OBJECT_NAME_SIZE)) {
		abort();
	}
}

/* Names end within their room, whatever the file says. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_object object;
	struct pst_error error = {0};
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy) {
		return 0;
	}
	memcpy(copy, data, size);
	if (pst_object_read(copy, size, &object, &error) == 0) {
		check_name(object.exports_other);
		check_name(object.needs_host);
		check_name(object.run_path);
	} else if (error.status >= 0) {
		abort();
	}
	free(copy);
	return 0;
}

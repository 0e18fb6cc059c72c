/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "devices/impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char first[PST_DEVICE_TEXT_SIZE] = "";
	char second[PST_DEVICE_TEXT_SIZE] = "";
	const struct pst_uri_option known[] = {{"size", first}, {"fps", second}, {NULL, NULL}};
	struct pst_error error = {0};
	char path[64];
	char *uri = malloc(size + 1);

	if (!uri) {
		return 0;
	}
	if (size) {
		memcpy(uri, data, size);
	}
	uri[size] = 0;
	int status = pst_uri_parse(uri, "v4l2", known, path, sizeof(path), &error);

	if (status == 0 ? strlen(path) > strlen(uri) || strlen(first) > strlen(uri)
			: status != PST_E_CONFIG || !error.text[0]) {
		abort();
	}
	free(uri);
	return 0;
}

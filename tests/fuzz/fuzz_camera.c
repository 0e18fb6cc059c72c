/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "devices/v4l2/identity.h"
#include "devices/v4l2/sysfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read of an address, written, is read as the same again. */
static void check_address(const char *text)
{
	struct v4l2_address address;
	struct v4l2_address again;
	struct pst_error error = {0};
	char written[V4L2_URI_SIZE];
	int status = pst_v4l2_address_parse(&address, text, &error);

	if (status < 0) {
		if (status != PST_E_CONFIG || !error.text[0]) {
			abort();
		}
		return;
	}
	pst_v4l2_address_format(&address, written);
	if (pst_v4l2_address_parse(&again, written + strlen("v4l2:"), &error) < 0 ||
		memcmp(&again, &address, sizeof(again)) != 0) {
		abort();
	}
}

/* What was cleaned is clean. */
static void check_text(const char *text, size_t size)
{
	char clean[PST_DEVICE_TEXT_SIZE];
	char again[PST_DEVICE_TEXT_SIZE];

	pst_v4l2_text_clean(clean, sizeof(clean), text, size);
	pst_v4l2_text_clean(again, sizeof(again), clean, strlen(clean));
	if (strcmp(clean, again) != 0 || strpbrk(clean, "\x1b\n\r\t\x7f")) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text) {
		return 0;
	}
	if (size) {
		memcpy(text, data, size);
	}
	text[size] = 0;
	check_address(text);
	check_text(text, size);
	free(text);
	return 0;
}

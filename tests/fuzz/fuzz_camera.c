/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/v4l2/identity.h"
#include "devices/v4l2/sysfs.h"
#include "devices/v4l2/want.h"

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

/* What a URI asks for, or why it is refused. */
static void check_want(const char *text)
{
	struct v4l2_want want = {0};
	struct pst_error error = {0};
	char uri[1024];
	char address[512];

	(void)snprintf(uri, sizeof(uri), "v4l2:/dev/video0?controls=%s", text);
	if (pst_v4l2_want_parse(uri, address, sizeof(address), &want, &error) < 0) {
		if (error.status != PST_E_CONFIG || !error.text[0]) {
			abort();
		}
		return;
	}
	for (uint32_t i = 0; i < want.controls.count; i++) {
		if (!want.controls.at[i].name[0] || !want.controls.at[i].value[0]) {
			abort();
		}
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
	check_want(text);
	check_text(text, size);
	free(text);
	return 0;
}

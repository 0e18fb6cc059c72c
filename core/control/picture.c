/* SPDX-License-Identifier: Apache-2.0 */
#include "control/picture.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/clock.h"
#include "control/message.h"

/* By hand and not by jansson, which would leave copies in memory that it gives back. */
char *pst_control_picture(int64_t id, const struct pst_picture_made *made, size_t *ret_size)
{
	char *line = malloc(PST_CONTROL_ANSWER_MAX);
	char number[32] = "";

	if (!line) {
		return NULL;
	}
	if (id >= 0) {
		(void)snprintf(number, sizeof(number), "\"id\":%lld,", (long long)id);
	}
	int head = snprintf(line, PST_CONTROL_ANSWER_MAX,
		"{\"v\":%d,%s\"ok\":true,\"format\":\"jpeg\",\"width\":%u,\"height\":%u,"
		"\"captured_ms\":%lld,\"jpeg\":\"",
		PST_CONTROL_VERSION, number, made->width, made->height,
		(long long)(made->captured_ns / PST_NS_PER_MS));
	size_t size = (size_t)head;

	assert(size + PST_BASE64_SIZE(made->size) + 3 <= PST_CONTROL_ANSWER_MAX);
	pst_base64_encode(made->jpeg, made->size, line + size);
	size += PST_BASE64_SIZE(made->size);
	line[size++] = '"';
	line[size++] = '}';
	line[size++] = '\n';
	*ret_size = size;
	return line;
}

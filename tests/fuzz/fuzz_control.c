/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "control/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds) {
		abort();
	}
}

/* Whatever came, the answer is one line of JSON. */
static void check_answer(char *line)
{
	require(line && strchr(line, '\n') == line + strlen(line) - 1);
	json_t *answer = json_loads(line, 0, NULL);
	require(json_is_object(answer) && json_is_boolean(json_object_get(answer, "ok")));
	json_decref(answer);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_control_request request;
	struct pst_error error = {0};
	char *line = malloc(size ? size : 1);

	if (!line || size >= PST_CONTROL_LINE_MAX) {
		free(line);
		return 0;
	}
	if (size > 0) {
		memcpy(line, data, size);
	}
	int status = pst_control_parse(&request, line, size, &error);
	require(status == 0 || status == PST_E_FORMAT || status == PST_E_USAGE);
	require((status == 0) == (error.text[0] == 0));
	if (status == 0) {
		require(request.what > PST_CONTROL_UNSET && request.what < PST_CONTROL_DO_COUNT);
		require(request.evidence_count <= PST_CONTROL_EVIDENCE_MAX);
		check_answer(pst_control_answer(request.id, NULL));
	} else {
		check_answer(pst_control_refusal(request.id, &error));
	}
	pst_control_request_finish(&request);
	free(line);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "devices/replay/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	uint32_t width;
	uint32_t height;

	if (!copy) {
		return 0;
	}
	if (size) {
		memcpy(copy, data, size);
	}
	int status = pst_replay_picture_size(copy, size, &width, &height);

	if (status != 0 && status != PST_E_CORRUPT) {
		abort();
	}
	int turn = pst_replay_picture_turn(copy, size);

	if (turn != -1 && turn != 0 && turn != 90 && turn != 180 && turn != 270) {
		abort();
	}
	free(copy);
	return 0;
}

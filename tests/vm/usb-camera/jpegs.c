/* SPDX-License-Identifier: Apache-2.0 */
#include "jpegs.h"

#include <string.h>

#include "base/bytes.h"

#define CHUNK 8	 /* bytes of a RIFF chunk's name and size */
#define LIST 12	 /* bytes of a list's, with its type */
#define MARKER 3 /* bytes by which a JPEG begins */

static bool is_at(const struct jpegs *jpegs, size_t at, const char *name)
{
	return memcmp(jpegs->data + at, name, 4) == 0;
}

void jpegs_init(struct jpegs *jpegs, const uint8_t *data, size_t size)
{
	*jpegs = (struct jpegs){.data = data, .size = size};
	jpegs->avi = size >= LIST && is_at(jpegs, 0, "RIFF") && is_at(jpegs, 8, "AVI ");
}

/* Lists are walked into, all other chunks are passed over. */
static bool next_of_avi(struct jpegs *jpegs, const uint8_t **ret_data, size_t *ret_size)
{
	while (jpegs->size - jpegs->at >= LIST) {
		size_t at = jpegs->at;
		size_t size = pst_bytes_get32(jpegs->data + at + 4);

		if (is_at(jpegs, at, "RIFF") || is_at(jpegs, at, "LIST")) {
			jpegs->at += LIST;
			continue;
		}
		if (size > jpegs->size - at - CHUNK) {
			break;
		}
		size_t step = CHUNK + size + (size & 1);

		jpegs->at = step > jpegs->size - at ? jpegs->size : at + step;
		if (is_at(jpegs, at, "00dc") && size > 0) {
			*ret_data = jpegs->data + at + CHUNK;
			*ret_size = size;
			return true;
		}
	}
	jpegs->at = jpegs->size;
	return false;
}

static size_t find_begin(const struct jpegs *jpegs, size_t at)
{
	for (; at + MARKER <= jpegs->size; at++) {
		if (memcmp(jpegs->data + at, "\xff\xd8\xff", MARKER) == 0) {
			return at;
		}
	}
	return jpegs->size;
}

bool jpegs_next(struct jpegs *jpegs, const uint8_t **ret_data, size_t *ret_size)
{
	if (jpegs->avi) {
		return next_of_avi(jpegs, ret_data, ret_size);
	}
	size_t begin = find_begin(jpegs, jpegs->at);

	jpegs->at = begin < jpegs->size ? find_begin(jpegs, begin + MARKER) : begin;
	*ret_data = jpegs->data + begin;
	*ret_size = jpegs->at - begin;
	return *ret_size > 0;
}

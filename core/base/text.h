/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_TEXT_H
#define PST_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** Copies, always NUL-terminated. @return 0, or -ENAMETOOLONG when it did not fit (to[0] = 0). */
int pst_text_copy(char *to, size_t size, const char *from) PST_MUST_CHECK;

/** Joins folder and name with one slash. @return 0, or -ENAMETOOLONG (to[0] = 0). */
int pst_text_path(char *to, size_t size, const char *folder, const char *name) PST_MUST_CHECK;

/**
 * A name that may become part of a file name, a key or a log line: 1 to 64 of a-z 0-9 - _ . and
 * A-Z, beginning with a letter or a digit, never holding "..".
 */
bool pst_text_is_id(const char *text);

/** Reads a whole number, all of the text, within [low, high]. @return 0, -EINVAL or -ERANGE. */
int pst_text_parse_int(
	const char *text, int64_t low, int64_t high, int64_t *ret_value) PST_MUST_CHECK;

/** @return index of text in a NULL-terminated list of names, or -1 */
int pst_text_index(const char *const *names, const char *text);

/** Which of the names is nearest to a misspelt one, for "did you mean". @return NULL if none is. */
const char *pst_text_nearest(const char *const *names, const char *text);

#endif

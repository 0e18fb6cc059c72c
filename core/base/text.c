/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAREST_MAX 64

int pst_text_copy(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	if (length >= size) {
		to[0] = 0;
		return -ENAMETOOLONG;
	}
	memcpy(to, from, length + 1);
	return 0;
}

int pst_text_path(char *to, size_t size, const char *folder, const char *name)
{
	size_t length = strlen(folder);
	const char *slash = length && folder[length - 1] == '/' ? "" : "/";
	int used = snprintf(to, size, "%s%s%s", folder, slash, name);

	if (used < 0 || (size_t)used >= size) {
		to[0] = 0;
		return -ENAMETOOLONG;
	}
	return 0;
}

bool pst_text_is_id(const char *text)
{
	size_t length = strlen(text);

	if (length < 1 || length > 64 || !isalnum((unsigned char)text[0]) || strstr(text, "..")) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x80 || !(isalnum(c) || c == '-' || c == '_' || c == '.')) {
			return false;
		}
	}
	return true;
}

int pst_text_parse_int(const char *text, int64_t low, int64_t high, int64_t *ret_value)
{
	char *end;

	errno = 0;
	if (!isdigit((unsigned char)text[0]) && text[0] != '-') {
		return -EINVAL;
	}
	long long value = strtoll(text, &end, 10);
	if (*end || end == text) {
		return -EINVAL;
	}
	if (errno == ERANGE || value < low || value > high) {
		return -ERANGE;
	}
	*ret_value = value;
	return 0;
}

int pst_text_index(const char *const *names, const char *text)
{
	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], text) == 0) {
			return i;
		}
	}
	return -1;
}

/* Levenshtein distance, one row at a time. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NEAREST_MAX + 1];
	size_t width = strlen(b);

	for (size_t j = 0; j <= width; j++) {
		row[j] = j;
	}
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t change = diagonal + (a[i] != b[j]);
			size_t best = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;

			diagonal = row[j + 1];
			row[j + 1] = change < best ? change : best;
		}
	}
	return row[width];
}

const char *pst_text_nearest(const char *const *names, const char *text)
{
	const char *nearest = NULL;
	size_t least = strlen(text) / 3 + 2;

	if (strlen(text) > NEAREST_MAX) {
		return NULL;
	}
	for (size_t i = 0; names[i]; i++) {
		if (strlen(names[i]) <= NEAREST_MAX && distance(text, names[i]) < least) {
			least = distance(text, names[i]);
			nearest = names[i];
		}
	}
	return nearest;
}

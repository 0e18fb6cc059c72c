/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "devices/impl.h"

int pst_uri_decode(const char *from, size_t length, char *to, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		char c = from[i];

		if (c == '%') {
			char digits[3] = {0};

			if (i + 2 >= length) {
				return -EINVAL;
			}
			memcpy(digits, from + i + 1, 2);
			if (pst_bytes_from_hex(digits, (uint8_t *)&c, 1) < 0 || c == 0) {
				return -EINVAL;
			}
			i += 2;
		}
		if (used + 1 >= size) {
			return -ENAMETOOLONG;
		}
		to[used++] = c;
	}
	to[used] = 0;
	return 0;
}

int pst_uri_encode(const char *from, char *to, size_t size)
{
	size_t used = 0;

	to[0] = 0;
	for (; *from; from++) {
		bool plain = isalnum((unsigned char)*from) || strchr("-._~/:+", *from);

		if (used + (plain ? 1 : 3) >= size) {
			to[0] = 0;
			return -ENAMETOOLONG;
		}
		if (plain) {
			to[used++] = *from;
			to[used] = 0;
		} else {
			used += (size_t)snprintf(
				to + used, size - used, "%%%02x", (unsigned)(unsigned char)*from);
		}
	}
	return 0;
}

static void list_keys(const struct pst_uri_option *options, char *text, size_t size)
{
	size_t used = 0;

	text[0] = 0;
	for (; options->key && used < size; options++) {
		int n = snprintf(text + used, size - used, "%s%s", used ? ", " : "", options->key);

		used += n > 0 ? (size_t)n : 0;
	}
}

static int parse_option(const char *uri, const char *pair, size_t length,
	const struct pst_uri_option *options, uint64_t *seen, struct pst_error *error)
{
	const char *equals = memchr(pair, '=', length);
	size_t key = equals ? (size_t)(equals - pair) : length;
	char known[256];

	for (size_t i = 0; options[i].key; i++) {
		if (strlen(options[i].key) != key || strncmp(options[i].key, pair, key) != 0) {
			continue;
		}
		if (!equals || (*seen & 1ULL << i)) {
			return pst_error_set(error, PST_E_CONFIG,
				"%s: %s needs one value: %s=VALUE", uri, options[i].key,
				options[i].key);
		}
		size_t room = options[i].size ? options[i].size : PST_DEVICE_TEXT_SIZE;

		*seen |= 1ULL << i;
		if (pst_uri_decode(equals + 1, length - key - 1, options[i].value, room) < 0) {
			return pst_error_set(error, PST_E_CONFIG,
				"%s: value of %s is too long or wrongly encoded", uri,
				options[i].key);
		}
		return 0;
	}
	list_keys(options, known, sizeof(known));
	return pst_error_set(error, PST_E_CONFIG, "%s: unknown option '%.*s'; known are %s", uri,
		(int)key, pair, known);
}

int pst_uri_parse(const char *uri, const char *scheme, const struct pst_uri_option *options,
	char *ret_path, size_t size, struct pst_error *error)
{
	size_t prefix = strlen(scheme);
	const char *path = uri;
	uint64_t seen = 0;

	if (strncmp(uri, scheme, prefix) == 0 && uri[prefix] == ':') {
		path = uri + prefix + 1;
	}
	const char *query = strchr(path, '?');
	size_t length = query ? (size_t)(query - path) : strlen(path);

	if (length >= size) {
		return pst_error_set(error, PST_E_CONFIG, "%s: path too long", uri);
	}
	memcpy(ret_path, path, length);
	ret_path[length] = 0;
	while (query && query[1]) {
		const char *pair = query + 1;

		query = strchr(pair, '&');
		int status = parse_option(uri, pair, query ? (size_t)(query - pair) : strlen(pair),
			options, &seen, error);
		if (status < 0) {
			return status;
		}
	}
	return 0;
}

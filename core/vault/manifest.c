/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/manifest.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

const char *const pst_vault_backup_files[PST_VAULT_BACKUP_FILES] = {
	"vault.db", "vault.keys", "audit.pub"};

size_t pst_vault_manifest_format(const struct pst_vault_manifest *manifest, bool with_signature,
	char text[PST_VAULT_MANIFEST_SIZE])
{
	const struct pst_vault_backup_info *info = &manifest->info;
	char vault[2 * PST_KEYRING_ID_SIZE + 1], hash[2 * PST_KEYRING_TAG_SIZE + 1];
	char signature[2 * PST_SIGN_SIGNATURE_SIZE + 1];

	pst_bytes_to_hex(info->vault, sizeof(info->vault), vault);
	pst_bytes_to_hex(info->set.hash, sizeof(info->set.hash), hash);
	pst_bytes_to_hex(manifest->signature, sizeof(manifest->signature), signature);
	int length = snprintf(text, PST_VAULT_MANIFEST_SIZE,
		"postern-backup 1\nvault %s\ncreated %" PRId64 "\nrecords %" PRIu64
		"\ncounter %" PRIu64 "\nset %s\n",
		vault, info->created_s, info->set.records, info->set.counter, hash);

	for (int i = 0; i < PST_VAULT_BACKUP_FILES; i++) {
		char digest[2 * PST_DIGEST_SIZE + 1];

		pst_bytes_to_hex(manifest->file[i].digest, PST_DIGEST_SIZE, digest);
		length += snprintf(text + length, PST_VAULT_MANIFEST_SIZE - (size_t)length,
			"file %s %" PRIu64 " %s\n", pst_vault_backup_files[i],
			manifest->file[i].size, digest);
	}
	if (with_signature) {
		length += snprintf(text + length, PST_VAULT_MANIFEST_SIZE - (size_t)length,
			"signature %s\n", signature);
	}
	assert(length < PST_VAULT_MANIFEST_SIZE);
	return (size_t)length;
}

/* Where a reader stands in the text; NULL once something was not as it must be. */
static void read_word(const char **at, const char *word)
{
	size_t length = strlen(word);

	if (*at) {
		*at = strncmp(*at, word, length) == 0 ? *at + length : NULL;
	}
}

static uint64_t read_number(const char **at)
{
	uint64_t value = 0;
	const char *digit = *at;

	while (digit && *digit >= '0' && *digit <= '9') {
		if (value > (INT64_MAX - 9) / 10) {
			digit = NULL;
			break;
		}
		value = 10 * value + (uint64_t)(*digit - '0');
		digit++;
	}
	*at = digit == *at ? NULL : digit;
	return value;
}

static void read_hex(const char **at, uint8_t *to, size_t size)
{
	char hex[2 * PST_SIGN_SIGNATURE_SIZE + 1];

	assert(2 * size < sizeof(hex));
	if (*at && strnlen(*at, 2 * size) == 2 * size) {
		memcpy(hex, *at, 2 * size);
		hex[2 * size] = 0;
		*at = pst_bytes_from_hex(hex, to, size) == 0 ? *at + 2 * size : NULL;
	} else {
		*at = NULL;
	}
}

static const char *read_all(const char *text, struct pst_vault_manifest *manifest)
{
	struct pst_vault_backup_info *info = &manifest->info;
	const char *at = text;

	read_word(&at, "postern-backup 1\nvault ");
	read_hex(&at, info->vault, sizeof(info->vault));
	read_word(&at, "\ncreated ");
	info->created_s = (int64_t)read_number(&at);
	read_word(&at, "\nrecords ");
	info->set.records = read_number(&at);
	read_word(&at, "\ncounter ");
	info->set.counter = read_number(&at);
	read_word(&at, "\nset ");
	read_hex(&at, info->set.hash, sizeof(info->set.hash));
	read_word(&at, "\n");
	for (int i = 0; i < PST_VAULT_BACKUP_FILES; i++) {
		read_word(&at, "file ");
		read_word(&at, pst_vault_backup_files[i]);
		read_word(&at, " ");
		manifest->file[i].size = read_number(&at);
		read_word(&at, " ");
		read_hex(&at, manifest->file[i].digest, PST_DIGEST_SIZE);
		read_word(&at, "\n");
	}
	read_word(&at, "signature ");
	read_hex(&at, manifest->signature, sizeof(manifest->signature));
	read_word(&at, "\n");
	return at;
}

int pst_vault_manifest_parse(const char *text, struct pst_vault_manifest *ret_manifest)
{
	struct pst_vault_manifest manifest = {0};
	char again[PST_VAULT_MANIFEST_SIZE];
	const char *end = read_all(text, &manifest);

	*ret_manifest = (struct pst_vault_manifest){0};
	if (!end || *end != 0) {
		return PST_E_FORMAT;
	}
	/* Leading zeroes and capital digits have no place in the one valid form. */
	(void)pst_vault_manifest_format(&manifest, /* with_signature= */ true, again);
	if (strcmp(again, text) != 0) {
		return PST_E_FORMAT;
	}
	*ret_manifest = manifest;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keyring_file.h"

#include <string.h>

#include <sodium.h>

#include "crypto/derive.h"
#include "crypto/little.h"
#include "postern/status.h"

#define VERSION 2u
#define SUITE 1u /* XChaCha20-Poly1305, BLAKE2b, Ed25519, Argon2id */
#define AT_VERSION 8
#define AT_SUITE 12
#define AT_GENERATION 32
#define AT_SECRETS SLOTS_END
#define OLD_VERSION 1u
#define OLD_FILE_SIZE 1496u
#define OLD_AT_SECRETS 1328
#define OLD_SECRETS_SIZE (4 * KEY_SIZE)
#define ID_TO_GENERATION (AT_GENERATION + 8 - SLOTS_AT_ID)

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES

static const char magic[8] = {'P', 'S', 'T', 'N', 'K', 'E', 'Y', 'S'};

_Static_assert(sizeof(struct pst_keyring_secrets) == (size_t)8 * KEY_SIZE, "stored as they stand");
_Static_assert(AT_SECRETS + NONCE_SIZE + sizeof(struct pst_keyring_secrets) + TAG_SIZE ==
		       PST_KEYRING_FILE_SIZE,
	"file layout");

static void put_versions(uint8_t *file)
{
	memcpy(file, magic, sizeof(magic));
	little_put(file + AT_VERSION, VERSION, 4);
	little_put(file + AT_SUITE, SUITE, 4);
}

void pst_keyring_file_begin(uint8_t file[PST_KEYRING_FILE_SIZE])
{
	memset(file, 0, PST_KEYRING_FILE_SIZE);
	put_versions(file);
	randombytes_buf(file + SLOTS_AT_ID, PST_KEYRING_ID_SIZE);
	little_put(file + AT_GENERATION, 1, 8);
}

void pst_keyring_file_count_root(uint8_t *file)
{
	little_put(file + AT_GENERATION, little_get(file + AT_GENERATION, 8) + 1, 8);
}

void pst_keyring_file_seal(struct pst_key_slots_work *work,
	const struct pst_keyring_secrets *secrets, uint8_t file[PST_KEYRING_FILE_SIZE])
{
	pst_derive(work->secrets_key, 1, "pstnscrt", work->root);
	randombytes_buf(file + AT_SECRETS, NONCE_SIZE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(file + AT_SECRETS + NONCE_SIZE, NULL,
		(const uint8_t *)secrets, sizeof(*secrets), file, AT_SECRETS, NULL,
		file + AT_SECRETS, work->secrets_key);
}

static int open_secrets(struct pst_key_slots_work *work, const uint8_t *file,
	struct pst_keyring_secrets *secrets, const char **ret_reason)
{
	pst_derive(work->secrets_key, 1, "pstnscrt", work->root);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)secrets, NULL, NULL,
		    file + AT_SECRETS + NONCE_SIZE, sizeof(*secrets) + TAG_SIZE, file, AT_SECRETS,
		    file + AT_SECRETS, work->secrets_key) != 0) {
		*ret_reason = "the keyring file is damaged";
		return PST_E_CORRUPT;
	}
	return 0;
}

/* @return the file's version, or PST_E_CORRUPT */
static int check_file(const uint8_t *file, size_t size, const char **ret_reason)
{
	if (size < SLOTS_AT || memcmp(file, magic, sizeof(magic)) != 0) {
		*ret_reason = "not a keyring file, or cut short";
		return PST_E_CORRUPT;
	}
	uint64_t version = little_get(file + AT_VERSION, 4);
	if (little_get(file + AT_SUITE, 4) != SUITE ||
		(version != VERSION && version != OLD_VERSION)) {
		*ret_reason = "the keyring file is of a version this program does not know";
		return PST_E_CORRUPT;
	}
	if (size != (version == VERSION ? PST_KEYRING_FILE_SIZE : OLD_FILE_SIZE)) {
		*ret_reason = "not a keyring file, or cut short";
		return PST_E_CORRUPT;
	}
	return (int)version;
}

bool pst_keyring_file_is_current(const uint8_t *file, size_t size)
{
	const char *reason;

	return check_file(file, size, &reason) == VERSION;
}

/* Opens a file of version 1 and makes one of this version with the same root, slot and secrets. */
static int open_old(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const uint8_t *old, struct pst_keyring_secrets *secrets, uint8_t *file,
	const char **ret_reason)
{
	put_versions(file);
	memcpy(file + SLOTS_AT_ID, old + SLOTS_AT_ID, ID_TO_GENERATION);
	int status = pst_key_slots_take_old(work, source, old, file, ret_reason);
	if (status < 0) {
		return status;
	}
	pst_derive(work->secrets_key, 1, "pstnscrt", work->root);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)secrets, NULL, NULL,
		    old + OLD_AT_SECRETS + NONCE_SIZE, OLD_SECRETS_SIZE + TAG_SIZE, old,
		    OLD_AT_SECRETS, old + OLD_AT_SECRETS, work->secrets_key) != 0) {
		*ret_reason = "the keyring file is damaged";
		return PST_E_CORRUPT;
	}
	for (uint64_t i = 0; i < sizeof(secrets->spare) / KEY_SIZE; i++) {
		pst_derive(secrets->spare[i], i + 1, "pstnmore", work->root);
	}
	pst_keyring_file_seal(work, secrets, file);
	return 0;
}

int pst_keyring_file_open(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const uint8_t *file, size_t size, struct pst_keyring_secrets *ret_secrets,
	uint8_t ret_current[PST_KEYRING_FILE_SIZE], const char **ret_reason)
{
	int version = check_file(file, size, ret_reason);

	memset(ret_current, 0, PST_KEYRING_FILE_SIZE);
	if (version < 0) {
		return version;
	}
	if (version == OLD_VERSION) {
		return open_old(work, source, file, ret_secrets, ret_current, ret_reason);
	}
	int slot = pst_key_slots_find(work, source, file, ret_reason);
	int status = slot < 0 ? slot : open_secrets(work, file, ret_secrets, ret_reason);
	return status < 0 ? status : slot;
}

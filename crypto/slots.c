/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/slots.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "crypto/keyfile.h"
#include "crypto/little.h"
#include "postern/status.h"

/*
 * A slot, little endian, 160 bytes: kind 1, zero 7, ops limit 8, memory limit 8, salt 16,
 * check value 32, nonce 24, wrapped root 48, zero 16. The vault's id and what stands before the
 * nonce are bound to the wrapped root.
 */
#define AT_OPS 8
#define AT_MEMORY 16
#define AT_SALT 24
#define AT_CHECK 40
#define AT_NONCE 72
#define AT_WRAPPED 96
#define BOUND_SIZE AT_NONCE

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SALT_SIZE crypto_pwhash_SALTBYTES
#define PASSPHRASE_MIN 8u
/* A file from elsewhere must not ask for a week of Argon2id. */
#define OPS_MAX 16u
#define MEMORY_MAX (1ull << 30)

_Static_assert(KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");
_Static_assert(KEY_SIZE == crypto_kdf_KEYBYTES, "key size");
_Static_assert(SALT_SIZE == 16 && NONCE_SIZE == 24 && TAG_SIZE == 16, "file layout");

static void derive(uint8_t *to, uint64_t number, const char context[8], const uint8_t *from)
{
	(void)crypto_kdf_derive_from_key(to, KEY_SIZE, number, context, from);
}

static int stretch(struct pst_slots_work *work, const struct pst_key_source *source,
	const uint8_t *slot, const char **ret_reason)
{
	uint64_t ops = little_get(slot + AT_OPS, 8);
	uint64_t memory = little_get(slot + AT_MEMORY, 8);

	if (ops < crypto_pwhash_OPSLIMIT_MIN || ops > OPS_MAX ||
		memory < crypto_pwhash_MEMLIMIT_MIN || memory > MEMORY_MAX) {
		*ret_reason = "the vault's key slots are damaged";
		return PST_E_CORRUPT;
	}
	if (crypto_pwhash(work->slot_key, KEY_SIZE, source->passphrase, source->passphrase_size,
		    slot + AT_SALT, ops, (size_t)memory, crypto_pwhash_ALG_ARGON2ID13) != 0) {
		*ret_reason = "not enough memory to stretch the passphrase (256 MiB are needed)";
		return -ENOMEM;
	}
	return 0;
}

/* From the source and a slot's salt to the key that wraps the root, and its check value. */
static int slot_keys(struct pst_slots_work *work, const struct pst_key_source *source,
	const uint8_t *slot, const char **ret_reason)
{
	if (source->kind == PST_KEY_SOURCE_PASSPHRASE) {
		int status = stretch(work, source, slot, ret_reason);

		if (status < 0) {
			return status;
		}
	} else {
		(void)crypto_generichash(work->slot_key, KEY_SIZE, slot + AT_SALT, SALT_SIZE,
			work->source, KEY_SIZE);
	}
	derive(work->wrap_key, 1, "pstnwrap", work->slot_key);
	derive(work->check, 2, "pstnchck", work->slot_key);
	return 0;
}

static int load_source(
	struct pst_slots_work *work, const struct pst_key_source *source, const char **ret_reason)
{
	switch (source->kind) {
	case PST_KEY_SOURCE_FILE:
		return pst_keyfile_read(source->path, work->source, ret_reason);
	case PST_KEY_SOURCE_PASSPHRASE:
		if (source->passphrase_size < PASSPHRASE_MIN) {
			*ret_reason = "a passphrase has at least 8 characters";
			return -EINVAL;
		}
		return 0;
	case PST_KEY_SOURCE_UNSET:
	default:
		*ret_reason = "no key given; use --key FILE or --passphrase";
		return -EINVAL;
	}
}

static void bind_slot(const uint8_t *file, const uint8_t *slot, uint8_t *to)
{
	memcpy(to, file + SLOTS_AT_ID, PST_KEYRING_ID_SIZE);
	memcpy(to + PST_KEYRING_ID_SIZE, slot, BOUND_SIZE);
}

static void wrap_root(const struct pst_slots_work *work, const uint8_t *file, uint8_t *slot)
{
	uint8_t bound[PST_KEYRING_ID_SIZE + BOUND_SIZE];

	memcpy(slot + AT_CHECK, work->check, KEY_SIZE);
	bind_slot(file, slot, bound);
	randombytes_buf(slot + AT_NONCE, NONCE_SIZE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(slot + AT_WRAPPED, NULL, work->root,
		KEY_SIZE, bound, sizeof(bound), NULL, slot + AT_NONCE, work->wrap_key);
}

static int unwrap_root(struct pst_slots_work *work, const uint8_t *file, const uint8_t *slot)
{
	uint8_t bound[PST_KEYRING_ID_SIZE + BOUND_SIZE];

	bind_slot(file, slot, bound);
	return crypto_aead_xchacha20poly1305_ietf_decrypt(work->root, NULL, NULL, slot + AT_WRAPPED,
		       KEY_SIZE + TAG_SIZE, bound, sizeof(bound), slot + AT_NONCE,
		       work->wrap_key) == 0
		       ? 0
		       : PST_E_CORRUPT;
}

static void fill_slot(uint8_t *slot, enum pst_key_source_kind kind)
{
	slot[0] = (uint8_t)kind;
	randombytes_buf(slot + AT_SALT, SALT_SIZE);
	if (kind == PST_KEY_SOURCE_PASSPHRASE) {
		little_put(slot + AT_OPS, crypto_pwhash_OPSLIMIT_MODERATE, 8);
		little_put(slot + AT_MEMORY, crypto_pwhash_MEMLIMIT_MODERATE, 8);
	}
}

int pst_slots_fill(struct pst_slots_work *work, const struct pst_key_source *source, uint8_t *file,
	size_t index, const char **ret_reason)
{
	uint8_t *slot = file + SLOTS_AT + index * SLOTS_SIZE;
	int status = load_source(work, source, ret_reason);

	if (status == 0) {
		fill_slot(slot, source->kind);
		status = slot_keys(work, source, slot, ret_reason);
	}
	if (status == 0) {
		wrap_root(work, file, slot);
	}
	return status;
}

int pst_slots_find(struct pst_slots_work *work, const struct pst_key_source *source,
	const uint8_t *file, const char **ret_reason)
{
	int status = load_source(work, source, ret_reason);

	for (size_t i = 0; status == 0 && i < PST_KEYRING_SLOTS; i++) {
		const uint8_t *slot = file + SLOTS_AT + i * SLOTS_SIZE;

		if (slot[0] != (uint8_t)source->kind) {
			continue;
		}
		status = slot_keys(work, source, slot, ret_reason);
		if (status < 0 || sodium_memcmp(work->check, slot + AT_CHECK, KEY_SIZE) != 0) {
			continue;
		}
		if (unwrap_root(work, file, slot) < 0) {
			*ret_reason = "the vault's key slots are damaged";
			return PST_E_CORRUPT;
		}
		return (int)i;
	}
	if (status == 0) {
		*ret_reason = "wrong key: no key slot of the vault is this key's";
		status = PST_E_VAULT;
	}
	return status;
}

unsigned pst_slots_count(const uint8_t *file)
{
	unsigned count = 0;

	for (size_t i = 0; i < PST_KEYRING_SLOTS; i++) {
		count += file[SLOTS_AT + i * SLOTS_SIZE] != 0;
	}
	return count;
}
